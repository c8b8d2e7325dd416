import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditCommand } from '../../src/audit/command.ts';
import { type AuditRecord, BEGINNING, follow, hashOf, type Link, lineOf } from '../../src/audit/record.ts';
import { openRowAudit } from '../../src/audit/rowAudit.ts';
import { type AuditSource, fileSource, rowSource } from '../../src/audit/source.ts';
import { silentLog } from '../../src/lib/log.ts';
import { openPostgresStore } from '../../src/store/postgres/store.ts';
import { fakeClock } from '../support/clock.ts';
import { postgresAvailable, type RealPostgres, startPostgres } from '../support/real/postgres.ts';
import { auditRig } from './rig.ts';

const COUNT = 8;
const HERE = postgresAvailable('the audit of several replicas was not tried');

/** An audit of eight entries, and a way to put other lines in its place. */
interface Storage {
  readonly source: AuditSource;
  readonly lines: readonly string[];
  /** Puts these lines there, each with its line feed, under the numbers 1, 2, 3 … where lines have numbers. */
  write(lines: readonly string[]): Promise<void>;
  /** Makes the head beside the lines name this one. */
  forgeHead(head: Link, lines: readonly string[]): Promise<void>;
  restore(): Promise<void>;
  end(): Promise<void>;
}

async function inFiles(): Promise<Storage> {
  const rig = auditRig();
  await rig.fill(COUNT);
  const restore = rig.snapshot();
  const { writeFileSync } = await import('node:fs');
  return {
    source: fileSource(rig.dir),
    lines: rig.lines(),
    write: async (lines) => rig.write(lines.join('')),
    forgeHead: async ({ seq, hash }, lines) =>
      writeFileSync(rig.headFile, `{"bytes":${Buffer.byteLength(lines.join(''))},"hash":"${hash}","seq":${seq}}\n`),
    restore: async () => restore(),
    end: async () => rig.end(),
  };
}

let server: RealPostgres | undefined;
let made = 0;

/** A data base of its own with the bot's tables. */
async function freshDatabase(): Promise<string> {
  server ??= await startPostgres();
  made += 1;
  const client = new pg.Client(server.url);
  await client.connect();
  await client.query(`CREATE DATABASE audit_${made}`);
  await client.end();
  const url = server.url.replace(/postgres$/, `audit_${made}`);
  await (await openPostgresStore({ url, collections: [], now: Date.now, warn: () => {} })).close();
  return url;
}

const opened = (url: string, dir: string): ReturnType<typeof openRowAudit> =>
  openRowAudit({ url, dir, clock: fakeClock(), log: silentLog, redact: (text) => text.replaceAll('hunter2', '•') });

async function inRows(): Promise<Storage> {
  const url = await freshDatabase();
  const dir = mkdtempSync(join(tmpdir(), 'daytwo-rows-'));
  const audit = await opened(url, dir);
  for (let i = 0; i < COUNT; i += 1)
    await audit.append({ kind: 'test.entry', by: 'ana', chat: 'slack', details: { i, text: 'ünï 🦊' } });
  const lines: string[] = [];
  for await (const line of audit.export()) lines.push(`${line}\n`);
  const head = audit.head();
  await audit.close();
  const client = new pg.Client(url);
  await client.connect();
  const write = async (all: readonly string[]): Promise<void> => {
    await client.query('DELETE FROM daytwo.audit');
    for (const [i, line] of all.entries())
      await client.query('INSERT INTO daytwo.audit (seq, line) VALUES ($1, $2)', [i + 1, Buffer.from(line)]);
  };
  const forgeHead = async ({ seq, hash }: Link): Promise<void> => {
    await client.query('UPDATE daytwo.audit_head SET seq = $1, hash = $2', [seq, hash]);
  };
  const source = await rowSource(url, dir);
  return {
    source,
    lines,
    write,
    forgeHead,
    restore: async () => {
      await write(lines);
      await forgeHead(head);
    },
    end: async () => {
      await source.close();
      await client.end();
      rmSync(dir, { recursive: true });
    },
  };
}

afterAll(() => server?.stop());

/** A chain of its own with other words. */
function forged(count: number): { readonly lines: readonly string[]; readonly head: Link } {
  let at = BEGINNING;
  const lines = Array.from({ length: count }, (_, i) => {
    const record = follow(at, { kind: 'test.entry', by: 'eva', details: { i } }, 0);
    at = { seq: record.seq, hash: record.hash };
    return lineOf(record);
  });
  return { lines, head: at };
}

const swap = (lines: readonly string[], a: number, b: number): readonly string[] =>
  lines.map((line, i) => (i === a ? lines[b] : i === b ? lines[a] : line) ?? '');

function reworded(line: string): string {
  const record = { ...(JSON.parse(line) as AuditRecord), by: 'eva' };
  return lineOf({ ...record, hash: hashOf(record) });
}

/** What is done to the lines, and which entry is the first that can't be vouched for. */
const SPOILT: readonly (readonly [string, (lines: readonly string[]) => readonly string[], number])[] = [
  ['a changed entry', (lines) => lines.map((line, i) => (i === 4 ? line.replace('"i":4', '"i":7') : line)), 5],
  ['a changed entry with the hash that fits', (lines) => lines.map((line, i) => (i === 4 ? reworded(line) : line)), 6],
  [
    'the last one changed with the hash that fits',
    (lines) => lines.map((line, i) => (i === 7 ? reworded(line) : line)),
    8,
  ],
  ['a deleted entry', (lines) => lines.filter((_, i) => i !== 3), 4],
  ['the first one deleted', (lines) => lines.slice(1), 1],
  ['two that were swapped', (lines) => swap(lines, 2, 3), 3],
  ['one that stands there twice', (lines) => [...lines.slice(0, 4), ...lines.slice(3)], 5],
  ['a cut', (lines) => lines.slice(0, 6), 7],
  ['everything gone', () => [], 1],
  ['another chain of the same length', () => forged(COUNT).lines, 8],
];

describe.each([
  ['files', inFiles, true],
  ['PostgreSQL', inRows, HERE],
] as const)('an audit in %s', (_, make, isHere) => {
  describe.runIf(isHere)('shows', () => {
    let storage: Storage;
    beforeAll(async () => {
      storage = await make();
    });
    afterAll(() => storage?.end());

    it('that it is as it was written', async () => {
      await storage.restore();
      expect(await storage.source.verify([])).toMatchObject({ ok: true, head: { seq: COUNT }, unacknowledged: 0 });
    });

    it.each(SPOILT)('%s', async (_name, spoil, seq) => {
      await storage.restore();
      await storage.write(spoil(storage.lines));
      expect(await storage.source.verify([])).toMatchObject({ ok: false, seq });
      const said: string[] = [];
      expect(await auditCommand(['verify'], storage.source, (line) => said.push(line))).toBe(1);
      expect(said[0]).toMatch(new RegExp(`^BROKEN at entry ${seq} `));
    });

    it('a rewriting with its head, to whoever noted a head elsewhere', async () => {
      await storage.restore();
      const found = await storage.source.verify([]);
      const noted = found.ok ? found.head : BEGINNING;
      const other = forged(COUNT);
      await storage.write(other.lines);
      await storage.forgeHead(other.head, other.lines);
      expect(await storage.source.verify([noted])).toMatchObject({ ok: false, seq: COUNT });
    });
  });
});

describe.runIf(HERE)('the audit of several replicas', () => {
  let url: string;
  let dirs: string[];
  const folder = (): string => {
    const dir = mkdtempSync(join(tmpdir(), 'daytwo-replica-'));
    dirs.push(dir);
    return dir;
  };
  beforeAll(() => {
    dirs = [];
  });
  afterAll(() => {
    for (const dir of dirs) rmSync(dir, { recursive: true });
  });

  it('is one chain whoever appends at the same time', async () => {
    url = await freshDatabase();
    const [a, b] = [await opened(url, folder()), await opened(url, folder())];
    const each = async (audit: typeof a, by: string): Promise<void> => {
      for (let i = 0; i < 40; i += 1)
        await Promise.all([audit.append({ kind: 'one', by }), audit.append({ kind: 'two', by, details: 'hunter2' })]);
    };
    await Promise.all([each(a, 'ana'), each(b, 'ben')]);
    expect(await a.verify()).toMatchObject({ ok: true, head: { seq: 160 } });
    const by = new Set<string>();
    for await (const line of b.export()) {
      by.add((JSON.parse(line) as { by: string }).by);
      expect(line).not.toContain('hunter2');
    }
    expect([...by].sort()).toEqual(['ana', 'ben']);
    await a.close();
    await b.close();
  });

  it('shows a cut and a forged head to the replica that saw more, and takes nothing more', async () => {
    url = await freshDatabase();
    const dir = folder();
    const a = await opened(url, dir);
    for (let i = 0; i < 4; i += 1) await a.append({ kind: 'one' });
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query<{ line: Buffer }>('DELETE FROM daytwo.audit WHERE seq > 2 RETURNING line');
    const second = await client.query<{ line: Buffer }>('SELECT line FROM daytwo.audit WHERE seq = 2');
    const { hash } = JSON.parse(String(second.rows[0]?.line)) as { hash: string };
    await client.query('UPDATE daytwo.audit_head SET seq = 2, hash = $1', [hash]);
    expect(rows).toHaveLength(2);
    expect(await a.verify()).toMatchObject({ ok: false, seq: 3, fault: 'truncated' });
    await expect(a.append({ kind: 'more' })).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(a.problem()).toContain('ends with entry 2, but entry 4 was written');
    await a.close();
    // After a restart too: its folder remembers.
    const again = await opened(url, dir);
    expect(again.problem()).toContain('entry 4');
    await again.close();
    await client.end();
  });

  it('refuses a second process in one folder', async () => {
    const dir = folder();
    const a = await opened(url, dir);
    await expect(opened(url, dir)).rejects.toMatchObject({ code: 'store-locked' });
    await a.close();
  });

  it('goes on after the data base was killed, without an entry twice or lost', async () => {
    url = await freshDatabase();
    const audit = await opened(url, folder());
    const kept: number[] = [];
    let stop = false;
    const writing = (async () => {
      for (let i = 0; !stop; i += 1)
        await audit.append({ kind: 'one', details: { i } }).then(
          () => kept.push(i),
          () => {},
        );
    })();
    for (let round = 0; round < 3; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      await server?.halt('crash');
      await server?.start();
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
    stop = true;
    await writing;
    expect(await audit.verify()).toMatchObject({ ok: true });
    const there: number[] = [];
    for await (const line of audit.export()) there.push((JSON.parse(line) as { details: { i: number } }).details.i);
    expect(new Set(there).size).toBe(there.length);
    expect(there).toEqual(expect.arrayContaining(kept));
    expect(kept.length).toBeGreaterThan(20);
    await audit.close();
  });
});
