import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Card } from '../../src/chat/message.ts';
import { eventually } from '../support/real/process.ts';

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LAUNCHER = join(ROOT, 'bin', 'daytwo.js');
/** On a machine that is busy with other tests. */
const START_MS = 45_000;
const ANSWER_MS = 45_000;

/** A message as the console's HTTP API gives it. */
export interface SeenMessage {
  readonly key: string;
  readonly card: Card;
  readonly isRoot: boolean;
  readonly isPrivate: boolean;
  readonly asked?: { readonly event: string; readonly by: string; readonly text: string };
}

/** A thread as the console's HTTP API lists it. */
export interface SeenThread {
  readonly key: string;
  readonly title: string;
  readonly rank: string;
}

/** The console as a browser speaks with it: over HTTP, with the cookie that the one-time URL was spent for. */
export interface Visitor {
  get(path: string): Promise<Response>;
  post(path: string, body: unknown): Promise<Response>;
  threads(): Promise<readonly SeenThread[]>;
  messages(thread: string): Promise<readonly SeenMessage[]>;
  /** Types a command, as in the thread where one is named, and waits for its answer. `id` makes two sendings one event. */
  say(text: string, options?: { readonly thread?: string; readonly id?: string }): Promise<SeenMessage>;
  press(token: string, thread: string): Promise<void>;
}

/** Spends a one-time URL and returns the visitor that it lets in. */
export async function visit(link: string): Promise<Visitor> {
  const { origin } = new URL(link);
  const spent = await fetch(link, { method: 'POST', headers: { origin } });
  if (spent.status !== 200) throw new Error(`the one-time URL answered ${spent.status}: ${await spent.text()}`);
  const cookie = spent.headers.get('set-cookie')?.split(';')[0] ?? '';
  const get = (path: string): Promise<Response> => fetch(origin + path, { headers: { cookie } });
  const post = (path: string, body: unknown): Promise<Response> =>
    fetch(origin + path, {
      method: 'POST',
      headers: { cookie, origin, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const messages = async (thread: string): Promise<readonly SeenMessage[]> => {
    const answer = await get(`/api/threads/${encodeURIComponent(thread)}`);
    if (answer.status === 404) return [];
    return ((await answer.json()) as { messages: SeenMessage[] }).messages;
  };
  return {
    get,
    post,
    messages,
    threads: async () => ((await (await get('/api/threads')).json()) as { threads: SeenThread[] }).threads,
    say: async (text, { thread, id = crypto.randomUUID() } = {}) => {
      const taken = await post('/api/command', { id, text, ...(thread === undefined ? {} : { thread }) });
      if (taken.status !== 202) throw new Error(`the command was answered ${taken.status}: ${await taken.text()}`);
      return eventually(
        `an answer to ${text}`,
        async () => (await messages(thread ?? 'channel')).find(({ asked }) => asked?.event === id),
        ANSWER_MS,
      );
    },
    press: async (token, thread) => {
      const taken = await post('/api/press', { id: crypto.randomUUID(), token, thread });
      if (taken.status !== 202) throw new Error(`the press was answered ${taken.status}: ${await taken.text()}`);
    },
  };
}

/** The bot as a process of its own. */
export interface Bot {
  readonly url: string;
  readonly pid: number;
  readonly dir: string;
  /** Lines of standard output so far. */
  stdout(): string;
  /** The log so far. */
  log(): string;
  /** The one-time URL that was printed for a person. */
  link(person: string): string;
  metrics(): Promise<string>;
  ready(): Promise<{
    readonly status: number;
    readonly parts: readonly { part: string; state: string; text: string }[];
  }>;
  /** Sends a signal and waits for the end; the exit code, undefined where a signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | undefined>;
  /** SIGTERM if it still runs, then its folder is removed unless it was given. */
  stop(): Promise<void>;
}

/** What the bot is started with. `config` is written as YAML (JSON is YAML); without it none is given. */
export interface BotSetup {
  readonly config?: object;
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The folder it runs in; a fresh one where absent. */
  readonly dir?: string;
}

/** Starts `daytwo serve` (or other words) and waits until it printed its one-time URLs. Nothing of this machine's user is read. */
export async function startBot({ config, words = ['serve'], env = {}, dir: given }: BotSetup): Promise<Bot> {
  const dir = given ?? (await mkdtemp(join(tmpdir(), 'daytwo-bot-')));
  const file = join(dir, 'daytwo.yaml');
  if (config !== undefined) await writeFile(file, JSON.stringify(config, null, 2));
  const child = execa(process.execPath, [LAUNCHER, ...words, ...(config === undefined ? [] : ['--config', file])], {
    cwd: dir,
    reject: false,
    stdin: 'ignore',
    buffer: false,
    extendEnv: false,
    forceKillAfterDelay: 15_000,
    env: { PATH: process.env['PATH'] ?? '', HOME: dir, DAYTWO_DATA_DIR: join(dir, 'data'), ...env },
  });
  let out = '';
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  let ended = false;
  const end = child.then((result) => {
    ended = true;
    return result.exitCode;
  });
  const stop = async (): Promise<void> => {
    if (!ended) child.kill('SIGTERM');
    await end;
    if (given === undefined) await rm(dir, { recursive: true, force: true });
  };
  const until = Date.now() + START_MS;
  while (!/^Console for .*\/c\/[\w-]{43}$/m.test(out)) {
    if (ended || Date.now() > until) {
      await stop();
      throw new Error(`daytwo ${ended ? 'ended at its start' : 'did not start'}:\n${out}\n${log}`);
    }
    await wait(20);
  }
  const url = /listens on (http:\S+),/.exec(out)?.[1] ?? '';
  return {
    url,
    pid: child.pid ?? 0,
    dir,
    stdout: () => out,
    log: () => log,
    link: (person) => new RegExp(`^Console for ${person}, once: (\\S+)$`, 'm').exec(out)?.[1] ?? '',
    metrics: async () => (await fetch(`${url}/metrics`)).text(),
    ready: async () => {
      const answer = await fetch(`${url}/readyz`);
      const { parts } = (await answer.json()) as { parts: { part: string; state: string; text: string }[] };
      return { status: answer.status, parts };
    },
    end: async (signal) => {
      child.kill(signal);
      return end;
    },
    stop,
  };
}

/** The value of a metric without labels. */
export function metric(text: string, name: string): number | undefined {
  const found = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** All titles, summaries and texts of a card, one a line: what a person reads. */
export function textOf(card: Card): string {
  const strings = (value: unknown): string[] => {
    if (typeof value === 'string') return [value];
    if (Array.isArray(value)) return value.flatMap(strings);
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
  };
  return strings([card.title, card.blocks]).join('\n');
}

/** The section of an evidence card whose title begins so. */
export function section(card: Card, title: string) {
  for (const block of card.blocks) if (block.kind === 'section' && block.title.startsWith(title)) return block;
  return undefined;
}
