import { describe, expect, it } from 'vitest';
import { rootCard } from '../../src/alerting/cards.ts';
import * as decide from '../../src/alerting/decide.ts';
import * as deeds from '../../src/alerting/deeds.ts';
import type { Decided } from '../../src/alerting/fact.ts';
import type { Incident } from '../../src/alerting/incident.ts';
import type { Snapshot } from '../../src/alerting/webhook.ts';
import { alert, resolved, snapshot } from '../support/alerts.ts';

const T = Date.parse('2026-11-20T03:10:00Z');
const MIN = 60_000;
const rules = (now: number, more: Partial<decide.Rules> = {}): decide.Rules => ({
  now,
  reopenWithinMs: 30 * MIN,
  canAsk: false,
  ...more,
});
const buttons = { ack: 'a', silence: 's', unsilence: 'u', triage: 't' };
const opened = (first: Snapshot = snapshot([alert('n1', T)]), now = T + 1000): Incident =>
  decide.open(first, { name: 'INC-1', buttons }, rules(now)).incident;
const apply = (incident: Incident, next: Snapshot, at: decide.Rules): Decided => {
  const decided = decide.applySnapshot(incident, next, at);
  if (!decided) throw new Error('a new incident was asked for');
  return decided;
};
const facts = (decided: Decided): string[] => decided.facts.map(({ is }) => is);

describe('an incident', () => {
  it('opens with the group’s labels, its alerts and the start of the oldest', () => {
    const incident = opened(snapshot([alert('n1', T), alert('n2', T - MIN)]));
    expect(incident).toMatchObject({
      name: 'INC-1',
      state: 'open',
      alertname: 'DiskFillingUp',
      startedAt: T - MIN,
      triage: { wanted: true, round: 1 },
    });
    expect(Object.keys(incident.members)).toEqual(['n1', 'n2']);
  });

  it('changes nothing for a repeat or another Alertmanager’s copy', () => {
    const incident = opened();
    const again = apply(incident, snapshot([alert('n1', T)]), rules(T + 5 * MIN));
    expect(again.facts).toEqual([]);
    expect(again.incident).toBe(incident);
  });

  it('resolves when its last alert does, and says after how long', () => {
    const over = apply(opened(), snapshot([resolved('n1', T, T + 14 * MIN)]), rules(T + 15 * MIN));
    expect(over.incident).toMatchObject({ state: 'resolved', resolvedAt: T + 14 * MIN });
    expect(over.facts).toEqual([
      { is: 'recovered', count: 1 },
      { is: 'resolved', afterMs: 14 * MIN, by: 'webhook' },
    ]);
  });

  it('hears an alert again whose former start lies in the future, as of a clock that ran ahead', () => {
    const ahead = opened(snapshot([alert('n1', T + 600 * MIN)]));
    const over = apply(ahead, snapshot([resolved('n1', T + 600 * MIN, T + 601 * MIN)]), rules(T + 2 * MIN));
    const again = apply(over.incident, snapshot([alert('n1', T + 3 * MIN)]), rules(T + 4 * MIN));
    expect(facts(again)).toContain('reopened');
    expect(again.incident.members['n1']).toMatchObject({ status: 'firing', startsAt: T + 3 * MIN });
  });

  it('keeps of what recovered only the last 500, and all that fires', () => {
    let incident = opened(snapshot([alert('n1', T)]));
    for (let round = 0; round < 4; round += 1) {
      const now = T + (round + 1) * MIN;
      const gone = Array.from({ length: 300 }, (_, n) => alert(`r${round}-${n}`, now));
      incident = apply(incident, snapshot([alert('n1', T), ...gone]), rules(now)).incident;
      const over = gone.map(({ fingerprint, startsAt }) => resolved(fingerprint, startsAt, now + 1));
      incident = apply(incident, snapshot([alert('n1', T), ...over]), rules(now + 1)).incident;
    }
    const left = Object.entries(incident.members);
    expect(left).toHaveLength(501);
    expect(incident.members['n1']?.status).toBe('firing');
    expect(left.some(([fingerprint]) => fingerprint.startsWith('r0-'))).toBe(false);
    expect(left.filter(([fingerprint]) => fingerprint.startsWith('r3-'))).toHaveLength(300);
  });

  it('stays open while one alert of it fires', () => {
    const two = opened(snapshot([alert('n1', T), alert('n2', T)]));
    const half = apply(two, snapshot([resolved('n1', T, T + MIN), alert('n2', T)]), rules(T + 2 * MIN));
    expect(facts(half)).toEqual(['recovered']);
    expect(half.incident.state).toBe('open');
  });

  it('is not over by a resolved notification that left alerts out', () => {
    const over = apply(opened(), snapshot([resolved('n1', T, T + MIN)], { truncated: 3 }), rules(T + 2 * MIN));
    expect(over.incident.state).toBe('open');
    expect(facts(over)).toContain('truncated');
  });

  it('keeps what a notification doesn’t mention while Alertmanager can be asked, and asks', () => {
    const two = opened(snapshot([alert('n1', T), alert('n2', T)]));
    const over = apply(two, snapshot([resolved('n2', T, T + MIN)]), rules(T + 2 * MIN, { canAsk: true }));
    expect(over.incident).toMatchObject({ state: 'open', doubt: true });
  });

  it('believes the notification where Alertmanager can’t be asked', () => {
    const two = opened(snapshot([alert('n1', T), alert('n2', T)]));
    expect(apply(two, snapshot([resolved('n2', T, T + MIN)]), rules(T + 2 * MIN)).incident.state).toBe('resolved');
  });

  it('is reopened within the window and forgets its acknowledgement', () => {
    const taken = deeds.acknowledge(opened(), 'ana', T + MIN).incident;
    const over = apply(taken, snapshot([resolved('n1', T, T + 2 * MIN)]), rules(T + 2 * MIN)).incident;
    const again = apply(over, snapshot([alert('n1', T + 20 * MIN)]), rules(T + 20 * MIN));
    expect(again.incident).toMatchObject({ state: 'open', reopened: 1, triage: { round: 2, wanted: true } });
    expect(again.incident.ack).toBeUndefined();
    expect(facts(again)).toEqual(['reopened', 'triage-wanted']);
    const { blocks } = rootCard(
      again.incident,
      { meaning: '', impact: '', checklist: [] },
      again.incident.lastReopenedAt ?? 0,
    );
    const since = new Date(again.incident.lastReopenedAt ?? 0).toISOString().slice(11, 16);
    expect(since).not.toBe('03:10');
    expect(JSON.stringify(blocks[0])).toContain(`since 20 Nov ${since} UTC`);
  });

  it('needs a successor after the window', () => {
    const over = apply(opened(), snapshot([resolved('n1', T, T + MIN)]), rules(T + MIN)).incident;
    expect(decide.applySnapshot(over, snapshot([alert('n1', T + 60 * MIN)]), rules(T + 60 * MIN))).toBeUndefined();
  });

  it('counts flapping, and is loud about the first time only', () => {
    let incident = opened();
    const loud: boolean[] = [];
    for (let i = 1; i <= 5; i += 1) {
      const at = T + i * 4 * MIN;
      incident = apply(incident, snapshot([resolved('n1', T + (i - 1) * 4 * MIN, at - MIN)]), rules(at - MIN)).incident;
      const again = apply(incident, snapshot([alert('n1', at)]), rules(at));
      incident = again.incident;
      for (const fact of again.facts) if (fact.is === 'reopened') loud.push(!fact.quiet);
    }
    expect(incident.reopened).toBe(5);
    expect(incident.members['n1']?.firings).toBe(6);
    expect(loud).toEqual([true, false, false, false, false]);
  });

  it('takes the very same firing right after its end for a late copy while Alertmanager can be asked', () => {
    const over = apply(opened(), snapshot([resolved('n1', T, T + MIN)]), rules(T + MIN, { canAsk: true })).incident;
    const late = apply(over, snapshot([alert('n1', T)]), rules(T + MIN + 5000, { canAsk: true }));
    expect(late.incident).toMatchObject({ state: 'resolved', doubt: true });
    const truth = { alive: new Map([['n1', T]]), groupAlive: true };
    expect(facts(decide.applyTruth(late.incident, truth, rules(T + MIN + 8000, { canAsk: true })))).toContain(
      'reopened',
    );
  });

  it('never takes an older firing for news', () => {
    const newer = opened(snapshot([alert('n1', T)]));
    const stale = apply(newer, snapshot([resolved('n1', T - 60 * MIN, T - 50 * MIN)]), rules(T + MIN));
    expect(stale.incident.state).toBe('open');
  });

  it('ends when Alertmanager’s list lacks it for a while, not at the first look', () => {
    const incident = opened();
    const nothing = { alive: new Map<string, number>(), groupAlive: false };
    const once = decide.applyTruth(incident, nothing, rules(T + MIN, { canAsk: true }));
    expect(once.incident.state).toBe('open');
    const twice = decide.applyTruth(once.incident, nothing, rules(T + MIN + decide.GONE_AFTER_MS, { canAsk: true }));
    expect(twice.incident.state).toBe('resolved');
    expect(twice.facts.at(-1)).toMatchObject({ is: 'resolved', by: 'alertmanager' });
  });

  it('forgets that it was missing once it is seen again', () => {
    const nothing = { alive: new Map<string, number>(), groupAlive: false };
    const once = decide.applyTruth(opened(), nothing, rules(T + MIN, { canAsk: true })).incident;
    const back = decide.applyTruth(
      once,
      { alive: new Map([['n1', T]]), groupAlive: true },
      rules(T + 2 * MIN, { canAsk: true }),
    ).incident;
    expect(back.members['n1']?.missingSince).toBeUndefined();
  });

  it('is acknowledged once a person, silenced once a silence', () => {
    const taken = deeds.acknowledge(opened(), 'ana', T);
    expect(facts(taken)).toEqual(['acknowledged']);
    expect(deeds.acknowledge(taken.incident, 'ana', T + 1).facts).toEqual([]);
    const silence = { id: 's1', by: 'ana', until: T + MIN };
    const muted = deeds.silenced(taken.incident, silence);
    expect(deeds.silenced(muted.incident, silence).facts).toEqual([]);
    expect(facts(deeds.unsilenced(muted.incident, ['s1'], 'ben'))).toEqual(['unsilenced']);
  });
});
