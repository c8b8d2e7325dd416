import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import type { Raw, RawApi } from './rawApi.ts';

/** A request that went through, in order. `status` is absent while the API server hasn't answered. */
export interface Passed {
  readonly method: string;
  readonly path: string;
  readonly at: number;
  readonly body: Raw;
  status?: number;
}

/** An eviction that was asked for and isn't a dry run. */
export interface AskedEviction {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string | undefined;
  readonly status: number | undefined;
  readonly at: number;
}

/** Stands between one bot and the API server: records all that goes through, and can be cut. */
export interface RecordingProxy {
  /** A kubeconfig that leads here. */
  readonly kubeconfig: string;
  readonly passed: readonly Passed[];
  /** Called before a request goes on, and after the API server has answered but before the bot hears it. What it awaits is waited for. */
  hook: ((passed: Passed, when: 'before' | 'after') => Promise<void> | void) | undefined;
  /** `refuse` ends every connection, `hang` answers nothing any more, `open` lets through again. */
  line(is: 'open' | 'refuse' | 'hang'): void;
  close(): Promise<void>;
}

const EVICTION = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/eviction(?:\?|$)/;

/** Starts it on a free port of loopback; its kubeconfig is written into `folder`. */
export async function startRecordingProxy(api: RawApi, folder: string): Promise<RecordingProxy> {
  const passed: Passed[] = [];
  const sockets = new Set<Socket>();
  const flowing = new Set<IncomingMessage>();
  let line: 'open' | 'refuse' | 'hang' = 'open';
  const is = (what: typeof line): boolean => line === what;

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (is('refuse')) return void response.destroy();
    if (is('hang')) return;
    const { method = '', url: path = '' } = request;
    const entry: Passed = { method, path, at: Date.now(), body: method === 'GET' ? undefined : jsonOf(body) };
    passed.push(entry);
    await proxy.hook?.(entry, 'before');
    const { accept = 'application/json', 'content-type': type } = request.headers;
    const headers = { accept, ...(type === undefined ? {} : { 'content-type': type }) };
    const answer = await api.open({ method, path, headers, body: body.length > 0 ? body : undefined });
    const { statusCode: status = 0 } = answer;
    entry.status = status;
    answer.on('error', () => response.destroy());
    response.on('close', () => void answer.destroy());
    await proxy.hook?.(entry, 'after');
    if (is('refuse')) return void response.destroy();
    if (is('hang')) return;
    const { 'content-type': answered = 'application/json', 'retry-after': retry } = answer.headers;
    response.writeHead(status, { 'content-type': answered, ...(retry === undefined ? {} : { 'retry-after': retry }) });
    response.flushHeaders();
    flowing.add(answer);
    answer.on('close', () => flowing.delete(answer));
    answer.pipe(response);
  }

  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    if (is('refuse')) return void socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const kubeconfig = join(folder, 'proxied.kubeconfig');
  const named = { name: 'lab', cluster: { server: `http://127.0.0.1:${port}` } };
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'lab',
      clusters: [named],
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab' } }],
      users: [{ name: 'lab', user: {} }],
    }),
  );
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: RecordingProxy = {
    kubeconfig,
    passed,
    hook: undefined,
    line: (wanted) => {
      line = wanted;
      // What hung is answered by nobody any more: the bot must ask again.
      if (wanted !== 'hang') cutAll();
      else for (const answer of flowing) answer.unpipe();
    },
    close: async () => {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

/** The evictions among what went through. Pure. */
export function evictionsIn(passed: readonly Passed[]): readonly AskedEviction[] {
  return passed.flatMap(({ method, path, body, status, at }) => {
    const [, namespace, name] = EVICTION.exec(path) ?? [];
    const isDry = path.includes('dryRun=') || body?.deleteOptions?.dryRun !== undefined;
    if (method !== 'POST' || namespace === undefined || name === undefined || isDry) return [];
    return [{ namespace, name, uid: body?.deleteOptions?.preconditions?.uid, status, at }];
  });
}

function jsonOf(body: Buffer): Raw {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
