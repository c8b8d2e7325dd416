import type { ActingCluster } from '../../cluster/acting.ts';
import type { Following } from '../../cluster/following/port.ts';
import type { Clock } from '../../lib/clock.ts';
import type { CordonMark } from './mark.ts';

/** The newest backup known to be good of what lies at a path of a node. Times are epoch ms. */
export interface PathBackup {
  readonly backup: string;
  /** `none`: there is none; `unknown`: it could not be asked now. */
  readonly lastGoodAt: number | 'none' | 'unknown';
  readonly rpoMs: number | undefined;
}

/** What runs on a node that must not be cut off, as sentences; `unknown`: what could not be asked. */
export interface NodeBusy {
  readonly running: readonly string[];
  readonly unknown: readonly string[];
}

/** All that the actions on nodes need of the world. */
export interface NodeWorld {
  readonly cluster: ActingCluster;
  /** The cluster as it changes; without it everything is asked for. */
  readonly following?: Following | undefined;
  readonly clock: Clock;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  /** The configured backup that covers a path of a node; undefined where none does. */
  readonly backupOf?:
    | ((node: string, path: string, signal: AbortSignal) => Promise<PathBackup | undefined>)
    | undefined;
  /** Backups and restores that run on a node now. */
  readonly busy?: ((node: string, signal: AbortSignal) => Promise<NodeBusy>) | undefined;
  /** The bot's own pod, where it runs in the cluster. */
  readonly self?: { readonly namespace: string; readonly name: string } | undefined;
  /** Whether a cordon's mark is of an execution of this state; all are where absent. */
  readonly isOurs?: ((mark: CordonMark) => Promise<boolean>) | undefined;
  /** How long the last good execution of an action on a target took, ms. */
  readonly lastTookMs?: ((action: string, target: string) => Promise<number | undefined>) | undefined;
  /** Only to look, not to plan: then no eviction is tried dry. */
  readonly lookOnly?: boolean | undefined;
  /** Until a drain gives up, ms; `DRAIN_DEADLINE_MS` where absent. */
  readonly deadlineMs?: number | undefined;
}
