import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../../../src/app.ts';
import type { ChatName } from '../../../src/chat/port.ts';
import { ACK_MS } from '../../../src/chat/slack/limits.ts';
import { readConfig } from '../../../src/config/load.ts';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { type Visitor, visit } from '../../e2e/bot.ts';
import { CHANNEL, GROUP } from '../../support/bothChats.ts';
import { calendar, event } from '../../support/ics.ts';
import { eventually } from '../../support/real/process.ts';
import { type SlackEmulator, startSlack } from '../../support/slack/index.ts';
import { smallWorkspace } from '../../support/slack/workspace.ts';
import { startTelegram, type TelegramEmulator } from '../../support/telegram/telegram.ts';
import { type Client, clientOf, PATIENCE_MS } from './clients.ts';
import { recordingActions } from './requests.ts';

/** So much faster than the wall the bot's clock goes: a group on Telegram takes twenty messages a minute. */
const SPEED = 100;
/** What Slack is given until its hello: it is no faster than the wall. */
const HELLO_MS = 15_000;
const DAY_MS = 86_400_000;

/** Everybody of the table with their accounts, and a guest of the workspace in Slack. zoe is in no configuration, hal was in one before. */
const ACCOUNTS = ['ana', 'ben', 'cleo', 'dora', 'eve', 'fay', 'gus', 'hal', 'zoe', 'ivy'] as const;
type Account = (typeof ACCOUNTS)[number];
const ROLES: Partial<Readonly<Record<Account, string>>> = {
  ana: 'oncall',
  ben: 'oncall',
  cleo: 'oncall',
  dora: 'admin',
  eve: '',
  fay: '',
  gus: '',
};
const EVERY_ROLE = 'oncall, admin';
const KNOWN: readonly Account[] = ACCOUNTS.filter((name) => name !== 'zoe' && name !== 'hal');
const slackId = (who: string): string => `U0${who.toUpperCase()}`;
const telegramId = (who: string): number => 1001 + ACCOUNTS.indexOf(who as Account);

/** The bot with all chats, its record, and people at their clients. */
export interface Town {
  readonly app: App;
  readonly clock: Clock;
  /** The record's entries, oldest first. */
  audit(): Promise<readonly { kind: string; by?: string; chat?: string; request?: string; details?: unknown }[]>;
  client(who: string, chat: ChatName): Client;
  /** What the bot did that a chat's documents forbid. */
  violations(): readonly unknown[];
  end(): Promise<void>;
}

function yamlOf(dir: string, slack: SlackEmulator, telegram: TelegramEmulator, people: readonly Account[]): string {
  const entries = people.map(
    (who) =>
      `  - { name: ${who}, slack: ${slackId(who)}, telegram: ${telegramId(who)}, roles: [${ROLES[who] ?? EVERY_ROLE}] }`,
  );
  return `
server: { listen: "127.0.0.1:0" }
chats:
  slack: { channel: ${CHANNEL}, botToken: ${slack.botToken}, appToken: ${slack.appToken}, apiUrl: "${slack.apiUrl}" }
  telegram: { chatId: ${GROUP}, botToken: "${telegram.token}", apiRoot: "${telegram.apiRoot}" }
people:
${entries.join('\n')}
oncall: { ical: ${join(dir, 'oncall.ics')} }
hosts: [{ name: node-0, via: local }]
policies:
  - { actions: [backup.*], request: [oncall], confirm: button, approvals: 1, approve: [oncall, admin], ttl: 12h }
  - { actions: [restore.*], request: [oncall], confirm: typed, approvals: 1, approve: [admin], ttl: 12h }
backups:
  - { name: k8s_data, kind: restic, host: node-0, repository: /nowhere, passwordFile: /nowhere, paths: [/nowhere],
      rpo: 24h, whoCanRestore: [ana, cleo, dora, gus] }`;
}

const stamp = (at: number): string => new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');

/** A clock that runs ahead; what a chat must hear in time is waited for on the wall's. */
function fastClock(began: number): Clock {
  const isOnTheWall = (ms: number): boolean => ms === HELLO_MS || (ms >= 1000 && ms <= ACK_MS);
  return {
    now: () => began + (Date.now() - began) * SPEED,
    sleep: (ms, signal) => systemClock.sleep(isOnTheWall(ms) ? ms : ms / SPEED, signal),
  };
}

async function startChats(): Promise<{ readonly slack: SlackEmulator; readonly telegram: TelegramEmulator }> {
  const slack = await startSlack({
    rateLimits: false,
    workspace: {
      ...smallWorkspace,
      users: ACCOUNTS.map((name) => ({
        id: slackId(name),
        name,
        ...(name === 'ivy' ? { kind: 'guest' as const } : {}),
      })),
      channels: [{ id: CHANNEL, name: 'ops', members: ACCOUNTS.map(slackId) }],
      usergroups: [],
    },
  });
  const telegram = await startTelegram({ budgets: 'off' });
  for (const name of ACCOUNTS) telegram.person({ id: telegramId(name), name, username: name });
  telegram.supergroup({ id: GROUP, title: 'ops', members: ACCOUNTS.map(telegramId) });
  return { slack, telegram };
}

const linksOf = ({ app, url }: { readonly app: App; readonly url: string }): ReadonlyMap<string, string> =>
  new Map(app.loginLines(url).map((line) => [/for (\w+)/.exec(line)?.[1] ?? '', line.split(' ').at(-1) ?? '']));

async function cookieOf(link: string): Promise<string> {
  const spent = await fetch(link, { method: 'POST', headers: { origin: new URL(link).origin } });
  if (spent.status !== 200) throw new Error(`the one-time URL answered ${spent.status}`);
  return spent.headers.get('set-cookie')?.split(';')[0] ?? '';
}

/** Starts it. hal was configured before and has a session of the console; then he was taken out. */
export async function openTown(): Promise<Town> {
  const { slack, telegram } = await startChats();
  const dir = await mkdtemp(join(tmpdir(), 'daytwo-town-'));
  const began = Date.now();
  const clock = fastClock(began);
  const duty = [`DTSTART:${stamp(began - DAY_MS)}`, `DTEND:${stamp(began + 60 * DAY_MS)}`, 'SUMMARY:ana and ben'];
  await writeFile(join(dir, 'oncall.ics'), calendar(event('1', duty)));
  const start = async (people: readonly Account[]) => {
    const { config } = readConfig(yamlOf(dir, slack, telegram, people), { file: '', env: {}, base: dir });
    const app = await createApp(
      { ...config, store: { ...config.store, dir } },
      { hasFile: true, env: {} },
      { log: silentLog, clock, actions: recordingActions([]) },
    );
    return { app, url: await app.start() };
  };
  const before = await start([...KNOWN, 'hal']);
  const cookies = { hal: await cookieOf(linksOf(before).get('hal') ?? '') };
  await before.app.stop();
  const { app, url } = await start(KNOWN);
  const visitors = new Map<string, Visitor>();
  for (const [name, link] of linksOf({ app, url })) visitors.set(name, await visit(link));
  const isUp = (part: string): boolean => app.health().some((one) => one.part === part && one.state === 'up');
  await eventually('all chats are up', () => isUp('slack') && isUp('telegram'), PATIENCE_MS);
  const isKnown = (who: string): boolean => KNOWN.some((name) => name === who);
  const minuteMs = 60_000 / SPEED;
  const places = { slack, telegram, url, slackId, telegramId, visitors, cookies, isKnown, minuteMs };
  return {
    app,
    clock,
    audit: async () =>
      (await readFile(join(dir, 'audit.jsonl'), 'utf8'))
        .split('\n')
        // What stands after the last line's end is being written.
        .slice(0, -1)
        .map((line) => JSON.parse(line) as { kind: string }),
    client: (who, chat) => clientOf(who, chat, places),
    violations: () => [...slack.violations, ...telegram.violations],
    end: async () => {
      await app.stop();
      await slack.stop();
      await telegram.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
