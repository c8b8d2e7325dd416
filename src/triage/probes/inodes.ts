import { type InodeUse, parseInodes, realFileSystems } from '../../host/parse/df.ts';
import type { EvidenceStatus, Finding } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { finding, percent, table, worst } from './kit.ts';

/** Free part of the inodes below which the kubelet evicts pods. Source: kubernetes.io, "Node-pressure Eviction", hard thresholds. */
const INODES_EVICTION = 0.05;
/** Twice that: time to look. */
const INODES_WARNING = 0.1;

const DEADLINE_MS = 12_000;

/** Judges a file system's inodes as the kubelet does. Pure. */
export function inodeStatus({ free, inodes }: Pick<InodeUse, 'free' | 'inodes'>): EvidenceStatus {
  const ratio = inodes > 0 ? free / inodes : 1;
  if (ratio < INODES_EVICTION) return 'bad';
  return ratio < INODES_WARNING ? 'warn' : 'ok';
}

/** What `df -i` tells, worst first. Pure. */
function inodesFinding(use: readonly InodeUse[]): Finding {
  const sorted = realFileSystems(use).toSorted((a, b) => b.usedRatio - a.usedRatio);
  const first = sorted[0];
  if (!first) return finding('unknown', 'df names no file system with a fixed number of inodes.');
  const evicts = inodeStatus(first) === 'bad' ? ' (the kubelet evicts below 5 % free)' : '';
  return finding(
    worst(sorted.map(inodeStatus)),
    `${first.mount} ${percent(first.usedRatio)} of its inodes used, ${first.free} free${evicts}`,
    table(
      ['Mounted on', '>Use', '>Free', '>Inodes'],
      sorted.map((one) => [one.mount, percent(one.usedRatio), `${one.free}`, `${one.inodes}`]),
    ),
  );
}

/** Inodes of a host's file systems. Source: `df -P -i`. */
export function inodes(host: string): Probe {
  return {
    id: `inodes:${host}`,
    title: 'Inodes',
    source: `df -i on ${host}`,
    deadlineMs: DEADLINE_MS,
    host,
    look: async ({ hosts }, signal) => {
      const output = await hosts.run(host, { tool: 'inodes' }, signal);
      return inodesFinding(parseInodes(output.stdout));
    },
  };
}
