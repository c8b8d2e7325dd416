import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { incidents } from '../../src/alerting/incident.ts';
import { createReconciler, missed, type Reconciler, truthOf } from '../../src/alerting/reconcile.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type House, house } from '../commanding/house.ts';
import { alert, resolved, snapshot } from '../support/alerts.ts';
import { liveAlert } from '../support/fakeAlertmanager.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const never = new AbortController().signal;

let home: House;
let reconciler: Reconciler;
beforeEach(async () => {
  home = await house();
  const { temp, desk, alertmanager, clock } = home;
  reconciler = createReconciler({
    store: temp.store,
    desk,
    alertmanager,
    clock,
    log: silentLog,
    reopenWithinMs: 30 * MINUTE,
  });
});
afterEach(async () => {
  await reconciler.stop();
  await home.drop();
});

const T = (): number => home.clock.now();
const look = (): Promise<void> => reconciler.look(never);
const state = async (id: string): Promise<string> => (await home.incident(id)).state;
const opens = (): Promise<number> => home.temp.store.count(incidents, ['state', 'open']);

describe('what Alertmanager no longer has', () => {
  it('is over once it was missing for 25 s, and ended when it was first missed', async () => {
    const id = await home.notify(snapshot([alert('n1', T())]));
    await home.clock.advance(5 * MINUTE);
    const missedAt = T();
    await look();
    expect(await state(id)).toBe('open');
    await home.clock.advance(24 * SECOND);
    await look();
    expect(await state(id)).toBe('open');
    await home.clock.advance(SECOND);
    await look();
    expect(await home.incident(id)).toMatchObject({ state: 'resolved', resolvedAt: missedAt });
    expect((await home.said()).at(-1)?.body.card.blocks).toMatchObject([
      { text: expect.stringContaining('Alertmanager no longer has it') },
    ]);
  });

  it('and has again in between is not over', async () => {
    const startsAt = T();
    const id = await home.notify(snapshot([alert('n1', startsAt)]));
    await look();
    await home.clock.advance(20 * SECOND);
    home.alertmanager.live = [liveAlert('n1', startsAt)];
    await look();
    home.alertmanager.live = [];
    await home.clock.advance(10 * SECOND);
    await look();
    await home.clock.advance(20 * SECOND);
    await look();
    expect(await state(id)).toBe('open');
    await home.clock.advance(10 * SECOND);
    await look();
    expect(await state(id)).toBe('resolved');
  });

  it.each(['active', 'suppressed', 'unprocessed'] as const)('is not what is %s', async (is) => {
    const startsAt = T();
    const id = await home.notify(snapshot([alert('n1', startsAt)]));
    home.alertmanager.live = [liveAlert('n1', startsAt, {}, { state: is, silencedBy: ['s'] })];
    for (let i = 0; i < 5; i += 1) {
      await home.clock.advance(MINUTE);
      await look();
    }
    expect(await state(id)).toBe('open');
  });

  it('may only have been forgotten by one that has just started', async () => {
    const id = await home.notify();
    home.alertmanager.startedAt = T();
    for (const waitMs of [30, 30, 30, 30, 29]) {
      await home.clock.advance(waitMs * SECOND);
      await look();
    }
    expect(await state(id)).toBe('open');
    await home.clock.advance(SECOND);
    await look();
    await home.clock.advance(25 * SECOND);
    await look();
    expect(await state(id)).toBe('resolved');
  });

  it('is told alert by alert: an incident is over with its last one', async () => {
    const startsAt = T();
    const id = await home.notify(snapshot([alert('n1', startsAt), alert('n2', startsAt)]));
    home.alertmanager.live = [liveAlert('n2', startsAt)];
    await look();
    await home.clock.advance(30 * SECOND);
    await look();
    const after = await home.incident(id);
    expect(after.state).toBe('open');
    expect(Object.values(after.members).map(({ status }) => status)).toEqual(['resolved', 'firing']);
  });
});

describe('doubt', () => {
  it('of an alert that a notification left out is settled by its list', async () => {
    const startsAt = T();
    const id = await home.notify(snapshot([alert('n1', startsAt), alert('n2', startsAt)]));
    await home.clock.advance(MINUTE);
    await home.notify(snapshot([alert('n1', startsAt)]));
    expect((await home.incident(id)).doubt).toBe(true);
    home.alertmanager.live = [liveAlert('n1', startsAt), liveAlert('n2', startsAt, {}, { state: 'suppressed' })];
    await look();
    expect((await home.incident(id)).doubt).toBeUndefined();
    expect((await home.incident(id)).members['n2']?.status).toBe('firing');
  });

  it('of a late copy of what has just ended is settled for what is alive', async () => {
    const startsAt = T();
    const id = await home.notify(snapshot([alert('n1', startsAt)]));
    await home.clock.advance(MINUTE);
    await home.notify(snapshot([resolved('n1', startsAt, T())]));
    await home.clock.advance(5 * SECOND);
    await home.notify(snapshot([alert('n1', startsAt)]));
    expect(await state(id)).toBe('resolved');
    home.alertmanager.live = [liveAlert('n1', startsAt)];
    await look();
    expect(await state(id)).toBe('open');
  });

  it('of a truncated group lasts as long as anything of the group is alive', async () => {
    const startsAt = T();
    const id = await home.notify(snapshot([alert('n1', startsAt)], { truncated: 2 }));
    home.alertmanager.live = [liveAlert('n9', startsAt)];
    await home.notify(snapshot([resolved('n1', startsAt, T())], { truncated: 2 }));
    for (let i = 0; i < 3; i += 1) {
      await home.clock.advance(30 * SECOND);
      await look();
    }
    expect(await state(id)).toBe('open');
    home.alertmanager.live = [];
    await look();
    expect(await state(id)).toBe('resolved');
  });
});

describe('a notification that never came', () => {
  it('opens an incident for an alert of ours after six minutes, once', async () => {
    await home.notify(snapshot([alert('other', T())], { groupKey: 'other' }));
    home.alertmanager.live = [liveAlert('other', T()), liveAlert('lost', T(), { alertname: 'Lost' })];
    await home.clock.advance(6 * MINUTE - 1);
    await look();
    expect(await opens()).toBe(1);
    await home.clock.advance(1);
    await look();
    await look();
    const all = await home.temp.store.find(incidents, { key: ['state', 'open'], limit: 10 });
    expect(all.map(({ body }) => body.alertname)).toEqual(['DiskFillingUp', 'Lost']);
  });

  const old = Date.parse('2026-11-20T03:00:00Z');
  const now = old + 10 * MINUTE;
  it.each([
    ['ours', {}, ['daytwo'], 1],
    ['of a receiver whose name is quoted', { receivers: ['team.a/default'] }, ['team\\.a/default'], 1],
    ['of another receiver', { receivers: ['pagers'] }, ['daytwo'], 0],
    ['of nobody known yet', {}, [], 0],
    ['silenced', { state: 'suppressed' as const }, ['daytwo'], 0],
    ['known', { fingerprint: 'known' }, ['daytwo'], 0],
    ['the Watchdog', { labels: { alertname: 'Watchdog' } }, ['daytwo'], 0],
    ['too young', { startsAt: now - 5 * MINUTE }, ['daytwo'], 0],
  ])('is told from an alert that is %s', (_, change, receivers, count) => {
    const live = [{ ...liveAlert('lost', old), ...change }];
    expect(missed(live, new Set(['known']), new Set(receivers), now)).toHaveLength(count);
  });

  it('gathers lost alerts by their name, with what they share', () => {
    const live = [liveAlert('a', old), liveAlert('b', old), liveAlert('c', old, { alertname: 'Other' })];
    const found = missed(live, new Set(), new Set(['daytwo']), now);
    expect(found.map(({ alerts }) => alerts.length)).toEqual([2, 1]);
    expect(found[0]?.commonLabels).toEqual({ alertname: 'DiskFillingUp', severity: 'warning' });
  });
});

describe('Alertmanager’s health', () => {
  it('is told as of the last look, and it is asked again every 20 s', async () => {
    const id = await home.notify();
    expect(reconciler.health().state).toBe('unknown');
    home.alertmanager.fault = 'unreachable';
    reconciler.start();
    const until = (is: string) =>
      vi.waitFor(
        async () => {
          await home.clock.advance(SECOND);
          expect(reconciler.health().state).toBe(is);
        },
        { timeout: 10_000, interval: 1 },
      );
    await until('down');
    expect(reconciler.health().reason).toContain('unreachable');
    expect(await state(id)).toBe('open');
    home.alertmanager.fault = undefined;
    const before = T();
    await until('up');
    expect(T() - before).toBeLessThanOrEqual(25 * SECOND);
  });
});

describe('the truth about an incident', () => {
  it('asks for the group only where something was left out', async () => {
    const id = await home.notify(snapshot([alert('n1', 1000)]));
    const incident = await home.incident(id);
    const live = new Map([['n9', liveAlert('n9', 1000)]]);
    expect(truthOf(incident, live)).toEqual({ alive: new Map(), groupAlive: false });
    expect(truthOf({ ...incident, truncated: 1 }, live).groupAlive).toBe(true);
    expect(truthOf({ ...incident, truncated: 1, groupLabels: { alertname: 'X' } }, live).groupAlive).toBe(false);
  });
});
