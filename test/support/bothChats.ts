import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/load.ts';
import type { BoundAction } from '../../src/gate/bound.ts';
import type { Logger } from '../../src/lib/log.ts';
import { type SlackEmulator, startSlack } from './slack/index.ts';
import { startTelegram, type TelegramEmulator } from './telegram/telegram.ts';

/** The group of the emulated Telegram. */
export const GROUP = -100_500;
/** The channel of the emulated Slack. */
export const CHANNEL = 'C0OPS';

/** The bot in this process with both chats' emulators and the console. */
export interface BothChats {
  readonly app: App;
  readonly url: string;
  /** The data folder. */
  readonly dir: string;
  readonly slack: SlackEmulator;
  readonly telegram: TelegramEmulator;
  readonly log: readonly {
    readonly level: string;
    readonly message: string;
    readonly fields: Record<string, unknown>;
  }[];
  post(body: string): Promise<number>;
  end(): Promise<void>;
}

const PEOPLE = `  - { name: ana, slack: U0ANA, telegram: 1001, roles: [oncall, admin] }
  - { name: ben, slack: U0BEN, telegram: 1002 }`;

/** Starts all of it. `yaml` is added to the configuration: ana may act, ben may look, cleo is unknown. */
export async function startBothChats(
  options: {
    readonly yaml?: string;
    readonly rateLimits?: boolean;
    readonly people?: string;
    /** What the gate can do, in place of the real actions. */
    readonly actions?: readonly BoundAction[];
  } = {},
): Promise<BothChats> {
  const slack = await startSlack({ rateLimits: options.rateLimits ?? true });
  const telegram = await startTelegram({ budgets: (options.rateLimits ?? true) ? 'on' : 'off' });
  telegram.person({ id: 1001, name: 'Ana', username: 'ana' });
  telegram.person({ id: 1002, name: 'Ben', username: 'ben' });
  telegram.person({ id: 1003, name: 'Cleo', username: 'cleo' });
  telegram.supergroup({ id: GROUP, title: 'ops', members: [1001, 1002, 1003] });
  const dir = await mkdtemp(join(tmpdir(), 'daytwo-both-'));
  const yaml = `
server: { listen: "127.0.0.1:0" }
chats:
  slack: { channel: ${CHANNEL}, botToken: ${slack.botToken}, appToken: ${slack.appToken}, apiUrl: "${slack.apiUrl}" }
  telegram: { chatId: ${GROUP}, botToken: "${telegram.token}", apiRoot: "${telegram.apiRoot}" }
people:
${options.people ?? PEOPLE}
${options.yaml ?? ''}`;
  const { config } = readConfig(yaml, { file: '', env: {}, base: dir });
  const lines: { level: string; message: string; fields: Record<string, unknown> }[] = [];
  const write = (level: string) => (fields: Record<string, unknown>, message: string) =>
    void lines.push({ level, message, fields });
  const log: Logger = { info: write('info'), warn: write('warn'), error: write('error') };
  const app = await createApp(
    { ...config, store: { ...config.store, dir } },
    { hasFile: true, env: {} },
    {
      log,
      ...(options.actions ? { actions: options.actions } : {}),
    },
  );
  const url = await app.start();
  return {
    app,
    url,
    dir,
    slack,
    telegram,
    log: lines,
    post: async (body) =>
      (
        await fetch(`${url}/webhooks/alertmanager`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        })
      ).status,
    end: async () => {
      await app.stop();
      await slack.stop();
      await telegram.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
