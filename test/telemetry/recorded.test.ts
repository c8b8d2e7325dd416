import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAlertmanager } from '../../src/telemetry/alertmanager.ts';
import { createPrometheus, sampleValue, stepSeconds } from '../../src/telemetry/prometheus.ts';

const never = new AbortController().signal;
const captures = new URL('../captures/telemetry/', import.meta.url);
const answers: Readonly<Record<string, string>> = {
  '/api/v2/alerts': 'alertmanager-alerts-v2.json',
  '/api/v2/silences': 'alertmanager-silences.json',
  '/api/v2/status': 'alertmanager-status-v2.json',
  '/api/v1/query': 'prometheus-query-up.json',
  '/api/v1/query_range': 'prometheus-query_range-load1.json',
};
const asked: URL[] = [];
const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://x');
  asked.push(url);
  const file = answers[url.pathname];
  if (file === undefined) response.writeHead(404).end();
  else response.end(await readFile(new URL(file, captures)));
});
let url = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('recorded answers of Alertmanager 0.25', () => {
  it('become alerts: active, silenced, inhibited', async () => {
    const alerts = await createAlertmanager({ url }).alerts(never);
    expect(alerts.map(({ fingerprint, state }) => [fingerprint, state])).toContainEqual(['2e61bd74d0787116', 'active']);
    expect(alerts[0]).toMatchObject({
      silencedBy: ['69d1a4db-d1fe-43ed-bbf7-6a54d1dd283a'],
      inhibitedBy: [],
      receivers: ['bot'],
      startsAt: Date.parse('2026-11-20T13:48:00.789Z'),
    });
    expect(alerts[1]).toMatchObject({ inhibitedBy: ['956ff113c97111a9'], state: 'suppressed', annotations: {} });
  });

  it('become silences and a version', async () => {
    expect(await createAlertmanager({ url }).silences(never)).toMatchObject([
      {
        state: 'active',
        createdBy: 'feas',
        endsAt: Date.parse('2026-11-20T14:48:04Z'),
        matchers: [{ name: 'alertname' }, {}],
      },
    ]);
    expect(await createAlertmanager({ url }).version(never)).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe('recorded answers of Prometheus 2.42', () => {
  it('become samples and series', async () => {
    const prometheus = createPrometheus({ url });
    expect(await prometheus.query('up', never)).toContainEqual({
      labels: { __name__: 'up', instance: '127.0.0.1:19100', job: 'node' },
      at: 1795182584354,
      value: 1,
    });
    const [load] = await prometheus.queryRange('node_load1', { fromMs: 0, toMs: 86_400_000 }, never);
    expect(load?.points.length).toBeGreaterThan(0);
    expect(asked.at(-1)?.searchParams.get('step')).toBe('435');
  });
});

describe('stepSeconds', () => {
  it.each([
    [0, 0, 1],
    [0, 60_000, 1],
    [0, 3_600_000, 19],
    [0, 86_400_000, 435],
    [0, 30 * 86_400_000, 13_026],
  ])('keeps %d..%d ms within 200 points', (from, to, step) => {
    expect(stepSeconds(from, to)).toBe(step);
    expect((to - from) / 1000 / step + 1).toBeLessThanOrEqual(200);
  });
});

describe('sampleValue', () => {
  it.each([
    ['1.5', 1.5],
    ['+Inf', Number.POSITIVE_INFINITY],
    ['-Inf', Number.NEGATIVE_INFINITY],
    ['NaN', Number.NaN],
    ['1e-09', 1e-9],
  ])('reads %s', (text, value) => expect(sampleValue(text)).toBe(value));
});
