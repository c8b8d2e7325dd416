import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acknowledge, silenced } from '../../src/alerting/deeds.ts';
import { createDesk, type Desk } from '../../src/alerting/desk.ts';
import { type Incident, incidents } from '../../src/alerting/incident.ts';
import { timeline } from '../../src/alerting/timeline.ts';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import type { Store } from '../../src/store/port.ts';
import { alert, resolved, snapshot } from '../support/alerts.ts';
import { fakeClock } from '../support/clock.ts';

const NODES = ['n1', 'n2', 'n3'] as const;
const REOPEN_MS = 30 * 60_000;

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('fire' as const), node: fc.constantFrom(...NODES) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('resolve' as const), node: fc.constantFrom(...NODES) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('repeat' as const), times: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ack' as const), by: fc.constantFrom('ana', 'ben') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('silence' as const), by: fc.constantFrom('ana', 'ben') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(60_000, 10 * 60_000, 45 * 60_000) }),
  },
);

/** The group as Alertmanager knows it: who fires since when, and when the others ended. */
type World = Map<string, { startsAt: number; endsAt?: number }>;

describe('incidents under any history', () => {
  it('one open incident while something fires, none after, every firing counted once, nothing lost by a restart', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const dir = mkdtempSync(join(tmpdir(), 'daytwo-model-'));
        const clock = fakeClock();
        const openStore = (): Promise<Store> =>
          openLowdbStore({ dir, collections: [], now: clock.now, warn: () => {} });
        const deskOver = (over: Store): Desk =>
          createDesk({
            store: over,
            clock,
            targets: [{ conversation: { chat: 'console', id: 'home' }, bounded: false, pictures: 'inline' }],
            brief: () => ({ meaning: '', impact: '', checklist: [] }),
            reopenWithinMs: REOPEN_MS,
            canAsk: false,
            meter: { fact: () => {} },
          });
        let store = await openStore();
        let desk = deskOver(store);
        const world: World = new Map();
        let now = clock.now();
        const tick = async (ms: number): Promise<void> => {
          await clock.advance(ms);
          now = clock.now();
        };
        const notify = async (): Promise<void> => {
          const alerts = [...world].map(([node, { startsAt, endsAt }]) =>
            endsAt === undefined ? alert(node, startsAt) : resolved(node, startsAt, endsAt),
          );
          if (alerts.length > 0) await desk.notify(snapshot(alerts), []);
          // Alertmanager forgets what it told to be over.
          for (const [node, { endsAt }] of world) if (endsAt !== undefined) world.delete(node);
        };
        const open = async (): Promise<readonly { id: string; body: Incident }[]> =>
          store.find(incidents, { key: ['state', 'open'], limit: 10 });
        let firings = 0;
        try {
          for (const one of steps) {
            await tick(1000);
            const [current] = await open();
            if (one.do === 'fire' && world.get(one.node)?.startsAt === undefined) {
              world.set(one.node, { startsAt: now });
              firings += 1;
              await notify();
            } else if (one.do === 'resolve' && world.has(one.node)) {
              world.set(one.node, { startsAt: world.get(one.node)?.startsAt ?? now, endsAt: now });
              await notify();
            } else if (one.do === 'repeat') {
              for (let i = 0; i < one.times; i += 1) await notify();
            } else if (one.do === 'ack' && current) {
              await desk.change(current.id, (incident) => acknowledge(incident, one.by, now));
            } else if (one.do === 'silence' && current) {
              await desk.change(current.id, (incident) =>
                silenced(incident, { id: `s${now}`, by: one.by, until: now + 1000 }),
              );
            } else if (one.do === 'restart') {
              await store.close();
              store = await openStore();
              desk = deskOver(store);
            } else if (one.do === 'wait') await tick(one.ms);
            const found = await open();
            expect(found.length).toBe(world.size > 0 ? 1 : 0);
            const members = Object.entries(found[0]?.body.members ?? {}).filter(
              ([, { status }]) => status === 'firing',
            );
            expect(members.map(([node]) => node).sort()).toEqual([...world.keys()].sort());
          }
          const all = await store.find(incidents, { limit: 100 });
          const counted = all
            .flatMap(({ body }) => Object.values(body.members))
            .reduce((sum, { firings: each }) => sum + each, 0);
          expect(counted).toBe(firings);
          expect(new Set(all.map(({ body }) => body.name)).size).toBe(all.length);
          for (const { id, body } of all) {
            const facts = (await store.find(timeline, { key: ['incident', id], limit: 500 })).map(
              (entry) => entry.body.fact.is,
            );
            expect(facts[0]).toBe('opened');
            const ends = facts.filter((is) => is === 'resolved').length;
            const starts = 1 + facts.filter((is) => is === 'reopened').length;
            expect(starts - ends).toBe(body.state === 'open' ? 1 : 0);
            expect(body.reopened).toBe(starts - 1);
          }
        } finally {
          await store.close();
          rmSync(dir, { recursive: true, force: true });
        }
      }),
      { numRuns: 80 },
    );
  }, 120_000);
});
