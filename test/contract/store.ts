import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf } from '../../src/lib/errors.ts';
import { append, type Collection, put, remove, type Store } from '../../src/store/port.ts';
import { transact } from '../../src/store/transact.ts';

interface Note {
  readonly text: string;
  readonly shelf?: string;
}

/** A collection for the suite. */
export const notes: Collection<Note> = { kind: 'note', keys: ({ shelf }) => ({ shelf }) };

/** A collection whose bodies may be packed. */
export const packed: Collection<Note> = { kind: 'packed', keys: ({ shelf }) => ({ shelf }), cold: true };

/** What every store must do. `open` is called again on the same state to see what survives. */
export function storeContract(
  name: string,
  open: () => Promise<{ store: Store; reopen: () => Promise<Store>; end: () => Promise<void> }>,
): void {
  describe(`${name} keeps the store's contract`, () => {
    let store: Store;
    let reopen: () => Promise<Store>;
    let end: () => Promise<void>;
    beforeEach(async () => {
      ({ store, reopen, end } = await open());
    });
    afterEach(() => end());

    it('gives back what was committed, before and after a restart', async () => {
      await store.commit([
        put(notes, 'a', { text: 'tab\there, line\nthere, ünïcode 🦊' }, 0),
        put(packed, 'a', { text: 'p' }, 0),
      ]);
      expect(await store.get(notes, 'a')).toEqual({
        id: 'a',
        version: 1,
        body: { text: 'tab\there, line\nthere, ünïcode 🦊' },
      });
      store = await reopen();
      expect(await store.get(notes, 'a')).toEqual({
        id: 'a',
        version: 1,
        body: { text: 'tab\there, line\nthere, ünïcode 🦊' },
      });
      expect((await store.get(packed, 'a'))?.body.text).toBe('p');
    });

    it('writes all of a commit or nothing of it', async () => {
      await store.commit([put(notes, 'a', { text: '1' }, 0)]);
      const attempt = store.commit([put(notes, 'b', { text: 'never' }, 0), put(notes, 'a', { text: '2' }, 7)]);
      await expect(attempt).rejects.toMatchObject({ code: 'store-conflict' });
      expect(await store.get(notes, 'b')).toBeUndefined();
      expect((await store.get(notes, 'a'))?.version).toBe(1);
    });

    it.each([
      ['creating what exists', () => [put(notes, 'a', { text: 'x' }, 0)]],
      ['replacing an old version', () => [put(notes, 'a', { text: 'x' }, 2)]],
      ['deleting an old version', () => [remove(notes, 'a', 3)]],
      ['replacing what is missing', () => [put(notes, 'z', { text: 'x' }, 1)]],
    ])('refuses %s', async (_, writes) => {
      await store.commit([put(notes, 'a', { text: '1' }, 0)]);
      await expect(store.commit(writes())).rejects.toMatchObject({ code: 'store-conflict', retryable: true });
    });

    it('lets exactly one of many simultaneous writers win', async () => {
      await store.commit([put(notes, 'a', { text: '0' }, 0)]);
      const results = await Promise.allSettled(
        Array.from({ length: 50 }, (_, i) => store.commit([put(notes, 'a', { text: String(i) }, 1)])),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results)
        if (result.status === 'rejected') expect(codeOf(result.reason)).toBe('store-conflict');
      expect((await store.get(notes, 'a'))?.version).toBe(2);
    });

    it('lets a loser read the winner and decide again', async () => {
      await store.commit([put(notes, 'sum', { text: '0' }, 0)]);
      await Promise.all(
        Array.from({ length: 8 }, () =>
          transact(store, async () => {
            const sum = await store.get(notes, 'sum');
            return {
              writes: [put(notes, 'sum', { text: String(Number(sum?.body.text) + 1) }, sum?.version ?? 0)],
              result: undefined,
            };
          }),
        ),
      );
      expect((await store.get(notes, 'sum'))?.body.text).toBe('8');
    });

    it('appends under ids that grow, also after a restart and after everything was deleted', async () => {
      const first = await store.commit([append(notes, { text: '1' }), append(notes, { text: '2' })]);
      await store.commit(first.map((id) => remove(notes, id, 'any')));
      store = await reopen();
      const second = await store.commit([append(notes, { text: '3' })]);
      expect([...first, ...second]).toEqual([...first, ...second].sort());
      expect(new Set([...first, ...second]).size).toBe(3);
    });

    it('finds by key, in order, in pages, both ways', async () => {
      await store.commit(
        ['d', 'b', 'a', 'c', 'e'].map((id) => put(notes, id, { text: id, shelf: id === 'e' ? 'x' : 'y' }, 0)),
      );
      const ids = async (query: Parameters<Store['find']>[1]): Promise<string> =>
        (await store.find(notes, query)).map(({ id }) => id).join('');
      expect(await ids({ limit: 10 })).toBe('abcde');
      expect(await ids({ key: ['shelf', 'y'], limit: 2 })).toBe('ab');
      expect(await ids({ key: ['shelf', 'y'], after: 'b', limit: 2 })).toBe('cd');
      expect(await ids({ key: ['shelf', 'y'], order: 'down', limit: 3 })).toBe('dcb');
      expect(await ids({ order: 'down', after: 'c', limit: 9 })).toBe('ba');
      expect(await store.count(notes)).toBe(5);
      expect(await store.count(notes, ['shelf', 'y'])).toBe(4);
    });

    it('moves a document between keys and forgets a deleted one', async () => {
      await store.commit([put(notes, 'a', { text: '1', shelf: 'x' }, 0)]);
      await store.commit([put(notes, 'a', { text: '1', shelf: 'y' }, 1)]);
      expect(await store.count(notes, ['shelf', 'x'])).toBe(0);
      expect(await store.count(notes, ['shelf', 'y'])).toBe(1);
      await store.commit([remove(notes, 'a', 2)]);
      expect(await store.find(notes, { key: ['shelf', 'y'], limit: 5 })).toEqual([]);
      store = await reopen();
      expect(await store.get(notes, 'a')).toBeUndefined();
    });

    it('wakes watchers of a kind after the commit is readable', async () => {
      const seen: Promise<unknown>[] = [];
      const stop = store.watch('note', () => seen.push(store.get(notes, 'a')));
      await store.commit([put(notes, 'a', { text: '1' }, 0)]);
      await store.commit([put(packed, 'a', { text: '1' }, 0)]);
      stop();
      await store.commit([put(notes, 'b', { text: '1' }, 0)]);
      expect((await Promise.all(seen)).map((found) => (found as { id: string }).id)).toEqual(['a']);
    });

    it('keeps blobs by content and sweeps what nobody keeps', async () => {
      const bytes = new Uint8Array([1, 2, 3]);
      const id = await store.putBlob(bytes);
      expect(await store.putBlob(bytes)).toBe(id);
      expect(new Uint8Array((await store.getBlob(id)) ?? [])).toEqual(bytes);
      const other = await store.putBlob(new Uint8Array([4]));
      expect(await store.sweepBlobs(new Set([id]), Date.now() + 60_000)).toBe(1);
      expect(await store.getBlob(other)).toBeUndefined();
      expect(await store.getBlob('../../../etc/passwd')).toBeUndefined();
    });

    it('answers nothing once closed', async () => {
      await store.close();
      await expect(store.get(notes, 'a')).rejects.toMatchObject({ code: 'store-unavailable' });
      await expect(store.commit([append(notes, { text: 'x' })])).rejects.toMatchObject({ code: 'store-unavailable' });
    });
  });
}
