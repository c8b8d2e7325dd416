import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CORDON_MARK } from '../../../src/actions/node/mark.ts';
import { type NodePast, nodePasts } from '../../../src/actions/node/past/model.ts';
import { watchedNodes } from '../../../src/actions/node/past/names.ts';
import { notice } from '../../../src/actions/node/past/notice.ts';
import { createNodeWatch } from '../../../src/actions/node/past/watch.ts';
import type { NodeSighting } from '../../../src/cluster/sighting.ts';
import { nodeSighting } from '../../../src/cluster/state/sighting.ts';
import { DaytwoError } from '../../../src/lib/errors.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { put } from '../../../src/store/port.ts';
import { fakeClock } from '../../support/clock.ts';
import { type TempStore, tempStore } from '../../support/tempStore.ts';

const T = Date.parse('2026-11-21T03:10:00Z');
const MINUTE = 60_000;
const DAY = 86_400_000;
const moment = (now: number, lookedAt: number | undefined = now - MINUTE) => ({ now, lookedAt, keepMs: 90 * DAY });
const ready = (status = 'True', since = T - DAY) => ({ type: 'Ready', status, reason: 'Kubelet', since });
const seen = (change: Partial<NodeSighting> = {}): NodeSighting => ({
  ...{ name: 'a', uid: 'u1', kubelet: 'v1.36.3', conditions: [ready()], cordon: undefined },
  ...change,
});
const mark = JSON.stringify({ execution: 'req-3-abc', request: 'REQ-3', at: T - 1000, before: 'schedulable' });
const cordon = (change: object = {}) => ({ manager: 'kubectl', at: T - 2000, annotations: {}, ...change });
const first = (change: Partial<NodeSighting> = {}): NodePast => {
  const past = notice(undefined, seen(change), moment(T - DAY));
  if (!past) throw new Error('nothing noticed');
  return past;
};
const after = T - MINUTE;

describe('notice', () => {
  it.each<[string, Partial<NodeSighting>, Partial<NodeSighting> | undefined, readonly object[]]>([
    ['nothing', {}, {}, []],
    ['another reason of the same condition', {}, { conditions: [{ ...ready(), reason: 'Else' }] }, []],
    [
      'a kubelet that was upgraded',
      {},
      { kubelet: 'v1.36.4' },
      [{ at: T, noticed: { after }, change: { is: 'kubelet', from: 'v1.36.3', to: 'v1.36.4' } }],
    ],
    [
      'a condition, at its own time',
      {},
      { conditions: [ready('Unknown', T - 5000)] },
      [
        {
          at: T - 5000,
          change: { is: 'condition', type: 'Ready', status: 'Unknown', reason: 'Kubelet', again: false },
        },
      ],
    ],
    [
      'a condition that was something else between two looks',
      {},
      { conditions: [ready('True', T - 5000)] },
      [{ at: T - 5000, change: { is: 'condition', type: 'Ready', status: 'True', reason: 'Kubelet', again: true } }],
    ],
    [
      'a condition from the future: the cluster’s clock is ahead',
      {},
      { conditions: [ready('False', T + DAY)] },
      [{ at: T, noticed: { after }, change: { is: 'condition', status: 'False' } }],
    ],
    [
      'a cordon of somebody else',
      {},
      { cordon: cordon() },
      [{ at: T - 2000, change: { is: 'cordoned', manager: 'kubectl' } }],
    ],
    [
      'a cordon of ours',
      {},
      { cordon: cordon({ annotations: { [CORDON_MARK]: mark } }) },
      [{ at: T - 1000, change: { is: 'cordoned', request: 'REQ-3' } }],
    ],
    [
      'a mark that is none',
      {},
      { cordon: cordon({ at: undefined, manager: '', annotations: { [CORDON_MARK]: '{"request":1}' } }) },
      [{ at: T, noticed: { after }, change: { is: 'cordoned', manager: '' } }],
    ],
    ['an uncordon', { cordon: cordon() }, {}, [{ at: T, noticed: { after }, change: { is: 'uncordoned' } }]],
    [
      'another node of its name',
      { cordon: cordon() },
      { uid: 'u2', kubelet: 'v1.37.0' },
      [{ at: T, noticed: { after }, change: { is: 'replaced', kubelet: 'v1.37.0' } }],
    ],
    ['that it is gone', {}, undefined, [{ at: T, noticed: { after }, change: { is: 'gone' } }]],
  ])('%s', (_, before, now, expected) => {
    const past = first(before);
    const next = notice(past, now && seen(now), moment(T));
    if (expected.length === 0) return expect(next).toBeUndefined();
    const fresh = next?.entries.slice(0, (next?.entries.length ?? 0) - past.entries.length) ?? [];
    expect(fresh).toMatchObject(expected);
    // Told once.
    expect(notice(next, now && seen(now), moment(T + MINUTE))).toBeUndefined();
    return undefined;
  });

  it('does not know when something changed that nobody watched', () => {
    const next = notice(first(), seen({ kubelet: 'v2' }), { ...moment(T), lookedAt: undefined });
    expect(next?.entries[0]).toMatchObject({ at: T, noticed: { after: undefined } });
  });

  it('tells of a node’s return, and of what is other since', () => {
    const gone = notice(first(), undefined, moment(T));
    expect(gone?.goneAt).toBe(T);
    const back = notice(gone, seen({ kubelet: 'v2' }), moment(T + MINUTE));
    expect(back?.goneAt).toBeUndefined();
    expect(back?.entries.map(({ change: { is } }) => is)).toEqual(['back', 'kubelet', 'gone', 'first-seen']);
  });

  it('stays bounded whatever happens, and a condition that flaps pushes out no version', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            kubelet: fc.constantFrom('v1', 'v2'),
            uid: fc.constantFrom('u1', 'u1', 'u2'),
            ready: fc.constantFrom('True', 'False'),
            cordon: fc.boolean(),
            there: fc.constantFrom(true, true, false),
          }),
          { maxLength: 300 },
        ),
        (steps) => {
          let past: NodePast | undefined = first();
          steps.forEach((step, index) => {
            const now = T + index * MINUTE;
            const like = seen({
              ...{ kubelet: step.kubelet, uid: step.uid, conditions: [ready(step.ready, now - 1)] },
              cordon: step.cordon ? cordon() : undefined,
            });
            past = notice(past, step.there ? like : undefined, moment(now)) ?? past;
          });
          expect(past?.entries.length).toBeLessThanOrEqual(90);
          expect(JSON.stringify(past).length).toBeLessThan(40_000);
        },
      ),
    );
    let past = notice(first(), seen({ kubelet: 'v2' }), moment(T));
    for (let n = 1; n < 200; n += 1)
      past = notice(past, seen({ kubelet: 'v2', conditions: [ready('False', T + n)] }), moment(T + n)) ?? past;
    expect(past?.entries.filter(({ change }) => change.is === 'condition')).toHaveLength(40);
    expect(past?.entries.some(({ change }) => change.is === 'kubelet')).toBe(true);
  });

  it('forgets what is too old, but not the last of its kind', () => {
    let past: NodePast | undefined = first();
    for (const [n, kubelet] of ['v2', 'v3'].entries())
      past = notice(past, seen({ kubelet }), moment(T + n * MINUTE)) ?? past;
    const late = notice(past, seen({ kubelet: 'v3', cordon: cordon({ at: T + 199 * DAY }) }), moment(T + 200 * DAY));
    expect(late?.entries.map(({ change }) => change)).toMatchObject([
      { is: 'cordoned' },
      { is: 'kubelet', to: 'v3' },
      { is: 'first-seen' },
    ]);
  });
});

describe('nodeSighting', () => {
  it('takes what it needs, bounded, and who owns the cordon', () => {
    const fieldsV1 = { 'f:spec': { 'f:unschedulable': {} } };
    const managedFields = [
      { manager: 'kubelet', time: '2026-11-21T03:00:00Z' },
      { manager: 'x'.repeat(500), time: '2026-11-21T03:09:00Z', fieldsV1 },
    ];
    const conditions = Array.from({ length: 200 }, (_, n) => ({ type: `T${n}`, status: 'True' }));
    const node = {
      metadata: { name: 'a', uid: 'u', annotations: { other: 'x', [CORDON_MARK]: mark }, managedFields },
      spec: { unschedulable: true },
      status: { nodeInfo: { kubeletVersion: 'v1' }, conditions },
    };
    const found = nodeSighting(node, [CORDON_MARK]);
    expect(found.cordon).toEqual({
      ...{ manager: 'x'.repeat(100), at: Date.parse('2026-11-21T03:09:00Z') },
      annotations: { [CORDON_MARK]: mark },
    });
    expect(found.conditions).toHaveLength(30);
    expect(nodeSighting({}, [])).toEqual(seen({ name: '', uid: '', kubelet: '', conditions: [] }));
  });
});

describe('the watch', () => {
  const never = new AbortController().signal;
  const clock = fakeClock();
  let temp: TempStore;
  let nodes: NodeSighting[];
  beforeEach(async () => {
    temp = await tempStore(clock.now);
    nodes = [seen({ conditions: [] }), seen({ name: 'b', conditions: [] })];
  });
  afterEach(() => temp.drop());
  const watch = () => {
    const sightings = { seen: async () => nodes };
    return createNodeWatch({ sightings, store: temp.store, clock, log: silentLog, keepMs: DAY });
  };
  const changesOf = async (name: string): Promise<unknown> =>
    (await temp.store.get(nodePasts, name))?.body.entries.map(({ change: { is } }) => is);

  it('writes where something changed, and nothing otherwise', async () => {
    const { look } = watch();
    const commits = vi.spyOn(temp.store, 'commit');
    await look(never);
    await look(never);
    expect(commits).toHaveBeenCalledTimes(1);
    nodes = [seen({ conditions: [], kubelet: 'v2' }), ...nodes.slice(1)];
    await look(never);
    expect(commits).toHaveBeenCalledTimes(2);
    expect(await changesOf('a')).toEqual(['kubelet', 'first-seen']);
    expect(await changesOf('b')).toEqual(['first-seen']);
  });

  it('goes on where another process left off, and reads anew after a conflict', async () => {
    const [one, two] = [watch(), watch()];
    await one.look(never);
    nodes = [seen({ conditions: [], kubelet: 'v2' })];
    await two.look(never);
    expect(await changesOf('a')).toEqual(['kubelet', 'first-seen']);
    expect(await changesOf('b')).toEqual(['gone', 'first-seen']);
    nodes = [seen({ conditions: [], kubelet: 'v3' })];
    await expect(one.look(never)).rejects.toMatchObject({ code: 'store-conflict' });
    await one.look(never);
    expect(await changesOf('a')).toEqual(['kubelet', 'kubelet', 'first-seen']);
  });

  it('forgets a node that has been gone for long, and takes no name that is none', async () => {
    const { look } = watch();
    nodes.push(seen({ name: '../../etc' }));
    await look(never);
    expect(await temp.store.count(nodePasts)).toBe(2);
    nodes = nodes.slice(0, 1);
    await look(never);
    await clock.advance(DAY + 1);
    await look(never);
    expect((await temp.store.find(nodePasts, { limit: 10 })).map(({ id }) => id)).toEqual(['a']);
  });

  it('tells the names of those that are there', async () => {
    const { look } = watch();
    nodes = ['b-10', 'b-9', 'a'].map((name) => seen({ name, conditions: [] }));
    await look(never);
    nodes = nodes.filter(({ name }) => name !== 'a');
    await look(never);
    expect(await watchedNodes(temp.store)).toEqual(['b-9', 'b-10']);
  });

  it('keeps no more than 5,000 nodes, those that are there first', async () => {
    const { look } = watch();
    await temp.store.commit([put(nodePasts, 'gone', { seen: seen({ name: 'gone' }), goneAt: 1, entries: [] }, 0)]);
    nodes = Array.from({ length: 5001 }, (_, n) => seen({ name: `n-${n}`, conditions: [] }));
    await look(never);
    expect(await temp.store.count(nodePasts)).toBe(5000);
    expect(await temp.store.get(nodePasts, 'gone')).toBeUndefined();
  });

  it('says once that it can’t look, and again after it could', async () => {
    const told: string[] = [];
    let fails = true;
    const log = { ...silentLog, warn: (_: object, text: string) => void told.push(text) };
    let looks = 0;
    let done = (): void => {};
    const enough = new Promise<void>((resolve) => {
      done = resolve;
    });
    const sightings = {
      seen: async () => {
        looks += 1;
        fails = looks !== 3;
        if (looks === 6) done();
        if (fails) throw new DaytwoError('unreachable', 'away');
        return nodes;
      },
    };
    const quick = { ...clock, sleep: async () => void (await new Promise((resolve) => setImmediate(resolve))) };
    const watching = createNodeWatch({ sightings, store: temp.store, clock: quick, log, keepMs: DAY });
    watching.start();
    await enough;
    await watching.stop();
    expect(told).toHaveLength(2);
  });

  it('tells why the cluster did not answer until it does; a store that is away is none of that', async () => {
    let away = true;
    const answering = {
      seen: async () => {
        if (away) throw new DaytwoError('unreachable', 'away');
        return nodes;
      },
    };
    const own = createNodeWatch({ sightings: answering, store: temp.store, clock, log: silentLog, keepMs: DAY });
    const signal = new AbortController().signal;
    expect(own.fault()).toBeUndefined();
    await expect(own.look(signal)).rejects.toThrow('away');
    expect(own.fault()).toBe('away');
    away = false;
    await own.look(signal);
    expect(own.fault()).toBeUndefined();
  });
});
