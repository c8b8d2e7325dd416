import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { open } from '../../src/alerting/decide.ts';
import {
  CRITICAL_WAITS_MS,
  digestCard,
  type StormState,
  THREADS_PER_MINUTE,
  usher,
  type WaitingThread,
} from '../../src/alerting/storm.ts';
import { plain } from '../../src/chat/message.ts';
import { alert, snapshot } from '../support/alerts.ts';

const T = Date.parse('2026-11-20T03:10:00Z');
const buttons = { ack: 'a', silence: 's', unsilence: 'u', triage: 't' };
const rules = (now: number): Parameters<typeof open>[2] => ({ now, reopenWithinMs: 1, canAsk: false });

function waiting(number: number, severity: string, openedAt = T): WaitingThread {
  const group = snapshot([alert(`n${number}`, openedAt)], { commonLabels: { alertname: 'DiskFillingUp', severity } });
  return {
    id: String(number).padStart(10, '0'),
    incident: open(group, { name: `INC-${number}`, buttons }, rules(openedAt)).incident,
  };
}
const many = (count: number, severity: string, from = 1): WaitingThread[] =>
  Array.from({ length: count }, (_, i) => waiting(from + i, severity));
const names = (some: readonly WaitingThread[]): string[] => some.map(({ incident }) => incident.name);

describe('the usher', () => {
  it('opens everything while there is room', () => {
    const { open: opened, withhold, againAt } = usher({ opened: [] }, many(20, 'warning'), T);
    expect([opened.length, withhold.length, againAt]).toEqual([20, 0, undefined]);
  });

  it('opens thirty a minute, the critical ones first, and counts the rest by severity and alert', () => {
    const {
      open: opened,
      withhold,
      state,
    } = usher({ opened: [] }, [...many(60, 'warning'), ...many(10, 'critical', 101)], T);
    expect(names(opened).slice(0, 10)).toEqual(names(many(10, 'critical', 101)));
    expect([opened.length, withhold.length]).toEqual([30, 40]);
    expect(state.digest).toMatchObject({
      count: 40,
      bySeverity: { warning: 40 },
      byAlert: { DiskFillingUp: 40 },
      told: 0,
    });
  });

  it('lets a critical one wait for its turn, and withholds it only after five minutes', () => {
    const full: StormState = { opened: Array.from({ length: THREADS_PER_MINUTE }, () => T) };
    const late = waiting(1, 'critical', T + 1000);
    const first = usher(full, [late], T + 2000);
    expect([first.open.length, first.withhold.length, first.againAt]).toEqual([0, 0, T + 60_000]);
    expect(names(usher(full, [late], T + 60_001).open)).toEqual(['INC-1']);
    const busy: StormState = { opened: Array.from({ length: THREADS_PER_MINUTE }, () => T + CRITICAL_WAITS_MS) };
    const last = usher(busy, [late], T + 1000 + CRITICAL_WAITS_MS);
    expect(last.state.digest?.critical).toEqual(['INC-1']);
  });

  it('does not wait for a clock that was set back', () => {
    const full: StormState = { opened: Array.from({ length: THREADS_PER_MINUTE }, () => T) };
    const { open: opened, state } = usher(full, many(1, 'warning', 1), T - 60 * 60_000);
    expect(opened).toHaveLength(1);
    expect(state.opened).toEqual([T - 60 * 60_000]);
  });

  it('counts alerts and severities that are named like what every object has', () => {
    const full: StormState = { opened: Array.from({ length: THREADS_PER_MINUTE }, () => T) };
    const one = waiting(1, 'constructor', T);
    const odd = { ...one, incident: { ...one.incident, alertname: 'toString' } };
    const { state } = usher(full, [odd, waiting(2, 'warning')], T + 1);
    expect(state.digest?.bySeverity).toEqual({ constructor: 1, warning: 1 });
    expect(state.digest?.byAlert).toEqual({ toString: 1, DiskFillingUp: 1 });
  });

  it('never opens more than thirty in any minute, loses nobody and withholds nobody twice', () => {
    const wave = fc.record({
      afterMs: fc.integer({ min: 0, max: 50_000 }),
      critical: fc.integer({ min: 0, max: 25 }),
      warning: fc.integer({ min: 0, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(wave, { maxLength: 12 }), (waves) => {
        let state: StormState = { opened: [] };
        let now = T;
        let number = 0;
        let rest: WaitingThread[] = [];
        const openedAt: number[] = [];
        let withheld = 0;
        for (const { afterMs, critical, warning } of [...waves, { afterMs: 0, critical: 0, warning: 0 }]) {
          now += afterMs;
          const severities = [...Array<string>(critical).fill('critical'), ...Array<string>(warning).fill('warning')];
          for (const severity of severities) {
            number += 1;
            rest.push(waiting(number, severity, now));
          }
          const done = usher(state, rest, now);
          state = done.state;
          openedAt.push(...done.open.map(() => now));
          withheld += done.withhold.length;
          const gone = new Set([...done.open, ...done.withhold].map(({ id }) => id));
          rest = rest.filter(({ id }) => !gone.has(id));
        }
        expect(openedAt.length + withheld + rest.length).toBe(number);
        for (const at of openedAt)
          expect(openedAt.filter((other) => other >= at && other < at + 60_000).length).toBeLessThanOrEqual(
            THREADS_PER_MINUTE,
          );
        for (const { incident } of rest) expect(incident.severity).toBe('critical');
      }),
      { numRuns: 200 },
    );
  });

  it('says in the digest how many, of what, and where they are', () => {
    const { state } = usher({ opened: Array.from({ length: 30 }, () => T) }, many(47, 'warning'), T + 1000);
    if (!state.digest) throw new Error('no digest');
    const card = digestCard(state.digest);
    expect(card.title).toBe('47 more incidents since 03:10 UTC without a thread here');
    expect(card.blocks.map((block) => ('text' in block ? plain(block.text) : '')).join(' ')).toContain('/triage INC-n');
  });
});
