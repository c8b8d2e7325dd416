import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Bot, startBot } from '../e2e/bot.ts';
import { CHANNEL, GROUP } from './bothChats.ts';
import { createParts, startNightTelegram, stop } from './parts.ts';
import { ALERTMANAGER, type RealAlertmanager, startAlertmanager } from './real/alertmanager.ts';
import { journalMissing, writeJournal } from './real/journal.ts';
import { missing } from './real/process.ts';
import { PROMETHEUS, type RealPrometheus, startPrometheus } from './real/prometheus.ts';
import { PUSHGATEWAY, type RealPushgateway, startPushgateway } from './real/pushgateway.ts';
import { makeResticLab, type ResticLab } from './real/restic.ts';
import { type SlackEmulator, startSlack } from './slack/index.ts';
import type { TelegramEmulator } from './telegram/telegram.ts';

/** The backup of the night: its metrics' `job`. */
export const JOB = 'restic_k8s_data';
/** The unit that makes it by timer; its journal is real, systemd isn't there. */
const UNIT = 'restic-k8s-backup.service';
const MIB = 1024 * 1024;
/** Enough for restic to have something to tell while it works. */
const VOLUMES = 24;
const VOLUME_BYTES = 4 * MIB;

/** A night on real parts: all but the chats, which are emulators, runs as it would on a node. */
export interface Night {
  readonly lab: ResticLab;
  readonly pushgateway: RealPushgateway;
  readonly prometheus: RealPrometheus;
  readonly alertmanager: RealAlertmanager;
  readonly slack: SlackEmulator;
  readonly telegram: TelegramEmulator;
  readonly bot: Bot;
  /** What the timer does: runs restic, leaves its words in the journal, pushes how it ended. Gives restic's exit code and words. */
  nightlyRun(): Promise<{ readonly exitCode: number | undefined; readonly said: string }>;
  end(): Promise<void>;
}

/** Says loudly what isn't installed here; empty where the night can be had. */
export async function nightMissing(): Promise<readonly string[]> {
  const absent = missing(
    ['restic', ALERTMANAGER, PROMETHEUS, PUSHGATEWAY],
    'the night: a failed backup, mended through the gate',
  );
  const journal = await journalMissing();
  if (journal !== undefined) console.warn(`SKIPPED: the night: ${journal}`);
  return journal === undefined ? absent : [...absent, journal];
}

/** Starts all of it; `end` stops it in the other order. ana and ben are on call, ben is an admin, cleo may look. */
export async function startNight(): Promise<Night> {
  const parts = createParts();
  const { kept, end } = parts;
  try {
    const lab = kept(await makeResticLab(), ({ remove }) => remove());
    await fill(lab.source);
    const journal = kept(await mkdtemp(join(tmpdir(), 'daytwo-night-journal-')), (path) =>
      rm(path, { recursive: true, force: true }),
    );
    const pushgateway = kept(await startPushgateway(), stop);
    const alertmanager = kept(await startAlertmanager(), stop);
    const prometheus = kept(await startPrometheus(rulesOf(pushgateway, alertmanager)), stop);
    const slack = kept(await startSlack(), stop);
    const telegram = await startNightTelegram(parts);
    const urls = { alertmanager: alertmanager.url, prometheus: prometheus.url, pushgateway: pushgateway.url };
    const config = configuration(lab, journal, urls, { slack, telegram });
    const bot = kept(await startBot({ config }), stop);
    await alertmanager.configure({
      webhookUrl: `${bot.url}/webhooks/alertmanager`,
      groupBy: ['alertname', 'exported_job'],
    });
    return {
      ...{ lab, pushgateway, prometheus, alertmanager, slack, telegram, bot },
      nightlyRun: () => nightlyRun(lab, journal, pushgateway),
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

function rulesOf(pushgateway: RealPushgateway, alertmanager: RealAlertmanager) {
  return {
    scrape: [{ job: 'pushgateway', targets: [pushgateway.target] }],
    rules: [
      {
        alert: 'BackupFailed',
        expr: 'backup_success == 0',
        labels: { severity: 'critical', unit: UNIT },
        annotations: { summary: 'Backup {{ $labels.exported_job }} failed' },
      },
    ],
    alertmanager: alertmanager.url,
  };
}

function configuration(
  lab: ResticLab,
  journal: string,
  urls: { readonly alertmanager: string; readonly prometheus: string; readonly pushgateway: string },
  { slack, telegram }: { readonly slack: SlackEmulator; readonly telegram: TelegramEmulator },
): object {
  const { repository, passwordFile, source } = lab;
  return {
    server: { listen: '127.0.0.1:0' },
    alertmanager: { url: urls.alertmanager },
    prometheus: { url: urls.prometheus },
    pushgateway: { url: urls.pushgateway },
    chats: {
      slack: { channel: CHANNEL, botToken: slack.botToken, appToken: slack.appToken, apiUrl: slack.apiUrl },
      telegram: { chatId: GROUP, botToken: telegram.token, apiRoot: telegram.apiRoot },
    },
    hosts: [{ name: 'node-0', via: 'local', journalDirectory: journal }],
    people: [
      { name: 'ana', slack: 'U0ANA', telegram: 1001, roles: ['oncall'] },
      { name: 'ben', slack: 'U0BEN', telegram: 1002, roles: ['oncall', 'admin'] },
      { name: 'cleo', slack: 'U0CLEO', telegram: 1003 },
    ],
    policies: [
      { actions: ['backup.*'], request: ['oncall'], confirm: 'button', approvals: 1, approve: ['oncall', 'admin'] },
      { actions: ['restore.*'], request: ['oncall'], confirm: 'typed', approvals: 1, approve: ['admin'] },
    ],
    backups: [
      { name: JOB, kind: 'restic', host: 'node-0', repository, passwordFile, paths: [source], rpo: '24h', rto: '1h' },
    ],
  };
}

/** Data that doesn't get smaller by compression. */
async function fill(source: string): Promise<void> {
  await mkdir(join(source, 'volumes'));
  for (let volume = 0; volume < VOLUMES; volume += 1)
    await writeFile(join(source, 'volumes', `volume-${volume}`), randomBytes(VOLUME_BYTES));
}

async function nightlyRun(lab: ResticLab, journal: string, pushgateway: RealPushgateway) {
  const { repository, passwordFile, source, folder } = lab;
  const began = Date.now();
  const { exitCode, stdout, stderr } = await execa(
    'restic',
    ['--repo', repository, '--password-file', passwordFile, 'backup', source],
    { reject: false, env: { XDG_CACHE_HOME: join(folder, 'cache') } },
  );
  const lines = [
    ...stdout.split('\n').map((text) => ({ text, priority: '6' })),
    ...stderr.split('\n').map((text) => ({ text, priority: '3' })),
  ].filter(({ text }) => text.trim() !== '');
  const written = await writeJournal(
    lines.map(({ text, priority }, line) => ({
      at: began + line,
      fields: {
        ...{ MESSAGE: text, PRIORITY: priority, _SYSTEMD_UNIT: UNIT, SYSLOG_IDENTIFIER: 'restic', _PID: '4242' },
        // By this files of one boot are put in order.
        __MONOTONIC_TIMESTAMP: String((began + line) * 1000),
      },
    })),
  );
  await rename(join(written.path, 'test.journal'), join(journal, `run-${began}.journal`));
  await written.remove();
  await pushgateway.push(
    { job: JOB, instance: 'node-0' },
    {
      backup_success: exitCode === 0 ? 1 : 0,
      backup_timestamp: Math.floor(Date.now() / 1000),
      backup_duration_seconds: (Date.now() - began) / 1000,
    },
  );
  return { exitCode, said: stderr };
}
