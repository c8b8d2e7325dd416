import type { DiskCommand } from './diskPort.ts';

/** A restic repository as the host calls it, and where the host keeps its password. Neither is a secret. */
export interface ResticPlace {
  readonly repository: string;
  readonly passwordFile: string;
}

/** What restic may be asked. `id` is a snapshot's or a lock's hexadecimal id. */
export type ResticJob =
  /** `cat config`: the repository's id; proof that the password is right. Takes no lock. */
  | { readonly do: 'config' }
  /** `snapshots --json`. Takes no lock. */
  | { readonly do: 'snapshots' }
  /** `list locks`: one id a line. Takes no lock. */
  | { readonly do: 'locks' }
  /** `cat lock`: who holds it. Takes no lock. */
  | { readonly do: 'lock'; readonly id: string }
  /** `stats --json --mode restore-size` of one snapshot. Takes no lock. */
  | { readonly do: 'stats'; readonly id: string }
  /** `ls --json` of one snapshot, a line an entry. Takes no lock. */
  | { readonly do: 'ls'; readonly id: string }
  /** `dump` of one file of a snapshot, as bytes. Takes no lock. */
  | { readonly do: 'dump'; readonly id: string; readonly path: string }
  /** `check` of the structure and of a sample of the data. Takes no lock: one left behind by a crash would stop every later backup. */
  | { readonly do: 'check' }
  /** `backup --json`, tagged with a marker; `hostname` is what the snapshot calls the machine. */
  | { readonly do: 'backup'; readonly marker: string; readonly hostname: string; readonly paths: readonly string[] }
  /** `restore --verify` into a folder; `include` names some paths of the snapshot, all where it is empty. */
  | {
      readonly do: 'restore';
      readonly marker: string;
      readonly id: string;
      readonly target: string;
      readonly include: readonly string[];
      /** Reads without a lock of its own: where a dead process left an exclusive one. */
      readonly noLock: boolean;
    };

/**
 * The closed list of what acting needs: commands that write, and the looks that go with them. As with the reading list each row fixes
 * program and arguments; what varies is typed, validated at the door, and never comes through a shell.
 */
export type ActCommand =
  | DiskCommand
  | { readonly tool: 'restic'; readonly place: ResticPlace; readonly job: ResticJob }
  /** `restic version`. */
  | { readonly tool: 'restic-version' }
  /** `systemctl start --no-block`: queues the start and returns. */
  | { readonly tool: 'unit-start'; readonly unit: string }
  /** `systemctl show`: state, result, InvocationID and times. */
  | { readonly tool: 'unit-show'; readonly unit: string }
  /** The journal's own records of when runs of a unit ended, and how: what is left once systemd has forgotten an inactive unit. */
  | { readonly tool: 'unit-ends'; readonly unit: string; readonly sinceMs: number }
  /** `uname -n`: the host's own name. */
  | { readonly tool: 'hostname' }
  /** `id -u`: the user that commands run as. */
  | { readonly tool: 'user-id' }
  /** `df -P -k` of the file system that holds an existing path. */
  | { readonly tool: 'df-at'; readonly path: string }
  /** `stat` without following links: type, owner, mode of each path that exists. */
  | { readonly tool: 'stat'; readonly paths: readonly string[] }
  /** The mounts of the host, as its kernel tells them. */
  | { readonly tool: 'mounts' }
  /** `du -s`: how many bytes lie in a folder. */
  | { readonly tool: 'size'; readonly path: string }
  /** `readlink -m`: where each path leads, existing or not, a NUL after each. */
  | { readonly tool: 'real-paths'; readonly paths: readonly string[] }
  /** `mkdir -p -m 0700`: a folder that may be there already. */
  | { readonly tool: 'folder'; readonly path: string }
  /** `mkdir -m 0700`: a folder that must not be there yet. */
  | { readonly tool: 'fresh-folder'; readonly path: string }
  /** `find`: type, size, mtime and path of all that lies in a folder, a NUL after each. GNU find. */
  | { readonly tool: 'files'; readonly path: string }
  /** `sha256sum` of files. */
  | { readonly tool: 'sha256'; readonly paths: readonly string[] }
  /** `ps` of one process: its program's name. */
  | { readonly tool: 'process'; readonly pid: number }
  /** `pgrep` of the restic that carries a marker. */
  | { readonly tool: 'marked'; readonly marker: string }
  /** `pkill` of the restic that carries a marker. */
  | { readonly tool: 'signal-marked'; readonly marker: string; readonly signal: 'INT' | 'TERM' | 'KILL' };

/** How a command is run. */
export interface ActOptions {
  /**
   * Aborting ends the command: SIGINT, upon which restic takes its lock away, then SIGTERM (a minute later for what writes), then SIGKILL. The
   * call returns (throws `cancelled`) once it has ended.
   */
  readonly signal: AbortSignal;
  /** Gets each record of stdout as it comes; stdout is then not kept. */
  readonly onLine?: (line: string) => void;
  /** Gets each line of stderr as it comes. */
  readonly onErrorLine?: (line: string) => void;
  /** Gets stdout as bytes; it is then neither split nor kept. */
  readonly onBytes?: (bytes: Uint8Array) => void;
}

/** How a command ended. Whatever its exit code: what it means is the caller's to say. */
export interface ActOutput {
  readonly exitCode: number;
  /** Empty where it was handed over as it came. */
  readonly stdout: string;
  /** Its beginning and its end, where it was long. */
  readonly stderr: string;
  readonly tookMs: number;
}

/** Hosts that can be acted upon. */
export interface ActingHosts {
  /**
   * Runs one command of the acting list to its end; a backup may take hours.
   * @throws DaytwoError not-configured (no such host) | unreachable (it may have begun, if the connection broke) | forbidden | timeout
   *   (too long, or too long without a sign of life; it was ended) | cancelled (it was ended) | not-found (no such program) | failed
   *   (killed by somebody else) | invalid | too-large (more output than the bound) | overloaded
   */
  act(host: string, command: ActCommand, options: ActOptions): Promise<ActOutput>;
}
