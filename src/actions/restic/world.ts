import type { ActingHosts } from '../../host/actPort.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Pushgateway } from '../../telemetry/pushgateway.ts';

/** A backup as the configuration has it, as far as making and restoring it goes. */
export interface BackupSpec {
  readonly name: string;
  /** `restic`; others can't be run or restored from here. */
  readonly kind: string;
  readonly host: string | undefined;
  /** Where set, a run is a start of this systemd unit. */
  readonly unit: string | undefined;
  readonly repository: string | undefined;
  /** On the host; never read from here. */
  readonly passwordFile: string | undefined;
  readonly paths: readonly string[];
  readonly rpoMs: number | undefined;
  readonly rtoMs: number | undefined;
  /** Names of people; everyone whom the policy allows, where absent. For the gate: a plan of `restore.run` has the backup as its target. */
  readonly whoCanRestore?: readonly string[] | undefined;
}

/** All that `backup.run` and `restore.run` need of the world. */
export interface BackupWorld {
  readonly hosts: ActingHosts;
  /** Absent where none is configured. */
  readonly pushgateway?: Pushgateway | undefined;
  readonly clock: Clock;
  readonly backups: readonly BackupSpec[];
  /** Hosts that are this very machine: what they were asked for is never on its way. */
  readonly localHosts?: ReadonlySet<string> | undefined;
  /** Below which folder restores go, on the host; `DEFAULT_RESTORE_ROOT` where absent. */
  readonly restoreRoot?: string | undefined;
  /** How long the last good execution of an action on a target took, ms, as far as anybody remembers. */
  readonly lastTookMs?: ((action: string, target: string) => Promise<number | undefined>) | undefined;
}

/** Survives a restart of the host, is nobody's live data, and is swept by nobody before 30 days. Source: hier(7); tmpfiles.d(5). */
export const DEFAULT_RESTORE_ROOT = '/var/tmp/daytwo-restore';
