import type { Probe } from '../probe.ts';
import { finding } from './kit.ts';
import { eitherNode, namesOfNode } from './selectors.ts';
import { linesBy, usageFinding } from './usageTrend.ts';

const RANGE_MS = 6 * 3_600_000;
const DEADLINE_MS = 15_000;
/** Where the node mixin's NodeMemoryHighUtilization fires. */
const HIGH = { value: 90, label: 'high: 90 %' } as const;
const WARN_AT = 80;

/** Use of a node's memory over six hours. Source: node-exporter's metrics in Prometheus. */
export function memoryTrend(node: string): Probe {
  const title = `Memory use of ${node}, 6 h`;
  return {
    id: `memory-trend:${node}`,
    title,
    source: 'Prometheus',
    deadlineMs: DEADLINE_MS,
    look: async (world, signal) => {
      const now = world.clock.now();
      const used = (matcher: string) =>
        `100 * (1 - node_memory_MemAvailable_bytes{${matcher}} / node_memory_MemTotal_bytes{${matcher}})`;
      const query = eitherNode(node, await namesOfNode(node, world, signal), used);
      const found = await world.prometheus.queryRange(query, { fromMs: now - RANGE_MS, toMs: now }, signal);
      if (found.length === 0) {
        return finding('unknown', `Prometheus has no node_memory_* series of ${node}: is node-exporter scraped there?`);
      }
      const series = linesBy(['node'], found, node).slice(0, 1);
      return usageFinding({ title, series, threshold: HIGH, warnAt: WARN_AT, fills: false }, now, signal);
    },
  };
}
