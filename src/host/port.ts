/**
 * A closed list of what may run on a host. Each row fixes the program and its arguments; what varies is typed, validated again
 * at the door, and never comes through a shell. Sizes in bytes, times in ms.
 */
export type HostCommand =
  /** `df -P -k`: use of every file system. */
  | { readonly tool: 'df' }
  /** `df -P -i`: inodes of every file system. */
  | { readonly tool: 'inodes' }
  /** `du -x -k -d 1` of one absolute folder. */
  | { readonly tool: 'du'; readonly path: string }
  /** `journalctl -o json` of one unit, newest `lines`. */
  | { readonly tool: 'journal'; readonly unit: string; readonly lines: number; readonly sinceMs?: number }
  /** `systemctl show` of one unit: ActiveState, Result, ExecMainStatus, timestamps. */
  | { readonly tool: 'unit'; readonly unit: string }
  /** `uptime`: proof that the host answers. */
  | { readonly tool: 'uptime' };

/** What a command left behind. stdout is decoded as UTF-8 with replacement and cut at the command's bound. */
export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  /** True where output was cut. */
  readonly truncated: boolean;
  readonly tookMs: number;
}

/** A host as the configuration names it. Paths are absolute; a leading `~` is resolved before. */
export interface HostSpec {
  readonly name: string;
  readonly via: 'local' | 'ssh';
  /** `user@host` or `host`; needed with `ssh`. */
  readonly address?: string | undefined;
  /** TCP port of sshd; 22 where absent. */
  readonly port?: number | undefined;
  /** Private key; where absent, the user's default keys and agent. */
  readonly identityFile?: string | undefined;
  /** The only file of known host keys; where absent, the user's and the system's. */
  readonly knownHostsFile?: string | undefined;
  /** Where the journal's files lie, if not where journalctl looks by itself (a node's /var/log/journal mounted elsewhere). */
  readonly journalDirectory?: string | undefined;
}

/** The hosts of the configuration. */
export interface Hosts {
  /** Configured names, in the file's order. */
  names(): readonly string[];
  /**
   * Runs one command of the list. A non-zero exit is an answer where the tool gives useful output with it (`df`, `du`), else an error.
   * @throws DaytwoError not-configured (no such host) | unreachable | forbidden | timeout | cancelled | not-found (no such program,
   *   no journal, no systemd) | failed | invalid | overloaded (too many wait for this host)
   */
  run(host: string, command: HostCommand, signal: AbortSignal): Promise<CommandOutput>;
  /** Ends what is kept open (multiplexed connections). */
  close(): Promise<void>;
}
