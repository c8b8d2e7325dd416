import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { CHANNEL, GROUP } from './bothChats.ts';
import { type BotProcess, startBot } from './botProcess.ts';
import { type RealPostgres, startPostgres } from './real/postgres.ts';
import { type SlackEmulator, startSlack } from './slack/index.ts';
import { startTelegram, type TelegramEmulator } from './telegram/telegram.ts';

/** Several real processes of the bot on one real PostgreSQL, with both chats' emulators. */
export interface Replicas {
  /** Those that run, by their place; undefined while one is down. */
  readonly bots: (BotProcess | undefined)[];
  readonly postgres: RealPostgres;
  readonly slack: SlackEmulator;
  readonly telegram: TelegramEmulator;
  /** A folder for what a test brings. */
  readonly dir: string;
  /** Starts the one of this place, on its own folder. */
  start(place: number): Promise<BotProcess>;
  /** kill -9. */
  kill(place: number): Promise<void>;
  /** Posts to the first that takes it, beginning with `place`, again and again, as Alertmanager does behind a balancer. */
  post(body: string, place: number, withinMs?: number): Promise<void>;
  /** Rows of a query. */
  ask(sql: string): Promise<readonly Record<string, unknown>[]>;
  /** The place of the one that leads; undefined while none does. */
  leader(): Promise<number | undefined>;
  end(): Promise<void>;
}

/** Starts the data base, the chats and `count` bots. `yaml` (made from the folder) is added to their configuration. */
export async function startReplicas(count: number, yaml: (dir: string) => string = () => ''): Promise<Replicas> {
  const dir = await mkdtemp(join(tmpdir(), 'daytwo-replicas-'));
  const postgres = await startPostgres();
  const slack = await startSlack({ rateLimits: false });
  const telegram = await startTelegram({ budgets: 'off' });
  telegram.person({ id: 1001, name: 'Ana', username: 'ana' });
  telegram.person({ id: 1002, name: 'Ben', username: 'ben' });
  telegram.supergroup({ id: GROUP, title: 'ops', members: [1001, 1002] });
  const config = `
store: { kind: postgres, url: "${postgres.url}" }
chats:
  slack: { channel: ${CHANNEL}, botToken: ${slack.botToken}, appToken: ${slack.appToken}, apiUrl: "${slack.apiUrl}" }
  telegram: { chatId: ${GROUP}, botToken: "${telegram.token}", apiRoot: "${telegram.apiRoot}" }
people:
  - { name: ana, slack: U0ANA, telegram: 1001, roles: [oncall] }
  - { name: ben, slack: U0BEN, telegram: 1002, roles: [oncall, admin] }
${yaml(dir)}`;
  const bots: (BotProcess | undefined)[] = Array.from({ length: count }, () => undefined);
  const start = async (place: number): Promise<BotProcess> => {
    const bot = await startBot({ dir: join(dir, `replica-${place}`), yaml: config });
    bots[place] = bot;
    return bot;
  };
  const client = new pg.Pool({ connectionString: postgres.url, max: 1 });
  client.on('error', () => {});
  const ask: Replicas['ask'] = async (sql) => (await client.query<Record<string, unknown>>(sql)).rows;
  const all = {
    bots,
    postgres,
    slack,
    telegram,
    dir,
    start,
    ask,
    kill: async (place: number) => {
      const bot = bots[place];
      bots[place] = undefined;
      await bot?.kill();
    },
    post: async (body: string, place: number, withinMs = 60_000) => {
      const until = Date.now() + withinMs;
      for (let turn = place; ; turn += 1) {
        const bot = bots[turn % count];
        const status = bot
          ? await fetch(`${bot.url}/webhooks/alertmanager`, {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body,
              signal: AbortSignal.timeout(15_000),
            }).then(
              (answer) => answer.status,
              () => 0,
            )
          : 0;
        if (status === 200) return;
        if (Date.now() > until) throw new Error(`no replica took the notification within ${withinMs} ms`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    leader: async () => {
      for (const [place, bot] of bots.entries()) {
        const text = bot && (await (await fetch(`${bot.url}/readyz`).catch(() => undefined))?.text());
        if (text?.includes('this one leads')) return place;
      }
      return undefined;
    },
    end: async () => {
      for (const bot of bots) await bot?.stop();
      await client.end().catch(() => {});
      await slack.stop();
      await telegram.close();
      await postgres.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  try {
    for (let place = 0; place < count; place += 1) await start(place);
  } catch (error) {
    await all.end();
    throw error;
  }
  return all;
}

/** Root messages in Slack that name the incident's alert. */
export function slackRoots({ slack }: Replicas, alertname: string): number {
  return slack
    .messages(CHANNEL)
    .filter(
      ({ threadTs, ephemeralFor, text, blocks, attachments }) =>
        threadTs === undefined &&
        ephemeralFor === undefined &&
        new RegExp(`INC-\\d+ ${alertname}\\b`).test(JSON.stringify([text, blocks, attachments])),
    ).length;
}

/** Root messages in Telegram that name the incident's alert. */
export function telegramRoots({ telegram }: Replicas, alertname: string): number {
  return telegram
    .transcript(GROUP)
    .filter(
      ({ byBot, replyToId, deletedAt, content }) =>
        byBot &&
        replyToId === undefined &&
        deletedAt === undefined &&
        new RegExp(`INC-\\d+ ${alertname}\\b`).test(JSON.stringify(content)),
    ).length;
}
