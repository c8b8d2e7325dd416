import { z } from 'zod';
import { type Note, notes } from './leaf/leaf.ts';

/** What a schema is made of, without its wrappers. */
export type Shape =
  | { readonly is: 'object'; readonly keys: Readonly<Record<string, z.core.$ZodType>> }
  | { readonly is: 'list'; readonly element: z.core.$ZodType }
  | { readonly is: 'forms'; readonly by: string; readonly forms: readonly z.core.$ZodType[] }
  | { readonly is: 'leaf' };

/** What the reference and the messages ask of a schema. */
export interface Facts {
  readonly note: Note | undefined;
  readonly description: string | undefined;
  readonly examples: readonly unknown[];
  /** True where the key may be left out. */
  readonly optional: boolean;
  /** As it would be written; undefined where there is none. */
  readonly fallback: unknown;
}

const inner = (schema: z.core.$ZodType): z.core.$ZodType | undefined => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return schema.def.innerType;
  return schema instanceof z.ZodPipe ? schema.def.in : undefined;
};

/** Looks through optional, default and transform. */
export function shapeOf(schema: z.core.$ZodType): Shape {
  const next = inner(schema);
  // A leaf may be read from a union or a record: the note says that it is one value for people.
  if (notes.get(schema) && !(schema instanceof z.ZodArray)) return { is: 'leaf' };
  if (next) return shapeOf(next);
  if (schema instanceof z.ZodObject) return { is: 'object', keys: schema.shape };
  if (schema instanceof z.ZodArray) return { is: 'list', element: schema.element };
  if (schema instanceof z.ZodDiscriminatedUnion)
    return { is: 'forms', by: schema.def.discriminator, forms: schema.options };
  return { is: 'leaf' };
}

/** Collects what is known of a schema over all its wrappers; the outer ones win. */
export function factsOf(schema: z.core.$ZodType): Facts {
  const meta = z.globalRegistry.get(schema);
  const own = {
    note: notes.get(schema),
    description: meta?.description,
    examples: Array.isArray(meta?.['examples']) ? meta['examples'] : [],
    optional: schema._zod.optin !== undefined,
    fallback:
      schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
        ? (schema.def.defaultValue as unknown)
        : undefined,
  };
  const next = inner(schema);
  if (!next) return own;
  const below = factsOf(next);
  return {
    note: own.note ?? below.note,
    description: own.description ?? below.description,
    examples: own.examples.length > 0 ? own.examples : below.examples,
    optional: own.optional || below.optional,
    fallback: own.fallback ?? below.fallback,
  };
}

/** A mapping of the file, as far as one can tell before validation. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The form's own word (`socket`) and whether it is taken when the key is left out. */
export function formName(form: z.core.$ZodType, by: string): { readonly name: string; readonly byDefault: boolean } {
  const shape = shapeOf(form);
  const key = shape.is === 'object' ? shape.keys[by] : undefined;
  const names = [...(key?._zod.values ?? [])].filter((value) => typeof value === 'string');
  return { name: names[0] ?? '', byDefault: key !== undefined && factsOf(key).optional };
}

/** The form that a raw mapping takes; undefined when its word is none. */
export function formFor(shape: Extract<Shape, { is: 'forms' }>, raw: unknown): z.core.$ZodType | undefined {
  const word = isMapping(raw) ? raw[shape.by] : undefined;
  return shape.forms.find((form) => {
    const { name, byDefault } = formName(form, shape.by);
    return word === undefined || word === null ? byDefault : word === name;
  });
}

/** The schema that governs a place of the raw file; undefined where there is none. */
export function schemaAt(
  root: z.core.$ZodType,
  raw: unknown,
  path: readonly PropertyKey[],
): z.core.$ZodType | undefined {
  let schema: z.core.$ZodType | undefined = root;
  let value = raw;
  for (const step of path) {
    if (!schema) return undefined;
    schema = below(schema, value, step);
    value = isMapping(value) || Array.isArray(value) ? Reflect.get(value, step) : undefined;
  }
  return schema;
}

function below(schema: z.core.$ZodType, raw: unknown, step: PropertyKey): z.core.$ZodType | undefined {
  const shape = shapeOf(schema);
  if (shape.is === 'list') return shape.element;
  if (shape.is === 'object') return Object.hasOwn(shape.keys, step) ? shape.keys[String(step)] : undefined;
  if (shape.is === 'leaf') return undefined;
  const form = formFor(shape, raw);
  if (form) return below(form, raw, step);
  for (const candidate of shape.forms) {
    const found = below(candidate, raw, step);
    if (found) return found;
  }
  return undefined;
}

/** The keys of a mapping at this schema: of the raw mapping's own form if it has one, of all forms otherwise. */
export function keysOf(schema: z.core.$ZodType, raw: unknown): readonly string[] {
  const shape = shapeOf(schema);
  if (shape.is === 'object') return Object.keys(shape.keys);
  if (shape.is !== 'forms') return [];
  const form = formFor(shape, raw);
  return form ? keysOf(form, raw) : [...new Set(shape.forms.flatMap((one) => keysOf(one, raw)))];
}

/** Where keys of this name stand, as paths with `[]` for lists: to say "that belongs to …". */
export function placesOfKey(root: z.core.$ZodType, key: string, prefix = ''): readonly string[] {
  const shape = shapeOf(root);
  if (shape.is === 'list') return placesOfKey(shape.element, key, `${prefix}[]`);
  if (shape.is === 'forms') return [...new Set(shape.forms.flatMap((form) => placesOfKey(form, key, prefix)))];
  if (shape.is === 'leaf') return [];
  return Object.entries(shape.keys).flatMap(([name, schema]) => {
    const place = prefix === '' ? name : `${prefix}.${name}`;
    return [...(name === key ? [place] : []), ...placesOfKey(schema, key, place)];
  });
}
