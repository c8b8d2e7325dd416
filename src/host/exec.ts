/** How a process is run. */
export interface ExecOptions {
  readonly timeoutMs: number;
  /** How much of stdout is kept, in bytes; beyond, the process is ended. */
  readonly maxBytes: number;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** How a process ended. Never thrown: each caller words it for its own case. */
export type ExecResult = ExecOutput &
  (
    | { readonly end: 'exited'; readonly exitCode: number }
    /** Ended because its output passed the bound; what was kept is good. */
    | { readonly end: 'cut' }
    | { readonly end: 'timeout' }
    | { readonly end: 'aborted' }
    /** There is no such program on the PATH, or it may not be run. */
    | { readonly end: 'missing' }
    | { readonly end: 'killed'; readonly reason: string }
  );

interface ExecOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
}

/** How much of stderr is kept, in bytes. It is read on to its end, for a noisy `du` must not block. */
const STDERR_BYTES = 16 * 1024;

/** What SIGTERM leaves alive gets SIGKILL after this, ms. */
const KILL_AFTER_MS = 1_000;

/**
 * How long after its end a program's output may stay open, ms: whatever it left in the background, and the shared connection of ssh, hold
 * the same pipes. What is in them by then has been read.
 */
const LINGER_MS = 1_000;

/** Spawn errors that mean "no such program". Source: execvp(3). */
const MISSING: ReadonlySet<unknown> = new Set(['ENOENT', 'EACCES', 'ENOTDIR']);

/**
 * Runs one program without a shell, in a process group of its own, stdin empty, nothing inherited. Time-out, abort and the bound end the
 * whole group: SIGTERM, then SIGKILL.
 */
export async function exec([file, ...args]: readonly [string, ...string[]], options: ExecOptions): Promise<ExecResult> {
  const { execa } = await import('execa');
  const started = performance.now();
  const stderr = new HeadBytes(STDERR_BYTES);
  const child = execa(file, args, {
    reject: false,
    stdin: 'ignore',
    encoding: 'buffer',
    buffer: { stdout: true, stderr: false },
    stripFinalNewline: false,
    maxBuffer: options.maxBytes,
    timeout: options.timeoutMs,
    cancelSignal: options.signal,
    killDescendants: true,
    forceKillAfterDelay: KILL_AFTER_MS,
    extendEnv: false,
    env: { ...options.env },
    cwd: '/',
  });
  child.stderr.on('data', (chunk: Uint8Array) => stderr.add(chunk));
  const isOurs = (): boolean => options.signal.aborted || performance.now() - started >= options.timeoutMs;
  let letGo: NodeJS.Timeout | undefined;
  child.nodeChildProcess.once('exit', () => {
    letGo = setTimeout(
      () => {
        child.stdout.destroy();
        child.stderr.destroy();
      },
      isOurs() ? 0 : LINGER_MS,
    );
  });
  const result = await child;
  clearTimeout(letGo);
  // The program itself went at SIGTERM; what it started may not have.
  if (result.isTerminated || result.isCanceled || result.timedOut || result.isMaxBuffer) child.kill('SIGKILL');
  const output: ExecOutput = {
    stdout: decode(result.stdout, result.isMaxBuffer),
    stderr: decode(stderr.bytes(), false),
    tookMs: Math.round(performance.now() - started),
  };
  if (result.isCanceled) return { ...output, end: 'aborted' };
  if (result.timedOut) return { ...output, end: 'timeout' };
  if (result.isMaxBuffer) return { ...output, end: 'cut' };
  if (result.exitCode !== undefined) return { ...output, end: 'exited', exitCode: result.exitCode };
  if (result.failed && MISSING.has(result.code)) return { ...output, end: 'missing' };
  return { ...output, end: 'killed', reason: result.signal ?? String((result.failed && result.code) || 'unknown') };
}

/** Keeps the first bytes of a stream and lets the rest go by. */
class HeadBytes {
  readonly #chunks: Uint8Array[] = [];
  #room: number;

  constructor(room: number) {
    this.#room = room;
  }

  add(chunk: Uint8Array): void {
    if (this.#room <= 0) return;
    this.#chunks.push(chunk.subarray(0, this.#room));
    this.#room -= chunk.length;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}

/** Decodes UTF-8 with replacement; a character that the bound cut in two is dropped. */
function decode(bytes: Uint8Array | undefined, cut: boolean): string {
  return new TextDecoder().decode(bytes ?? new Uint8Array(), { stream: cut });
}
