import { parse } from 'node:querystring';
import { isObj, type Obj } from '../value.ts';

/** What an argument has to be. `blocks`, `list` and `object` come as JSON text in a form, or as themselves in JSON. */
type ArgKind = 'string' | 'boolean' | 'integer' | 'list' | 'object' | 'ts';

/** A method's arguments by name. */
export type ArgSpec = Readonly<Record<string, ArgKind>>;

/** A request's arguments, read as its content type says. */
type RawArgs =
  | { readonly is: 'read'; readonly args: Obj; readonly from: 'form' | 'json' | 'query' }
  | { readonly is: 'refused'; readonly error: string };

/** Reads a body. Content types: https://docs.slack.dev/apis/web-api/#basics */
export function readArgs(contentType: string, body: Buffer, query: URLSearchParams): RawArgs {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (body.length === 0) return { is: 'read', args: Object.fromEntries(query), from: 'query' };
  if (type === 'application/json') {
    try {
      const json: unknown = JSON.parse(body.toString('utf8'));
      return isObj(json) ? { is: 'read', args: json, from: 'json' } : { is: 'refused', error: 'json_not_object' };
    } catch {
      return { is: 'refused', error: 'invalid_json' };
    }
  }
  if (type === 'application/x-www-form-urlencoded') {
    return { is: 'read', args: { ...parse(body.toString('utf8')) }, from: 'form' };
  }
  return { is: 'refused', error: 'invalid_post_type' };
}

/** An argument's fault, in the vendor's words. */
interface ArgFault {
  readonly kind: 'unknown-argument' | 'bad-argument';
  readonly message: string;
}

/** Turns every argument into its type; says all that are unknown, ill-typed or missing. `token` is read elsewhere. */
export function typeArgs(
  spec: ArgSpec,
  required: readonly string[],
  raw: Obj,
): { readonly args: Obj; readonly faults: readonly ArgFault[] } {
  const faults: ArgFault[] = [];
  const args: Obj = {};
  for (const [name, value] of Object.entries(raw)) {
    if (name === 'token' || value === null) continue;
    const kind = spec[name];
    if (kind === undefined) {
      faults.push({ kind: 'unknown-argument', message: `unknown argument: ${name}` });
      continue;
    }
    const typed = typeArg(kind, value);
    if (typed === undefined) faults.push({ kind: 'bad-argument', message: `invalid \`${name}\`: must be ${kind}` });
    else args[name] = typed;
  }
  for (const name of required) {
    if (args[name] === undefined || args[name] === '') {
      if (!faults.some((fault) => fault.message.startsWith(`invalid \`${name}\``))) {
        faults.push({ kind: 'bad-argument', message: `missing required field: ${name}` });
      }
    }
  }
  return { args, faults };
}

const BOOLEANS: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  [false, false],
  ['true', true],
  ['false', false],
  ['1', true],
  ['0', false],
]);

function typeArg(kind: ArgKind, value: unknown): unknown {
  switch (kind) {
    case 'string':
      return typeof value === 'string' ? value : undefined;
    case 'ts':
      // https://docs.slack.dev/messaging/retrieving-messages: seconds, a dot, six digits; "0" stands for the beginning
      return typeof value === 'string' && /^(\d{9,}\.\d{6}|\d+)$/.test(value) ? value : undefined;
    case 'boolean':
      return BOOLEANS.get(value);
    case 'integer': {
      const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
      return Number.isInteger(number) ? number : undefined;
    }
    case 'list':
    case 'object': {
      const json = typeof value === 'string' ? parsed(value) : value;
      return (kind === 'list' ? Array.isArray(json) : isObj(json)) ? json : undefined;
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
