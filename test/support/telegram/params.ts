import { parseJson, type RequestBody } from './body.ts';
import { badRequest } from './failure.ts';
import type { Upload } from './multipart.ts';
import { DEPRECATED, METHODS, OBJECT_FIELDS, type ParameterType } from './parameters.ts';
import type { Violation } from './records.ts';
import { isArray, isObject, type Json, type JsonObject } from './wire.ts';

/** Tells a violation; the emulator adds time and method. */
export type Report = (kind: Violation['kind'], detail: string) => void;

const FITS: Readonly<Record<ParameterType, (value: Json) => boolean>> = {
  int: (value) => typeof value === 'number' && Number.isSafeInteger(value),
  bool: (value) => typeof value === 'boolean',
  text: (value) => typeof value === 'string',
  chat: (value) => typeof value === 'string' || (typeof value === 'number' && Number.isSafeInteger(value)),
  object: (value) => isObject(value) || (typeof value === 'string' && isObject(parseJson(value))),
  list: (value) => isArray(value) || (typeof value === 'string' && isArray(parseJson(value))),
  file: (value) => typeof value === 'string',
};
/** The same for forms and query strings, where all is text. */
const FITS_TEXT: Readonly<Record<ParameterType, (value: string) => boolean>> = {
  int: (value) => /^-?\d+$/.test(value),
  bool: (value) => /^(true|false|1|0|yes|no)$/i.test(value),
  text: () => true,
  chat: (value) => /^(-?\d+|@\w+)$/.test(value),
  object: (value) => isObject(parseJson(value)),
  list: (value) => isArray(parseJson(value)),
  file: () => true,
};

/** Reports what the method's page doesn't know, or what has another type than it says. The server itself would keep silent. */
export function checkParameters(method: string, body: RequestBody, report: Report): void {
  const spec = METHODS[method] ?? {};
  const attached = new Set(JSON.stringify([...body.values]).match(/(?<=attach:\/\/)[\w-]+/g) ?? []);
  for (const name of body.files.keys()) {
    if (!(name in spec) && !attached.has(name)) report('unknown-parameter', `file ${name}`);
  }
  for (const [name, value] of body.values) {
    if (name === 'method') continue; // telegraf 4.16.3 adds it to every form
    if (DEPRECATED.has(name)) report('deprecated-parameter', name);
    const type = spec[name]?.replace('!', '') as ParameterType | undefined;
    if (type === undefined) {
      if (!DEPRECATED.has(name)) report('unknown-parameter', name);
      continue;
    }
    const fits = body.typed ? FITS[type](value) : FITS_TEXT[type](String(value));
    if (!fits) report('ill-typed', `${name}: ${JSON.stringify(value)?.slice(0, 80)} is no ${type}`);
  }
}

/** Parameters as the server reads them: everything can come as text, what can't be read counts as absent. */
export class Params {
  readonly body: RequestBody;
  readonly report: Report;

  constructor(body: RequestBody, report: Report) {
    this.body = body;
    this.report = report;
  }

  /** True when the parameter was sent. */
  has(name: string): boolean {
    return this.body.values.has(name) || this.body.files.has(name);
  }

  /** Text, or '' when absent. */
  text(name: string): string {
    const value = this.body.values.get(name);
    if (value === undefined || value === null) return '';
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  }

  /** An integer, or the fallback. */
  int(name: string, fallback = 0): number {
    const value = Number.parseInt(this.text(name), 10);
    return Number.isSafeInteger(value) ? value : fallback;
  }

  /** A boolean; absent is false. */
  bool(name: string): boolean {
    return /^(true|1|yes)$/i.test(this.text(name));
  }

  /** JSON given as such or as text; `undefined` when absent. Throws 400 when it isn't JSON. */
  json(name: string, what: string): Json | undefined {
    const value = this.body.values.get(name);
    if (typeof value !== 'string') return value;
    if (value === '') return undefined;
    const parsed = parseJson(value);
    if (parsed === undefined) throw badRequest(`Can't parse ${what} JSON object`);
    return parsed;
  }

  /** A JSON object whose unknown fields are reported; `undefined` when absent. Throws 400 when it is something else. */
  object(name: string, what: string): JsonObject | undefined {
    const value = this.json(name, what);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw badRequest(`Object expected as ${what}`);
    this.knows(name, value);
    return value;
  }

  /** Reports fields that the object's page doesn't name. */
  knows(name: string, value: JsonObject): void {
    const fields = OBJECT_FIELDS[name];
    if (fields === undefined) return;
    for (const field of Object.keys(value))
      if (!fields.includes(field)) this.report('unknown-parameter', `${name}.${field}`);
  }

  /** An upload under this name or the one that `attach://` names; else `undefined`. */
  upload(name: string, value = this.text(name)): Upload | undefined {
    const attached = /^attach:\/\/(.+)$/.exec(value)?.[1];
    return this.body.files.get(attached ?? name);
  }
}
