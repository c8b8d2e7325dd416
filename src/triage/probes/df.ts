import { type Mount, parseDf, realFileSystems } from '../../host/parse/df.ts';
import { humanBytes } from '../../lib/text.ts';
import type { EvidenceStatus, Finding } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { finding, percent, table, worst } from './kit.ts';

/** Free part of a file system below which the kubelet evicts pods (nodefs). Source: kubernetes.io, "Node-pressure Eviction", hard thresholds. */
const NODEFS_EVICTION = 0.1;
/** The same for the file system of images (imagefs); here also the warning before nodefs gets there. */
const IMAGEFS_EVICTION = 0.15;

const DEADLINE_MS = 12_000;

/** Judges a file system as the kubelet does: what is available of the capacity. Pure. */
export function diskStatus({ freeBytes, sizeBytes }: Pick<Mount, 'freeBytes' | 'sizeBytes'>): EvidenceStatus {
  const free = sizeBytes > 0 ? freeBytes / sizeBytes : 0;
  if (free < NODEFS_EVICTION) return 'bad';
  return free < IMAGEFS_EVICTION ? 'warn' : 'ok';
}

/** What `df` tells, the alert's mount point first, then the fullest. Pure. */
function dfFinding(mounts: readonly Mount[], mountpoint: string | undefined): Finding {
  const shown = realFileSystems(mounts);
  const named = mounts.find((one) => one.mount === mountpoint);
  const all = named && !shown.includes(named) ? [named, ...shown] : shown;
  const sorted = all.toSorted((a, b) => Number(b === named) - Number(a === named) || b.usedRatio - a.usedRatio);
  const first = sorted[0];
  if (!first) return finding('unknown', 'df names no file system that could run full.');
  const missing = mountpoint !== undefined && !named ? `; nothing is mounted at ${mountpoint}` : '';
  const status = worst(sorted.map(diskStatus));
  const evicts = diskStatus(first) === 'bad' ? ' (the kubelet evicts below 10 % free)' : '';
  const others = sorted.filter((one) => one !== first && diskStatus(one) === 'bad').map((one) => one.mount);
  const also = others.length > 0 ? `; also full: ${others.slice(0, 3).join(', ')}` : '';
  return finding(
    status,
    `${first.mount} ${percent(first.usedRatio)} used, ${humanBytes(first.freeBytes)} free${evicts}${also}${missing}`,
    table(
      ['Mounted on', '>Use', '>Free', '>Size', 'Device'],
      sorted.map((one) => [
        one.mount,
        percent(one.usedRatio),
        humanBytes(one.freeBytes),
        humanBytes(one.sizeBytes),
        one.source,
      ]),
    ),
  );
}

/** Use of a host's file systems. Source: `df -P -k` (POSIX). */
export function df(host: string, mountpoint?: string): Probe {
  return {
    id: `df:${host}:${mountpoint ?? ''}`,
    title: 'Disk space',
    source: `df on ${host}`,
    deadlineMs: DEADLINE_MS,
    host,
    look: async ({ hosts }, signal) => {
      const output = await hosts.run(host, { tool: 'df' }, signal);
      return dfFinding(parseDf(output.stdout), mountpoint);
    },
  };
}
