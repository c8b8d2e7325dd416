import { openConnections } from '../store/postgres/connection.ts';
import { exportLines } from './lines.ts';
import { type Anchor, type Verification, verifyFile } from './verify.ts';
import { rowLines, verifyRows } from './verifyRows.ts';

/** An audit to be read, whoever writes it meanwhile. */
export interface AuditSource {
  /** Where it is, for people. */
  readonly where: string;
  /** Throws only what reading throws. */
  verify(anchors: readonly Anchor[]): Promise<Verification>;
  /** Every line, oldest first, without line feeds. Throws what reading throws. */
  export(): AsyncIterable<string>;
  close(): Promise<void>;
}

/** The audit of one process, in its data folder. */
export function fileSource(dir: string): AuditSource {
  return {
    where: dir,
    verify: (anchors) => verifyFile(dir, anchors),
    export: () => exportLines(dir),
    close: async () => {},
  };
}

/** The audit of several processes; `dir` is the data folder of one of them, for its anchor. @throws DaytwoError invalid */
export async function rowSource(url: string, dir: string): Promise<AuditSource> {
  const connections = await openConnections({ url, connections: 1 });
  return {
    where: 'the data base',
    verify: (anchors) => verifyRows(connections.query, dir, anchors),
    export: () => rowLines(connections.query),
    close: () => connections.close(),
  };
}
