import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type BotOptions, type BotProcess, spawnBot, startBot } from '../../support/botProcess.ts';
import { eventually } from '../../support/real/process.ts';
import { type Left, readLeft } from '../../torture/actionState.ts';
import { makePeople, type People } from '../../torture/people.ts';
import type { RawApi } from './rawApi.ts';
import { type RecordingProxy, startRecordingProxy } from './recordingProxy.ts';

/** The real `daytwo serve` with its own line to the API server: ana asks, ben and cleo approve, all at its console. */
export interface DrainBot {
  readonly proxy: RecordingProxy;
  readonly people: People;
  /** The process that runs now; it is there after `start`. */
  process(): BotProcess;
  start(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it and kills it so many ms later, ready or not. */
  dieAfter(ms: number): Promise<void>;
  /** Reads what a dead one left. */
  look(): Promise<Left>;
  /** A command of somebody's, and the answer's card as JSON. @throws Error where there is none */
  say(who: 'ana' | 'ben' | 'cleo', text: string): Promise<string>;
  /** Asks for a plan; its request's name, and the card as JSON. */
  ask(command: string): Promise<{ readonly name: string; readonly card: string }>;
  /** Asks, confirms and approves; the request's name. */
  drain(node: string): Promise<string>;
  /** A request's card as JSON, as it is now. */
  card(name: string): Promise<string>;
  /** All that was said of a request, as JSON. */
  thread(name: string): Promise<string>;
  /** Waits until a request's card says so; the card. */
  shows(name: string, words: RegExp, withinMs?: number): Promise<string>;
  /** Waits for a request's end; its last card. */
  ended(name: string, withinMs?: number): Promise<string>;
  /** Stops it and reads what it left; its audit, its locks and its exit are already held against the rules. */
  left(): Promise<Left>;
  end(): Promise<void>;
}

const ENDED = /REQ-\d+ [^"]*: (?:succeeded|degraded|failed|cancelled|denied|expired|refused|unknown)/;

/** What a bot is started with. */
export interface DrainBotOptions {
  readonly approvals?: number;
  /** Further sections of its YAML. */
  readonly yaml?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Those of another bot on the same state, signed in there. */
  readonly people?: People;
}

/** Prepares a bot in a folder of its own; nothing runs before `start`. */
export async function makeDrainBot(api: RawApi, options: DrainBotOptions = {}): Promise<DrainBot> {
  const { approvals = 1, yaml = '', env = {} } = options;
  const dir = await mkdtemp(join(tmpdir(), 'daytwo-drain-'));
  const proxy = await startRecordingProxy(api, dir);
  const { people = makePeople(['ana', 'ben', 'cleo']) } = options;
  const started: BotOptions = {
    dir,
    env: { KUBECONFIG: proxy.kubeconfig, ...env },
    yaml: `
people:
  - { name: ana, roles: [oncall] }
  - { name: ben, roles: [oncall, admin] }
  - { name: cleo, roles: [oncall, admin] }
policies:
  - { actions: [node.drain], request: [oncall], confirm: button, approvals: ${approvals}, approve: [oncall, admin], ttl: 1h }
  - { actions: [node.*], request: [oncall], confirm: button, approvals: 0, ttl: 1h }
${yaml}`,
  };
  let running: BotProcess | undefined;
  const now = (): BotProcess => {
    if (!running) throw new Error('the bot does not run');
    return running;
  };
  const bot: DrainBot = {
    proxy,
    people,
    process: now,
    start: async () => {
      running = await startBot(started);
      await people.signIn(running);
    },
    dieAfter: async (ms) => {
      const { kill, ready } = await spawnBot(started);
      const gone = ready.catch(() => {});
      await wait(ms);
      await kill();
      await gone;
    },
    kill: async () => {
      const dying = running;
      running = undefined;
      await dying?.kill();
    },
    look: () => readLeft(join(dir, 'data')),
    say: async (who, text) => {
      const answer = await people.say(now(), who, text);
      if (answer === undefined) throw new Error(`no answer to ${text}:\n${running?.output().slice(-4000)}`);
      return answer;
    },
    ask: async (command) => {
      const card = await bot.say('ana', command);
      const name = /REQ-\d+/.exec(card)?.[0];
      if (name === undefined) throw new Error(`${command} was answered: ${card}`);
      return { name, card };
    },
    drain: async (node) => {
      const { name } = await bot.ask(`/drain ${node}`);
      await bot.say('ana', `/confirm ${name}`);
      await bot.say('ben', `/approve ${name}`);
      return name;
    },
    card: (name) => people.card(now(), name),
    thread: (name) => people.thread(now(), name),
    shows: (name, words, withinMs = 60_000) =>
      eventually(
        `${name} shows ${words}`,
        async () => {
          const card = await bot.card(name);
          return words.test(card) ? card : undefined;
        },
        withinMs,
      ),
    ended: (name, withinMs = 60_000) => bot.shows(name, ENDED, withinMs),
    left: async () => {
      const code = await now().stop();
      running = undefined;
      if (code !== 0) throw new Error(`SIGTERM was answered with exit code ${code}`);
      return bot.look();
    },
    end: async () => {
      await running?.stop();
      running = undefined;
      await proxy.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
  return bot;
}
