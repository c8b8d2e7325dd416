import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Attempt, DeliveryKind, Retry, Transport } from '../deliver/transport.ts';
import { SOCKET_WARNING_MS, SOCKETS } from '../limits.ts';
import { isObj, type Obj, textOf } from '../value.ts';
import type { World } from '../world.ts';
import { acceptWebSocket, type WebSocketPeer } from './webSocket.ts';

/** Why Slack ends a connection. https://docs.slack.dev/apis/events-api/using-socket-mode#disconnect */
type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled' | 'too_many_websockets';

/** Slack's side of Socket Mode. */
export interface SocketMode extends Transport {
  upgrade(request: IncomingMessage, socket: Duplex): void;
  /** Connections that get payloads now. */
  connections(): number;
  /** Connections ever made. */
  accepted(): number;
  /** Resolves when at least this many connections get payloads. */
  connected(count: number, signal?: AbortSignal): Promise<void>;
  /** Says why, then ends all connections (or the oldest only). `warning` ends them ten seconds (the vendor's) later. */
  disconnect(reason: DisconnectReason, which?: 'all' | 'oldest'): void;
  /** Cuts connections without a word. */
  drop(which?: 'all' | 'oldest'): void;
  /** Ends and refuses everything, for good. */
  stop(): void;
}

interface Connection {
  readonly peer: WebSocketPeer;
  draining: boolean;
}

interface Pending {
  readonly connection: Connection;
  readonly takesPayload: boolean;
  readonly settle: (
    result:
      | { readonly acked: true; readonly body: unknown }
      | { readonly acked: false; readonly why: 'timeout' | 'closed' },
  ) => void;
}

/** How often the server pings, on the machine's clock. */
const PING_MS = 5_000;
/** WebSocket close codes: RFC 6455 section 7.4.1. */
const CLOSE_NORMAL = 1_000;

/** Accepts connections by ticket and sends envelopes to any one of them, in turn. */
export function createSocketMode(options: {
  readonly world: World;
  readonly ackMs: number;
  readonly signal: AbortSignal;
}): SocketMode {
  const { world, ackMs, signal } = options;
  const connections = new Set<Connection>();
  const pending = new Map<string, Pending>();
  const expired = new Set<string>();
  const waiters = new Set<() => void>();
  const lastUsed = new Map<string, Connection>();
  let turn = 0;
  let accepted = 0;

  const open = () => [...connections].filter((connection) => !connection.draining);

  const hear = (connection: Connection, text: string) => {
    const message = parsed(text);
    const id = textOf(message?.['envelope_id']) ?? '';
    const waiting = pending.get(id);
    if (!message || !waiting) {
      if (!expired.has(id)) world.report('bad-ack', 'socket', `no envelope waits for ${text.slice(0, 200)}`);
      return;
    }
    const body = message['payload'];
    const filled = isObj(body) && Object.keys(body).length > 0;
    if (filled && !waiting.takesPayload) world.report('bad-ack', 'socket', 'a payload where none is accepted');
    if (waiting.connection !== connection) world.report('bad-ack', 'socket', 'acknowledged on another connection');
    waiting.settle({ acked: true, body: filled ? body : undefined });
  };

  const gone = (connection: Connection) => {
    connections.delete(connection);
    world.sockets.open = connections.size;
    for (const waiting of [...pending.values()]) {
      if (waiting.connection === connection) waiting.settle({ acked: false, why: 'closed' });
    }
  };

  const farewell = (connection: Connection, reason: DisconnectReason) => {
    connection.draining = true;
    connection.peer.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'applink-emulated' } }));
  };

  const ready = (count: number, until: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const check = () => {
        if (!until.aborted && open().length < count) return;
        waiters.delete(check);
        until.removeEventListener('abort', check);
        resolve();
      };
      waiters.add(check);
      until.addEventListener('abort', check);
      check();
    });

  const pick = (payload: Obj): Connection | undefined => {
    const candidates = open();
    const before = lastUsed.get(textOf(payload['event_id']) ?? '');
    const others = candidates.filter((connection) => connection !== before);
    const from = others.length > 0 ? others : candidates;
    turn += 1;
    return from[turn % Math.max(1, from.length)];
  };

  const attempt = async (kind: DeliveryKind, payload: Obj, retry: Retry | undefined): Promise<Attempt> => {
    const started = performance.now();
    const tookMs = () => performance.now() - started;
    const connection = pick(payload);
    if (!connection)
      return { is: 'failed', reason: 'no_connection', detail: 'no open connection', tookMs: 0, noRetry: false };
    const eventId = textOf(payload['event_id']);
    if (eventId !== undefined) lastUsed.set(eventId, connection);
    const id = world.ids.uuid();
    const takesPayload = kind !== 'events_api';
    const result = await new Promise<Parameters<Pending['settle']>[0]>((resolve) => {
      const timer = setTimeout(() => resolve({ acked: false, why: 'timeout' }), ackMs);
      pending.set(id, {
        connection,
        takesPayload,
        settle: (how) => {
          clearTimeout(timer);
          resolve(how);
        },
      });
      const again = kind === 'events_api' ? { retry_attempt: retry?.num ?? 0, retry_reason: retry?.reason ?? '' } : {};
      connection.peer.send(
        JSON.stringify({ envelope_id: id, payload, type: kind, ...again, accepts_response_payload: takesPayload }),
      );
    });
    pending.delete(id);
    if (result.acked) return { is: 'acked', body: result.body, tookMs: tookMs() };
    expired.add(id);
    const reason = result.why === 'timeout' ? 'http_timeout' : 'connection_failed';
    return { is: 'failed', reason, detail: result.why, tookMs: tookMs(), noRetry: false };
  };

  const chosen = (which: 'all' | 'oldest') => (which === 'all' ? [...connections] : [...connections].slice(0, 1));

  return {
    attempt,
    ready: (until) => ready(1, until),
    connected: (count, until) => ready(count, until ? AbortSignal.any([until, signal]) : signal),
    connections: () => open().length,
    accepted: () => accepted,
    upgrade: (request, socket) => {
      const ticket = new URL(request.url ?? '/', 'http://localhost').searchParams.get('ticket') ?? '';
      if (signal.aborted || !world.sockets.tickets.delete(ticket)) {
        if (!signal.aborted)
          world.report('bad-transport', 'socket', 'a WebSocket URL that was never given out, or was used before');
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
        return;
      }
      const holder: { connection: Connection | undefined } = { connection: undefined };
      const peer = acceptWebSocket(request, socket, {
        message: (text) => holder.connection && hear(holder.connection, text),
        closed: () => holder.connection && gone(holder.connection),
      });
      if (!peer) {
        socket.destroy();
        return;
      }
      const connection: Connection = { peer, draining: false };
      holder.connection = connection;
      if (connections.size >= SOCKETS) {
        farewell(connection, 'too_many_websockets');
        peer.close(CLOSE_NORMAL);
        return;
      }
      connections.add(connection);
      accepted += 1;
      world.sockets.open = connections.size;
      const pings = setInterval(() => peer.ping(), PING_MS);
      pings.unref();
      socket.once('close', () => clearInterval(pings));
      peer.send(hello(world, connections.size));
      for (const check of [...waiters]) check();
    },
    disconnect: (reason, which = 'all') => {
      for (const connection of chosen(which)) {
        farewell(connection, reason);
        if (reason !== 'warning') {
          connection.peer.close(CLOSE_NORMAL);
          continue;
        }
        void world.time.wait(SOCKET_WARNING_MS, signal).then(() => connection.peer.close(CLOSE_NORMAL));
      }
    },
    drop: (which = 'all') => {
      for (const { peer } of chosen(which)) peer.destroy();
    },
    stop: () => {
      for (const { peer } of [...connections]) peer.destroy();
      for (const check of [...waiters]) check();
    },
  };
}

/** https://docs.slack.dev/apis/events-api/using-socket-mode#connect */
function hello(world: World, connections: number): string {
  return JSON.stringify({
    type: 'hello',
    num_connections: connections,
    debug_info: { host: 'applink-emulated', build_number: 1, approximate_connection_time: 18_060 },
    connection_info: { app_id: world.seed.app.id },
  });
}

function parsed(text: string): Obj | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObj(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
