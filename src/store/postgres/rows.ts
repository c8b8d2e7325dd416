import { DaytwoError } from '../../lib/errors.ts';
import type { Collection, Write } from '../port.ts';
import { encodeId, encodeText, encodeValue } from './text.ts';

/** A document's index keys as they are stored: encoded name and value. */
export function keyRows(collection: Collection<never>, body: unknown): readonly (readonly [string, string])[] {
  return Object.entries(collection.keys(body as never)).flatMap(([name, value]) =>
    value === undefined ? [] : [[encodeText(name), encodeValue(value)] as const],
  );
}

/** The arguments of `commit_writes` from `p_do` on, and where each write went. */
export interface CommitArguments {
  readonly values: readonly (readonly unknown[])[];
  /** Index in the arguments → index in the commit. */
  readonly order: readonly number[];
}

/**
 * Lays a commit out as columns, sorted so that any two commits take their rows in the same order: appends by kind, then the others by
 * kind and id; writes of the same document stay in their own order. Pure.
 * @throws DaytwoError invalid for a body that JSON can't hold or an id that is too long
 */
export function commitArguments(writes: readonly Write[]): CommitArguments {
  const rows = writes.map((write, index) => ({
    write,
    index,
    kind: write.in.kind,
    id: write.do === 'append' ? '' : encodeId(write.id),
  }));
  rows.sort(
    (a, b) =>
      Number(b.write.do === 'append') - Number(a.write.do === 'append') ||
      compare(a.kind, b.kind) ||
      compare(a.id, b.id) ||
      a.index - b.index,
  );
  const keys = rows.flatMap(({ write }, i) =>
    write.do === 'delete' ? [] : keyRows(write.in, write.body).map(([name, value]) => [i + 1, name, value] as const),
  );
  const column = <T>(of: (row: (typeof rows)[number], i: number) => T): readonly T[] => rows.map(of);
  return {
    order: column(({ index }) => index),
    values: [
      column(({ write }) => write.do),
      column(({ kind }) => kind),
      column(({ id }) => id),
      column(({ write }) => (write.do === 'append' || write.expect === 'any' ? null : write.expect)),
      column(({ kind, id }, i) => rows[i - 1]?.kind !== kind || rows[i - 1]?.id !== id),
      column(({ write }) => (write.do === 'delete' ? null : jsonOf(write.body, write.in.kind))),
      keys.map(([of]) => of),
      keys.map(([, name]) => name),
      keys.map(([, , value]) => value),
    ],
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function jsonOf(body: unknown, kind: string): string {
  const text: string | undefined = JSON.stringify(body);
  if (text === undefined) throw new DaytwoError('invalid', `a ${kind} can't be written as JSON`);
  return text;
}
