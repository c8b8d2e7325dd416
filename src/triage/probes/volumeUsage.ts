import { humanBytes } from '../../lib/text.ts';
import type { Sample } from '../../telemetry/port.ts';
import { promSelector } from '../../telemetry/promql.ts';
import type { EvidenceStatus } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { finding, percent, table, worst } from './kit.ts';
import { linesBy, usageFinding } from './usageTrend.ts';

const RANGE_MS = 24 * 3_600_000;
const DEADLINE_MS = 15_000;
/** Free part of a volume at which KubePersistentVolumeFillingUp is critical. Source: kubernetes mixin. */
const FREE_BAD = 0.03;
/** Free part at which it warns, if it also fills. Source: the same. */
const FREE_WARN = 0.15;
const METRICS = 'kubelet_volume_stats_(available|capacity|inodes|inodes_free)(_bytes)?';

/** One claim's volume as the kubelet measures it. */
interface Volume {
  readonly namespace: string;
  readonly claim: string;
  readonly freeBytes: number;
  readonly sizeBytes: number;
  /** Free part of its inodes, where it has a fixed number of them. */
  readonly freeInodes: number | undefined;
}

/** Puts the samples of a claim together. Pure. */
function volumesOf(samples: readonly Sample[]): Volume[] {
  const claims = Map.groupBy(samples, ({ labels }) => `${labels['namespace']}/${labels['persistentvolumeclaim']}`);
  return [...claims.values()].flatMap((of) => {
    const value = (name: string) =>
      of.find(({ labels }) => labels['__name__'] === `kubelet_volume_stats_${name}`)?.value;
    const [freeBytes, sizeBytes] = [value('available_bytes'), value('capacity_bytes')];
    const [inodes, free] = [value('inodes'), value('inodes_free')];
    if (freeBytes === undefined || sizeBytes === undefined || !(sizeBytes > 0)) return [];
    return {
      namespace: of[0]?.labels['namespace'] ?? '',
      claim: of[0]?.labels['persistentvolumeclaim'] ?? '',
      freeBytes,
      sizeBytes,
      freeInodes: inodes !== undefined && free !== undefined && inodes > 0 ? free / inodes : undefined,
    };
  });
}

/** Judges a volume by what is free of it, in bytes and in inodes. Pure. */
function volumeStatus({ freeBytes, sizeBytes, freeInodes = 1 }: Volume): EvidenceStatus {
  const free = Math.min(freeBytes / sizeBytes, freeInodes);
  return free < FREE_BAD ? 'bad' : free < FREE_WARN ? 'warn' : 'ok';
}

/** Use of volumes by claim, with a trend where one claim is meant. Source: the kubelet's metrics in Prometheus. */
export function volumeUsage(namespace: string | undefined, claim: string | undefined): Probe {
  const labels = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(claim === undefined ? {} : { persistentvolumeclaim: claim }),
  };
  const of = promSelector(labels).slice(1, -1);
  const place = claim === undefined ? (namespace ?? 'the cluster') : `${namespace ?? ''}/${claim}`;
  return {
    id: `volumes:${namespace ?? ''}:${claim ?? ''}`,
    title: `Volumes of ${place}`,
    source: 'Prometheus',
    deadlineMs: DEADLINE_MS,
    look: async ({ prometheus, clock }, signal) => {
      const now = clock.now();
      const query = `{__name__=~"${METRICS}"${of === '' ? '' : `,${of}`}}`;
      const sorted = volumesOf(await prometheus.query(query, signal)).toSorted(
        (a, b) => a.freeBytes / a.sizeBytes - b.freeBytes / b.sizeBytes,
      );
      const first = sorted[0];
      if (!first) {
        return finding(
          'unknown',
          `Prometheus has no kubelet_volume_stats of ${place}: hostPath and local-path volumes have none.`,
        );
      }
      const rows = sorted.map((one) => [
        `${one.namespace}/${one.claim}`,
        percent(1 - one.freeBytes / one.sizeBytes),
        humanBytes(one.freeBytes),
        humanBytes(one.sizeBytes),
        one.freeInodes === undefined ? '' : percent(1 - one.freeInodes),
      ]);
      const parts = table(['Claim', '>Use', '>Free', '>Size', '>Inodes'], rows);
      const line = `${first.claim} ${percent(1 - first.freeBytes / first.sizeBytes)} used, ${humanBytes(first.freeBytes)} free`;
      const status = worst(sorted.map(volumeStatus));
      if (claim === undefined) return finding(status, line, parts);
      const used = `100 * (1 - kubelet_volume_stats_available_bytes{${of}} / kubelet_volume_stats_capacity_bytes{${of}})`;
      const series = linesBy(
        ['persistentvolumeclaim'],
        await prometheus.queryRange(used, { fromMs: now - RANGE_MS, toMs: now }, signal),
        claim,
      );
      if (series.length === 0) return finding(status, line, parts);
      const threshold = { value: 97, label: 'critical: 97 %' };
      const usage = { title: `Use of ${place}, last 24 h`, series, threshold, warnAt: 85, fills: true };
      const drawn = await usageFinding(usage, now, signal);
      return finding(worst([status, drawn.status]), `${line}; ${drawn.summary.split('; ').at(-1)}`, [
        ...drawn.parts,
        ...parts,
      ]);
    },
  };
}
