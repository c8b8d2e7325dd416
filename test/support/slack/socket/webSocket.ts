import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** The server's end of one WebSocket connection. */
export interface WebSocketPeer {
  send(text: string): void;
  ping(): void;
  /** Sends a close frame; the connection ends when the other side answers. */
  close(code: number): void;
  /** Cuts the connection without a word. */
  destroy(): void;
}

/** What the owner of a connection hears. */
interface WebSocketEvents {
  readonly message: (text: string) => void;
  /** Once, however the connection ended. */
  readonly closed: () => void;
}

/** RFC 6455 section 1.3 */
const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** RFC 6455 section 5.2 */
const OP = { continuation: 0x0, text: 0x1, close: 0x8, ping: 0x9, pong: 0xa } as const;
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** Answers the handshake of RFC 6455 and speaks frames; no extensions. Undefined where the request is no WebSocket's. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  events: WebSocketEvents,
): WebSocketPeer | undefined {
  const key = request.headers['sec-websocket-key'];
  if (typeof key !== 'string') return undefined;
  const accept = createHash('sha1')
    .update(key + MAGIC)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  let ended = false;
  let closing = false;
  const end = () => {
    if (ended) return;
    ended = true;
    socket.destroy();
    events.closed();
  };
  const write = (opcode: number, payload: Buffer) => {
    if (!ended && socket.writable) socket.write(frame(opcode, payload));
  };
  const parser = frameParser({
    frame: (opcode, payload) => {
      if (opcode === OP.ping) write(OP.pong, payload);
      else if (opcode === OP.text) events.message(payload.toString('utf8'));
      else if (opcode === OP.close) {
        if (!closing) write(OP.close, payload.subarray(0, 2));
        socket.end();
        end();
      }
    },
    broken: end,
  });
  socket.on('data', parser);
  socket.on('close', end);
  socket.on('end', end);
  socket.on('error', end);
  return {
    send: (text) => write(OP.text, Buffer.from(text)),
    ping: () => write(OP.ping, Buffer.from('Ping from applink')),
    close: (code) => {
      closing = true;
      const payload = Buffer.alloc(2);
      payload.writeUInt16BE(code);
      write(OP.close, payload);
    },
    destroy: end,
  };
}

/** One unmasked, final frame. */
function frame(opcode: number, payload: Buffer): Buffer {
  const length = payload.length;
  const head = length < 126 ? Buffer.alloc(2) : length < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10);
  head[0] = 0x80 | opcode;
  if (length < 126) head[1] = length;
  else if (length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}

/** Cuts a byte stream into frames, unmasks them and joins fragments of messages. */
function frameParser(on: {
  readonly frame: (opcode: number, payload: Buffer) => void;
  readonly broken: () => void;
}): (chunk: Buffer) => void {
  let buffer: Buffer = Buffer.alloc(0);
  let fragments: Buffer[] = [];
  let fragmentOpcode = 0;
  return (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const next = readFrame(buffer);
      if (next === 'more') return;
      if (next === 'broken') {
        on.broken();
        return;
      }
      buffer = buffer.subarray(next.size);
      if (next.opcode >= OP.close) {
        on.frame(next.opcode, next.payload);
        continue;
      }
      if (next.opcode !== OP.continuation) fragmentOpcode = next.opcode;
      fragments.push(next.payload);
      if (!next.final) continue;
      const whole = Buffer.concat(fragments);
      fragments = [];
      on.frame(fragmentOpcode, whole);
    }
  };
}

function readFrame(
  buffer: Buffer,
):
  | 'more'
  | 'broken'
  | { readonly final: boolean; readonly opcode: number; readonly payload: Buffer; readonly size: number } {
  if (buffer.length < 2) return 'more';
  const first = buffer.readUInt8(0);
  const second = buffer.readUInt8(1);
  if ((second & 0x80) === 0) return 'broken'; // RFC 6455 section 5.1: a client masks every frame
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const start = 2 + lengthBytes + 4;
  if (buffer.length < start) return 'more';
  const length =
    lengthBytes === 2 ? buffer.readUInt16BE(2) : lengthBytes === 8 ? Number(buffer.readBigUInt64BE(2)) : short;
  if (length > MAX_FRAME_BYTES) return 'broken';
  if (buffer.length < start + length) return 'more';
  const mask = buffer.subarray(start - 4, start);
  const payload = Buffer.from(buffer.subarray(start, start + length));
  for (let i = 0; i < payload.length; i += 1) payload.writeUInt8(payload.readUInt8(i) ^ mask.readUInt8(i % 4), i);
  return { final: (first & 0x80) !== 0, opcode: first & 0x0f, payload, size: start + length };
}
