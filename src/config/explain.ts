import type { z } from 'zod';
import { nearest } from '../lib/nearest.ts';
import { inertLine } from '../lib/text.ts';
import { factsOf, formName, isMapping, keysOf, placesOfKey, schemaAt, shapeOf } from './introspect.ts';
import { type LeafParams, oneOf } from './leaf/leaf.ts';
import { find, type Located } from './located.ts';

/** A wrong value or key, by path. `onKey`: the key itself is to blame, not its value. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly suggestion?: string;
  readonly onKey?: true;
  /** Where in the text of the value. */
  readonly offset?: number;
}

/** Longer values aren't repeated in a message: tokens that were put in the wrong place are longer. */
const SHOWN_MAX = 20;

/** The value at a path of plain data. */
export function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const step of path) {
    if (!isMapping(value) && !Array.isArray(value)) return undefined;
    value = Object.hasOwn(value, step) ? Reflect.get(value, step) : undefined;
  }
  return value;
}

function kind(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string' ? 'a text' : typeof value === 'number' ? 'a number' : `${String(value)}`;
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'a mapping (key: value)',
  array: 'a list ([a, b], or a line "- item" each)',
};

/** Turns zod's issues into sentences that tell what was expected, name what was meant, and never repeat what could be a secret. */
export function explain(
  schema: z.core.$ZodType,
  raw: unknown,
  located: Located,
  issues: readonly z.core.$ZodIssue[],
): readonly Fault[] {
  return issues.flatMap((issue) => explainOne(schema, raw, located, issue));
}

function explainOne(
  schema: z.core.$ZodType,
  raw: unknown,
  located: Located,
  issue: z.core.$ZodIssue,
): readonly Fault[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(schema, raw, path, key));
  const value = valueAt(raw, path);
  const here = schemaAt(schema, raw, path);
  const note = here && factsOf(here).note;
  const { variables } = find(located, path).node;

  const params: Partial<LeafParams> = issue.code === 'custom' ? (issue.params ?? {}) : {};
  const extra = {
    ...(params.offset === undefined ? {} : { offset: params.offset }),
    ...(params.meant === undefined ? {} : { suggestion: params.meant }),
  };
  if (params.whole) return [{ path, message: issue.message, ...extra }];

  const words = choices(here, issue);
  const expected =
    words !== undefined
      ? oneOf(words)
      : (note?.expected ?? (issue.code === 'invalid_type' ? TYPES[issue.expected] : undefined) ?? 'something else');
  if (value === undefined) return [{ path, message: `is missing: expected ${expected}` }];

  const shown =
    note?.shown === true && typeof value === 'string' && value.length <= SHOWN_MAX && variables === undefined;
  let found = `, found ${kind(value)}`;
  if (variables !== undefined) found = `; ${variables.map((name) => `\${${name}}`).join(' and ')} gives something else`;
  else if (shown) found = `, found ${JSON.stringify(inertLine(value))}`;
  else if (typeof value === 'string') found = '';
  else if (typeof value === 'number' && note?.shown) found = `, found ${value}`;
  else if (typeof value === 'number' && issue.code === 'invalid_type' && issue.expected === 'string')
    found = ', found a number: put it in quotes';
  const meant = words && shown ? nearest(value, words) : undefined;
  return [
    { path, message: `expected ${expected}${found}`, ...(meant === undefined ? {} : { suggestion: meant }), ...extra },
  ];
}

/** The words that may stand here, if that is all that may. */
function choices(here: z.core.$ZodType | undefined, issue: z.core.$ZodIssue): readonly string[] | undefined {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code !== 'invalid_union' || !('options' in issue) || !Array.isArray(issue.options)) return undefined;
  const words = issue.options.filter((one) => typeof one === 'string');
  return here || words.length > 0 ? words : undefined;
}

function unknownKey(schema: z.core.$ZodType, raw: unknown, path: readonly PropertyKey[], key: string): Fault {
  const parent = schemaAt(schema, raw, path);
  const section = valueAt(raw, path);
  const fault = { path: [...path, key], onKey: true } as const;
  if (!parent) return { ...fault, message: 'this key is not known' };
  const shape = shapeOf(parent);
  if (shape.is === 'forms') {
    const form = shape.forms.find((one) => keysOf(one, section).includes(key));
    if (form) return { ...fault, message: `this key goes with ${shape.by}: ${formName(form, shape.by).name} only` };
  }
  const given = isMapping(section) ? Object.keys(section) : [];
  const keys = keysOf(parent, section);
  // A key that isn't there yet is likelier meant than one that is.
  const near = nearest(key, [...keys.filter((one) => !given.includes(one)), ...keys]);
  if (near !== undefined) return { ...fault, message: 'this key is not known', suggestion: near };
  const places = placesOfKey(schema, key);
  const message = `this key is not known here; there are ${keys.join(', ')}`;
  return places.length === 1 ? { ...fault, message, suggestion: places[0] ?? '' } : { ...fault, message };
}
