import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execa } from 'execa';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAlertmanager } from '../../src/telemetry/alertmanager.ts';
import { backupQuery, readBackup } from '../../src/telemetry/backupMetrics.ts';
import { createPrometheus } from '../../src/telemetry/prometheus.ts';
import { promString } from '../../src/telemetry/promql.ts';
import { ALERTMANAGER, type RealAlertmanager, startAlertmanager } from '../support/real/alertmanager.ts';
import { NODE_EXPORTER, type RealNodeExporter, startNodeExporter } from '../support/real/nodeExporter.ts';
import { eventually, missing } from '../support/real/process.ts';
import { PROMETHEUS, type RealPrometheus, startPrometheus } from '../support/real/prometheus.ts';
import { PUSHGATEWAY, type RealPushgateway, startPushgateway } from '../support/real/pushgateway.ts';

const never = new AbortController().signal;
const absent = missing(
  [ALERTMANAGER, PROMETHEUS, PUSHGATEWAY, NODE_EXPORTER],
  'the telemetry clients against the real Prometheus, Alertmanager, Pushgateway and node-exporter',
);

interface Webhook {
  readonly status: string;
  readonly alerts: readonly { readonly labels: Record<string, string> }[];
}

describe.skipIf(absent.length > 0)('real servers', () => {
  const webhooks: { readonly token: string | undefined; readonly body: Webhook }[] = [];
  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    webhooks.push({
      token: request.headers.authorization,
      body: JSON.parse(Buffer.concat(chunks).toString()) as Webhook,
    });
    response.end();
  });
  let alertmanager: RealAlertmanager;
  let pushgateway: RealPushgateway;
  let nodeExporter: RealNodeExporter;
  let prometheus: RealPrometheus;

  beforeAll(async () => {
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const webhookUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    [alertmanager, pushgateway, nodeExporter] = await Promise.all([
      startAlertmanager({ webhookUrl, webhookToken: 'hook' }),
      startPushgateway(),
      startNodeExporter(),
    ]);
    prometheus = await startPrometheus({
      alertmanager: alertmanager.url,
      scrape: [
        { job: 'push', targets: [pushgateway.target], honorLabels: true },
        { job: 'foreign', targets: [pushgateway.target] },
        { job: 'node', targets: [nodeExporter.target] },
      ],
      rules: [
        { alert: 'BackupFailed', expr: 'backup_success{exported_job=""} == 0', labels: { severity: 'critical' } },
      ],
    });
  });
  afterAll(async () => {
    await Promise.all([alertmanager?.stop(), pushgateway?.stop(), nodeExporter?.stop(), prometheus?.stop()]);
    receiver.close();
  });

  const arrived = (status: string, job: string) =>
    eventually(`the ${status} webhook of ${job}`, () =>
      webhooks.find(({ body }) => body.status === status && body.alerts.some(({ labels }) => labels['job'] === job)),
    );

  it('tell of a failed backup from push to webhook, and of its end', async () => {
    await pushgateway.push({ job: 'restic_k8s_data' }, { backup_success: 0, backup_timestamp: Date.now() / 1000 });
    const firing = await arrived('firing', 'restic_k8s_data');
    expect(firing.token).toBe('Bearer hook');
    expect(firing.body.alerts[0]?.labels).toMatchObject({ alertname: 'BackupFailed', severity: 'critical' });

    const client = createPrometheus({ url: prometheus.url });
    const failed = await client.query(backupQuery('restic_k8s_data'), never);
    expect(readBackup({ samples: failed, now: Date.now(), rpoMs: 3_600_000 })).toMatchObject({ verdict: 'failed' });

    await pushgateway.push({ job: 'restic_k8s_data' }, { backup_success: 1, backup_timestamp: Date.now() / 1000 });
    await arrived('resolved', 'restic_k8s_data');
    const samples = await client.query(backupQuery('restic_k8s_data'), never);
    expect(readBackup({ samples, now: Date.now(), rpoMs: 3_600_000 })).toMatchObject({
      verdict: 'ok',
      lastRunOk: true,
    });
  });

  it('silence an alert in a person’s name, seen by amtool, and really suppress it until it ends', async () => {
    const client = createAlertmanager({ url: alertmanager.url });
    const labels = { alertname: 'DiskPressure', node: 'worker-1 "ü"' };
    const matchers = Object.entries(labels).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }));
    const startsAt = Date.now();
    const id = await client.createSilence(
      { matchers, startsAt, endsAt: startsAt + 7_200_000, createdBy: 'ana', comment: 'INC-1' },
      never,
    );
    const { stdout } = await execa('amtool', [
      'silence',
      'query',
      '-o',
      'json',
      `--alertmanager.url=${alertmanager.url}`,
    ]);
    expect(JSON.parse(stdout)).toMatchObject([{ id, createdBy: 'ana', comment: 'INC-1' }]);

    await alertmanager.post({ labels });
    const suppressed = await eventually('the silenced alert', async () =>
      (await client.alerts(never)).find(
        (alert) => alert.labels['alertname'] === 'DiskPressure' && alert.state === 'suppressed',
      ),
    );
    expect(suppressed).toMatchObject({ labels, silencedBy: [id] });
    // Grouping waits 100 ms: an unsilenced alert posted later arrives, the silenced one has not.
    await alertmanager.post({ labels: { alertname: 'Other', job: 'other' } });
    await arrived('firing', 'other');
    expect(webhooks.some(({ body }) => body.alerts.some((alert) => alert.labels['alertname'] === 'DiskPressure'))).toBe(
      false,
    );

    await client.expireSilence(id, never);
    await client.expireSilence(id, never);
    expect((await client.silences(never)).find((silence) => silence.id === id)?.state).toBe('expired');
    await eventually('the webhook after the silence', () =>
      webhooks.find(({ body }) => body.alerts.some((alert) => alert.labels['alertname'] === 'DiskPressure')),
    );
  });

  it('take the end of a silence nobody knows as done, and refuse a silence that makes no sense', async () => {
    const client = createAlertmanager({ url: alertmanager.url });
    await client.expireSilence('69d1a4db-d1fe-43ed-bbf7-6a54d1dd283a', never);
    const silence = { matchers: [], startsAt: Date.now(), endsAt: Date.now() + 1000, createdBy: 'ana', comment: 'x' };
    await expect(client.createSilence(silence, never)).rejects.toMatchObject({ code: 'invalid' });
    // An address that is no Alertmanager must not pass for one that has forgotten the silence.
    const wrong = createAlertmanager({ url: `${alertmanager.url}/elsewhere` });
    await expect(wrong.expireSilence('69d1a4db-d1fe-43ed-bbf7-6a54d1dd283a', never)).rejects.toMatchObject({
      code: 'bad-answer',
    });
  });

  it('answer queries of one value, of a range, and with their versions', async () => {
    const client = createPrometheus({ url: prometheus.url });
    await eventually(
      'node-exporter scraped',
      async () => (await client.query('node_load1 and up == 1', never)).length > 0 || undefined,
    );
    expect(await client.query('scalar(vector(7))', never)).toMatchObject([{ labels: {}, value: 7 }]);
    expect((await client.query('vector(1) / 0', never))[0]?.value).toBe(Number.POSITIVE_INFINITY);
    const toMs = Date.now();
    const range = { fromMs: toMs - 3_600_000, toMs };
    const flat = await client.queryRange('vector(3)', range, never);
    expect(flat).toHaveLength(1);
    expect(flat[0]?.points.length).toBeGreaterThan(150);
    expect(flat[0]?.points.length).toBeLessThanOrEqual(200);
    expect(await client.queryRange('{job="node"}', { ...range, maxSeries: 3 }, never)).toHaveLength(3);
    await expect(client.query('up{', never)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/parse error/),
    });
    expect(await client.version(never)).toMatch(/^\d+\.\d+/);
    const silencer = createAlertmanager({ url: alertmanager.url });
    expect(await silencer.version(never)).toMatch(/^\d+\.\d+/);
    expect(Math.abs((await silencer.status(never)).startedAt - toMs)).toBeLessThan(120_000);
  });

  it('give back any text that promString quotes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 30 }), async (value) => {
        const response = await fetch(`${prometheus.url}/api/v1/query`, {
          method: 'POST',
          body: new URLSearchParams({ query: promString(value) }),
        });
        expect(await response.json()).toMatchObject({
          data: { resultType: 'string', result: [expect.anything(), value.toWellFormed()] },
        });
      }),
      { numRuns: 60 },
    );
  });

  it('find a backup whose scrape renames job to exported_job', async () => {
    const group = { job: 'pg_dump_shop', database: 'shop' };
    const client = createPrometheus({ url: prometheus.url });
    await pushgateway.push(group, { pg_dump_success: 1, pg_dump_size_bytes: 4096 });
    const good = await eventually('both scrapes', async () => {
      const found = await client.query(backupQuery('pg_dump_shop'), never);
      const jobs = new Set(found.map(({ labels }) => labels['job']));
      return jobs.has('foreign') && jobs.has('pg_dump_shop') ? found : undefined;
    });
    const foreign = good.filter(({ labels }) => labels['exported_job'] === 'pg_dump_shop');
    expect(readBackup({ samples: foreign, now: Date.now(), rpoMs: 60_000 })).toMatchObject({
      verdict: 'ok',
      sizeBytes: 4096,
    });
  });
});
