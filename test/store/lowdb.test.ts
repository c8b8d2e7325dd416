import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LowdbOptions, openLowdbStore } from '../../src/store/lowdb/store.ts';
import { append, put, remove, type Store } from '../../src/store/port.ts';
import { notes, packed, storeContract } from '../contract/store.ts';

const options = (dir: string, more: Partial<LowdbOptions> = {}): LowdbOptions => ({
  dir,
  collections: [notes, packed],
  now: () => Date.now(),
  warn: () => {},
  ...more,
});

storeContract('lowdb', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'daytwo-store-'));
  let store = await openLowdbStore(options(dir));
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await openLowdbStore(options(dir));
      return store;
    },
    end: async () => {
      await store.close();
      rmSync(dir, { recursive: true });
    },
  };
});

describe('the lowdb store on disk', () => {
  let dir: string;
  let store: Store | undefined;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'daytwo-store-'));
  });
  afterEach(async () => {
    await store?.close();
    store = undefined;
    rmSync(dir, { recursive: true, force: true });
  });
  const state = (): string => join(dir, 'state');
  const open = async (more: Partial<LowdbOptions> = {}): Promise<Store> => {
    store = await openLowdbStore(options(dir, more));
    return store;
  };
  const close = async (): Promise<void> => {
    await store?.close();
    store = undefined;
  };
  const texts = async (): Promise<string[]> =>
    (await (store as Store).find(notes, { limit: 1000 })).map(({ body }) => body.text);
  const journal = (): string =>
    join(
      state(),
      readdirSync(state())
        .filter((name) => name.startsWith('journal'))
        .sort()
        .at(-1) ?? '',
    );

  it('refuses a second owner of the folder and names the first', async () => {
    await open();
    await expect(openLowdbStore(options(dir))).rejects.toMatchObject({
      code: 'store-locked',
      message: expect.stringContaining(String(process.pid)),
    });
  });

  it('lets go of the folder when closed', async () => {
    await open();
    await close();
    await expect(open()).resolves.toBeDefined();
  });

  it('cuts a torn last record and keeps all before it, wherever the tear is', async () => {
    await open();
    for (let i = 0; i < 5; i += 1) await store?.commit([put(notes, `n${i}`, { text: `text ${i}` }, 0)]);
    await close();
    const whole = readFileSync(journal());
    const lastLine = whole.lastIndexOf(10, whole.length - 2) + 1;
    const keep = join(dir, 'whole');
    copyFileSync(journal(), keep);
    for (let at = lastLine; at < whole.length; at += 7) {
      copyFileSync(keep, journal());
      truncateSync(journal(), at);
      await open();
      expect(await texts()).toEqual(['text 0', 'text 1', 'text 2', 'text 3']);
      expect(store?.notices()).toEqual([]);
      await store?.commit([put(notes, 'n9', { text: 'after' }, 0)]);
      await close();
      await open();
      expect((await texts()).at(-1)).toBe('after');
      await close();
    }
  });

  it('says and sets aside damage in the middle, and keeps every other record', async () => {
    await open();
    for (let i = 0; i < 5; i += 1) await store?.commit([put(notes, `n${i}`, { text: `text ${i}` }, 0)]);
    await close();
    const bytes = readFileSync(journal());
    const at = bytes.indexOf('text 2');
    bytes[at] = 120;
    writeFileSync(journal(), bytes);
    const name = journal().split('/').at(-1) ?? '';
    await open();
    expect(await texts()).toEqual(['text 0', 'text 1', 'text 3', 'text 4']);
    expect(store?.notices()[0]?.text).toContain(`${name} is damaged: 1 record(s)`);
    const aside = readdirSync(join(state(), 'set-aside'));
    expect(readFileSync(join(state(), 'set-aside', aside[0] ?? ''))).toEqual(bytes);
    await close();
    await open();
    expect(await texts()).toHaveLength(4);
    expect(store?.notices()).toEqual([]);
  });

  it('sets an unreadable file aside, names it and never overwrites it', async () => {
    mkdirSync(state(), { recursive: true });
    writeFileSync(join(state(), 'snapshot-00000004.log'), 'not ours at all\n');
    await open();
    expect(store?.notices()[0]?.text).toContain('snapshot-00000004.log could not be read and is set aside');
    const [aside] = readdirSync(join(state(), 'set-aside'));
    expect(readFileSync(join(state(), 'set-aside', aside ?? ''), 'utf8')).toBe('not ours at all\n');
  });

  it('compacts into a snapshot while it is written to, and loses nothing', async () => {
    await open({ snapshotFromBytes: 20_000 });
    const expected = new Map<string, string>();
    for (let i = 0; i < 600; i += 1) {
      const id = `n${i % 40}`;
      expected.set(id, `round ${i} ${'x'.repeat(200)}`);
      await store?.commit([put(notes, id, { text: expected.get(id) ?? '' }, 'any')]);
    }
    await close();
    expect(readdirSync(state()).some((name) => name.startsWith('snapshot'))).toBe(true);
    await open();
    for (const [id, text] of expected) expect((await store?.get(notes, id))?.body.text).toBe(text);
    expect(readFileSync(journal()).length).toBeLessThan(100_000);
  });

  it('clears away a snapshot that a crash cut off', async () => {
    await open();
    await store?.commit([put(notes, 'a', { text: 'kept' }, 0)]);
    await close();
    writeFileSync(join(state(), 'snapshot-00000001.log.part'), 'half of');
    await open();
    expect(readdirSync(state()).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(await texts()).toEqual(['kept']);
  });

  it('migrates documents of an older schema and keeps them migrated', async () => {
    await open();
    await store?.commit([put(notes, 'a', { text: 'old', shelf: 's' }, 0), put(notes, 'b', { text: 'drop' }, 0)]);
    await close();
    const migrations = [
      (_kind: string, id: string, body: unknown) =>
        id === 'b' ? undefined : { ...(body as object), text: 'new', shelf: 't' },
    ];
    await open({ migrations });
    expect(await texts()).toEqual(['new']);
    expect(await store?.count(notes, ['shelf', 't'])).toBe(1);
    await close();
    await open({ migrations });
    expect(await texts()).toEqual(['new']);
    await close();
    await expect(open()).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('newer daytwo') });
  });

  it('ends as a model of it does after any history of commits, restarts and snapshots', async () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('put' as const),
          id: fc.constantFrom('a', 'b', 'c', 'd'),
          text: fc.string(),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant('delete' as const), id: fc.constantFrom('a', 'b', 'c', 'd') }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('append' as const), text: fc.string() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        rmSync(dir, { recursive: true, force: true });
        let now = await openLowdbStore(options(dir, { snapshotFromBytes: 500 }));
        const model = new Map<string, string>();
        for (const one of steps) {
          if (one.do === 'put') {
            await now.commit([put(notes, one.id, { text: one.text }, 'any')]);
            model.set(one.id, one.text);
          } else if (one.do === 'delete') {
            await now.commit([remove(notes, one.id, 'any')]);
            model.delete(one.id);
          } else if (one.do === 'append') {
            const [id = ''] = await now.commit([append(notes, { text: one.text })]);
            expect(model.has(id)).toBe(false);
            model.set(id, one.text);
          } else {
            await now.close();
            now = await openLowdbStore(options(dir, { snapshotFromBytes: 500 }));
          }
        }
        const found = await now.find(notes, { limit: 1000 });
        await now.close();
        expect(found.map(({ id, body }) => [id, body.text])).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
      }),
      { numRuns: 60 },
    );
  });

  it('refuses with store-unavailable on a full disk, keeps what it had, and recovers', async () => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', dir]);
    } catch {
      console.warn('SKIPPED: a full disk was not tried, for tmpfs can only be mounted as root');
      return;
    }
    try {
      await open();
      await store?.commit([put(notes, 'first', { text: 'kept' }, 0)]);
      const big = 'x'.repeat(60_000);
      const results = await Promise.allSettled(
        Array.from({ length: 3 }, (_, i) => store?.commit([put(notes, `big${i}`, { text: big }, 0)])),
      );
      const failed: unknown[] = [];
      for (let i = 10; i < 20; i += 1)
        await store?.commit([put(notes, `big${i}`, { text: big }, 0)]).catch((error: unknown) => failed.push(error));
      expect(failed.length).toBeGreaterThan(0);
      expect(failed[0]).toMatchObject({ code: 'store-unavailable', retryable: true });
      const kept = 1 + results.filter(({ status }) => status === 'fulfilled').length + 10 - failed.length;
      expect(await texts()).toHaveLength(kept);
      execFileSync('mount', ['-o', 'remount,size=8m', dir]);
      await store?.commit([put(notes, 'after', { text: 'recovered' }, 0)]);
      await close();
      await open();
      expect(await texts()).toHaveLength(kept + 1);
      expect((await store?.get(notes, 'after'))?.body.text).toBe('recovered');
    } finally {
      await close();
      execFileSync('umount', [dir]);
    }
  });
});
