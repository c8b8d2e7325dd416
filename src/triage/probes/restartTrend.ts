import { humanBytes } from '../../lib/text.ts';
import type { Series } from '../../telemetry/port.ts';
import { promSelector } from '../../telemetry/promql.ts';
import type { Finding } from '../evidence.ts';
import type { Trend } from '../pictures/model.ts';
import { drawTrend } from '../pictures/trend.ts';
import type { Probe } from '../probe.ts';
import { count, finding, percent, picture } from './kit.ts';
import { linesBy } from './usageTrend.ts';

const RANGE_MS = 6 * 3_600_000;
const HOUR_MS = 3_600_000;
const DEADLINE_MS = 15_000;
/** Part of its limit from which a container is about to be killed. */
const MEMORY_BAD = 0.95;
const MEMORY_WARN = 0.85;

/** Growth of a counter since `from`; a fall is a reset and starts anew. Pure. */
export function increase(points: Series['points'], from = Number.NEGATIVE_INFINITY): number {
  let sum = 0;
  let before: number | undefined;
  for (const { at, value } of points) {
    if (!Number.isFinite(value)) continue;
    if (before !== undefined && at >= from) sum += value >= before ? value - before : value;
    before = value;
  }
  return sum;
}

/** Restarts of a pod's containers. Source: kube-state-metrics in Prometheus. */
export function restartTrend(namespace: string, pod: string): Probe {
  const title = `Restarts of ${pod}, 6 h`;
  return {
    id: `restarts:${namespace}/${pod}`,
    title,
    source: 'Prometheus',
    deadlineMs: DEADLINE_MS,
    look: async ({ prometheus, clock }, signal) => {
      const now = clock.now();
      const query = `max by (container) (kube_pod_container_status_restarts_total${promSelector({ namespace, pod })})`;
      const found = await prometheus.queryRange(query, { fromMs: now - RANGE_MS, toMs: now }, signal);
      if (found.length === 0) {
        return finding('unknown', `Prometheus has no restarts of ${pod}: is kube-state-metrics scraped?`);
      }
      const all = found.reduce((sum, { points }) => sum + increase(points), 0);
      const lately = found.reduce((sum, { points }) => sum + increase(points, now - HOUR_MS), 0);
      const line = all === 0 ? 'No restart in 6 h' : `${count(all, 'restart')} in 6 h, ${lately} in the last hour`;
      const trend: Trend = { title, subtitle: line, series: linesBy(['container'], found, pod), unit: 'count' };
      const status = lately > 0 ? 'bad' : all > 0 ? 'warn' : 'ok';
      return finding(status, line, [picture(await drawTrend(trend, signal))]);
    },
  };
}

/** Memory of a pod's containers against their limits. Source: cAdvisor and kube-state-metrics in Prometheus. */
export function podMemoryTrend(namespace: string, pod: string): Probe {
  const title = `Memory of ${pod}, 6 h`;
  return {
    id: `pod-memory:${namespace}/${pod}`,
    title,
    source: 'Prometheus',
    deadlineMs: DEADLINE_MS,
    look: async ({ prometheus, clock }, signal): Promise<Finding> => {
      const now = clock.now();
      const of = promSelector({ namespace, pod }).slice(1, -1);
      const used = `max by (container) (container_memory_working_set_bytes{${of},container!="",container!="POD"})`;
      const limit = `max by (container) (kube_pod_container_resource_limits{${of},resource="memory"})`;
      const [found, limits] = await Promise.all([
        prometheus.queryRange(used, { fromMs: now - RANGE_MS, toMs: now }, signal),
        prometheus.query(limit, signal),
      ]);
      const largest = found
        .map((one) => ({ one, last: one.points.findLast(({ value }) => Number.isFinite(value))?.value ?? 0 }))
        .toSorted((a, b) => b.last - a.last)[0];
      if (!largest)
        return finding(
          'unknown',
          `Prometheus has no memory figures of ${pod} (cAdvisor not scraped, or the pod is gone).`,
        );
      const name = largest.one.labels['container'] ?? pod;
      const most = limits.find(({ labels }) => labels['container'] === name)?.value;
      const part = most === undefined || most <= 0 ? undefined : largest.last / most;
      const line =
        part === undefined || most === undefined
          ? `${name} uses ${humanBytes(largest.last)}; no memory limit is known`
          : `${name} uses ${humanBytes(largest.last)}, ${percent(part)} of its limit of ${humanBytes(most)}`;
      const trend: Trend = {
        title,
        subtitle: line,
        series: linesBy(['container'], found, pod),
        unit: 'bytes',
        ...(most === undefined ? {} : { threshold: { value: most, label: `limit of ${name}` } }),
      };
      const status = part === undefined ? 'ok' : part >= MEMORY_BAD ? 'bad' : part >= MEMORY_WARN ? 'warn' : 'ok';
      return finding(status, line, [picture(await drawTrend(trend, signal))]);
    },
  };
}
