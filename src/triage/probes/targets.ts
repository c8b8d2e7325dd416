import type { Sample } from '../../telemetry/port.ts';
import { promSelector } from '../../telemetry/promql.ts';
import type { Finding } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { count, finding, table } from './kit.ts';

const DEADLINE_MS = 10_000;

/** Which of Prometheus' targets can be scraped. Pure. */
function targetsFinding(up: readonly Sample[], what: string): Finding {
  const down = up.filter(({ value }) => value !== 1);
  if (up.length === 0) {
    return finding(
      'unknown',
      `Prometheus has no target ${what}: discovery no longer finds it, or it was never scraped.`,
    );
  }
  const names = down.slice(0, 3).map(({ labels }) => labels['instance'] ?? '');
  const said =
    down.length === 0
      ? `All ${count(up.length, 'target')} ${what} answer now`
      : `${down.length} of ${count(up.length, 'target')} ${what} down: ${names.join(', ')}`;
  const sorted = up.toSorted((a, b) => a.value - b.value);
  return finding(
    down.length === 0 ? 'ok' : 'bad',
    said,
    table(
      ['Job', 'Instance', 'State'],
      sorted.map(({ labels, value }) => [labels['job'] ?? '', labels['instance'] ?? '', value === 1 ? 'up' : 'down']),
    ),
  );
}

/** Targets of a job, of an instance, or all. Label values may be anything: they are quoted. Source: `up` in Prometheus. */
export function targets(labels: { readonly job?: string | undefined; readonly instance?: string | undefined }): Probe {
  const given = Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]])),
  );
  const what = Object.entries(given).map(([name, value]) => `${name} ${value}`);
  return {
    id: `targets:${JSON.stringify(given)}`,
    title: 'Scrape targets',
    source: 'Prometheus',
    deadlineMs: DEADLINE_MS,
    look: async ({ prometheus }, signal) =>
      targetsFinding(
        await prometheus.query(`up${promSelector(given)}`, signal),
        what.length > 0 ? `of ${what.join(', ')}` : 'at all',
      ),
  };
}
