import type { FaultDesk } from '../faults.ts';
import type { Rates } from '../rates.ts';
import { type Obj, textOf } from '../value.ts';
import type { Call, StoredToken, World } from '../world.ts';
import { readArgs, typeArgs } from './args.ts';
import type { Method, MethodCall } from './method.ts';
import { METHODS } from './methods/index.ts';
import { detailed, Refusal } from './refusal.ts';

/** A request, read whole. */
export interface ApiRequest {
  readonly name: string;
  readonly verb: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly authorization: string | undefined;
  readonly body: Buffer;
}

/** What goes back; `drop` cuts the connection instead. */
export type ApiReply =
  | { readonly is: 'drop' }
  | {
      readonly is: 'reply';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    };

/** Everything that answering calls takes. */
export interface Api {
  readonly world: World;
  readonly rates: Rates;
  readonly faults: FaultDesk;
  /** Calls so far, by method. */
  readonly counts: Map<string, number>;
  /** Until when (the vendor's time) a method and channel was asked to wait. */
  readonly pauses: Map<string, number>;
  readonly signal: AbortSignal;
}

/** A client that waits exactly as long as asked may arrive this much too soon, by rounding; the vendor's milliseconds. */
const EARLY_TOLERANCE_MS = 100;

/** Lets the fault plan have its way around an accepted action. Used by the Web API, uploads and response URLs alike. */
export async function withFaults(
  api: Api,
  about: { readonly method: string; readonly channel: string | undefined; readonly args: Obj },
  accept: (call: Call) => ApiReply,
): Promise<ApiReply> {
  const { world, counts, pauses } = api;
  const started = performance.now();
  const nth = counts.get(about.method) ?? 0;
  counts.set(about.method, nth + 1);
  const key = `${about.method} ${about.channel ?? ''}`;
  const at = world.time.now();
  const early = at + EARLY_TOLERANCE_MS < (pauses.get(key) ?? 0);
  const call: Call = { ...about, at, outcome: 'ok', retryAfterSeconds: undefined, early, tookMs: 0 };
  world.calls.push(call);
  const fault = api.faults.call(about.method, nth);
  const reply = await faulty();
  call.tookMs = performance.now() - started;
  if (call.retryAfterSeconds !== undefined) pauses.set(key, at + call.retryAfterSeconds * 1_000);
  return reply;

  async function faulty(): Promise<ApiReply> {
    if (fault?.do === 'rate-limit') return limited(call, fault.retryAfterSeconds);
    if (fault?.do === 'drop-before' || fault?.do === 'fail-before') {
      call.outcome = `fault:${fault.do}`;
      return fault.do === 'drop-before' ? { is: 'drop' } : failed();
    }
    const reply = accept(call);
    if (fault?.do === 'slow') await world.time.wait(fault.delayMs, api.signal);
    if (fault?.do !== 'drop-after' && fault?.do !== 'fail-after') return reply;
    call.outcome = `fault:${fault.do}`;
    return fault.do === 'drop-after' ? { is: 'drop' } : failed();
  }
}

function failed(): ApiReply {
  return { is: 'reply', status: 500, headers: { 'content-type': 'text/plain' }, body: 'Internal Server Error' };
}

/** https://docs.slack.dev/apis/web-api/rate-limits#responding */
function limited(call: Call, retryAfterSeconds: number): ApiReply {
  call.outcome = 'ratelimited';
  call.retryAfterSeconds = retryAfterSeconds;
  return json(429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(retryAfterSeconds) });
}

function json(status: number, body: Obj, headers: Readonly<Record<string, string>> = {}): ApiReply {
  return {
    is: 'reply',
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  };
}

/** Answers one call of the Web API: budget, authentication, scopes, arguments, the method itself. */
export function answerCall(api: Api, request: ApiRequest): Promise<ApiReply> {
  const { world } = api;
  const raw = readArgs(request.contentType, request.body, request.query);
  const args = raw.is === 'read' ? { ...raw.args } : {};
  const { token: _, ...logged } = args;
  const channel = textOf(args['channel']) ?? textOf(args['channel_id']);
  return withFaults(api, { method: request.name, channel, args: logged }, (call) => {
    try {
      const method = METHODS.get(request.name);
      if (!method) {
        world.report('unknown-method', request.name, request.name);
        throw new Refusal('unknown_method', { req_method: request.name });
      }
      const token = authenticate(
        world,
        method,
        request,
        raw.is === 'read' && raw.from !== 'json' ? args['token'] : undefined,
      );
      const wait = api.rates.take(request.name, method.tier, channel, call.at);
      if (wait !== undefined) return limited(call, wait);
      const accepted = accept(api, { request, method, token, raw });
      return json(200, { ok: true, ...accepted.result }, accepted.headers);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      call.outcome = error.error;
      return json(200, { ok: false, error: error.error, ...error.extra });
    }
  });
}

function accept(
  api: Api,
  given: {
    readonly request: ApiRequest;
    readonly method: Method;
    readonly token: StoredToken;
    readonly raw: ReturnType<typeof readArgs>;
  },
): { readonly result: Obj; readonly headers: Readonly<Record<string, string>> } {
  const { world } = api;
  const { request, method, token, raw } = given;
  if (raw.is === 'refused') {
    world.report('bad-transport', request.name, raw.error);
    throw new Refusal(raw.error);
  }
  if (request.verb !== 'POST' && (method.json || request.verb !== 'GET')) {
    world.report('bad-transport', request.name, `${request.verb} instead of POST`);
    throw new Refusal('insecure_request');
  }
  if (raw.from === 'json' && !method.json) world.report('bad-transport', request.name, 'takes no JSON body');
  // A method without JSON support doesn't see a JSON body at all: https://docs.slack.dev/apis/web-api/#post_bodies
  const { team_id: team, ...rest } = raw.from === 'json' && !method.json ? {} : raw.args;
  // Bolt's listener clients send team_id with every call, whatever the method: of this workspace it is harmless
  const seen = team === undefined || team === world.seed.teamId ? rest : { ...rest, team_id: team };
  const { args, faults } = typeArgs(method.args, method.required, seen);
  const call: MethodCall = { world, method: request.name, args, token };
  const needed = method.scopes(call);
  const missing = needed.filter((scope) => !token.scopes.has(scope));
  if (missing.length > 0)
    throw new Refusal('missing_scope', { needed: needed.join(','), provided: [...token.scopes].join(',') });
  if (faults.length > 0) {
    for (const fault of faults) world.report(fault.kind, request.name, fault.message);
    const about = (name: string) => faults.some((fault) => fault.message.startsWith(`invalid \`${name}\``));
    if (about('blocks')) throw new Refusal('invalid_blocks_format');
    if (about('metadata')) throw new Refusal('invalid_metadata_format');
    throw detailed(
      'invalid_arguments',
      faults.map((fault) => fault.message),
    );
  }
  const headers = { 'x-oauth-scopes': [...token.scopes].join(','), 'x-accepted-oauth-scopes': needed.join(',') };
  return { result: method.run(call), headers };
}

/** https://docs.slack.dev/apis/web-api/#authentication: a bearer token, or `token` in a form, never in JSON. */
function authenticate(world: World, method: Method, request: ApiRequest, inForm: unknown): StoredToken {
  const given = /^Bearer (.+)$/.exec(request.authorization ?? '')?.[1] ?? textOf(inForm);
  if (given === undefined || given === '') throw new Refusal('not_authed');
  const token = world.tokens.get(given);
  if (!token) throw new Refusal('invalid_auth');
  if (token.state !== 'valid') throw new Refusal(token.state === 'revoked' ? 'token_revoked' : 'account_inactive');
  if (token.kind !== method.token) throw new Refusal('not_allowed_token_type');
  return token;
}
