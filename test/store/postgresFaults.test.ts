import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { codeOf } from '../../src/lib/errors.ts';
import { append, put, type Store } from '../../src/store/port.ts';
import { openPostgresStore, type PostgresOptions } from '../../src/store/postgres/store.ts';
import { notes, packed } from '../contract/store.ts';
import { postgresAvailable, type RealPostgres, startPostgres } from '../support/real/postgres.ts';
import { eventually } from '../support/real/process.ts';

const HERE = postgresAvailable('lost connections and restarts of PostgreSQL were not tried');

describe.runIf(HERE)('the PostgreSQL store when the data base fails', () => {
  let server: RealPostgres;
  let admin: pg.Client;
  let schema = 'faults_0';
  let count = 0;
  const opened: Store[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    await admin?.end().catch(() => {});
  });
  const open = async (more: Partial<PostgresOptions> = {}): Promise<Store> => {
    const store = await openPostgresStore({
      url: server.url,
      schema,
      collections: [notes, packed],
      now: () => Date.now(),
      warn: () => {},
      pollMs: 200,
      ...more,
    });
    opened.push(store);
    return store;
  };
  const fresh = async (more: Partial<PostgresOptions> = {}): Promise<Store> => {
    count += 1;
    schema = `faults_${count}`;
    admin = new pg.Client(server.url);
    admin.on('error', () => {});
    await admin.connect();
    return open(more);
  };
  /** Ends the sessions whose newest statement is like this; returns how many. */
  const terminate = async (like: string): Promise<number> => {
    const { rows } = await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE $1 AND pid <> pg_backend_pid()`,
      [like],
    );
    return rows.length;
  };

  it('does a commit once whose session was ended in the middle of its transaction', async () => {
    const store = await fresh();
    await store.commit([put(notes, 'a', { text: '0' }, 0)]);
    await admin.query('BEGIN');
    await admin.query(`SELECT 1 FROM ${schema}.documents WHERE id = 'a' FOR UPDATE`);
    const writing = store.commit([append(notes, { text: 'once' }), put(notes, 'a', { text: '1' }, 1)]);
    const isWaiting = `%${schema}.commit_writes%`;
    await eventually('the commit to wait', async () => ((await terminate(isWaiting)) > 0 ? true : undefined));
    await admin.query('COMMIT');
    const [id = ''] = await writing;
    expect((await store.get(notes, id))?.body.text).toBe('once');
    expect((await store.get(notes, 'a'))?.version).toBe(2);
    expect(await store.count(notes)).toBe(2);
  });

  it.each([
    ['before the statement arrives', 'request'],
    ['after the commit, before its answer arrives', 'answer'],
  ] as const)('does a commit once when the connection is lost %s', async (_, cut) => {
    const proxy = await cuttingProxy(server.port);
    const store = await fresh({ url: server.url.replace(String(server.port), String(proxy.port)) });
    await store.commit([put(notes, 'a', { text: '0' }, 0)]);
    proxy.cutNext(cut);
    const [id = ''] = await store.commit([append(notes, { text: 'once' }), put(notes, 'a', { text: '1' }, 1)]);
    expect(proxy.cuts()).toBe(1);
    expect(id).toBe('0000000000000001');
    expect((await store.get(notes, id))?.body.text).toBe('once');
    expect(await store.get(notes, 'a')).toMatchObject({ version: 2, body: { text: '1' } });
    expect(await store.count(notes)).toBe(2);
    proxy.cutNext(cut);
    await expect(store.commit([put(notes, 'a', { text: '2' }, 1)])).rejects.toMatchObject({ code: 'store-conflict' });
    await store.close();
    await proxy.stop();
  });

  it('is unavailable while the server is away, within bounds, and works again when it is back', async () => {
    const store = await fresh({ againForMs: 300 });
    await store.commit([put(notes, 'a', { text: '0' }, 0)]);
    await server.halt('fast');
    try {
      const began = performance.now();
      for (const call of [
        () => store.get(notes, 'a'),
        () => store.find(notes, { limit: 1 }),
        () => store.commit([append(notes, { text: '' })]),
        () => store.putBlob(new Uint8Array([1])),
      ])
        await expect(call()).rejects.toMatchObject({ code: 'store-unavailable', retryable: true });
      expect(performance.now() - began).toBeLessThan(5000);
      await expect(
        openPostgresStore({ url: server.url, collections: [], now: Date.now, warn: () => {} }),
      ).rejects.toMatchObject({
        code: 'store-unavailable',
      });
    } finally {
      await server.start();
    }
    await store.commit([put(notes, 'a', { text: '1' }, 1)]);
    expect((await store.get(notes, 'a'))?.body.text).toBe('1');
  });

  it.each(['fast', 'crash'] as const)('keeps what it acknowledged, once, over a %s restart under load', async (how) => {
    const store = await fresh({ againForMs: 15_000 });
    const acknowledged: string[] = [];
    let on = true;
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      for (let i = 0; on; i += 1) {
        const [id = ''] = await store.commit([
          append(notes, { text: `${writer}/${i}` }),
          put(packed, `w${writer}`, { text: String(i) }, i),
        ]);
        acknowledged.push(id);
      }
    });
    await eventually('some commits', () => (acknowledged.length > 40 ? true : undefined));
    await server.halt(how);
    await wait(200);
    await server.start();
    const before = acknowledged.length;
    await eventually('more commits', () => (acknowledged.length > before + 40 ? true : undefined));
    on = false;
    await Promise.all(writers);
    const found = await store.find(notes, { limit: 99_999 });
    expect(found.map(({ id }) => id)).toEqual([...acknowledged].sort());
    expect(new Set(found.map(({ body }) => body.text)).size).toBe(found.length);
  });

  it('wakes everybody after its listener was ended, polls meanwhile, and listens again', async () => {
    const warned: string[] = [];
    const store = await fresh({ warn: (text) => warned.push(text) });
    const other = await open();
    let woken = 0;
    store.watch('note', () => {
      woken += 1;
    });
    await eventually('the listeners to end', async () =>
      (await terminate('%pg_notify($1, $2)%')) > 0 ? true : undefined,
    );
    await eventually('to be woken without any commit', () => (woken > 0 ? true : undefined), 3000);
    await eventually('to hear again', () => (warned.at(-1)?.includes('again') ? true : undefined));
    const before = woken;
    await other.commit([put(notes, 'a', { text: '' }, 0)]);
    await eventually('a notification', () => (woken > before ? true : undefined), 2000);
    expect(warned[0]).toContain('polling meanwhile');
  });

  it('gives up a commit that waits for a lock too long; nothing is written', async () => {
    const store = await fresh({ statementMs: 300 });
    await store.commit([put(notes, 'a', { text: '0' }, 0)]);
    await admin.query('BEGIN');
    await admin.query(`SELECT 1 FROM ${schema}.documents WHERE id = 'a' FOR UPDATE`);
    const writes = [append(notes, { text: '' }), put(notes, 'a', { text: '1' }, 1)];
    await expect(store.commit(writes)).rejects.toMatchObject({ code: 'store-unavailable', retryable: true });
    await admin.query('COMMIT');
    expect(await store.count(notes)).toBe(1);
    expect((await store.get(notes, 'a'))?.version).toBe(1);
  });

  it('never opens more connections than it may, however many ask', async () => {
    const store = await fresh({ connections: 3 });
    const asked = Promise.all(
      Array.from({ length: 200 }, (_, i) => store.commit([append(notes, { text: String(i) })]).catch(codeOf)),
    );
    let most = 0;
    const watching = eventually('the end of it', async () => {
      const { rows } = await admin.query<{ count: number }>(
        `SELECT count(*)::integer AS count FROM pg_stat_activity WHERE application_name = 'daytwo'`,
      );
      most = Math.max(most, rows[0]?.count ?? 0);
      return (await Promise.race([asked.then(() => true), wait(1, false)])) ? true : undefined;
    });
    await watching;
    expect((await asked).filter((one) => typeof one === 'string')).toEqual([]);
    // The fourth listens.
    expect(most).toBeLessThanOrEqual(4);
    expect(await store.count(notes)).toBe(200);
  });
});

/** A TCP proxy that, when told so, swallows the next commit or its answer and drops that connection. */
async function cuttingProxy(to: number): Promise<{
  readonly port: number;
  cutNext(what: 'request' | 'answer'): void;
  cuts(): number;
  stop(): Promise<void>;
}> {
  let armed: 'request' | 'answer' | undefined;
  let cuts = 0;
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    let isSwallowing = false;
    const drop = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', drop);
      socket.on('close', drop);
    }
    client.on('data', (bytes) => {
      const isCommit = bytes.includes('commit_writes');
      if (isCommit && armed !== undefined) {
        cuts += 1;
        const what = armed;
        armed = undefined;
        if (what === 'request') return drop();
        isSwallowing = true;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (isSwallowing) drop();
      else client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as AddressInfo).port,
    cutNext: (what) => {
      armed = what;
    },
    cuts: () => cuts,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
