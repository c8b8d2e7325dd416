import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { incidents } from '../alerting/incident.ts';
import { type App, createApp } from '../app.ts';
import { outbox } from '../chat/outbox.ts';
import { cardText } from '../chat/plainText.ts';
import { type Loaded, loadConfig } from '../config/load.ts';
import { systemClock } from '../lib/clock.ts';
import { DaytwoError } from '../lib/errors.ts';
import { greeting } from '../wiring/greeting.ts';
import { threadsOf } from './transcript.ts';

/** Notifications as Alertmanager 0.25 posted them. */
const RECORDED = ['BackupFailed', 'BackupStale', 'DiskPressure'] as const;
/** When the recorded alerts began, as the demo tells it: ms before now. */
const AGES_MS = [4 * 60_000, 90 * 60_000, 12 * 60_000] as const;
/** `--once` gives the evidence this long. */
const ONCE_MS = 60_000;

/** What the demo is run with. */
export interface DemoOptions {
  readonly file: string | undefined;
  readonly once: boolean;
  readonly version: string;
  readonly print: (line: string) => void;
  readonly told: () => Promise<void>;
}

/** The recorded notification with its alerts begun `ageMs` ago: all else is as it was posted. */
export function recorded(name: (typeof RECORDED)[number], now: number, ageMs: number): string {
  const body = JSON.parse(readFileSync(new URL(`./recorded/${name}.json`, import.meta.url), 'utf8')) as {
    alerts: { startsAt: string }[];
  };
  for (const alert of body.alerts) alert.startsAt = new Date(now - ageMs).toISOString();
  return JSON.stringify(body);
}

/** Posts the recorded notifications to the bot's own webhook, as Alertmanager would. */
async function send(url: string, { config }: Loaded): Promise<void> {
  const { webhookToken, webhookUser, webhookPassword } = config.alertmanager;
  const authorization = webhookToken
    ? `Bearer ${webhookToken.reveal()}`
    : webhookUser !== undefined && webhookPassword
      ? `Basic ${Buffer.from(`${webhookUser}:${webhookPassword.reveal()}`).toString('base64')}`
      : undefined;
  for (const [i, name] of RECORDED.entries()) {
    const response = await fetch(`${url}/webhooks/alertmanager`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
      body: recorded(name, Date.now(), AGES_MS[i] ?? 0),
    });
    if (!response.ok)
      throw new DaytwoError('failed', `the demo’s own webhook answered ${response.status}: ${await response.text()}`);
  }
}

/** Waits until every incident has its evidence and every message is delivered. */
async function settled(app: App): Promise<void> {
  const until = Date.now() + ONCE_MS;
  while (Date.now() < until) {
    const known = await app.store.count(incidents);
    const waiting = await app.store.count(incidents, ['triage', 'wanted']);
    if (known >= RECORDED.length && waiting === 0 && (await app.store.count(outbox)) === 0) return;
    await systemClock.sleep(50);
  }
  throw new DaytwoError('timeout', `the evidence did not come within ${ONCE_MS / 1000} s`);
}

/**
 * The bot with three recorded alerts sent to itself. Its state is its own (`demo` below the data folder, or DAYTWO_DATA_DIR);
 * with `once` it is thrown away unless DAYTWO_DATA_DIR names a place, the threads are printed, and it ends.
 */
export async function runDemo({ file, once, version, print, told }: DemoOptions): Promise<number> {
  const loaded = loadConfig({ file, env: process.env });
  const chosen = process.env['DAYTWO_DATA_DIR'];
  const own = once && !chosen ? mkdtempSync(join(tmpdir(), 'daytwo-demo-')) : undefined;
  const dir = own ?? (chosen ? loaded.config.store.dir : join(loaded.config.store.dir, 'demo'));
  const server = once
    ? { ...loaded.config.server, listen: { host: '127.0.0.1', port: 0, loopback: true } }
    : loaded.config.server;
  const chats = { ...loaded.config.chats, console: { enabled: true } };
  const config = { ...loaded.config, server, chats, store: { ...loaded.config.store, dir } };
  const app = await createApp(config, { hasFile: loaded.file !== undefined, env: process.env });
  const stopping = told();
  try {
    const url = await app.start();
    if (!once) {
      const parts = app.health();
      for (const line of greeting({ version, url, config, parts, incidentsOpen: 0, notices: [] })) print(line);
    }
    await send(url, loaded);
    if (once) {
      await settled(app);
      for (const card of await threadsOf(app.store)) print(`${cardText(card)}\n`);
    } else {
      print('Three recorded alerts were sent; open the console to see their threads. Ctrl-C ends it.');
      for (const line of app.loginLines(url)) print(line);
      await stopping;
    }
  } finally {
    await app.stop();
    if (own) rmSync(own, { recursive: true, force: true });
  }
  return 0;
}
