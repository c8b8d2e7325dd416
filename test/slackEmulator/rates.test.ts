import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/lib/clock.ts';
import { seededFaults } from '../support/slack/faults.ts';
import { type SlackEmulator, startSlack } from '../support/slack/index.ts';
import { tokenBuckets } from '../support/slack/rates.ts';
import { clientOf } from './client.ts';

let slack: SlackEmulator | undefined;
afterEach(() => slack?.stop());

/** A clock that a test moves. */
function handClock(): Clock & { pass(ms: number): void } {
  let now = 1_700_000_000_000;
  return {
    now: () => now,
    sleep: () => Promise.resolve(),
    pass: (ms) => {
      now += ms;
    },
  };
}

/** What a call came to: `ok`, or the thrown error's words. */
async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe('budgets', () => {
  it('grant one post a second and channel after a short burst, other channels unharmed', async () => {
    const clock = handClock();
    slack = await startSlack({ clock });
    const client = clientOf(slack);
    const post = (channel: string) => outcome(client.chat.postMessage({ channel, text: 't' }));
    expect(await Promise.all([post('C0OPS'), post('C0OPS'), post('C0OPS')])).toEqual(['ok', 'ok', 'ok']);
    expect(await post('C0OPS')).toMatch(/retry.*1 second/i);
    expect(await post('C0SECRET')).toBe('ok');
    clock.pass(500);
    expect(await post('C0OPS')).toMatch(/retry/i);
    expect(slack.calls('chat.postMessage').filter((call) => call.early)).toHaveLength(1);
    clock.pass(1_000);
    expect(await post('C0OPS')).toBe('ok');
    expect(slack.longestWaitSeconds()).toBe(1);
    expect(slack.tally()['chat.postMessage']).toEqual({ ok: 5, ratelimited: 2 });
    expect(slack.violations).toEqual([]);
  });

  it.each([
    ['t2', 20, 3],
    ['t3', 50, 2],
    ['t4', 100, 1],
    ['hundreds', 300, 1],
  ] as const)('of tier %s are %d a minute; then wait %d s', (tier, calls, seconds) => {
    const rates = tokenBuckets();
    const granted = Array.from({ length: calls }, () => rates.take('m', tier, undefined, 0));
    expect(granted.every((wait) => wait === undefined)).toBe(true);
    expect(rates.take('m', tier, undefined, 0)).toBe(seconds);
    expect(rates.take('n', tier, undefined, 0)).toBeUndefined();
    expect(rates.take('m', tier, undefined, seconds * 1_000)).toBeUndefined();
  });

  it('hold the whole workspace to several hundred posts a minute', () => {
    const rates = tokenBuckets();
    const granted = Array.from({ length: 301 }, (_, i) => rates.take('chat.postMessage', 'post', `C${i}`, 0));
    expect(granted.filter((wait) => wait !== undefined)).toHaveLength(1);
  });

  it('answer 429 with whole seconds in Retry-After, and run by a scaled clock', async () => {
    slack = await startSlack({ scale: 0.01 });
    const { apiUrl, botToken } = slack;
    const post = () =>
      fetch(`${apiUrl}chat.postMessage`, {
        method: 'POST',
        headers: { authorization: `Bearer ${botToken}` },
        body: new URLSearchParams({ channel: 'C0OPS', text: 't' }),
      });
    const answers = await Promise.all(Array.from({ length: 40 }, post));
    const limited = answers.filter((answer) => answer.status === 429);
    expect(limited.length).toBeGreaterThan(0);
    expect(limited[0]?.headers.get('retry-after')).toMatch(/^\d+$/);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await post()).status).toBe(200);
  });
});

describe('faults', () => {
  const text = (i: number) => ({
    channel: 'C0OPS',
    text: `m${i}`,
    metadata: { event_type: 'm', event_payload: { id: `m${i}` } },
  });

  it('fail or drop before and after the message was taken, limit, and delay', async () => {
    slack = await startSlack({ scale: 0, rateLimits: false });
    const client = clientOf(slack);
    slack.faults.next(
      'chat.postMessage',
      { do: 'fail-before' },
      { do: 'fail-after' },
      { do: 'drop-before' },
      { do: 'drop-after' },
      { do: 'rate-limit', retryAfterSeconds: 77 },
      { do: 'slow', delayMs: 60_000 },
    );
    const outcomes: string[] = [];
    for (let i = 0; i < 7; i += 1) outcomes.push(await outcome(client.chat.postMessage(text(i))));
    expect(outcomes.map((each) => each === 'ok')).toEqual([false, false, false, false, false, true, true]);
    expect(slack.messages('C0OPS').map((message) => message.text)).toEqual(['m1', 'm3', 'm5', 'm6']);
    expect(slack.longestWaitSeconds()).toBe(77);
    expect(slack.calls().map((call) => call.outcome)).toEqual([
      'fault:fail-before',
      'fault:fail-after',
      'fault:drop-before',
      'fault:drop-after',
      'ratelimited',
      'ok',
      'ok',
    ]);
    await client.chat.postMessage(text(1));
    expect(slack.duplicates()).toEqual(['m1']);
    expect(slack.violations).toEqual([]);
  });

  it('are the same for the same seed', () => {
    const rates = {
      rateLimit: 0.1,
      failBefore: 0.1,
      failAfter: 0.1,
      dropBefore: 0.1,
      dropAfter: 0.1,
      slow: 0.1,
      duplicate: 0.2,
      reorder: 0.2,
    };
    const plan = (seed: number) => {
      const faults = seededFaults({ seed, rates });
      return Array.from({ length: 200 }, (_, nth) => [faults.call('chat.update', nth), faults.delivery(nth)]);
    };
    expect(plan(7)).toEqual(plan(7));
    expect(plan(7)).not.toEqual(plan(8));
    const kinds = new Set(
      plan(7).flatMap(([call, delivery]) => [typeof call === 'object' ? call.do : undefined, delivery]),
    );
    expect(kinds.size).toBeGreaterThanOrEqual(9);
  });

  it('spare the connection methods unless they are named', () => {
    const faults = seededFaults({ seed: 1, rates: { dropBefore: 1 } });
    expect(faults.call('auth.test', 0)).toBeUndefined();
    expect(seededFaults({ seed: 1, rates: { dropBefore: 1 }, methods: ['auth.test'] }).call('auth.test', 0)).toEqual({
      do: 'drop-before',
    });
  });
});
