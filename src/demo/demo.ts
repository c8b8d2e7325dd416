import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { incidents } from '../alerting/incident.ts';
import { type App, createApp } from '../app.ts';
import { outbox } from '../chat/outbox.ts';
import { cardText } from '../chat/plainText.ts';
import { type Loaded, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { gateRequests } from '../gate/requests.ts';
import { systemClock } from '../lib/clock.ts';
import { DaytwoError, messageOf } from '../lib/errors.ts';
import { greeting } from '../wiring/greeting.ts';
import { withDemoBackup } from './backup.ts';
import { threadsOf } from './transcript.ts';
import { signIn } from './visitor.ts';

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

/** The recorded notification with its alerts begun `ageMs` ago, and ended now where `ended`: all else is as it was posted. */
export function recorded(name: (typeof RECORDED)[number], now: number, ageMs: number, ended = false): string {
  const body = JSON.parse(readFileSync(new URL(`./recorded/${name}.json`, import.meta.url), 'utf8')) as {
    status: string;
    alerts: { status: string; startsAt: string; endsAt: string }[];
  };
  for (const alert of body.alerts) {
    alert.startsAt = new Date(now - ageMs).toISOString();
    if (ended) Object.assign(alert, { status: 'resolved', endsAt: new Date(now).toISOString() });
  }
  if (ended) body.status = 'resolved';
  return JSON.stringify(body);
}

/** Posts a notification to the bot's own webhook, as Alertmanager would. */
async function post(url: string, { config }: Loaded, body: string): Promise<void> {
  const { webhookToken, webhookUser, webhookPassword } = config.alertmanager;
  const authorization = webhookToken
    ? `Bearer ${webhookToken.reveal()}`
    : webhookUser !== undefined && webhookPassword
      ? `Basic ${Buffer.from(`${webhookUser}:${webhookPassword.reveal()}`).toString('base64')}`
      : undefined;
  const response = await fetch(`${url}/webhooks/alertmanager`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
    body,
  });
  if (!response.ok)
    throw new DaytwoError('failed', `the demo’s own webhook answered ${response.status}: ${await response.text()}`);
}

async function send(url: string, loaded: Loaded): Promise<void> {
  for (const [i, name] of RECORDED.entries()) await post(url, loaded, recorded(name, Date.now(), AGES_MS[i] ?? 0));
}

/** Waits until something is so. @throws DaytwoError timeout */
async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + ONCE_MS;
  while (Date.now() < end) {
    if (await look()) return;
    await systemClock.sleep(50);
  }
  throw new DaytwoError('timeout', `${what} did not come within ${ONCE_MS / 1000} s`);
}

/** Waits until every incident has its evidence and every message is delivered. */
function settled({ store }: App): Promise<void> {
  return until('the evidence', async () => {
    const waiting = await store.count(incidents, ['triage', 'wanted']);
    return (await store.count(incidents)) >= RECORDED.length && waiting === 0 && (await store.count(outbox)) === 0;
  });
}

/** Presses “Back up now” and “Confirm” as the one at the console would, and waits for the verified end. */
async function backUp({ store, ...app }: App, url: string): Promise<void> {
  const visitor = await signIn(store, app.loginLines(url)[0]?.split(' ').at(-1) ?? '');
  if (!(await visitor?.press('Back up now'))) return;
  await until('the plan', async () => (await visitor?.press('Confirm')) ?? false);
  await until('the end of the backup', async () => {
    const [latest] = await store.find(gateRequests, { order: 'down', limit: 1 });
    return latest?.body.request.endedAt !== undefined && (await store.count(outbox)) === 0;
  });
}

/** Ends the alert of the backup once one was made, as its metrics would through Prometheus and Alertmanager. True where it did. */
async function endAlert({ store }: App, url: string, loaded: Loaded): Promise<boolean> {
  const made = await store.find(gateRequests, { order: 'down', limit: 10 });
  if (!made.some(({ body }) => body.request.state === 'succeeded')) return false;
  await post(url, loaded, recorded('BackupFailed', Date.now(), AGES_MS[0], true));
  return true;
}

/** The same while somebody tries the demo. */
async function watchBackups(app: App, url: string, loaded: Loaded, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await endAlert(app, url, loaded))) await systemClock.sleep(500, signal);
}

/**
 * The bot with three recorded alerts sent to itself, and a backup of its own to try the gate with. Its state is its own (`demo` below the
 * data folder, or DAYTWO_DATA_DIR); with `once` it is thrown away unless DAYTWO_DATA_DIR names a place, the threads are printed, and it ends.
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
  const { retention } = loaded.config.store;
  const hasFile = loaded.file !== undefined;
  const mine: Config = { ...loaded.config, server, chats, store: { kind: 'lowdb', dir, retention } };
  const gate = await withDemoBackup({ config: mine, hasFile, dir }, AbortSignal.timeout(ONCE_MS));
  const { config } = gate;
  const app = await createApp(config, { hasFile, env: process.env });
  const stopping = told();
  const over = new AbortController();
  try {
    const url = await app.start();
    if (!once) {
      const parts = app.health();
      for (const line of greeting({ version, url, config, parts, incidentsOpen: 0, notices: [] })) print(line);
    }
    await send(url, loaded);
    if (once) {
      await settled(app);
      if (gate.canBackUp && config.people.length === 0) {
        await backUp(app, url);
        if (await endAlert(app, url, loaded))
          await until('the end of the alert', async () => {
            const open = await app.store.count(incidents, ['open', 'BackupFailed']);
            return open === 0 && (await app.store.count(outbox)) === 0;
          });
      }
      for (const card of await threadsOf(app.store)) print(`${cardText(card)}\n`);
      if (!gate.canBackUp) print(gate.said);
    } else {
      print('Three recorded alerts were sent; open the console to see their threads. Ctrl-C ends it.');
      print(gate.said);
      for (const line of app.loginLines(url)) print(line);
      void watchBackups(app, url, loaded, over.signal).catch((error: unknown) => print(messageOf(error)));
      await stopping;
    }
  } finally {
    over.abort();
    await app.stop();
    if (own) rmSync(own, { recursive: true, force: true });
  }
  return 0;
}
