import { LineSplitter } from './lines.ts';

/** How a long process is run, and who hears it. */
export interface StreamOptions {
  readonly timeoutMs: number;
  readonly idleMs?: number | undefined;
  /** How long it is let alone after its start, ms, unless it speaks before. */
  readonly settleMs?: number | undefined;
  /** How long after SIGINT it gets SIGTERM, ms. */
  readonly gentleMs: number;
  /** How much of stdout is kept where nobody takes it, bytes; beyond, the process is ended. */
  readonly maxBytes: number;
  readonly delimiter: '\n' | '\0';
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onLine?: ((line: string) => void) | undefined;
  readonly onErrorLine?: ((line: string) => void) | undefined;
  readonly onBytes?: ((bytes: Uint8Array) => void) | undefined;
  /** Ends a process that is no child of ours (behind ssh), before the child itself gets the signal; never throws. */
  readonly elsewhere?: ((signal: 'INT' | 'TERM' | 'KILL') => Promise<void>) | undefined;
}

/** How a long process ended. Never thrown. */
export type StreamResult = {
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
} & (
  | { readonly end: 'exited'; readonly exitCode: number }
  | { readonly end: 'aborted' | 'timeout' | 'idle' | 'cut' | 'missing' }
  | { readonly end: 'killed'; readonly reason: string }
);

/** What SIGTERM leaves alive gets SIGKILL after this, ms. */
const AFTER_TERM_MS = 5_000;
/** How often a process that is let alone is looked at, ms. */
const SETTLE_LOOK_MS = 50;
/** How long the pipes may stay open after the program's end, ms: what it left in the background holds them. */
const LINGER_MS = 1_000;
/** Beginning and end of stderr that are kept, bytes each. */
const STDERR_BYTES = 8 * 1024;

/** Spawn errors that mean "no such program". Source: execvp(3). */
const MISSING: ReadonlySet<unknown> = new Set(['ENOENT', 'EACCES', 'ENOTDIR']);

/**
 * Runs one program for as long as it takes, without a shell, in a process group of its own, stdin empty, nothing inherited; hands its
 * output over as it comes. Whatever ends it early does so gently first: SIGINT, SIGTERM, SIGKILL to the whole group.
 */
export async function stream(
  [file, ...args]: readonly [string, ...string[]],
  options: StreamOptions,
): Promise<StreamResult> {
  const { execa } = await import('execa');
  const started = performance.now();
  const child = execa(file, args, {
    reject: false,
    stdin: 'ignore',
    encoding: 'buffer',
    buffer: false,
    killDescendants: true,
    forceKillAfterDelay: false,
    extendEnv: false,
    env: { ...options.env },
    cwd: '/',
  });

  let heardAt = started;
  let why: 'aborted' | 'timeout' | 'idle' | 'cut' | undefined;
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, task: () => void): void => {
    timers.add(setTimeout(task, ms));
  };
  const signal = async (name: 'INT' | 'TERM' | 'KILL'): Promise<void> => {
    await options.elsewhere?.(name);
    // Behind ssh the child only carries the words: it goes by itself once the far end has, and is ended only where that fails.
    if (!options.elsewhere || name === 'KILL') child.kill(`SIG${name}`);
  };
  const stop = (reason: NonNullable<typeof why>): void => {
    if (why !== undefined) return;
    why = reason;
    settled(() => {
      void signal('INT');
      later(options.gentleMs, () => void signal('TERM'));
      later(options.gentleMs + AFTER_TERM_MS, () => void signal('KILL'));
    });
  };
  const settled = (then: () => void): void => {
    const young = performance.now() - started < (options.settleMs ?? 0);
    if (young && heardAt === started) later(SETTLE_LOOK_MS, () => settled(then));
    else then();
  };

  const kept: Uint8Array[] = [];
  let room = options.maxBytes;
  const out = options.onLine ? new LineSplitter(options.delimiter, options.onLine) : undefined;
  const errors = new LineSplitter('\n', (line) => options.onErrorLine?.(line));
  const stderr = new Ends(STDERR_BYTES);
  child.stdout.on('data', (chunk: Uint8Array) => {
    heardAt = performance.now();
    if (options.onBytes) options.onBytes(chunk);
    else if (out) out.add(chunk);
    else if (chunk.length <= room) {
      kept.push(chunk);
      room -= chunk.length;
    } else stop('cut');
  });
  child.stderr.on('data', (chunk: Uint8Array) => {
    heardAt = performance.now();
    stderr.add(chunk);
    errors.add(chunk);
  });

  const abort = (): void => stop('aborted');
  if (options.signal.aborted) abort();
  options.signal.addEventListener('abort', abort, { once: true });
  later(Math.min(options.timeoutMs, TIMER_MAX_MS), () => stop('timeout'));
  const { idleMs } = options;
  const watch =
    idleMs === undefined
      ? undefined
      : setInterval(() => performance.now() - heardAt >= idleMs && stop('idle'), Math.max(10, idleMs / 20));
  child.nodeChildProcess.once('exit', () =>
    later(LINGER_MS, () => {
      child.stdout.destroy();
      child.stderr.destroy();
    }),
  );

  const result = await child;
  for (const timer of timers) clearTimeout(timer);
  clearInterval(watch);
  options.signal.removeEventListener('abort', abort);
  // The program itself went at a gentler signal; what it started may not have.
  if (why !== undefined) child.kill('SIGKILL');
  out?.end();
  errors.end();

  const output = {
    stdout: new TextDecoder().decode(Buffer.concat(kept)),
    stderr: stderr.text(),
    tookMs: Math.round(performance.now() - started),
  };
  // It was done before the signal came: that is how it ended, whoever wanted it otherwise.
  if (why === 'aborted' && result.exitCode === 0) return { ...output, end: 'exited', exitCode: 0 };
  if (why !== undefined) return { ...output, end: why };
  if (result.exitCode !== undefined) return { ...output, end: 'exited', exitCode: result.exitCode };
  if (result.failed && MISSING.has(result.code)) return { ...output, end: 'missing' };
  return { ...output, end: 'killed', reason: result.signal ?? String((result.failed && result.code) || 'unknown') };
}

/** The longest time that a timer takes. Source: Node's documentation of setTimeout. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Keeps the first and the last bytes of a stream. */
class Ends {
  readonly #size: number;
  #head: Buffer = Buffer.alloc(0);
  #tail: Buffer = Buffer.alloc(0);
  #cut = false;

  constructor(size: number) {
    this.#size = size;
  }

  add(chunk: Uint8Array): void {
    const take = Math.min(this.#size - this.#head.length, chunk.length);
    if (take > 0) this.#head = Buffer.concat([this.#head, chunk.subarray(0, take)]);
    if (take === chunk.length) return;
    const tail = Buffer.concat([this.#tail, chunk.subarray(take)]);
    this.#cut ||= tail.length > this.#size;
    this.#tail = tail.subarray(-this.#size);
  }

  text(): string {
    return new TextDecoder().decode(Buffer.concat([this.#head, Buffer.from(this.#cut ? '\n…\n' : ''), this.#tail]));
  }
}
