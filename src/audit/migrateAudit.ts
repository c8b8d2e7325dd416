import { DaytwoError } from '../lib/errors.ts';
import type { Query } from '../store/postgres/connection.ts';
import { exportLines } from './lines.ts';
import { BEGINNING, readLine } from './record.ts';
import { checkedHead, insertRows, type Row } from './rows.ts';
import { verifyFile } from './verify.ts';

/** So many lines go over at once. */
const BATCH = 500;

/**
 * Copies a folder's whole audit into the rows, which hold none yet; to be run in one transaction. Returns how many entries.
 * @throws DaytwoError failed for an audit that isn't as it was written, invalid where the rows hold one, and what reading throws
 */
export async function copyAudit(query: Query, dir: string): Promise<number> {
  const found = await verifyFile(dir);
  if (!found.ok)
    throw new DaytwoError(
      'failed',
      `the audit in ${dir} is broken at entry ${found.seq} (${found.text}); nothing was copied. To begin a new one, move audit.jsonl and audit.head out of the folder together and keep them`,
    );
  if ((await checkedHead(query, BEGINNING)).seq > 0)
    throw new DaytwoError('invalid', 'the data base holds an audit already; nothing was copied');
  let batch: Row[] = [];
  let head = BEGINNING;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await insertRows(query, batch, head);
    batch = [];
  };
  for await (const text of exportLines(dir)) {
    const line = Buffer.from(`${text}\n`);
    const record = readLine(line);
    if (!record) throw new DaytwoError('failed', `entry ${head.seq + 1} of the audit changed while it was copied`);
    head = { seq: record.seq, hash: record.hash };
    batch.push({ seq: record.seq, line });
    if (batch.length === BATCH) await flush();
  }
  await flush();
  if (head.seq !== found.head.seq || head.hash !== found.head.hash)
    throw new DaytwoError('failed', 'the audit changed while it was copied; nothing was kept');
  return head.seq;
}
