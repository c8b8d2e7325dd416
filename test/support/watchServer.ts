import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from './kubeWorld.ts';

/** What happens to the next request, or to the watches that are open. */
export type WatchFault =
  /** The connection is cut, in the middle of a line where there is one. */
  | 'cut'
  /** Nothing more is said, and nothing is closed. */
  | 'stall'
  /** A line that is no JSON, then silence. */
  | 'garbage'
  /** An event of a kind that nobody knows. */
  | 'unknown'
  /** The server ends the watch as after its time. */
  | 'end'
  /** All history is forgotten, and the watches are told so. */
  | 'expire'
  /** The next requests are refused. */
  | 401
  | 403
  | 410
  | 429
  | 500
  | 503;

/** An API server's lists and watches of pods, over real HTTP, with a history that can be forgotten. */
export interface WatchServer {
  readonly asked: readonly {
    readonly what: 'list' | 'watch';
    readonly version: string | undefined;
    readonly fields?: string;
  }[];
  /** Names and versions of what is there. */
  contents(): Readonly<Record<string, string>>;
  /** The uid that a name has, or will have. */
  uidOf(name: string): string;
  put(name: string, more?: Manifest): void;
  remove(name: string): void;
  /** A bookmark to all who watch. */
  bookmark(): void;
  fault(fault: WatchFault): void;
  /** Streams that are open now. */
  open(): number;
  kubeconfig(): Promise<string>;
  stop(): Promise<void>;
}

interface Change {
  readonly type: string;
  readonly version: number;
  readonly object: Manifest;
}

/** Starts it on loopback. */
export async function startWatchServer(): Promise<WatchServer> {
  const asked: { what: 'list' | 'watch'; version: string | undefined; fields?: string }[] = [];
  const uids = new Map<string, string>();
  const objects = new Map<string, Manifest>();
  const streams = new Map<ServerResponse, { stalled: boolean }>();
  const sockets = new Set<Socket>();
  const pages = new Map<string, { version: number; rest: Manifest[] }>();
  let history: Change[] = [];
  let forgotten = 0;
  let version = 100;
  let made = 0;
  let refusals: number[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'daytwo-watch-'));

  /** A name's uid, for as long as it is there. */
  const uidOf = (name: string): string => {
    const known = uids.get(name);
    if (known) return known;
    made += 1;
    uids.set(name, `uid-${made}`);
    return `uid-${made}`;
  };
  const lineOf = (type: string, object: Manifest): string => `${JSON.stringify({ type, object })}\n`;
  /** To all who watch; with `last` it is the last that they hear. */
  const say = (line: string, last?: 'stall' | 'end' | 'cut'): void => {
    for (const [response, stream] of streams) {
      if (stream.stalled) continue;
      if (last === 'stall') stream.stalled = true;
      else if (last) streams.delete(response);
      if (last === 'end') response.end(line);
      else if (last === 'cut') response.write(line, () => response.destroy());
      else if (line !== '') response.write(line);
    }
  };
  const change = (type: string, object: Manifest): void => {
    history.push({ type, version, object });
    say(lineOf(type, object));
  };
  const status = (response: ServerResponse, code: number): void => {
    response.writeHead(code, { 'content-type': 'application/json', ...(code === 429 ? { 'retry-after': '0' } : {}) });
    response.end(JSON.stringify({ kind: 'Status', code, message: `set to ${code}` }));
  };

  const list = (url: URL, response: ServerResponse): void => {
    const token = url.searchParams.get('continue') ?? '';
    const from = token === '' ? { version, rest: [...objects.values()] } : pages.get(token);
    if (!from || (token !== '' && from.version < forgotten)) {
      status(response, 410);
      return;
    }
    const limit = Number(url.searchParams.get('limit') ?? '1000');
    const next = from.rest.length > limit ? `page-${pages.size}` : undefined;
    if (next) pages.set(next, { version: from.version, rest: from.rest.slice(limit) });
    const metadata = { resourceVersion: String(from.version), ...(next ? { continue: next } : {}) };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind: 'PodList', metadata, items: from.rest.slice(0, limit) }));
  };
  const watch = (url: URL, response: ServerResponse): void => {
    const from = Number(url.searchParams.get('resourceVersion'));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from < forgotten) {
      response.end(lineOf('ERROR', { kind: 'Status', code: 410, message: 'too old resource version' }));
      return;
    }
    streams.set(response, { stalled: false });
    response.on('close', () => streams.delete(response));
    for (const { type, object } of history.filter((one) => one.version > from)) response.write(lineOf(type, object));
  };
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://kube');
    const what = url.searchParams.get('watch') === 'true' ? 'watch' : 'list';
    const fields = url.searchParams.get('fieldSelector');
    asked.push({ what, version: url.searchParams.get('resourceVersion') ?? undefined, ...(fields ? { fields } : {}) });
    const refused = refusals.shift();
    if (refused !== undefined) status(response, refused);
    else if (what === 'watch') watch(url, response);
    else list(url, response);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    asked,
    contents: () => Object.fromEntries([...objects].map(([name, { metadata }]) => [name, metadata.resourceVersion])),
    uidOf,
    put: (name, more = {}) => {
      version += 1;
      const known = objects.get(name);
      const uid = known ? known.metadata.uid : uidOf(name);
      const object = {
        metadata: { name, namespace: 'n', uid, resourceVersion: String(version) },
        spec: { nodeName: 'a' },
        status: { phase: 'Running' },
        ...more,
      };
      objects.set(name, object);
      change(known ? 'MODIFIED' : 'ADDED', object);
    },
    remove: (name) => {
      const known = objects.get(name);
      if (!known) return;
      version += 1;
      objects.delete(name);
      uids.delete(name);
      change('DELETED', { ...known, metadata: { ...known.metadata, resourceVersion: String(version) } });
    },
    bookmark: () => say(lineOf('BOOKMARK', { metadata: { resourceVersion: String(version) } })),
    fault: (fault) => {
      if (typeof fault === 'number') {
        refusals = [...refusals, fault];
        for (const response of streams.keys()) response.destroy();
        streams.clear();
      } else if (fault === 'expire') {
        history = [];
        version += 1;
        forgotten = version;
        say(lineOf('ERROR', { kind: 'Status', code: 410, message: 'too old resource version' }), 'end');
      } else if (fault === 'cut') say('{"type":"MODIFIED","object":{"meta', 'cut');
      else if (fault === 'stall') say('', 'stall');
      else if (fault === 'garbage') say('<html>502 Bad Gateway</html>\n', 'stall');
      else if (fault === 'unknown') say(lineOf('SURPRISE', { metadata: { uid: 'u', resourceVersion: '1' } }), 'stall');
      else say('', 'end');
    },
    open: () => streams.size,
    kubeconfig: async () => {
      const path = join(folder, 'kubeconfig');
      const { port } = server.address() as AddressInfo;
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'test',
        clusters: [{ name: 'test', cluster: { server: `http://127.0.0.1:${port}` } }],
        users: [{ name: 'test', user: {} }],
        contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      };
      await writeFile(path, JSON.stringify(config));
      return path;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
