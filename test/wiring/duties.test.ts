import { describe, expect, it } from 'vitest';
import { silentLog } from '../../src/lib/log.ts';
import { type Claim, type Claims, soleClaims } from '../../src/store/claims.ts';
import { createDuties, leadOf } from '../../src/wiring/duties.ts';
import { eventually } from '../support/real/process.ts';

/** Claims that a test gives and takes away. */
function fakeClaims(): Claims & { give(): void; takeAway(): void; readonly given: number } {
  let isFree = false;
  let over: AbortController | undefined;
  let given = 0;
  const looks = new Set<() => void>();
  return {
    ...soleClaims,
    take: async () => {
      if (!isFree) return undefined;
      isFree = false;
      given += 1;
      const mine = new AbortController();
      over = mine;
      const claim: Claim = { signal: mine.signal, inherited: given > 1, guard: async () => [], end: async () => {} };
      return claim;
    },
    onFree: (look) => {
      looks.add(look);
      return () => looks.delete(look);
    },
    give: () => {
      isFree = true;
      for (const look of looks) look();
    },
    takeAway: () => over?.abort(),
    get given() {
      return given;
    },
  };
}

describe('duties', () => {
  it('are done by workers made anew for each term, and by nobody between', async () => {
    const claims = fakeClaims();
    const told: string[] = [];
    let terms = 0;
    const duties = createDuties({
      name: 'leader',
      claims,
      log: silentLog,
      begin: () => {
        terms += 1;
        const term = terms;
        return [{ start: () => void told.push(`start ${term}`), stop: async () => void told.push(`stop ${term}`) }];
      },
    });
    duties.start();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([duties.isOnDuty, told]).toEqual([false, []]);
    claims.give();
    await eventually('it is on duty', () => duties.isOnDuty);
    claims.takeAway();
    await eventually('it stopped', () => told.length === 2);
    expect(duties.isOnDuty).toBe(false);
    claims.give();
    await eventually('it is on duty again', () => duties.isOnDuty);
    await duties.stop();
    expect(told).toEqual(['start 1', 'stop 1', 'start 2', 'stop 2']);
    expect(claims.given).toBe(2);
  });

  it('are the only process’s at once', async () => {
    let started = 0;
    const worker = {
      start: () => {
        started += 1;
      },
      stop: async () => {},
    };
    const duties = createDuties({ name: 'leader', claims: soleClaims, log: silentLog, begin: () => [worker] });
    duties.start();
    await Promise.resolve();
    await Promise.resolve();
    expect([started, duties.isOnDuty]).toEqual([1, true]);
    await duties.stop();
  });

  it('pass as a signal to whoever leads, and end with its stop', async () => {
    const claims = fakeClaims();
    const stopping = new AbortController();
    const lead = leadOf('telegram', claims);
    const waiting = lead(stopping.signal);
    claims.give();
    const signal = await waiting;
    expect(signal.aborted).toBe(false);
    claims.takeAway();
    expect(signal.aborted).toBe(true);
    const again = lead(stopping.signal);
    stopping.abort();
    expect((await again).aborted).toBe(true);
  });
});
