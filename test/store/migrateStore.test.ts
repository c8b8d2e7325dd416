import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LowdbOptions, openLowdbStore } from '../../src/store/lowdb/store.ts';
import { append, put, remove } from '../../src/store/port.ts';
import { migrateStore } from '../../src/store/postgres/migrateStore.ts';
import { openPostgresStore } from '../../src/store/postgres/store.ts';
import { notes, packed } from '../contract/store.ts';
import { postgresAvailable, type RealPostgres, startPostgres } from '../support/real/postgres.ts';

const HERE = postgresAvailable('moving a folder to PostgreSQL was not tried');

describe.runIf(HERE)('migrateStore', () => {
  let server: RealPostgres;
  let dir: string;
  let schema = 'moved_0';
  let count = 0;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'daytwo-move-'));
    count += 1;
    schema = `moved_${count}`;
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const shared = { collections: [notes, packed], now: () => Date.now(), warn: () => {} };
  const lowdb = (): LowdbOptions => ({ dir, ...shared });
  const move = (): ReturnType<typeof migrateStore> => migrateStore({ from: dir, to: server.url, schema, ...shared });
  const target = (): ReturnType<typeof openPostgresStore> => openPostgresStore({ url: server.url, schema, ...shared });

  it('copies documents with versions and keys, blobs, and the place of the next append', async () => {
    const store = await openLowdbStore(lowdb());
    const odd = { text: 'nul \u0000, half \ud800, 🦊', shelf: 'ü '.repeat(700) };
    await store.commit([put(notes, 'odd ~ id', odd, 0), put(packed, 'p', { text: 'packed' }, 0)]);
    await store.commit([put(notes, 'odd ~ id', odd, 1)]);
    for (let i = 0; i < 30; i += 1)
      await store.commit(
        Array.from({ length: 50 }, (_, n) => put(notes, `n${i}-${n}`, { text: 'x'.repeat(500), shelf: `s${n}` }, 0)),
      );
    const [last = ''] = await store.commit([append(notes, { text: 'appended and gone' })]);
    await store.commit([remove(notes, last, 'any')]);
    const blob = await store.putBlob(new Uint8Array([0, 1, 2, 255]));
    const before = await store.find(notes, { limit: 9999 });
    await store.close();

    expect(await move()).toEqual({
      documents: 1502,
      kinds: [
        { kind: 'note', documents: 1501 },
        { kind: 'packed', documents: 1 },
      ],
      blobs: 1,
    });
    const moved = await target();
    expect(await moved.find(notes, { limit: 9999 })).toEqual(before);
    expect(await moved.find(notes, { key: ['shelf', odd.shelf], limit: 9 })).toEqual([
      { id: 'odd ~ id', version: 2, body: odd },
    ]);
    expect(await moved.count(notes, ['shelf', 's7'])).toBe(30);
    expect((await moved.get(packed, 'p'))?.body.text).toBe('packed');
    expect(new Uint8Array((await moved.getBlob(blob)) ?? [])).toEqual(new Uint8Array([0, 1, 2, 255]));
    const [next = ''] = await moved.commit([append(notes, { text: 'next' })]);
    const [other = ''] = await moved.commit([append(packed, { text: 'next' })]);
    expect(next > last && other > last).toBe(true);
    await moved.close();
    const still = await openLowdbStore(lowdb());
    expect(await still.find(notes, { limit: 9999 })).toEqual(before);
    await still.close();
  });

  it('refuses while the bot runs, and a data base that holds documents', async () => {
    const store = await openLowdbStore(lowdb());
    await store.commit([put(notes, 'a', { text: '1' }, 0)]);
    await expect(move()).rejects.toMatchObject({ code: 'store-locked' });
    await store.close();
    await move();
    await expect(move()).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('holds documents'),
    });
  });

  it('leaves nothing behind when what is read back differs', async () => {
    const store = await openLowdbStore(lowdb());
    await store.commit([put(notes, 'a', { text: '1' }, 0), put(notes, 'b', { text: '2' }, 0)]);
    await store.close();
    await (await target()).close();
    const client = new pg.Client(server.url);
    await client.connect();
    await client.query(
      `CREATE FUNCTION ${schema}.spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.body := '{}'; RETURN NEW; END $$;
       CREATE TRIGGER spoil BEFORE INSERT ON ${schema}.documents FOR EACH ROW WHEN (NEW.id = 'b') EXECUTE FUNCTION ${schema}.spoil()`,
    );
    await expect(move()).rejects.toMatchObject({ code: 'failed', message: expect.stringContaining('note b differs') });
    expect((await client.query(`SELECT 1 FROM ${schema}.documents`)).rowCount).toBe(0);
    await client.end();
  });
});
