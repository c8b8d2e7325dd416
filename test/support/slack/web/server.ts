import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Api, type ApiReply, type ApiRequest, answerCall } from './api.ts';
import { takeResponse } from './responseUrl.ts';
import { takeUpload } from './upload.ts';

/** Largest body that is read, in bytes. */
const BODY_BYTES = 64 * 1024 * 1024;

const ROUTES: readonly (readonly [string, (api: Api, request: ApiRequest) => Promise<ApiReply>])[] = [
  ['/api/', answerCall],
  ['/upload/v1/', takeUpload],
  ['/response/', takeResponse],
];

/** Starts the HTTP side on a random loopback port. Upgrades are left to the caller. */
export async function listen(api: () => Api): Promise<{ readonly server: Server; readonly baseUrl: string }> {
  const server = createServer((request, response) => {
    handle(api(), request, response).catch((error: unknown) => {
      response.writeHead(599).end(`emulator: ${String(error)}`);
      api().world.report('bad-transport', request.url ?? '', `the emulator itself failed: ${String(error)}`);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { server, baseUrl: `http://127.0.0.1:${port}` };
}

async function handle(api: Api, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const route = ROUTES.find(([prefix]) => url.pathname.startsWith(prefix));
  const body = await bodyOf(request);
  if (!route || body === undefined) {
    api.world.report('bad-transport', url.pathname, route ? 'body cut off or too large' : 'no such page');
    response.writeHead(route ? 413 : 404).end();
    return;
  }
  const [prefix, answer] = route;
  const reply = await answer(api, {
    name: url.pathname.slice(prefix.length),
    verb: request.method ?? 'GET',
    query: url.searchParams,
    contentType: request.headers['content-type'] ?? '',
    authorization: request.headers.authorization,
    body,
  });
  if (reply.is === 'drop') request.socket.destroy();
  else response.writeHead(reply.status, reply.headers).end(reply.body);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      const bytes = chunk as Buffer;
      size += bytes.length;
      if (size > BODY_BYTES) return undefined;
      chunks.push(bytes);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}
