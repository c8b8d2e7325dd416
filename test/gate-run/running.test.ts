import { describe, expect, it } from 'vitest';
import type { JournaledStep } from '../../src/gate/action.ts';
import type { BoundAction } from '../../src/gate/bound.ts';
import { newExecutionId, newGateToken, requestId, requestIdOf } from '../../src/gate/requests.ts';
import { isCertain, LIMITS, mayResume, within } from '../../src/gate/running.ts';
import { digestWord, unseen } from '../../src/gate/seen.ts';
import type { Surroundings } from '../../src/gate/surroundings.ts';
import { DaytwoError, type ErrorCode, messageOf } from '../../src/lib/errors.ts';
import { ALWAYS, asked, BLOCKED, MIN, PLAN, POLICY, T } from '../gate/requests.ts';
import { fakeClock } from '../support/clock.ts';

describe('isCertain', () => {
  const ended: JournaledStep = { step: 'a', intentAt: 1, result: { at: 2, value: null } };
  const failed: JournaledStep = { step: 'b', intentAt: 1, failure: { at: 2, code: 'failed', text: 'no' } };
  const open: JournaledStep = { step: 'c', intentAt: 1 };
  it.each<[ErrorCode, boolean]>([
    ['failed', true],
    ['forbidden', true],
    ['not-found', true],
    ['invalid', true],
    ['not-configured', true],
    ['timeout', false],
    ['unreachable', false],
    ['cancelled', false],
    ['bad-answer', false],
    ['store-unavailable', false],
  ])('%s: %s', (code, certain) => {
    expect(isCertain(new DaytwoError(code, 'x'), [ended, failed])).toBe(certain);
  });

  it('is nothing while a step is open, or the error is nobody’s', () => {
    expect(isCertain(new DaytwoError('failed', 'x'), [ended, open])).toBe(false);
    expect(isCertain(Object.assign(new Error('x'), { code: 'failed' }), [ended])).toBe(false);
    expect(isCertain(new DaytwoError('failed', 'x'), [])).toBe(true);
  });
});

describe('within', () => {
  const stop = new AbortController();

  it('gives what the task gives, and throws what it throws', async () => {
    const house = { clock: fakeClock(), stop: stop.signal };
    expect(await within(house, 1000, async () => 5)).toBe(5);
    await expect(within(house, 1000, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('ends a task that takes too long, and tells it so', async () => {
    const clock = fakeClock();
    let told: unknown;
    const hangs = (signal: AbortSignal): Promise<never> =>
      new Promise(() => {
        signal.addEventListener('abort', () => {
          told = signal.reason;
        });
      });
    const over = within({ clock, stop: stop.signal }, 2000, hangs).catch((error: unknown) => error);
    await clock.advance(1999);
    expect(told).toBeUndefined();
    await clock.advance(1);
    expect(await over).toMatchObject({ code: 'timeout', message: 'no answer within 2 s' });
    expect(told).toMatchObject({ code: 'timeout' });
  });

  it('ends when the bot stops', async () => {
    const stopping = new AbortController();
    const over = within({ clock: fakeClock(), stop: stopping.signal }, 2000, () => new Promise(() => {})).catch(
      (error: unknown) => error,
    );
    stopping.abort();
    expect(await over).toMatchObject({ code: 'cancelled', message: 'the bot stops' });
  });
});

describe('mayResume', () => {
  const stop = new AbortController();
  const ask = (plan: BoundAction['plan'], freezes: Surroundings['freezes'] = []): Promise<string | undefined> =>
    mayResume(
      { clock: fakeClock(T), stop: stop.signal, surroundings: { freezes } as Surroundings, limits: LIMITS },
      { plan } as BoundAction,
      PLAN,
    );

  it('is nothing against it where a plan stands that nothing blocks', async () => {
    let args: unknown;
    expect(
      await ask(async (given) => {
        args = given;
        return PLAN;
      }),
    ).toBeUndefined();
    expect(args).toEqual(PLAN.args);
  });

  it.each<[string, BoundAction['plan'], Surroundings['freezes'], string]>([
    ['a freeze', async () => PLAN, ALWAYS, 'the freeze “year end” has begun.'],
    ['no plan', async () => ({ refused: 'There is no such node.' }), [], 'There is no such node.'],
    ['a BLOCK', async () => BLOCKED, [], 'default/db allows none (budget).'],
    ['a plan that can’t be made', () => Promise.reject(new Error('away')), [], 'its plan could not be checked: away.'],
  ])('says why not: %s', async (_, plan, freezes, words) => {
    expect(await ask(plan, freezes)).toBe(words);
  });

  it('throws when the bot stops meanwhile: then nothing is known', async () => {
    const stopping = new AbortController();
    const surroundings = { freezes: [] as Surroundings['freezes'] } as Surroundings;
    const plan = async (): Promise<never> => {
      stopping.abort();
      throw new Error('cut off');
    };
    const house = { clock: fakeClock(T), stop: stopping.signal, surroundings, limits: LIMITS };
    expect(await mayResume(house, { plan } as unknown as BoundAction, PLAN).catch(messageOf)).toMatch(
      /cut off|the bot stops/,
    );
  });
});

describe('names', () => {
  it.each<[string, string | undefined]>([
    ['REQ-17', '0000000017'],
    ['req-17', '0000000017'],
    [' 17 ', '0000000017'],
    ['REQ-0017', '0000000017'],
    ['REQ-9999999999', '9999999999'],
    ['REQ-0', '0000000000'],
    ['REQ-', undefined],
    ['REQ-99999999999', undefined],
    ['INC-17', undefined],
    ['REQ-17x', undefined],
    ['xREQ-17', undefined],
    ['', undefined],
  ])('%s is %s', (name, id) => {
    expect(requestIdOf(name)).toBe(id);
  });

  it('sort by number, are unguessable, and tell their request', () => {
    expect([10, 9, 2].map(requestId).sort()).toEqual([2, 9, 10].map(requestId));
    const tokens = Array.from({ length: 50 }, newGateToken);
    expect(new Set(tokens).size).toBe(50);
    for (const token of tokens) expect(token).toMatch(/^[\w-]{22}$/);
    expect(newExecutionId('REQ-17')).toMatch(/^req-17-[0-9a-f]{12}$/);
    expect(newExecutionId('REQ-17')).not.toBe(newExecutionId('REQ-17'));
  });
});

describe('what somebody saw', () => {
  it.each<[string | undefined, string | undefined]>([
    ['3fa9-81c0', '3fa981c0'],
    ['3FA981C0', '3fa981c0'],
    ['3fa981', '3fa981'],
    ['3fa98', undefined],
    ['decade', undefined],
    ['dec-ade', 'decade'],
    ['3fa981g', undefined],
    ['x3fa981', undefined],
    [`1${'a'.repeat(63)}`, `1${'a'.repeat(63)}`],
    [`1${'a'.repeat(64)}`, undefined],
    [undefined, undefined],
    ['', undefined],
  ])('%s gives %s', (word, digest) => {
    expect(digestWord(word)).toBe(digest);
  });

  const request = asked();
  const changed = { ...request, approveBy: T + 5 * MIN + POLICY.ttlMs };
  it.each<[string, typeof request, string | undefined, number, boolean]>([
    ['the digest', request, request.digest.slice(0, 8), T, true],
    ['another digest', request, 'ffffffff', T, false],
    ['none, of the first plan', request, undefined, T, true],
    ['none, of a plan made just now', changed, undefined, T + 5 * MIN, false],
    ['none, of one a moment short of a minute old', changed, undefined, T + 6 * MIN - 1, false],
    ['none, of one a minute old', changed, undefined, T + 6 * MIN, true],
    ['the digest, of a plan made just now', changed, request.digest, T + 5 * MIN, true],
  ])('%s', (_, one, digest, now, saw) => {
    expect(unseen(one, digest, now)).toEqual(saw ? undefined : { why: 'plan-changed' });
  });
});
