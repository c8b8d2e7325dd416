import { createServer, type IncomingMessage, request as plain, type ServerResponse } from 'node:http';
import { request as secure } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** What happens to the watches that are open, or to the requests that come next. */
export type ProxyFault =
  /** The connection is cut, in the middle of a line where there is one. */
  | 'cut'
  /** Nothing more comes, and nothing is closed. */
  | 'stall'
  /** A line that is no JSON. */
  | 'garbage'
  /** The next watch asks for a version that the server has long forgotten. */
  | 'old'
  /** The next two requests are answered so, and the watches cut. */
  | 429
  | 500
  | 503;

/** A proxy before a real API server that harms what goes through it. */
export interface FaultyProxy {
  readonly url: string;
  fault(fault: ProxyFault): void;
  /** Watches that are open now. */
  open(): number;
  stop(): Promise<void>;
}

/** Where the real one is, and who we are to it. */
export interface ProxyTarget {
  readonly server: string;
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

/** Starts it on loopback, without TLS: it signs in for whoever asks. */
export async function startFaultyProxy({ server, tls }: ProxyTarget): Promise<FaultyProxy> {
  const watches = new Map<ServerResponse, IncomingMessage>();
  const sockets = new Set<Socket>();
  let refusals: number[] = [];
  let isOld = false;
  const handle = (from: IncomingMessage, to: ServerResponse): void => {
    const url = new URL(from.url ?? '/', server);
    const isWatch = url.searchParams.get('watch') === 'true';
    const refused = refusals.shift();
    if (refused !== undefined) {
      to.writeHead(refused, { 'content-type': 'application/json' });
      to.end(JSON.stringify({ kind: 'Status', code: refused, message: 'by the test' }));
      return;
    }
    if (isWatch && isOld) {
      isOld = false;
      url.searchParams.set('resourceVersion', '1');
    }
    const { host: _, ...headers } = from.headers;
    const send = url.protocol === 'https:' ? secure : plain;
    const out = send(url, { method: from.method, headers, ...tls }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      to.flushHeaders();
      if (isWatch) watches.set(to, answer);
      answer.pipe(to);
      answer.on('error', () => to.destroy());
    });
    out.on('error', () => to.destroy());
    to.on('close', () => {
      watches.delete(to);
      out.destroy();
    });
    from.pipe(out);
  };
  const proxy = createServer(handle);
  proxy.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    fault: (fault) => {
      if (typeof fault === 'number') refusals = [fault, fault];
      if (fault === 'old') isOld = true;
      for (const [to, answer] of watches) {
        watches.delete(to);
        answer.unpipe(to);
        if (fault === 'stall') answer.pause();
        else if (fault === 'garbage') to.write('<html>502 Bad Gateway</html>\n');
        else if (fault === 'cut') to.write('{"type":"MODIFIED","object":{"meta', () => to.destroy());
        else to.destroy();
      }
    },
    open: () => watches.size,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
