import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { codeOf } from '../../src/lib/errors.ts';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import { append, put, remove, type Store, type Write } from '../../src/store/port.ts';
import { openPostgresStore, type PostgresOptions } from '../../src/store/postgres/store.ts';
import { transact } from '../../src/store/transact.ts';
import { leaseContract } from '../contract/lease.ts';
import { notes, packed, storeContract } from '../contract/store.ts';
import { postgresAvailable, type RealPostgres, startPostgres } from '../support/real/postgres.ts';
import { eventually } from '../support/real/process.ts';

describe.runIf(postgresAvailable('the PostgreSQL store was not held to the contract'))('on a real PostgreSQL', () => {
  let server: RealPostgres;
  let schemas = 0;
  const opened: Store[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });
  const options = (schema: string, more: Partial<PostgresOptions> = {}): PostgresOptions => ({
    url: server.url,
    schema,
    collections: [notes, packed],
    now: () => Date.now(),
    warn: () => {},
    ...more,
  });
  const freshSchema = (): string => {
    schemas += 1;
    return `test_${schemas}`;
  };
  const open = async (schema: string, more: Partial<PostgresOptions> = {}): Promise<Store> => {
    const store = await openPostgresStore(options(schema, more));
    opened.push(store);
    return store;
  };

  storeContract('PostgreSQL', async () => {
    const schema = freshSchema();
    let store = await openPostgresStore(options(schema));
    return {
      store,
      reopen: async () => {
        await store.close();
        store = await openPostgresStore(options(schema));
        return store;
      },
      end: () => store.close(),
    };
  });

  leaseContract('PostgreSQL', async () => {
    const store = await openPostgresStore(options(freshSchema()));
    return { store, end: () => store.close() };
  });

  it('does what lowdb does, whatever is committed under whatever ids', async () => {
    const ids = ['', 'a', 'a ', 'a!', 'Z', '~', '10', '9', '\u0000', '\ud800', '\ue000', '\uff5e', '🦊', 'ü'];
    const id = fc.constantFrom(...ids);
    const body = fc.record(
      { text: fc.string({ unit: 'binary' }), shelf: fc.constantFrom('x', 'y', '\u0000', 'ü'.repeat(900)) },
      { requiredKeys: ['text'] },
    );
    const expectation = fc.constantFrom<number | 'any'>('any', 'any', 0, 1, 2);
    type Make = (to: typeof notes) => Write;
    const write: fc.Arbitrary<Make> = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.tuple(id, body, expectation).map(
          ([one, text, at]): Make =>
            (to) =>
              put(to, one, text, at),
        ),
      },
      {
        weight: 2,
        arbitrary: fc.tuple(id, expectation).map(
          ([one, at]): Make =>
            (to) =>
              remove(to, one, at),
        ),
      },
      {
        weight: 2,
        arbitrary: body.map(
          (text): Make =>
            (to) =>
              append(to, text),
        ),
      },
    );
    const there = await open(freshSchema());
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(write, { minLength: 1, maxLength: 4 }), { maxLength: 12 }),
        async (commits) => {
          const dir = mkdtempSync(join(tmpdir(), 'daytwo-store-'));
          runs += 1;
          const fresh = { ...notes, kind: `note${'x'.repeat(runs)}` };
          const here = await openLowdbStore({ dir, collections: [fresh], now: () => 0, warn: () => {} });
          try {
            const outcome = (store: Store, writes: readonly Write[]): Promise<unknown> =>
              store.commit(writes).catch((error: unknown) => codeOf(error));
            for (const makes of commits) {
              const writes = makes.map((make) => make(fresh));
              expect(await outcome(there, writes)).toEqual(await outcome(here, writes));
            }
            for (const query of [
              { limit: 99 },
              { limit: 3, order: 'down' as const },
              { limit: 99, after: 'a ' },
              { limit: 99, after: '\ue000', order: 'down' as const },
              { limit: 99, key: ['shelf', '\u0000'] as const },
              { limit: 2, key: ['shelf', 'ü'.repeat(900)] as const, order: 'down' as const },
            ])
              expect(await there.find(fresh, query)).toEqual(await here.find(fresh, query));
            expect(await there.count(fresh, ['shelf', 'x'])).toBe(await here.count(fresh, ['shelf', 'x']));
          } finally {
            await here.close();
            rmSync(dir, { recursive: true });
          }
        },
      ),
      { numRuns: 100 },
    );
  }, 120_000);

  it('loses no change of two processes that race for one document', async () => {
    const schema = freshSchema();
    const [one, two] = [await open(schema), await open(schema)];
    const bump = (store: Store): Promise<void> =>
      transact(store, async () => {
        const sum = await store.get(notes, 'sum');
        return {
          writes: [put(notes, 'sum', { text: String(Number(sum?.body.text ?? 0) + 1) }, sum?.version ?? 0)],
          result: undefined,
        };
      });
    const workers = [one, two, one, two].map(async (store) => {
      for (let i = 0; i < 25; i += 1) await bump(store);
    });
    await Promise.all(workers);
    expect(await one.get(notes, 'sum')).toEqual({ id: 'sum', version: 100, body: { text: '100' } });
  });

  it('lets exactly one of 64 final clicks through, from two processes', async () => {
    const schema = freshSchema();
    const stores = [await open(schema), await open(schema)];
    await stores[0]?.commit([put(notes, 'request', { text: 'ready' }, 0)]);
    const clicks = Array.from({ length: 64 }, async (_, i) =>
      stores[i % 2]?.commit([
        put(notes, 'request', { text: `by ${i}` }, 1),
        append(packed, { text: `execution ${i}` }),
      ]),
    );
    const results = await Promise.allSettled(clicks);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await stores[1]?.count(packed)).toBe(1);
  });

  it('survives commits that take the same documents in opposite orders', async () => {
    const schema = freshSchema();
    const stores = [await open(schema), await open(schema)];
    const both = (text: string): Write[] => [put(notes, 'a', { text }, 'any'), put(notes, 'b', { text }, 'any')];
    await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        stores[i % 2]?.commit(i % 3 === 0 ? both(`${i}`) : [...both(`${i}`).reverse(), append(notes, { text: '' })]),
      ),
    );
    const found = [await stores[0]?.get(notes, 'a'), await stores[0]?.get(notes, 'b')];
    expect(found[0]?.version).toBe(60);
    expect(found[0]?.body).toEqual(found[1]?.body);
  });

  it('makes appended ids visible in their order, so a reader that goes on after the last one misses nothing', async () => {
    const schema = freshSchema();
    const stores = [await open(schema), await open(schema)];
    const total = 240;
    let written = 0;
    const writers = Array.from({ length: 8 }, async (_, i) => {
      while (written < total) {
        const count = 1 + (written % 3);
        written += count;
        await stores[i % 2]?.commit(Array.from({ length: count }, () => append(notes, { text: 'x' })));
      }
    });
    const seen: string[] = [];
    let isOver = false;
    const reader = (async () => {
      for (let last = false; ; ) {
        const found = (await stores[0]?.find(notes, { after: seen.at(-1) ?? '', limit: 7 })) ?? [];
        seen.push(...found.map(({ id }) => id));
        if (found.length > 0) continue;
        if (last) return;
        last = isOver;
      }
    })();
    await Promise.all(writers);
    isOver = true;
    await reader;
    expect(seen.length).toBe(await stores[0]?.count(notes));
    expect(seen.length).toBeGreaterThanOrEqual(total);
  });

  it('holds a later append back while an earlier one may still become visible', async () => {
    const schema = freshSchema();
    const store = await open(schema);
    const client = new pg.Client(server.url);
    await client.connect();
    await client.query('BEGIN');
    const { rows } = await client.query<{ ids: string[] }>(
      `SELECT ${schema}.commit_writes(1, gen_random_uuid(), 'c', 'o', '{append}', '{note}', '{""}', '{null}', '{t}', '{"{}"}', '{}', '{}', '{}') AS ids`,
    );
    expect(rows[0]?.ids).toEqual(['0000000000000001']);
    let later: readonly string[] | undefined;
    const waiting = store.commit([append(notes, { text: 'later' })]).then((ids) => {
      later = ids;
    });
    await wait(300);
    expect(later).toBeUndefined();
    expect(await store.find(notes, { limit: 9 })).toEqual([]);
    await client.query('COMMIT');
    await waiting;
    expect(later).toEqual(['0000000000000002']);
    expect(await store.count(notes)).toBe(2);
    await client.end();
  });

  it('wakes the watchers of other processes at once, of the kind alone, and its own once', async () => {
    const schema = freshSchema();
    const [one, two, elsewhere] = [await open(schema), await open(schema), await open(freshSchema())];
    const woken = { own: 0, other: 0, packed: 0, elsewhere: 0 };
    const count = (name: keyof typeof woken) => (): void => {
      woken[name] += 1;
    };
    one.watch('note', count('own'));
    two.watch('note', count('other'));
    two.watch('packed', count('packed'));
    elsewhere.watch('note', count('elsewhere'));
    const began = performance.now();
    await one.commit([put(notes, 'a', { text: '' }, 0), put(notes, 'b', { text: '' }, 0)]);
    await eventually('the other to be woken', () => (woken.other > 0 ? true : undefined), 2000);
    expect(performance.now() - began).toBeLessThan(1000);
    await wait(200);
    expect(woken).toEqual({ own: 1, other: 1, packed: 0, elsewhere: 0 });
  });

  it('makes the tables once, however many processes start at the same time', async () => {
    const schema = freshSchema();
    const stores = await Promise.all(Array.from({ length: 6 }, () => open(schema)));
    await Promise.all(stores.map((store, i) => store.commit([put(notes, `n${i}`, { text: '' }, 0)])));
    expect(await stores[0]?.count(notes)).toBe(6);
  });

  it('brings documents to a newer schema; a process of the older one can no longer write, nor start', async () => {
    const schema = freshSchema();
    const old = await open(schema);
    await old.commit([put(notes, 'a', { text: 'old', shelf: 's' }, 0), put(notes, 'b', { text: 'drop' }, 0)]);
    const migrations = [
      (_kind: string, id: string, body: unknown) =>
        id === 'b' ? undefined : { ...(body as object), text: 'new', shelf: 't' },
    ];
    const store = await open(schema, { migrations });
    expect(await store.find(notes, { key: ['shelf', 't'], limit: 9 })).toEqual([
      { id: 'a', version: 1, body: { text: 'new', shelf: 't' } },
    ]);
    expect(await store.count(notes)).toBe(1);
    expect(await store.count(notes, ['shelf', 's'])).toBe(0);
    await expect(old.commit([append(notes, { text: '' })])).rejects.toMatchObject({
      code: 'store-unavailable',
      retryable: false,
      message: expect.stringContaining('newer schema'),
    });
    await expect(open(schema)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('newer daytwo'),
    });
  });

  it('says when the server may lose what it acknowledged', async () => {
    const url = `${server.url}?options=-c%20synchronous_commit%3Doff`;
    const store = await open(freshSchema(), { url });
    expect(store.notices().map(({ text }) => text)).toEqual([expect.stringContaining('synchronous_commit off')]);
  });

  it.each([
    ['mysql://u:sesame@localhost/x', 'invalid'],
    ['not a url: sesame', 'invalid'],
    ['postgres://u:sesame@127.0.0.1:1/x', 'store-unavailable'],
  ])('says no word of the password when %s can not be opened', async (url, code) => {
    const error: unknown = await openPostgresStore(options('s', { url, againForMs: 100 })).catch((one: unknown) => one);
    expect(codeOf(error)).toBe(code);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error as object))).not.toContain('sesame');
  });
});
