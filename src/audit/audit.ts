import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { DaytwoError, messageOf } from '../lib/errors.ts';
import type { Json } from '../lib/json.ts';
import type { Logger } from '../lib/log.ts';
import { lockFolder } from '../store/lowdb/lock.ts';
import { type Head, LOG_FILE, prepareHead, replaceHead } from './head.ts';
import { exportLines } from './lines.ts';
import { AppendQueue, type WaitingEntry } from './queue.ts';
import { type AuditEntry, BEGINNING, follow, type Link, lineOf } from './record.ts';
import { openTail, type Tail } from './tail.ts';
import { type Anchor, type Verification, verifyFile } from './verify.ts';

/** What an audit is opened with. */
export interface AuditOptions {
  /** The data folder. Made when missing. */
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Takes secrets out of a text: every text of an entry's `details` goes through it. */
  readonly redact: (text: string) => string;
  /** Told of every new head once it is durable: for a metric. Must not throw. */
  readonly onHead?: (head: Link) => void;
}

/** The append-only record of who asked, decided and did what. */
export interface Audit {
  /**
   * Resolves once the entry is durable, anchored and chained; entries that come at the same time share one sync. What is refused was
   * not written; only after a crash or a broken disk it may be found there, and an entry `audit.recovered` then says so.
   * @throws DaytwoError store-unavailable (nothing may be done then) | overloaded | too-large (one entry over 256 KiB) | invalid (not JSON)
   */
  append(entry: AuditEntry): Promise<Link>;
  /** The last durable entry; for anchoring outside: `anchorText` words it. Zeros without entries, or while the audit is damaged. */
  head(): Link;
  /** Why nothing can be written now, for /readyz and people; undefined while all is well. */
  problem(): string | undefined;
  /** Reads all of it, also while it grows. Throws what reading throws. */
  verify(anchors?: readonly Anchor[]): Promise<Verification>;
  /** Every line, oldest first, without line feeds. Throws what reading throws. */
  export(): AsyncIterable<string>;
  /** Waits for what is under way; later appends throw. */
  close(): Promise<void>;
}

/**
 * Opens DATA/audit.jsonl with its anchor DATA/audit.head. Opening costs the same at any length: only the head and the last entries are
 * read. What a crash tore behind the head is cut off, and the chain says so. A damaged audit opens too, but then every append is
 * refused until a person has looked (`problem`).
 * @throws DaytwoError store-locked (another process writes it) | store-unavailable (the folder can't be made or locked)
 */
export async function openAudit(options: AuditOptions): Promise<Audit> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new DaytwoError('store-unavailable', `the data folder ${options.dir} can't be made: ${messageOf(cause)}`, {
      cause,
    });
  });
  const lock = await lockFolder(join(options.dir, 'audit.lock'));
  const audit = new FileAudit(options, lock);
  await audit.start();
  return audit;
}

class FileAudit implements Audit {
  readonly #options: AuditOptions;
  readonly #lock: { release: () => void };
  #tail: Tail | undefined;
  /** The last entry that this process knows to be acknowledged. */
  #known: Head | undefined;
  readonly #queue: AppendQueue;
  #problem: string | undefined;
  #closed = false;

  constructor(options: AuditOptions, lock: { release: () => void }) {
    this.#options = options;
    this.#lock = lock;
    this.#queue = new AppendQueue({
      clock: options.clock,
      redact: options.redact,
      write: (batch) => this.#write(batch),
      failed: (error) => this.#failed(error),
    });
  }

  /** Looks at what there is and repairs what a crash tore. Never throws: what can't be had now is tried again by every append. */
  async start(): Promise<void> {
    try {
      const tail = await this.#ready();
      if (tail.at.seq > tail.head.seq || tail.torn.length > 0) await this.#write([]);
      this.#options.log.info({ seq: this.head().seq, hash: this.head().hash }, 'audit opened');
    } catch (error) {
      await this.#failed(error);
    }
  }

  head(): Link {
    const { seq, hash } = this.#known ?? BEGINNING;
    return { seq, hash };
  }

  problem(): string | undefined {
    return this.#problem;
  }

  async append(entry: AuditEntry): Promise<Link> {
    if (this.#closed) throw new DaytwoError('store-unavailable', 'the audit is closed');
    return this.#queue.append(entry);
  }

  /** The opened log, if it is still the file that was left; else as it is found now. */
  async #ready(): Promise<Tail> {
    const tail = this.#tail;
    if (tail) {
      const found = await stat(join(this.#options.dir, LOG_FILE)).catch(() => undefined);
      if (found?.ino === tail.inode && found.size === tail.head.bytes) return tail;
      await this.#letGo();
    }
    this.#tail = await openTail(this.#options.dir, this.#known);
    this.#known ??= this.#tail.head;
    return this.#tail;
  }

  /**
   * Writes everything that belongs behind the head and moves the head, in this order: the lines are durable before the head names
   * them, and the head is durable before anybody is told.
   */
  async #write(batch: readonly WaitingEntry[]): Promise<readonly Link[]> {
    const tail = await this.#ready();
    // Kept lines are written again: after a failed sync they may be in memory alone.
    const parts = [tail.kept];
    let at = tail.at;
    const add = (entry: AuditEntry, atMs: number): Link => {
      const record = follow(at, entry, atMs);
      parts.push(Buffer.from(lineOf(record)));
      at = { seq: record.seq, hash: record.hash };
      return at;
    };
    const recovered = recovery(tail, this.#known ?? tail.head, this.#options.redact);
    if (recovered) add(recovered, this.#options.clock.now());
    const links = batch.map(({ entry, at: atMs }) => add(entry, atMs));
    const bytes = Buffer.concat(parts);
    const head: Head = { ...at, bytes: tail.head.bytes + bytes.length };
    await this.#makeDurable(tail, bytes, head);
    await replaceHead(this.#options.dir);
    this.#tail = { file: tail.file, inode: tail.inode, head, kept: Buffer.alloc(0), at, torn: Buffer.alloc(0) };
    this.#known = head;
    this.#problem = undefined;
    if (recovered) this.#options.log.warn({ ...(recovered.details as object) }, 'audit was recovered');
    this.#options.log.info({ ...at }, 'audit head');
    this.#options.onHead?.(at);
    return links;
  }

  async #makeDurable({ file, head: old, kept, torn }: Tail, bytes: Buffer, head: Head): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, old.bytes + done);
        done += bytesWritten;
      }
      if (torn.length > 0) await file.truncate(head.bytes);
      const synced = await Promise.allSettled([file.datasync(), prepareHead(this.#options.dir, head)]);
      for (const one of synced) if (one.status === 'rejected') throw one.reason;
    } catch (error) {
      // Nobody was told of these lines, and the head doesn't know them. What stays behind is found, and said, by the next opening.
      if (torn.length === 0) await file.truncate(old.bytes + kept.length).catch(() => {});
      throw error;
    }
  }

  /** After any failure the files are looked at anew. Words the refusal for everybody who waited. */
  async #failed(error: unknown): Promise<DaytwoError> {
    await this.#letGo();
    const { dir, log } = this.#options;
    const refusal =
      error instanceof DaytwoError
        ? error
        : new DaytwoError('store-unavailable', `the audit can't be written to ${dir}: ${messageOf(error)}`, {
            cause: error,
          });
    if (this.#problem !== refusal.message)
      log.error({ error: refusal.message }, 'audit can not be written, nothing can be done');
    this.#problem = refusal.message;
    return refusal;
  }

  async #letGo(): Promise<void> {
    const tail = this.#tail;
    this.#tail = undefined;
    await tail?.file.close().catch(() => {});
  }

  verify(anchors: readonly Anchor[] = []): Promise<Verification> {
    return verifyFile(this.#options.dir, anchors);
  }

  export(): AsyncIterable<string> {
    return exportLines(this.#options.dir);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#queue.idle();
    await this.#letGo();
    this.#options.log.info({ ...this.head() }, 'audit closed');
    this.#lock.release();
  }
}

/** Characters of a torn write that are kept in the record of its cutting. */
const TORN_SHOWN = 1000;

/** The entry that says what was found behind the acknowledged head; undefined where nothing was. Pure. */
function recovery(tail: Tail, known: Link, redact: (text: string) => string): AuditEntry | undefined {
  const { at, torn } = tail;
  if (at.seq === known.seq && torn.length === 0) return undefined;
  const kept: Json = at.seq === known.seq ? null : { from: known.seq + 1, to: at.seq };
  const cut: Json =
    torn.length === 0
      ? null
      : {
          bytes: torn.length,
          sha256: createHash('sha256').update(torn).digest('hex'),
          text: redact(torn.subarray(0, TORN_SHOWN).toString('utf8')),
        };
  return { kind: 'audit.recovered', details: { neverAcknowledged: kept, cut } };
}
