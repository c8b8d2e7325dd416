import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BotProcess, signIn, startBot } from '../support/botProcess.ts';
import { notification } from '../support/notification.ts';
import { postgresAvailable, type RealPostgres, startPostgres } from '../support/real/postgres.ts';
import { eventually } from '../support/real/process.ts';

const HERE = postgresAvailable('moving a bot to PostgreSQL by the command line was not tried');

describe.runIf(HERE)('daytwo migrate-store', () => {
  let server: RealPostgres;
  let dir: string;
  let data: string;
  let file: string;
  let bot: BotProcess;
  let cookie: string;
  beforeAll(async () => {
    server = await startPostgres();
    dir = await mkdtemp(join(tmpdir(), 'daytwo-moving-'));
    data = join(dir, 'data');
    file = join(dir, 'postgres.yaml');
    await writeFile(file, `store: { kind: postgres, url: "${server.url.replace('daytwo@', 'daytwo:hunter22@')}" }\n`);
    bot = await startBot({ dir });
    const body = (name: string): string =>
      notification({
        name,
        alertname: name,
        severity: 'warning',
        alerts: [{ fingerprint: name, startsAt: Date.now() }],
      });
    for (const name of ['Disk', 'Memory'])
      await fetch(`${bot.url}/webhooks/alertmanager`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: body(name),
      });
    cookie = await signIn(bot);
    await eventually('both have their evidence', async () => (await threads(bot)) === 2);
  }, 60_000);
  afterAll(async () => {
    await bot?.stop();
    await server?.stop();
    if (dir) await rm(dir, { recursive: true });
  });
  const threads = async (from: BotProcess): Promise<number> => {
    const answer = await fetch(`${from.url}/api/threads`, { headers: { cookie } });
    return ((await answer.json()) as { threads: readonly unknown[] }).threads.length;
  };
  const daytwo = (...words: string[]) =>
    execa(process.execPath, ['bin/daytwo.js', ...words, '--config', file], { reject: false, all: true });
  const rows = async (): Promise<number> => {
    const client = new pg.Client(server.url);
    await client.connect();
    const found = await client
      .query<{ n: number }>('SELECT count(*)::integer AS n FROM daytwo.documents')
      .catch(() => ({ rows: [{ n: 0 }] }));
    await client.end();
    return found.rows[0]?.n ?? -1;
  };

  it('refuses a folder that is in use, one without a state, and words that make no sense', async () => {
    const busy = await daytwo('migrate-store', '--from', data);
    expect([busy.exitCode, busy.all]).toEqual([1, expect.stringContaining('is in use by process')]);
    const empty = await daytwo('migrate-store', '--from', join(dir, 'nothing'));
    expect([empty.exitCode, empty.all]).toEqual([2, expect.stringContaining('there is no state in')]);
    await bot.stop();
    const lowdb = join(dir, 'lowdb.yaml');
    await writeFile(lowdb, '');
    const pointless = await execa(process.execPath, ['bin/daytwo.js', 'migrate-store', '--config', lowdb], {
      reject: false,
    });
    expect([pointless.exitCode, pointless.stderr]).toEqual([2, expect.stringContaining('store.kind is lowdb')]);
  }, 30_000);

  it('moves nothing of a folder whose audit was changed', async () => {
    const spoilt = join(dir, 'spoilt');
    await cp(data, spoilt, { recursive: true });
    await writeFile(join(spoilt, 'audit.head'), 'x');
    const refused = await daytwo('migrate-store', '--from', spoilt);
    expect([refused.exitCode, refused.all]).toEqual([1, expect.stringMatching(/audit .*is broken|not as it was left/)]);
    expect(await rows()).toBe(0);
  }, 30_000);

  it('keeps nothing of a move that was killed in the middle, and moves all of it the next time', async () => {
    const client = new pg.Client(server.url);
    await client.connect();
    // Somebody else's lock holds the move up after the documents and before the end of its transaction.
    await client.query('BEGIN');
    await client.query('LOCK TABLE daytwo.audit_head IN ACCESS EXCLUSIVE MODE');
    const killed = execa(process.execPath, ['bin/daytwo.js', 'migrate-store', '--from', data, '--config', file], {
      reject: false,
    });
    // What goes on is told to a session of its own: within a transaction the answer stays the same.
    const onlooker = new pg.Client(server.url);
    await onlooker.connect();
    await eventually('it waits', async () => {
      const { rowCount } = await onlooker.query(
        `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%audit_head%'`,
      );
      return rowCount === 1;
    });
    killed.kill('SIGKILL');
    await killed;
    await client.query('ROLLBACK');
    await client.end();
    await onlooker.end();
    expect(await rows()).toBe(0);
    await appendFile(join(data, 'audit.jsonl'), '{"torn');
    const moved = await daytwo('migrate-store', '--from', data);
    expect(moved.all).toMatch(/^ +2 incident$/m);
    expect(moved.all).toMatch(/documents in all, read back and compared/);
    expect(moved.all).toContain('2 entries of the audit');
    expect(moved.exitCode).toBe(0);
    expect(moved.all).not.toContain('hunter22');
    const again = await daytwo('migrate-store', '--from', data);
    expect([again.exitCode, again.all]).toEqual([2, expect.stringContaining('holds documents already')]);
  }, 60_000);

  it('lets the bot go on where it was: incidents, sessions, the audit', async () => {
    bot = await startBot({ dir: join(dir, 'replica'), yaml: await readFile(file, 'utf8') });
    expect(await threads(bot)).toBe(2);
    const ready = await (await fetch(`${bot.url}/readyz`)).text();
    expect(ready).toContain('PostgreSQL at 127.0.0.1');
    expect(bot.output() + ready).not.toContain('hunter22');
    const verified = await daytwo('audit', 'verify');
    expect([verified.exitCode, verified.stdout]).toEqual([0, expect.stringContaining('2 entries')]);
    const exported = await daytwo('audit', 'export');
    expect(exported.stdout).toContain('audit.recovered');
    const probed = await daytwo('check-config', '--probe');
    expect(probed.all).toMatch(/works\s+store: PostgreSQL at .*schema daytwo is there/);
    await server.halt('fast');
    const away = await daytwo('check-config', '--probe');
    expect(away.all).toMatch(/failed\s+store: /);
    expect(away.all).not.toContain('hunter22');
    await server.start();
  }, 60_000);
});
