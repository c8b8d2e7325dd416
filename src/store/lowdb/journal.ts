import { readFileSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Adapter } from 'lowdb';
import { DaytwoError, messageOf } from '../../lib/errors.ts';
import { syncFolder } from '../../lib/syncFolder.ts';
import type { StoreNotice } from '../port.ts';
import { Documents } from './documents.ts';
import { fileName, listFiles, type StateFile, setAside } from './files.ts';
import { type Change, encodeCommit, encodeHead, type Scan, scan } from './record.ts';

/** What lowdb holds: the documents, and the framed commits that the next write makes durable. */
export interface JournalState {
  readonly documents: Documents;
  pending: readonly string[];
}

/** Brings one stored document to the current schema; undefined drops it. */
export type Upgrade = (change: Change, fromSchema: number) => Change | undefined;

/** Snapshots are written in pieces of about this size, so that nobody waits long meanwhile. */
const PIECE_BYTES = 256 * 1024;

/**
 * A lowdb adapter whose write costs what changed: it appends the pending commits to a journal and syncs it once for all of them.
 * `rotate` begins a new journal; `snapshot` then writes what came before it into one file and deletes the old ones.
 * A crash leaves a torn last line at most, which is cut off (and kept aside); any other damage is noticed and set aside.
 */
export class JournalAdapter implements Adapter<JournalState> {
  readonly #dir: string;
  readonly #schema: number;
  readonly #upgrade: Upgrade;
  readonly #now: () => number;
  readonly #notices: StoreNotice[] = [];
  #handle: FileHandle | undefined;
  #file = 0;
  /** Bytes of the current journal known to be good. */
  #size = 0;
  #mustRotate = false;
  /** True where what was read should be written anew at once: damage, or an older schema. */
  mustSnapshot = false;
  /** Bytes appended since the last snapshot, and that snapshot's size. */
  journalBytes = 0;
  snapshotBytes = 0;

  constructor(options: { dir: string; schema: number; upgrade: Upgrade; now: () => number }) {
    this.#dir = options.dir;
    this.#schema = options.schema;
    this.#upgrade = options.upgrade;
    this.#now = options.now;
  }

  get notices(): readonly StoreNotice[] {
    return this.#notices;
  }

  #notice(text: string): void {
    this.#notices.push({ at: this.#now(), text });
  }

  async read(): Promise<JournalState> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const documents = new Documents();
    for (const name of await readdir(this.#dir)) {
      // A snapshot that a crash cut off: the journals before it are all still there.
      if (name.endsWith('.part')) await rm(join(this.#dir, name), { force: true });
    }
    const files = await listFiles(this.#dir);
    for (const file of files) this.#file = Math.max(this.#file, file.number);
    const base = await this.#readSnapshot(files, documents);
    const journals = files.filter(({ is, number }) => is === 'journal' && number >= base);
    let last: { file: StateFile; scan: Scan } | undefined;
    for (const file of journals) {
      const found = await this.#readFile(file, documents);
      if (found) last = { file, scan: found };
    }
    if (last && last.file.number === this.#file && last.scan.head?.schema === this.#schema) {
      this.#handle = await open(join(this.#dir, last.file.name), 'r+');
      this.#size = last.scan.goodUntil;
    } else {
      await this.rotate(documents.seq);
    }
    return { documents, pending: [] };
  }

  /** Applies the newest readable snapshot; returns from which journal on it must be followed. */
  async #readSnapshot(files: readonly StateFile[], documents: Documents): Promise<number> {
    for (const file of files.filter(({ is }) => is === 'snapshot').reverse()) {
      const found = await this.#readFile(file, documents);
      if (found) {
        this.snapshotBytes = found.goodUntil;
        return file.number;
      }
    }
    return 0;
  }

  async #readFile(file: StateFile, documents: Documents): Promise<Scan | undefined> {
    const path = join(this.#dir, file.name);
    // At once, not in half-megabyte pieces: nobody waits for anything else yet.
    const bytes = readFileSync(path);
    let schema = this.#schema;
    const found = scan(bytes, {
      head: (head) => {
        schema = head.schema;
        if (schema > this.#schema) {
          throw new DaytwoError(
            'invalid',
            `${path} was written by a newer daytwo (state schema ${schema}, this one knows ${this.#schema}); run that version, or restore an older copy of the folder`,
          );
        }
        documents.seq = Math.max(documents.seq, head.seq);
      },
      commit: (changes) => {
        for (const change of changes) {
          const current = schema === this.#schema ? change : this.#upgrade(change, schema);
          if (current) documents.apply(current);
        }
      },
    });
    if (found.goodUntil === 0) {
      const aside = await setAside(this.#dir, file.name, this.#now());
      if (bytes.length > 0)
        this.#notice(`${file.name} could not be read and is set aside as ${aside}; what it alone held is missing`);
      return undefined;
    }
    if (found.damaged > 0) {
      await mkdir(join(this.#dir, 'set-aside'), { recursive: true, mode: 0o700 });
      const aside = join(this.#dir, 'set-aside', `${file.name}.${this.#now()}`);
      await writeFile(aside, bytes, { flag: 'wx', mode: 0o600 });
      this.#notice(
        `${file.name} is damaged: ${found.damaged} record(s) could not be read and are missing; a copy of the file is kept as ${aside}`,
      );
      this.mustSnapshot = true;
    }
    if (found.goodUntil < bytes.length) await this.#cutTail(file, bytes, found);
    if (schema !== this.#schema) this.mustSnapshot = true;
    if (file.is === 'journal') this.journalBytes += found.goodUntil;
    return found;
  }

  /** Cuts what follows the last intact line: a write that a crash tore and nobody was told of. The bytes are kept aside. */
  async #cutTail(file: StateFile, bytes: Buffer, found: Scan): Promise<void> {
    const folder = join(this.#dir, 'set-aside');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, `${file.name}.tail.${this.#now()}`), bytes.subarray(found.goodUntil), { mode: 0o600 });
    await truncate(join(this.#dir, file.name), found.goodUntil);
  }

  /** Makes the pending commits durable, all or none. @throws DaytwoError store-unavailable */
  async write(state: JournalState): Promise<void> {
    const bytes = Buffer.from(state.pending.join(''), 'utf8');
    if (this.#mustRotate) await this.rotate(state.documents.seq);
    const handle = this.#handle;
    if (!handle) throw new DaytwoError('store-unavailable', 'the state is closed');
    let synced = false;
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, this.#size + done);
        done += bytesWritten;
      }
      synced = true;
      await handle.datasync();
    } catch (cause) {
      await this.#takeBack(handle, synced);
      throw new DaytwoError('store-unavailable', `the state can't be written to ${this.#dir}: ${messageOf(cause)}`, {
        cause,
      });
    }
    this.#size += bytes.length;
    this.journalBytes += bytes.length;
  }

  /**
   * Takes a failed write back, so that a restart doesn't find what its writer was told had failed. After a failed sync the kernel may
   * have dropped the pages, so that file is not trusted with anything more.
   */
  async #takeBack(handle: FileHandle, syncFailed: boolean): Promise<void> {
    try {
      await handle.truncate(this.#size);
      if (syncFailed) await handle.datasync();
    } catch {
      this.#mustRotate = true;
    }
    if (syncFailed) this.#mustRotate = true;
  }

  /** Begins a new journal. @throws DaytwoError store-unavailable; the old one then stays in use */
  async rotate(seq: number): Promise<void> {
    const number = this.#file + 1;
    const name = fileName('journal', number);
    const path = join(this.#dir, name);
    const head = Buffer.from(encodeHead({ daytwo: 'journal', schema: this.#schema, file: number, seq }));
    let handle: FileHandle | undefined;
    try {
      handle = await open(path, 'wx', 0o600);
      await handle.write(head, 0, head.length, 0);
      await handle.datasync();
      await syncFolder(this.#dir);
    } catch (cause) {
      await handle?.close();
      await rm(path, { force: true }).catch(() => {});
      throw new DaytwoError('store-unavailable', `no new journal can be begun in ${this.#dir}: ${messageOf(cause)}`, {
        cause,
      });
    }
    await this.#handle?.close();
    this.#handle = handle;
    this.#file = number;
    this.#size = head.length;
    this.#mustRotate = false;
  }

  /**
   * Writes all documents into a snapshot that stands for every journal before the current one, then deletes those. May run while
   * writes go on: journals hold whole documents, so repeating what the snapshot already has changes nothing.
   */
  async snapshot(documents: Documents): Promise<void> {
    const number = this.#file;
    const before = this.journalBytes;
    const name = fileName('snapshot', number);
    const part = join(this.#dir, `${name}.part`);
    let size = 0;
    const handle = await open(part, 'w', 0o600);
    try {
      let piece = encodeHead({ daytwo: 'snapshot', schema: this.#schema, file: number, seq: documents.seq });
      for (const change of documents.all()) {
        piece += encodeCommit([change]);
        if (piece.length < PIECE_BYTES) continue;
        size += (await handle.write(piece)).bytesWritten;
        piece = '';
      }
      size += (await handle.write(piece)).bytesWritten;
      await handle.sync();
    } catch (error) {
      await handle.close();
      await rm(part, { force: true });
      throw error;
    }
    await handle.close();
    await rename(part, join(this.#dir, name));
    await syncFolder(this.#dir);
    for (const file of await listFiles(this.#dir)) {
      if (file.number < number) await rm(join(this.#dir, file.name), { force: true });
    }
    this.snapshotBytes = size;
    this.journalBytes = Math.max(0, this.journalBytes - before);
    this.mustSnapshot = false;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }
}
