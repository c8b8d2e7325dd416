import type { RequestBody } from './body.ts';
import type { Core, Method, RunResult } from './core.ts';
import { ApiFailure, badRequest, unauthorized } from './failure.ts';
import { accountMethods } from './methods/account.ts';
import { chatMethods } from './methods/chat.ts';
import { commandMethods } from './methods/command.ts';
import { editMethods } from './methods/edit.ts';
import { sendMethods } from './methods/send.ts';
import { METHODS } from './parameters.ts';
import { checkParameters, Params, type Report } from './params.ts';
import type { Json, JsonObject } from './wire.ts';

const IMPLEMENTED: Readonly<Record<string, Method>> = {
  ...accountMethods,
  ...chatMethods,
  ...commandMethods,
  ...editMethods,
  ...sendMethods,
};
/** Names are case-insensitive: https://core.telegram.org/bots/api#making-requests */
const NAMES: ReadonlyMap<string, string> = new Map(Object.keys(IMPLEMENTED).map((name) => [name.toLowerCase(), name]));

/** The method's name as its page spells it; unknown ones stay as they are. */
export function canonical(name: string): string {
  return NAMES.get(name.toLowerCase()) ?? name;
}

/** Throws 400 for the first required parameter that is missing; the texts differ a method, and the server's own come first. */
function demandRequired(method: string, params: Params): void {
  const own = new Set([
    'text',
    'chat_id',
    'message_id',
    'url',
    'photo',
    'document',
    'media',
    'commands',
    'action',
    'name',
  ]);
  for (const [name, type] of Object.entries(METHODS[method] ?? {})) {
    if (!type.endsWith('!') || params.has(name)) continue;
    params.report('bad-request-shape', `${name} is required`);
    if (!own.has(name)) throw badRequest(`Parameter "${name}" is required`);
  }
}

async function result(core: Core, name: string, body: RequestBody, report: Report, signal: AbortSignal): Promise<Json> {
  if (core.account.loggedOut) throw new ApiFailure(400, 'Logged out');
  const method = IMPLEMENTED[name];
  if (method === undefined) {
    report('unknown-method', name);
    throw new ApiFailure(404, 'Not Found: method not found');
  }
  checkParameters(name, body, report);
  const params = new Params(body, report);
  demandRequired(name, params);
  return await method(core, params, signal);
}

function failed(error: unknown): RunResult {
  if (!(error instanceof ApiFailure)) throw error;
  const { code, message, parameters } = error;
  const body = {
    ok: false,
    error_code: code,
    description: message,
    ...(parameters === undefined ? {} : { parameters }),
  };
  return { status: code, body };
}

/** What the calls' record keeps of the parameters. */
function recorded({ values, files }: RequestBody): JsonObject {
  const uploads = [...files].map(
    ([name, { filename, data }]) => [name, `<${filename}, ${data.length} bytes>`] as const,
  );
  return Object.fromEntries([...values, ...uploads]);
}

/** One call as it came in. */
export interface Incoming {
  readonly name: string;
  readonly body: RequestBody;
  readonly via: 'http' | 'webhook-reply';
  readonly token: string;
  readonly signal: AbortSignal;
  /** The fault that will befall the answer, for the record. */
  readonly fault?: string;
  /** What happens instead of the method: a fault's 429 or 502, or the drop before it. */
  readonly instead?: () => Json;
}

/** What the bot saw of an answer that a fault took away. */
function seenStatus(fault: string | undefined, status: number): number {
  if (fault?.startsWith('drop')) return 0;
  return fault?.startsWith('bad-gateway') ? 502 : status;
}

/** Runs one call, answers as the server does, and records it. Never throws for what a bot can do wrong. */
export async function run(core: Core, call: Incoming): Promise<RunResult> {
  const name = canonical(call.name);
  const at = core.clock.now();
  const n = core.records.calls.length + 1;
  const report: Report = (kind, detail) => {
    core.records.violations.push({ at, method: name, kind, detail });
  };
  const record = { n, at, method: name, params: recorded(call.body), via: call.via };
  const extra = call.fault === undefined ? {} : { fault: call.fault };
  core.records.calls.push({ ...record, ...extra, status: 0, tookMs: 0 });
  let outcome: RunResult;
  try {
    if (call.token !== core.account.token) throw unauthorized();
    const value = call.instead?.() ?? (await result(core, name, call.body, report, call.signal));
    outcome = { status: 200, body: { ok: true, result: value } };
  } catch (error) {
    outcome = failed(error);
  }
  const { description, parameters } = outcome.body as { description?: string; parameters?: { retry_after?: number } };
  const retryAfter = parameters?.retry_after;
  const status = seenStatus(call.fault, outcome.status);
  core.records.calls[n - 1] = {
    ...record,
    ...extra,
    status,
    ...(description === undefined ? {} : { description }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    tookMs: core.clock.now() - at,
  };
  return outcome;
}
