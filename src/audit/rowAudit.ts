import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DaytwoError, messageOf } from '../lib/errors.ts';
import { lockFolder } from '../store/lowdb/lock.ts';
import { type Connections, openConnections } from '../store/postgres/connection.ts';
import type { Audit, AuditOptions } from './audit.ts';
import { NO_ENTRIES, prepareHead, readHead, replaceHead } from './head.ts';
import { AppendQueue, type WaitingEntry } from './queue.ts';
import { type AuditEntry, BEGINNING, type Link } from './record.ts';
import { appendRows, checkedHead, RowDamage, type Tried } from './rows.ts';
import type { Anchor, Verification } from './verify.ts';
import { rowLines, verifyRows } from './verifyRows.ts';

/** One connection to write, one to read. */
const CONNECTIONS = 2;

/** What the audit of several processes is opened with. `dir` holds this replica's own anchor of the head. */
export interface RowAuditOptions extends AuditOptions {
  /** `postgres://…`; the tables are there already. */
  readonly url: string;
}

/**
 * Opens the one chain of all replicas, with this replica's anchor in DATA/audit.head. A damaged audit opens too, but then every append is
 * refused until a person has looked (`problem`).
 * @throws DaytwoError store-locked (another process uses the folder) | store-unavailable (the folder can't be made or locked)
 */
export async function openRowAudit(options: RowAuditOptions): Promise<Audit> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new DaytwoError('store-unavailable', `the data folder ${options.dir} can't be made: ${messageOf(cause)}`, {
      cause,
    });
  });
  const lock = await lockFolder(join(options.dir, 'audit.lock'));
  try {
    const audit = new RowAudit(options, await openConnections({ url: options.url, connections: CONNECTIONS }), lock);
    await audit.start();
    return audit;
  } catch (error) {
    lock.release();
    throw error;
  }
}

class RowAudit implements Audit {
  readonly #options: RowAuditOptions;
  readonly #connections: Connections;
  readonly #lock: { release: () => void };
  readonly #queue: AppendQueue;
  /** The last entry that this replica knows to be in the chain; undefined while its anchor could not be read. */
  #known: Link | undefined;
  #problem: string | undefined;
  #closed = false;

  constructor(options: RowAuditOptions, connections: Connections, lock: { release: () => void }) {
    this.#options = options;
    this.#connections = connections;
    this.#lock = lock;
    this.#queue = new AppendQueue({
      clock: options.clock,
      redact: options.redact,
      write: (batch) => this.#write(batch),
      failed: async (error) => this.#failed(error),
    });
  }

  /** Looks at the chain's end. Never throws: what can't be had now is tried again by every append. */
  async start(): Promise<void> {
    try {
      await this.#anchored(
        await this.#connections.transaction(async (query) => checkedHead(query, await this.#anchor())),
      );
      this.#options.log.info({ ...this.head() }, 'audit opened');
    } catch (error) {
      this.#failed(error);
    }
  }

  head(): Link {
    return this.#known ?? BEGINNING;
  }

  problem(): string | undefined {
    return this.#problem;
  }

  async append(entry: AuditEntry): Promise<Link> {
    if (this.#closed) throw new DaytwoError('store-unavailable', 'the audit is closed');
    return this.#queue.append(entry);
  }

  /** What this replica vouches for: what it wrote or saw, in this life or in one before. @throws RowDamage for a spoilt anchor */
  async #anchor(): Promise<Link> {
    if (this.#known) return this.#known;
    const found = await readHead(this.#options.dir);
    if (found.is === 'unreadable') throw new RowDamage(`audit.head in ${this.#options.dir} is not as it was written`);
    return found.is === 'there' ? { seq: found.head.seq, hash: found.head.hash } : BEGINNING;
  }

  async #write(batch: readonly WaitingEntry[]): Promise<readonly Link[]> {
    const known = await this.#anchor();
    let tried: Tried | undefined;
    const links = await this.#connections.transaction((query) =>
      appendRows(query, batch, {
        known,
        tried,
        note: (made) => {
          tried = made;
        },
      }),
    );
    const at = links.at(-1) ?? known;
    await this.#anchored(at);
    this.#problem = undefined;
    this.#options.log.info({ ...at }, 'audit head');
    this.#options.onHead?.(at);
    return links;
  }

  /** Notes the head outside of the data base. The chain holds without: what can't be noted now is with the next entry. */
  async #anchored(at: Link): Promise<void> {
    this.#known = at;
    try {
      await prepareHead(this.#options.dir, at.seq === 0 ? NO_ENTRIES : { ...at, bytes: 0 });
      await replaceHead(this.#options.dir);
    } catch (error) {
      this.#options.log.warn({ error: messageOf(error) }, 'audit head could not be noted in the data folder');
    }
  }

  #failed(error: unknown): DaytwoError {
    const refusal =
      error instanceof DaytwoError
        ? error
        : new DaytwoError('store-unavailable', `the audit can't be written: ${messageOf(error)}`, { cause: error });
    if (this.#problem !== refusal.message)
      this.#options.log.error({ error: refusal.message }, 'audit can not be written, nothing can be done');
    this.#problem = refusal.message;
    return refusal;
  }

  verify(anchors: readonly Anchor[] = []): Promise<Verification> {
    return verifyRows(this.#connections.query, this.#options.dir, anchors);
  }

  export(): AsyncIterable<string> {
    return rowLines(this.#connections.query);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#queue.idle();
    await this.#connections.close();
    this.#options.log.info({ ...this.head() }, 'audit closed');
    this.#lock.release();
  }
}
