import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify from 'fastify';
import { type ConsoleChat, type ConsoleOptions, createConsole } from '../../src/chat/console/console.ts';
import { CONSOLE_COLLECTIONS } from '../../src/chat/console/model.ts';
import type { InboundEvent, TakeIn } from '../../src/chat/port.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import type { Store } from '../../src/store/port.ts';

/** A clock whose hand can be moved on. */
export interface MovableClock extends Clock {
  forward(ms: number): void;
}

/** The machine's clock, with an offset. */
export function movableClock(): MovableClock {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
    forward: (ms) => {
      offset += ms;
    },
  };
}

/** A store of lowdb in a fresh folder. */
export async function temporaryStore(): Promise<{ store: Store; drop: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'daytwo-console-'));
  const store = await openLowdbStore({ dir, collections: CONSOLE_COLLECTIONS, now: () => Date.now(), warn: () => {} });
  return {
    store,
    drop: async () => {
      await store.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The commands that tests complete and read about. */
export const COMMANDS = [
  ['ack', '/ack [INCIDENT]', 'Says that you have it.', '/ack INC-42'],
  ['help', '/help [COMMAND]', 'Names the commands, or explains one.', '/help silence'],
  ['incidents', '/incidents [WORD]', 'Lists open incidents, critical first.', '/incidents backup'],
  ['nodes', '/nodes [NODE]', 'Shows the nodes, their conditions and use.', '/nodes'],
  ['oncall', '/oncall', 'Says who is on call, and until when.', '/oncall'],
  ['silence', '/silence [INCIDENT] DURATION', 'Makes a silence in Alertmanager, in your name.', '/silence INC-42 2h'],
  ['status', '/status', 'Says what is connected and what is missing.', '/status'],
  ['top', '/top [nodes|pods]', 'Shows what uses the most.', '/top pods'],
  ['triage', '/triage [INCIDENT]', 'Looks again, now.', '/triage INC-42'],
  ['unsilence', '/unsilence [INCIDENT]', 'Ends the silences of an incident.', '/unsilence INC-42'],
].map(([name = '', usage = '', summary = '', example = '']) => ({ name, usage, summary, example }));

/** A console that is listening on a free port of loopback. */
export interface ConsoleServer {
  readonly chat: ConsoleChat;
  readonly url: string;
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** What came in, in order. */
  readonly events: InboundEvent[];
  /** A fresh one-time URL of a person. */
  readonly link: (person?: string) => string;
  close(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address ? address.port : 0;
}

/** Serves a console; `takeIn` replaces the default that collects events. */
export async function serveConsole(
  store: Store,
  options: Partial<ConsoleOptions> & { takeIn?: TakeIn; port?: number } = {},
): Promise<ConsoleServer> {
  const { takeIn, port, ...given } = options;
  const events: InboundEvent[] = [];
  const listen = `127.0.0.1:${port ?? (await freePort())}`;
  const app = fastify({ forceCloseConnections: true });
  const chat = createConsole({
    store,
    clock: systemClock,
    log: { warn: () => {} },
    people: [
      { name: 'ana', roles: ['oncall', 'admin'] },
      { name: 'ben', roles: ['oncall'] },
    ],
    commands: COMMANDS,
    listen,
    ...given,
  });
  await app.register(chat.plugin);
  await chat.start(takeIn ?? (async (event) => void events.push(event)));
  await app.listen({ host: '127.0.0.1', port: Number(listen.split(':')[1]) });
  const url = `http://${listen}`;
  return {
    chat,
    url,
    host: listen,
    events,
    link: (person = 'ana') => {
      const line = chat.loginLines(url).find((one) => one.includes(` ${person},`)) ?? '';
      return line.slice(line.indexOf('http'));
    },
    close: async () => {
      await chat.stop();
      await app.close();
    },
  };
}

/** Spends a one-time URL as the page does. Returns the Cookie header to send from then on. */
export async function signIn(server: ConsoleServer, person = 'ana'): Promise<string> {
  const answer = await fetch(server.link(person), { method: 'POST', headers: { origin: server.url } });
  if (answer.status !== 200) throw new Error(`signing in failed: ${answer.status} ${await answer.text()}`);
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
}
