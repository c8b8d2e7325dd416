import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../src/store/port.ts';
import { type ConsoleServer, serveConsole, signIn, temporaryStore } from '../../support/consoleServer.ts';
import { delivery } from '../../support/consoleThreads.ts';

interface ServerEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: { thread?: { key: string; title: string }; message?: { card: { title: string } }; open?: number };
}

/** Reads server-sent events of a request until told to stop. */
class Listener {
  readonly events: ServerEvent[] = [];
  readonly #stop = new AbortController();
  ended = false;
  status = 0;

  static async open(server: ConsoleServer, cookie: string, headers: Record<string, string> = {}): Promise<Listener> {
    const listener = new Listener();
    const answer = await fetch(`${server.url}/api/stream`, {
      headers: { cookie, ...headers },
      signal: listener.#stop.signal,
    });
    listener.status = answer.status;
    void listener.#read(answer).catch(() => {});
    return listener;
  }

  async #read(answer: Response): Promise<void> {
    let rest = '';
    const decoder = new TextDecoder();
    for await (const bytes of answer.body ?? []) {
      rest += decoder.decode(bytes, { stream: true });
      const parts = rest.split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1];
        const event = field('event');
        if (event !== undefined) this.events.push({ event, id: field('id'), data: JSON.parse(field('data') ?? '{}') });
      }
    }
    this.ended = true;
  }

  titles(): (string | undefined)[] {
    return this.events.filter(({ event }) => event === 'change').map(({ data }) => data.message?.card.title);
  }

  async until(check: (listener: Listener) => boolean): Promise<void> {
    await expect.poll(() => check(this), { timeout: 5000 }).toBe(true);
  }

  close(): void {
    this.#stop.abort();
  }
}

const never = new AbortController().signal;
let store: Store;
let drop: () => Promise<void>;
let server: ConsoleServer;
let listeners: Listener[];

beforeEach(async () => {
  ({ store, drop } = await temporaryStore());
  server = await serveConsole(store);
  listeners = [];
});
afterEach(async () => {
  for (const listener of listeners) listener.close();
  await server.close();
  await drop();
});

const listen = async (cookie: string, headers: Record<string, string> = {}): Promise<Listener> => {
  const listener = await Listener.open(server, cookie, headers);
  listeners.push(listener);
  return listener;
};
const say = (key: string, title: string, more = {}): Promise<unknown> =>
  server.chat.deliver(delivery(key, { title, tone: 'critical' }, more), never);

describe('the stream', () => {
  it('brings posts and edits as they become durable, with the count of open incidents', async () => {
    const listener = await listen(await signIn(server));
    const posted = await server.chat.deliver(delivery('INC-1', { title: 'INC-1 X', tone: 'critical' }), never);
    await listener.until((one) => one.titles().length === 1);
    expect(listener.events[0]?.data).toMatchObject({ open: 1, thread: { key: 'INC-1', rank: 'open-critical' } });
    const ref = posted.is === 'delivered' ? posted.ref : '';
    await server.chat.deliver(delivery('INC-1', { title: 'over', tone: 'ok' }, { do: 'edit', ref }), never);
    await listener.until((one) => one.titles().length === 2);
    expect(listener.events[1]?.data).toMatchObject({ open: 0, thread: { rank: 'closed' }, message: { id: ref } });
  });

  it('goes on where it was broken off, over a restart too', async () => {
    const cookie = await signIn(server);
    const first = await listen(cookie);
    for (let i = 1; i <= 5; i += 1) await say(`a/${i}`, `m${i}`);
    await first.until((one) => one.titles().length === 5);
    const last = first.events[1]?.id ?? '';
    first.close();
    await server.close();
    server = await serveConsole(store);
    await say('a/6', 'm6');
    const second = await listen(cookie, { 'last-event-id': last });
    await second.until((one) => one.titles().length === 4);
    await say('a/7', 'm7');
    await second.until((one) => one.titles().length === 5);
    expect(second.titles()).toEqual(['m3', 'm4', 'm5', 'm6', 'm7']);
    expect(second.events.every(({ event }) => event === 'change')).toBe(true);
  });

  it('loses and doubles nothing that is said while browsers come', async () => {
    const cookie = await signIn(server);
    let said = 0;
    let isOver = false;
    const saying = (async () => {
      while (!isOver) await say(`a/${said}`, `m${++said}`);
    })();
    for (let i = 0; i < 4; i += 1) {
      const answer = await fetch(`${server.url}/api/threads`, { headers: { cookie } });
      const { feed } = (await answer.json()) as { feed: string };
      await listen(cookie, { 'last-event-id': feed });
    }
    isOver = true;
    await saying;
    await say('a/end', `m${++said}`);
    for (const listener of listeners) {
      await listener.until((one) => one.titles().includes(`m${said}`));
      const first = Number(listener.titles()[0]?.slice(1));
      expect(listener.titles()).toEqual(Array.from({ length: said - first + 1 }, (_, i) => `m${first + i}`));
    }
  });

  it.each(['', 'x', '9999999999999999', '0000000000000000'])(
    'asks to load anew after %s, which tells nothing',
    async (last) => {
      await say('a/1', 'm1');
      const listener = await listen(await signIn(server), { 'last-event-id': last });
      await listener.until((one) => one.events.length === 1);
      expect(listener.events[0]?.event).toBe('reset');
      await say('a/2', 'm2');
      await listener.until((one) => one.titles().length === 1);
      expect(listener.titles()).toEqual(['m2']);
    },
  );

  it('keeps from others what is for one', async () => {
    const [ana, ben] = [await listen(await signIn(server, 'ana')), await listen(await signIn(server, 'ben'))];
    await say('a/1', 'for ana', { onlyFor: 'ana' });
    await say('a/2', 'for all');
    await ben.until((one) => one.titles().length === 1);
    await ana.until((one) => one.titles().length === 2);
    expect(ben.titles()).toEqual(['for all']);
  });

  it('yields the oldest tab of a browser that opens too many, and ends with the session', async () => {
    const cookie = await signIn(server);
    const tabs: Listener[] = [];
    for (let i = 0; i < 5; i += 1) tabs.push(await listen(cookie));
    await tabs[0]?.until((one) => one.ended);
    expect(tabs[0]?.events.map(({ event }) => event)).toEqual(['yield']);
    expect(server.chat.followers).toBe(4);
    await fetch(`${server.url}/api/signout`, {
      method: 'POST',
      headers: { cookie, origin: server.url, 'content-type': 'application/json' },
      body: '{}',
    });
    for (const tab of tabs) await tab.until((one) => one.ended);
    expect(server.chat.followers).toBe(0);
  });

  it('forgets a browser that went', async () => {
    const listener = await listen(await signIn(server));
    expect(server.chat.followers).toBe(1);
    listener.close();
    await expect.poll(() => server.chat.followers).toBe(0);
  });

  it('ends at once when the console stops', async () => {
    const listener = await listen(await signIn(server));
    const before = Date.now();
    await server.close();
    expect(Date.now() - before).toBeLessThan(2000);
    await listener.until((one) => one.ended);
  });
});
