import { DaytwoError } from '../lib/errors.ts';
import type { Query } from '../store/postgres/connection.ts';
import { DEFAULT_SCHEMA } from '../store/postgres/store.ts';
import type { WaitingEntry } from './queue.ts';
import { BEGINNING, follow, hashOf, type Link, lineOf, readLine } from './record.ts';

/** Rows of one page. */
const PAGE = 500;

/** That the audit is not as it was left: nothing is appended until a person has looked. */
export class RowDamage extends DaytwoError {
  constructor(what: string) {
    super(
      'store-unavailable',
      `the audit in the data base is not as it was left: ${what}. “daytwo audit verify” tells more`,
      { retryable: false },
    );
  }
}

/** A row as it is stored: the number it stands under, and the line with its line feed. */
export interface Row {
  readonly seq: number;
  readonly line: Buffer;
}

interface Stored {
  readonly place: string;
  readonly line: Buffer;
}

const rowOf = ({ place, line }: Stored): Row => ({ seq: Number(place), line });

/** The head that stands beside the rows; undefined where somebody took it away. `lock` holds it until the transaction's end. */
export async function headRow(query: Query, lock: '' | 'FOR UPDATE' = ''): Promise<Link | undefined> {
  const [found] = await query<{ place: string; hash: string }>(
    `SELECT seq::text AS place, hash FROM ${DEFAULT_SCHEMA}.audit_head ${lock}`,
    [],
  );
  return found && { seq: Number(found.place), hash: found.hash };
}

/** Every row in the order of numbers, in bounded memory. */
export async function* readRows(query: Query): AsyncGenerator<Row> {
  for (let after = '-9223372036854775808'; ; ) {
    const page = await query<Stored>(
      `SELECT seq::text AS place, line FROM ${DEFAULT_SCHEMA}.audit WHERE seq > $1 ORDER BY seq LIMIT ${PAGE}`,
      [after],
    );
    yield* page.map(rowOf);
    after = page.at(-1)?.place ?? after;
    if (page.length < PAGE) return;
  }
}

/** What was tried to write before, when nobody knows whether it was. */
export interface Tried {
  readonly links: readonly Link[];
}

/**
 * Puts entries behind the last one, whoever wrote that; to be run in one transaction. `known` is what this process knows to be in the
 * chain. Where an earlier try of the very same batch was made after all, that is the result.
 * @throws RowDamage when the rows don't fit their head, or no longer hold what is known
 */
export async function appendRows(
  query: Query,
  batch: readonly WaitingEntry[],
  {
    known,
    tried,
    note,
  }: { readonly known: Link; readonly tried: Tried | undefined; readonly note: (made: Tried) => void },
): Promise<readonly Link[]> {
  const head = await checkedHead(query, known);
  const [first] = tried?.links ?? [];
  if (tried && first && (await hashAt(query, first.seq)) === first.hash) return tried.links;
  let at = head;
  const records = batch.map(({ entry, at: atMs }) => {
    const record = follow(at, entry, atMs);
    at = { seq: record.seq, hash: record.hash };
    return record;
  });
  const links = records.map(({ seq, hash }) => ({ seq, hash }));
  note({ links });
  await insertRows(
    query,
    records.map((record) => ({ seq: record.seq, line: Buffer.from(lineOf(record)) })),
    at,
  );
  return links;
}

/** Writes rows and the head behind them. */
export async function insertRows(query: Query, rows: readonly Row[], head: Link): Promise<void> {
  await query(`INSERT INTO ${DEFAULT_SCHEMA}.audit (seq, line) SELECT * FROM unnest($1::bigint[], $2::bytea[])`, [
    rows.map(({ seq }) => String(seq)),
    rows.map(({ line }) => line),
  ]);
  await query(`UPDATE ${DEFAULT_SCHEMA}.audit_head SET seq = $1, hash = $2`, [String(head.seq), head.hash]);
}

/** The head, locked and held against the last row and against what is known. */
export async function checkedHead(query: Query, known: Link): Promise<Link> {
  const head = await headRow(query, 'FOR UPDATE');
  if (!head) throw new RowDamage('its head is missing');
  const [last] = await query<Stored>(
    `SELECT seq::text AS place, line FROM ${DEFAULT_SCHEMA}.audit ORDER BY seq DESC LIMIT 1`,
    [],
  );
  const record = last && readLine(last.line);
  const isSound = last
    ? record?.seq === head.seq &&
      Number(last.place) === head.seq &&
      record.hash === head.hash &&
      hashOf(record) === head.hash
    : head.seq === 0 && head.hash === BEGINNING.hash;
  if (!isSound) throw new RowDamage(`the last entry is not the one that its head vouches for (entry ${head.seq})`);
  if (head.seq < known.seq) throw new RowDamage(`it ends with entry ${head.seq}, but entry ${known.seq} was written`);
  const there = known.seq === head.seq ? head.hash : known.seq === 0 ? known.hash : await hashAt(query, known.seq);
  if (there !== known.hash) throw new RowDamage(`entry ${known.seq} is not the one that was written`);
  return head;
}

async function hashAt(query: Query, seq: number): Promise<string | undefined> {
  const [row] = await query<Stored>(`SELECT seq::text AS place, line FROM ${DEFAULT_SCHEMA}.audit WHERE seq = $1`, [
    String(seq),
  ]);
  return row && readLine(row.line)?.hash;
}
