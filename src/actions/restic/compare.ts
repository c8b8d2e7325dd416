import { hash } from 'node:crypto';
import type { Entry } from './parse.ts';

/** So many groups of entries are told apart; a difference is then looked for within its group alone. */
const GROUPS = 1024;
/** 128 bits of SHA-256 for each group. */
const WORDS = 4;

/**
 * What a tree of files looks like, in constant memory however many there are: per group of paths an order-free sum over type, path, size
 * and mtime of each entry. Two trees are alike exactly when their prints are (but for one chance in 2¹²⁸). Folders and links count by type
 * and path; sockets, devices and pipes don't count, for restoring leaves out what can't be made.
 */
export class TreePrint {
  readonly #groups = new Uint32Array(GROUPS * WORDS);
  files = 0;
  folders = 0;
  links = 0;
  bytes = 0;

  add(entry: Entry): void {
    if (entry.type === 'other') return;
    if (entry.type === 'file') {
      this.files += 1;
      this.bytes += entry.sizeBytes;
    } else if (entry.type === 'dir') this.folders += 1;
    else this.links += 1;
    const at = groupOf(entry) * WORDS;
    const digest = Buffer.from(hash('sha256', textOf(entry), 'hex'), 'hex');
    for (let word = 0; word < WORDS; word += 1) {
      const sum = (this.#groups[at + word] ?? 0) + digest.readUInt32BE(word * 4);
      this.#groups[at + word] = sum;
    }
  }

  /** The groups in which two trees differ; empty where they are alike. */
  differing(other: TreePrint): ReadonlySet<number> {
    const found = new Set<number>();
    for (const [at, word] of this.#groups.entries()) {
      if (other.#groups[at] !== word) found.add(Math.floor(at / WORDS));
    }
    return found;
  }
}

/** Which group an entry is in: by its path. */
export function groupOf({ path }: Entry): number {
  return Number.parseInt(hash('sha256', pathOf(path), 'hex').slice(0, 8), 16) % GROUPS;
}

/** What must be the same on both sides. */
export function textOf(entry: Entry): string {
  const { type, path, sizeBytes, mtime } = entry;
  return type === 'file' ? `file|${sizeBytes}|${mtime}|${pathOf(path)}` : `${type}|${pathOf(path)}`;
}

/** Names that are no UTF-8 get one replacement character or several, depending on who decodes. */
const pathOf = (path: string): string => path.replace(/\ufffd+/g, '\ufffd');
