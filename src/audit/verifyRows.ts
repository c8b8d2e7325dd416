import type { Query } from '../store/postgres/connection.ts';
import { HEAD_FILE, readHead } from './head.ts';
import { BEGINNING, checkLine, type Link } from './record.ts';
import { headRow, readRows } from './rows.ts';
import type { Anchor, AuditFault, Verification } from './verify.ts';

const broken = (seq: number, fault: AuditFault, text: string): Verification => ({ ok: false, seq, fault, text });

/** Every line of the audit as it stands in its rows, oldest first, without line feeds. Judges nothing. Throws what reading throws. */
export async function* rowLines(query: Query): AsyncGenerator<string> {
  for await (const { line } of readRows(query)) yield line.toString('utf8').replace(/\n$/, '');
}

/**
 * Reads the whole audit of the data base and tells whether it is what was written: every row unchanged, in its place, chained, and ending
 * where the head beside it says; holding also what this replica's folder and `anchors` noted. Replicas may be writing. Throws only what
 * reading throws.
 */
export async function verifyRows(query: Query, dir: string, anchors: readonly Anchor[] = []): Promise<Verification> {
  const own = await readHead(dir);
  if (own.is === 'unreadable') return broken(1, 'head-unreadable', `${HEAD_FILE} in ${dir} is not as it was written`);
  // The heads first: what others append meanwhile only makes the chain longer.
  const noted = own.is === 'there' && own.head.seq > 0 ? [own.head] : [];
  const head = await headRow(query);
  if (!head) return broken(1, 'head-missing', 'the head in the data base is missing');
  let at: Link = BEGINNING;
  let lastAt: string | undefined;
  for await (const { seq: place, line } of readRows(query)) {
    const check = checkLine(line, at);
    if (!check.ok) return broken(at.seq + 1, check.fault, check.text);
    const { seq, hash } = check.record;
    if (place !== seq) return broken(at.seq + 1, 'order', `entry ${seq} stands under the number ${place}`);
    at = { seq, hash };
    lastAt = check.record.at;
    if (seq === head.seq && hash !== head.hash)
      return broken(seq, 'head-differs', 'it is not the entry that the head in the data base vouches for');
    if (noted.some((one) => one.seq === seq && one.hash !== hash))
      return broken(seq, 'head-differs', `it is not the entry that ${HEAD_FILE} in ${dir} vouches for`);
    if (anchors.some((anchor) => anchor.seq === seq && !hash.startsWith(anchor.hash)))
      return broken(seq, 'anchor-differs', 'it is not the entry whose hash was noted elsewhere');
  }
  const ends = (seq: number): boolean => at.seq < seq;
  if (ends(head.seq)) return broken(at.seq + 1, 'truncated', `it ends here, but its head names entry ${head.seq}`);
  const [mine] = noted;
  if (mine && ends(mine.seq))
    return broken(at.seq + 1, 'truncated', `it ends here, but ${HEAD_FILE} in ${dir} names entry ${mine.seq}`);
  const farthest = Math.max(0, ...anchors.map(({ seq }) => seq));
  if (ends(farthest))
    return broken(at.seq + 1, 'anchor-differs', `it ends here, but entry ${farthest} was noted elsewhere`);
  const after = await headRow(query);
  // Rows and head are written in one transaction: a row that no head vouches for is nobody's.
  if (!after || after.seq < at.seq || (after.seq === at.seq && after.hash !== at.hash))
    return broken((after ?? head).seq + 1, 'head-differs', 'the head in the data base does not know it');
  return { ok: true, head: at, lastAt, unacknowledged: 0, tornBytes: 0 };
}
