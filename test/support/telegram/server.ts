import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { parseBody, type RequestBody, readBody } from './body.ts';
import type { Core, RunResult } from './core.ts';
import { ApiFailure, tooMany } from './failure.ts';
import type { Fault } from './faults.ts';
import { canonical, type Incoming, run } from './run.ts';

/** `<bot id>:<secret>` as BotFather gives it. https://core.telegram.org/bots/api#authorizing-your-bot */
const TOKEN = /^[1-9]\d{0,16}:[A-Za-z0-9_-]{1,62}$/;

const BAD_GATEWAY = new ApiFailure(502, 'Bad Gateway');

function answer(response: ServerResponse, { status, body }: RunResult): void {
  if (response.destroyed || response.writableEnded) return;
  const parameters = body['parameters'] as { retry_after?: number } | undefined;
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(parameters?.retry_after === undefined ? {} : { 'retry-after': String(parameters.retry_after) }),
  });
  response.end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, description: string): void {
  answer(response, { status, body: { ok: false, error_code: status, description } });
}

/** What a fault puts in the method's place, if it strikes before. */
function instead(core: Core, fault: Fault | undefined, body: RequestBody): Pick<Incoming, 'instead'> {
  if (fault?.kind === 'flood') {
    return {
      instead: () => {
        const chatId = Number(body.values.get('chat_id'));
        if (core.world.chats.has(chatId)) core.budgets.impose(fault.seconds, chatId, true);
        throw tooMany(fault.seconds);
      },
    };
  }
  const refused = fault?.kind === 'bad-gateway-before' || fault?.kind === 'drop-before';
  if (!refused) return {};
  return {
    instead: () => {
      throw BAD_GATEWAY;
    },
  };
}

/** A slow answer; where time stands still it only comes a turn of the event loop later. */
async function slow(core: Core, ms: number, signal: AbortSignal): Promise<void> {
  if (core.clock.scale > 0) await core.clock.sleep(ms, signal);
  else await new Promise((resolve) => setImmediate(resolve));
}

async function callMethod(core: Core, request: IncomingMessage, response: ServerResponse, token: string, name: string) {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, core.signal]);
  const query = new URL(request.url ?? '/', 'http://x').searchParams;
  const body = parseBody(await readBody(request), request.headers['content-type'] ?? '', query);
  const fault = core.faults.ofCall(canonical(name));
  const done = await run(core, {
    name,
    body,
    via: 'http',
    token,
    signal,
    ...(fault === undefined ? {} : { fault: fault.kind }),
    ...instead(core, fault, body),
  });
  switch (fault?.kind) {
    case 'drop-before':
    case 'drop-after':
      request.socket.destroy();
      return;
    case 'bad-gateway-after':
      refuse(response, BAD_GATEWAY.code, BAD_GATEWAY.message);
      return;
    case 'slow':
      await slow(core, fault.ms, signal);
      answer(response, done);
      return;
    default:
      answer(response, done);
  }
}

async function handle(core: Core, prefix: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname);
  const [, method, token = '', rest = ''] =
    (path.startsWith(prefix) ? /^\/(bot|file\/bot)([^/]*)\/(.+)$/.exec(path.slice(prefix.length)) : null) ?? [];
  if (method === undefined) {
    core.records.violations.push({
      at: core.clock.now(),
      method: path,
      kind: 'bad-request-shape',
      detail: `no such path`,
    });
    refuse(response, 404, 'Not Found');
    return;
  }
  if (!TOKEN.test(token)) {
    refuse(response, 404, 'Not Found');
    return;
  }
  if (method === 'bot') {
    await callMethod(core, request, response, token, rest);
    return;
  }
  const file = token === core.account.token ? core.files.at(rest) : undefined;
  if (file === undefined) refuse(response, token === core.account.token ? 404 : 401, 'Not Found');
  else response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(file);
}

/** Serves the Bot API under `prefix` on a random loopback port. */
export async function listen(core: Core, prefix: string): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    handle(core, prefix, request, response).catch((error: unknown) => {
      if (error instanceof ApiFailure) refuse(response, error.code, error.message);
      else if (request.destroyed) response.destroy();
      else refuse(response, 500, `Internal Server Error: ${String(error)}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}
