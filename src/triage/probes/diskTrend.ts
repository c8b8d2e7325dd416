import { promString } from '../../telemetry/promql.ts';
import type { Probe, World } from '../probe.ts';
import { finding } from './kit.ts';
import { eitherNode, namesOfNode } from './selectors.ts';
import { linesBy, usageFinding } from './usageTrend.ts';

const RANGE_MS = 24 * 3_600_000;
const DEADLINE_MS = 15_000;
/** File systems that can't run full of data. Source: node mixin, fsSelector, and the kernel's own kinds. */
const NO_DISK = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|devtmpfs|nsfs|fuse.lxcfs|autofs"';
/** 100 % less the kubelet's hard eviction threshold for nodefs. */
const EVICTION = { value: 90, label: 'kubelet evicts at 90 %' } as const;
/** 100 % less the threshold for imagefs. */
const WARN_AT = 85;

/** Whose disk. `instance` is the alert's own label: the surest way to the series that fired. */
export interface DiskScope {
  readonly node: string | undefined;
  readonly mountpoint: string | undefined;
  readonly instance: string | undefined;
}

/** Use of a disk over a day, with the time to full. Source: node-exporter's metrics in Prometheus. */
export function diskTrend(scope: DiskScope): Probe {
  const { node, mountpoint, instance } = scope;
  const place = node ?? instance ?? 'all machines';
  return {
    id: `disk-trend:${node ?? ''}:${mountpoint ?? ''}:${instance ?? ''}`,
    title: `Disk use of ${place}, 24 h`,
    source: 'Prometheus',
    deadlineMs: DEADLINE_MS,
    look: async (world, signal) => {
      const now = world.clock.now();
      const range = { fromMs: now - RANGE_MS, toMs: now };
      const found = await world.prometheus.queryRange(await diskQuery(scope, world, signal), range, signal);
      const at = mountpoint === undefined ? '' : ` at ${mountpoint}`;
      if (found.length === 0) {
        return finding(
          'unknown',
          `Prometheus has no node_filesystem_* series of ${place}${at}: is node-exporter scraped there?`,
        );
      }
      return usageFinding(
        {
          title: `Disk use of ${place}${at}, last 24 h`,
          series: linesBy((node ?? instance) ? ['mountpoint'] : ['instance', 'mountpoint'], found, place),
          threshold: EVICTION,
          warnAt: WARN_AT,
          fills: true,
        },
        now,
        signal,
      );
    },
  };
}

/** PromQL of the used part in percent, what the kubelet calls used. */
async function diskQuery(scope: DiskScope, world: World, signal: AbortSignal): Promise<string> {
  const { node, mountpoint, instance } = scope;
  const mount = mountpoint === undefined ? NO_DISK : `mountpoint=${promString(mountpoint)}`;
  const used = (matcher: string) =>
    `100 * (1 - node_filesystem_avail_bytes{${matcher}} / (node_filesystem_size_bytes{${matcher}} > 0))`;
  if (instance !== undefined) return used(`${mount},instance=${promString(instance)}`);
  if (node === undefined) return `topk(4, ${used(mount)})`;
  const names = await namesOfNode(node, world, signal);
  return eitherNode(node, names, (matcher) => used(`${mount},${matcher}`));
}
