import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acknowledge } from '../../src/alerting/deeds.ts';
import { createDesk, presses } from '../../src/alerting/desk.ts';
import { incidents } from '../../src/alerting/incident.ts';
import { timeline } from '../../src/alerting/timeline.ts';
import { type Collection, put } from '../../src/store/port.ts';
import { type House, house } from '../commanding/house.ts';
import { alert, resolved, snapshot } from '../support/alerts.ts';

let home: House;
beforeEach(async () => {
  home = await house();
});
afterEach(() => home.drop());

const opens = (): Promise<number> => home.temp.store.count(incidents, ['state', 'open']);
const told = async (): Promise<string[]> =>
  (await home.said()).map(({ body }) => `${body.do} ${body.message}: ${body.card.title}`);
const T = (): number => home.clock.now();

describe('the desk', () => {
  it('opens an incident with its thread, its timeline and its buttons in one step', async () => {
    const id = await home.notify();
    expect(await told()).toEqual(['post INC-1: INC-1 DiskFillingUp']);
    expect(await home.temp.store.count(presses, ['incident', id])).toBe(4);
    expect(await home.temp.store.count(timeline, ['incident', id])).toBe(1);
  });

  it('says nothing and writes nothing for a repeat or a second Alertmanager’s copy', async () => {
    const from = snapshot([alert('n1', T())]);
    const id = await home.notify(from);
    const before = await home.temp.store.get(incidents, id);
    for (let i = 0; i < 5; i += 1) expect(await home.notify(from)).toBe(id);
    expect(await home.temp.store.get(incidents, id)).toEqual(before);
    expect(await told()).toHaveLength(1);
  });

  it('opens one incident for the same group at the same moment', async () => {
    const from = snapshot([alert('n1', T())]);
    const ids = await Promise.all(Array.from({ length: 8 }, () => home.notify(from)));
    expect(new Set(ids).size).toBe(1);
    expect(await opens()).toBe(1);
    expect(await told()).toHaveLength(1);
  });

  it('numbers incidents of different groups at the same moment without a gap or a double', async () => {
    await Promise.all(
      Array.from({ length: 10 }, (_, at) => home.notify(snapshot([alert(`n${at}`, T())], { groupKey: `group-${at}` }))),
    );
    const all = await home.temp.store.find(incidents, { limit: 100 });
    expect(all.map(({ body }) => body.name)).toEqual(Array.from({ length: 10 }, (_, at) => `INC-${at + 1}`));
  });

  it('turns the root green and says so in the thread when it is over', async () => {
    const startsAt = T();
    await home.notify(snapshot([alert('n1', startsAt)]));
    await home.clock.advance(14 * 60_000);
    await home.notify(snapshot([resolved('n1', startsAt, T())]));
    const [, root, reply] = await home.said();
    expect(root?.body).toMatchObject({
      do: 'edit',
      message: 'INC-1',
      card: { title: 'INC-1 DiskFillingUp resolved after 14 min', tone: 'ok', buttons: [] },
    });
    expect(reply?.body).toMatchObject({ do: 'post', message: expect.stringMatching(/^INC-1\/resolved-/) });
  });

  it('goes on with an incident whose group got another key by a changed route', async () => {
    const from = snapshot([alert('n1', T())]);
    const id = await home.notify(from);
    expect(await home.notify({ ...from, groupKey: '{}/{team="a"}:{alertname="DiskFillingUp"}' })).toBe(id);
    expect((await home.incident(id)).groupKey).toContain('team');
    expect(await opens()).toBe(1);
  });

  it.each([true, false])(
    'lets another group with some of the same alerts end none of the others (Alertmanager can be asked: %s)',
    async (canAsk) => {
      const meter = { fact: () => {} };
      const brief = () => ({ meaning: '', impact: '', checklist: [] });
      const { temp, clock } = home;
      const desk = createDesk({ store: temp.store, clock, targets: [], brief, reopenWithinMs: 1, canAsk, meter });
      const startsAt = T();
      const both = snapshot([alert('n1', startsAt), alert('n2', startsAt)]);
      const id = (await desk.notify(both, [])) ?? '';
      const other = { groupKey: '{}/{}:{node="n1"}', groupLabels: { node: 'n1' } };
      const states = async () => Object.values((await home.incident(id)).members).map(({ status }) => status);
      expect(await desk.notify(snapshot([alert('n1', startsAt)], other), [])).toBe(id);
      expect(await desk.notify(snapshot([alert('n1', startsAt)], other), [])).toBe(id);
      expect(await states()).toEqual(['firing', 'firing']);
      await home.clock.advance(60_000);
      expect(await desk.notify(snapshot([resolved('n1', startsAt, T())], other), [])).toBe(id);
      expect(await states()).toEqual(['resolved', 'firing']);
      expect(await home.incident(id)).toMatchObject({
        state: 'open',
        groupKey: both.groupKey,
        groupLabels: both.groupLabels,
      });
      await desk.notify(snapshot([resolved('n1', startsAt, T()), resolved('n2', startsAt, T())]), []);
      expect((await home.incident(id)).state).toBe('resolved');
    },
  );

  it('opens nothing for what only says that alerting works, alone or among others', async () => {
    const watchdog = alert('w', T(), { labels: { alertname: 'Watchdog', severity: 'none' } });
    expect(await home.notify(snapshot([watchdog], { groupKey: 'w' }))).toBe('');
    const id = await home.notify(snapshot([watchdog, alert('n1', T())], { groupKey: 'both' }));
    expect(Object.keys((await home.incident(id)).members)).toEqual(['n1']);
  });

  it('opens nothing for an end that it never heard the beginning of', async () => {
    expect(await home.notify(snapshot([resolved('n1', T() - 1000, T())]))).toBe('');
    expect(await told()).toEqual([]);
  });

  it('writes what comes with a notification in the same step, also where it tells nothing new', async () => {
    const marks: Collection<{ readonly here: true }> = { kind: 'mark', keys: () => ({}) };
    const from = snapshot([alert('n1', T())]);
    for (const id of ['first', 'repeat']) {
      await home.desk.notify(from, [put(marks, id, { here: true }, 0)]);
      expect(await home.temp.store.get(marks, id)).toBeDefined();
    }
  });

  it('decides again when somebody else wrote first: no acknowledgement is lost', async () => {
    const id = await home.notify();
    await Promise.all(
      ['ana', 'ben', 'cleo', 'dan'].map((by) => home.desk.change(id, (one) => acknowledge(one, by, T()))),
    );
    const facts = await home.temp.store.find(timeline, { key: ['incident', id], limit: 100 });
    expect(facts.filter(({ body }) => body.fact.is === 'acknowledged')).toHaveLength(4);
  });

  it('knows no incident that is not there', async () => {
    await expect(home.desk.change('0000000099', (one) => ({ incident: one, facts: [] }))).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('reopens within half an hour in the same thread, and opens a new one after', async () => {
    const startsAt = T();
    const id = await home.notify(snapshot([alert('n1', startsAt)]));
    await home.clock.advance(60_000);
    await home.notify(snapshot([resolved('n1', startsAt, T())]));
    await home.clock.advance(29 * 60_000);
    expect(await home.notify(snapshot([alert('n1', T())]))).toBe(id);
    expect((await home.incident(id)).reopened).toBe(1);
    await home.clock.advance(60_000);
    await home.notify(snapshot([resolved('n1', (await home.incident(id)).members['n1']?.startsAt ?? 0, T())]));
    await home.clock.advance(31 * 60_000);
    expect(await home.notify(snapshot([alert('n1', T())]))).not.toBe(id);
  });
});
