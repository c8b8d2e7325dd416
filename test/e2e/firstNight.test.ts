import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Card, Picture } from '../../src/chat/message.ts';
import { ALERTMANAGER, type RealAlertmanager, startAlertmanager } from '../support/real/alertmanager.ts';
import { NODE_EXPORTER, type RealNodeExporter, startNodeExporter } from '../support/real/nodeExporter.ts';
import { freePort } from '../support/real/ports.ts';
import { eventually, missing } from '../support/real/process.ts';
import { PROMETHEUS, type RealPrometheus, startPrometheus } from '../support/real/prometheus.ts';
import { PUSHGATEWAY, type RealPushgateway, startPushgateway } from '../support/real/pushgateway.ts';
import { type Bot, section, startBot, textOf, type Visitor, visit } from './bot.ts';

const absent = missing(
  [ALERTMANAGER, PROMETHEUS, PUSHGATEWAY, NODE_EXPORTER],
  'the first night, from a pushed failure to a resolved thread',
);
const JOB = 'restic_k8s_data';
const TOKEN = 'the-token-of-the-first-night';
const HOUR_MS = 3_600_000;
const PNG_SIGNATURE = '89504e470d0a1a0a';

interface ApiSilence {
  readonly id: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly status: { readonly state: string };
  readonly matchers: readonly { readonly name: string; readonly value: string; readonly isRegex: boolean }[];
}

function picturesOf(card: Card): readonly Picture[] {
  return card.blocks.flatMap((block) =>
    block.kind === 'section' ? block.blocks.flatMap((one) => (one.kind === 'picture' ? [one.picture] : [])) : [],
  );
}

describe.skipIf(absent.length > 0)('the first night', () => {
  let alertmanager: RealAlertmanager;
  let prometheus: RealPrometheus;
  let pushgateway: RealPushgateway;
  let exporter: RealNodeExporter;
  let bot: Bot;
  let ana: Visitor;

  beforeAll(async () => {
    const port = await freePort();
    [pushgateway, exporter, alertmanager] = await Promise.all([
      startPushgateway(),
      startNodeExporter(),
      startAlertmanager({
        webhookUrl: `http://127.0.0.1:${port}/webhooks/alertmanager`,
        webhookToken: TOKEN,
        groupBy: ['alertname', 'exported_job', 'instance'],
      }),
    ]);
    prometheus = await startPrometheus({
      scrape: [
        { job: 'pushgateway', targets: [pushgateway.target] },
        { job: 'node', targets: [exporter.target] },
      ],
      rules: [
        {
          alert: 'BackupFailed',
          expr: 'backup_success == 0',
          labels: { severity: 'critical' },
          annotations: { summary: 'Backup {{ $labels.exported_job }} failed' },
        },
        {
          alert: 'NodeFilesystemSpaceFillingUp',
          expr: 'node_filesystem_avail_bytes{mountpoint="/",fstype!="rootfs"} >= 0 and on () (backup_success == 2)',
          labels: { severity: 'warning' },
        },
      ],
      alertmanager: alertmanager.url,
    });
    bot = await startBot({
      config: {
        server: { listen: `127.0.0.1:${port}` },
        alertmanager: { url: alertmanager.url, webhookToken: TOKEN },
        prometheus: { url: prometheus.url },
        hosts: [{ name: 'node-0', via: 'local' }],
        people: [
          { name: 'ana', roles: ['oncall', 'admin'] },
          { name: 'ben', roles: [] },
        ],
        backups: [{ name: JOB, kind: 'restic', host: 'node-0', rpo: '24h' }],
      },
    });
    ana = await visit(bot.link('ana'));
  }, 90_000);

  afterAll(async () => {
    await Promise.all([bot, prometheus, alertmanager, pushgateway, exporter].map((part) => part?.stop()));
  });

  const silences = async (): Promise<readonly ApiSilence[]> =>
    (await (await fetch(`${alertmanager.url}/api/v2/silences`)).json()) as ApiSilence[];
  const root = async (thread: string): Promise<Card | undefined> =>
    (await ana.messages(thread)).find(({ isRoot }) => isRoot)?.card;
  const evidence = async (thread: string, round = 1): Promise<Card> =>
    eventually(`the evidence of ${thread}`, async () => {
      const card = (await ana.messages(thread)).find(({ key }) => key === `${thread}/evidence-${round}`)?.card;
      return card && !card.title.includes('looking at') ? card : undefined;
    });

  it('a failed backup becomes a thread that holds the evidence', async () => {
    const yesterday = Math.floor(Date.now() / 1000) - 46 * 3600;
    await pushgateway.push(
      { job: JOB },
      { backup_success: 0, backup_timestamp: yesterday, backup_duration_seconds: 312, backup_files_new: 17 },
    );
    const thread = await eventually('the thread', async () => (await ana.threads())[0], 40_000);
    expect(thread).toMatchObject({ key: 'INC-1', title: 'INC-1 BackupFailed', rank: 'open-critical' });
    expect(textOf((await root('INC-1')) as Card)).toContain(`Backup ${JOB} failed`);

    const card = await evidence('INC-1');
    const state = section(card, `Backup ${JOB}`);
    expect(state?.tone).toBe('critical');
    expect(state?.summary).toMatch(/last good backup 1 d 22 h ago against an RPO of 1 d; the last run failed/);
    expect(JSON.stringify(state?.blocks)).toContain('5 min 12 s');
    const df = section(card, 'Disk space');
    expect(df?.summary).toMatch(/% used, .+ free/);
    expect(JSON.stringify(df?.blocks)).toContain('df on node-0');
    // An incident is no earlier one of its own kind.
    expect(section(card, 'What changed')?.summary).toContain('first time in 90 days');
  }, 60_000);

  it('a silence is made in Alertmanager once, in the person’s name, and ended again', async () => {
    const id = crypto.randomUUID();
    const before = Date.now();
    const answer = await ana.say('/silence INC-1 2h', { id });
    expect(answer.card.title).toBe('INC-1 is silenced for 2 h.');
    expect(answer.isPrivate).toBe(true);
    const [made, ...more] = await silences();
    expect(more).toEqual([]);
    expect(made).toMatchObject({ createdBy: 'ana', status: { state: 'active' } });
    expect(made?.matchers).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'alertname', value: 'BackupFailed', isRegex: false }),
        expect.objectContaining({ name: 'exported_job', value: JOB, isRegex: false }),
      ]),
    );
    expect(Date.parse(made?.endsAt ?? '') - before).toBeGreaterThan(2 * HOUR_MS - 1000);
    expect(Date.parse(made?.endsAt ?? '') - before).toBeLessThan(2 * HOUR_MS + 20_000);

    // The browser sends the same command again: one event, one silence, one answer.
    await ana.say('/silence INC-1 2h', { id });
    await ana.say('/status');
    expect(await silences()).toHaveLength(1);
    expect((await ana.messages('channel')).filter(({ asked }) => asked?.event === id)).toHaveLength(1);
    expect(textOf((await root('INC-1')) as Card)).toMatch(/silenced by ana until [^\n]*\d\d:\d\d UTC/);
    const muted = (await (await fetch(`${alertmanager.url}/api/v2/alerts`)).json()) as { status: { state: string } }[];
    expect(muted.map(({ status }) => status.state)).toEqual(['suppressed']);

    const ended = await ana.say('/unsilence', { thread: 'INC-1' });
    expect(ended.card.title).toBe('INC-1 is no longer silenced.');
    expect((await silences()).map(({ status }) => status.state)).toEqual(['expired']);
    await eventually('the root without the silence', async () =>
      /silenced by/.test(textOf((await root('INC-1')) as Card)) ? undefined : true,
    );
  }, 60_000);

  it('who has no role may look and not act', async () => {
    const ben = await visit(bot.link('ben'));
    expect((await ben.say('/silence INC-1 2h')).card.title).toContain('You may look, but not act');
    expect((await ben.say('/incidents')).card.title).toBe('1 open incident');
    // What was answered to ana alone is not ben's to read.
    expect((await ben.messages('channel')).every(({ asked }) => asked?.by === 'ben')).toBe(true);
    expect((await silences()).filter(({ status }) => status.state !== 'expired')).toEqual([]);
  });

  it('when the next run is good the root says after how long', async () => {
    await pushgateway.push({ job: JOB }, { backup_success: 1, backup_timestamp: Math.floor(Date.now() / 1000) });
    await eventually(
      'the resolved root',
      async () => (/resolved after/.test((await root('INC-1'))?.title ?? '') ? true : undefined),
      40_000,
    );
    expect(await root('INC-1')).toMatchObject({ tone: 'ok', buttons: [] });
    expect((await ana.threads())[0]).toMatchObject({ key: 'INC-1', rank: 'closed' });
    expect((await ana.say('/ack INC-1')).card.title).toBe('INC-1 is resolved already; there is nothing to do.');
  }, 60_000);

  it('a disk’s thread has its trend as pictures for light and dark, and they are PNGs', async () => {
    // So long that the series has a line to draw.
    await pushgateway.push({ job: JOB }, { backup_success: 2 });
    await eventually('the disk’s thread', async () => (await ana.threads()).find(({ key }) => key === 'INC-2'), 40_000);
    const card = await evidence('INC-2');
    const trend = section(card, 'Disk use of');
    expect(trend?.summary).toMatch(/%/);
    const [picture] = picturesOf(card);
    for (const blob of [picture?.light, picture?.dark]) {
      const answer = await ana.get(`/api/blob/${blob}`);
      expect(answer.headers.get('content-type')).toBe('image/png');
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(bytes.subarray(0, 8).toString('hex')).toBe(PNG_SIGNATURE);
      expect(bytes.readUInt32BE(16)).toBeGreaterThan(300);
      expect(bytes.length).toBeGreaterThan(4000);
    }
    expect(picture?.light).not.toBe(picture?.dark);
    expect(picture?.alt).toMatch(/\d/);
    // Without the cookie a picture is nobody's.
    expect((await fetch(`${bot.url}/api/blob/${picture?.light}`)).status).toBe(401);
  }, 60_000);

  it('the webhook asks for its token, and the log never holds it', async () => {
    for (const authorization of ['Bearer wrong', `Basic ${TOKEN}`, '']) {
      const answer = await fetch(`${bot.url}/webhooks/alertmanager`, { method: 'POST', headers: { authorization } });
      expect(answer.status).toBe(401);
    }
    expect(bot.log() + bot.stdout()).not.toContain(TOKEN);
  });
});
