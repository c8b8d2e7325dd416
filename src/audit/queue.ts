import type { Clock } from '../lib/clock.ts';
import { DaytwoError } from '../lib/errors.ts';
import { type AuditEntry, BEGINNING, follow, type Link, lineOf, MAX_LINE_BYTES } from './record.ts';
import { redactJson } from './redactJson.ts';

/** So many may wait for the disk; one more is refused. */
const MAX_WAITING = 10_000;
/** One write holds at most about this much. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/** An entry that waits to be written, without its secrets. */
export interface WaitingEntry {
  readonly entry: AuditEntry;
  /** When it was asked for, epoch ms. */
  readonly at: number;
}

interface Waiting extends WaitingEntry {
  readonly bytes: number;
  readonly resolve: (link: Link) => void;
  readonly reject: (error: Error) => void;
}

/** What a queue writes with. */
export interface QueueOptions {
  readonly clock: Clock;
  readonly redact: (text: string) => string;
  /** Writes a batch durably, all or nothing; one at a time. */
  readonly write: (batch: readonly WaitingEntry[]) => Promise<readonly Link[]>;
  /** Words the refusal for everybody of a batch that could not be written. */
  readonly failed: (error: unknown) => Promise<DaytwoError>;
}

/** Gathers entries that come at the same time into one write. */
export class AppendQueue {
  readonly #options: QueueOptions;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  /** Resolves once the entry is durable. @throws DaytwoError overloaded | too-large | invalid, and what `failed` words */
  async append(entry: AuditEntry): Promise<Link> {
    if (this.#queue.length >= MAX_WAITING)
      throw new DaytwoError('overloaded', `${MAX_WAITING} entries wait for the audit already`);
    const clean = { ...entry, details: redactJson(entry.details ?? null, this.#options.redact) };
    const at = this.#options.clock.now();
    // A trial in the longest place there can be; it also refuses what JSON can't hold.
    const bytes = Buffer.byteLength(lineOf(follow({ ...BEGINNING, seq: Number.MAX_SAFE_INTEGER - 1 }, clean, at)));
    if (bytes > MAX_LINE_BYTES)
      throw new DaytwoError('too-large', `an audit entry “${entry.kind}” of ${bytes} bytes is over ${MAX_LINE_BYTES}`);
    return new Promise((resolve, reject) => {
      this.#queue.push({ entry: clean, at, bytes, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves once nobody waits. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Writes until nobody waits: one sync for all who came meanwhile. */
  async #run(): Promise<void> {
    // Whoever asks in the same turn of the event loop shares the first sync too.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const batch = this.#takeBatch();
      try {
        const links = await this.#options.write(batch);
        for (const [i, { resolve }] of batch.entries()) resolve(links[i] ?? BEGINNING);
      } catch (error) {
        const refusal = await this.#options.failed(error);
        for (const { reject } of batch) reject(refusal);
      }
    }
    this.#running = undefined;
  }

  #takeBatch(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#queue) {
      bytes += waiting.bytes;
      if (count > 0 && bytes > MAX_BATCH_BYTES) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }
}
