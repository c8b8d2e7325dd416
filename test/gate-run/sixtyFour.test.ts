import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openPostgresStore } from '../../src/store/postgres/store.ts';
import { postgresAvailable, type RealPostgres, startPostgres } from '../support/real/postgres.ts';
import { ana, asks, COLLECTIONS, effectsOf, type House, openHouse, openStore, policy, press, until } from './house.ts';

const CLICKS = 64;
const approvers = Array.from({ length: CLICKS }, (_, n) => ({ name: `p${n}`, roles: ['admin'] as const }));

/** Everybody clicks at the same moment, through two chats and all processes there are: one execution. */
describe('64 simultaneous final clicks', { timeout: 60_000 }, () => {
  let dir: string;
  const houses: House[] = [];
  afterEach(async () => {
    await Promise.all(houses.map((one) => one.stop()));
    for (const one of houses.splice(0)) await one.store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  async function open(processes: number, store: (dir: string) => ReturnType<typeof openStore>): Promise<void> {
    dir = mkdtempSync(join(tmpdir(), 'daytwo-gate-64-'));
    for (let n = 0; n < processes; n += 1) {
      const house = await openHouse({ dir, store: await store(dir) });
      house.surroundings.people = [ana, ...approvers];
      house.executor({ alone: processes === 1 });
      houses.push(house);
    }
  }
  const at = (n: number): House => houses[n % houses.length] as House;

  async function onlyOnce(): Promise<void> {
    await until('an end', async () => (await at(0).request()).state === 'succeeded', 30_000);
    const { execution } = await at(0).request();
    expect(effectsOf(dir)).toEqual([`${execution?.id} write-0`, `${execution?.id} write-1`]);
    const started = houses.flatMap(({ told }) => told).filter(({ fact }) => fact.is === 'started');
    expect(started).toHaveLength(1);
  }

  async function approvals(): Promise<void> {
    await at(0).service.ask('file.write', { name: 'notes' }, asks(ana));
    await press(at(0), 'confirm', ana);
    const said = await Promise.all(
      approvers.map((person, n) => press(at(n), 'approve', person, n % 4 < 2 ? 'slack' : 'telegram')),
    );
    expect(said.filter((one) => one.includes('starts'))).toHaveLength(1);
    await onlyOnce();
    expect((await at(0).request()).votes).toHaveLength(1);
  }

  async function confirmations(): Promise<void> {
    for (const { surroundings } of houses) surroundings.policies = [policy({ approvals: 0 })];
    await at(0).service.ask('file.write', { name: 'notes' }, asks(ana));
    const clicks = Array.from({ length: CLICKS }, (_, n) =>
      press(at(n), 'confirm', ana, n % 4 < 2 ? 'slack' : 'telegram'),
    );
    const said = await Promise.all(clicks);
    expect(said.filter((one) => one.includes('starts'))).toHaveLength(1);
    await onlyOnce();
    const confirmed = houses.flatMap(({ told }) => told).filter(({ fact }) => fact.is === 'confirmed');
    expect(confirmed).toHaveLength(1);
  }

  describe('over lowdb', () => {
    it.each([
      ['approvals', approvals],
      ['confirmations', confirmations],
    ])('%s', async (_, click) => {
      await open(1, (folder) => openStore(join(folder, 'data')));
      await click();
    });
  });

  describe.runIf(postgresAvailable('simultaneous clicks were not tried on PostgreSQL'))(
    'by two processes over PostgreSQL',
    () => {
      let server: RealPostgres;
      let schemas = 0;
      beforeAll(async () => {
        server = await startPostgres();
      });
      afterAll(() => server?.stop());

      it.each([
        ['approvals', approvals],
        ['confirmations', confirmations],
      ])('%s', async (_, click) => {
        schemas += 1;
        const schema = `clicks_${schemas}`;
        await open(2, () =>
          openPostgresStore({ url: server.url, schema, collections: COLLECTIONS, now: Date.now, warn: () => {} }),
        );
        await click();
      });
    },
  );
});
