import { diskImages, diskJournal, diskPods } from '../actions/disk/action.ts';
import type { DiskWorld } from '../actions/disk/world.ts';
import type { BackupWorld } from '../actions/restic/world.ts';
import type { CleaningCluster } from '../cluster/cleaning.ts';
import { type BoundAction, bindAction } from '../gate/bound.ts';
import type { HostSpec } from '../host/port.ts';

/** What the actions that free disk space are wired from. */
export interface DiskParts {
  /** What the hosts were built of. */
  readonly specs: readonly HostSpec[];
  /** Absent where no cluster is named. */
  readonly cluster?: CleaningCluster | undefined;
}

/** The world that they look at. */
export function diskWorld({ specs, cluster }: DiskParts, { hosts, clock, lastTookMs }: BackupWorld): DiskWorld {
  return {
    hosts,
    clock,
    cluster,
    lastTookMs,
    known: specs.map(({ name, journalDirectory }) => ({ name, journalDirectory })),
  };
}

/** Those that there is something to act on for: two need a host, one a cluster. */
export function diskActions(world: DiskWorld): readonly BoundAction[] {
  return [
    ...(world.known.length > 0 ? [bindAction(diskImages, world), bindAction(diskJournal, world)] : []),
    ...(world.cluster ? [bindAction(diskPods, world)] : []),
  ];
}
