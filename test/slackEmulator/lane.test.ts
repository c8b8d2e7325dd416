import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/lib/clock.ts';
import { seededFaults } from '../support/slack/faults.ts';
import { type SlackEmulator, startSlack } from '../support/slack/index.ts';
import { scaledClock } from '../support/slack/time.ts';
import { metadataId } from '../support/slack/transcript.ts';
import { isObj, listOf, type Obj, objOf } from '../support/slack/value.ts';

const CHANNEL = 'C0OPS';

/** One try: the answer, how long to wait, or that nobody knows. */
async function attempt(
  slack: SlackEmulator,
  method: string,
  args: Obj,
): Promise<Obj | { readonly waitMs: number } | 'unknown'> {
  try {
    const response = await fetch(slack.apiUrl + method, {
      method: 'POST',
      headers: { authorization: `Bearer ${slack.botToken}` },
      body: new URLSearchParams(
        Object.entries(args).map(([key, value]): [string, string] => [
          key,
          isObj(value) ? JSON.stringify(value) : String(value),
        ]),
      ),
    });
    if (response.status === 429) return { waitMs: Number(response.headers.get('retry-after')) * 1_000 };
    return response.status === 200 ? objOf(await response.json()) : 'unknown';
  } catch {
    return 'unknown';
  }
}

/** Repeats a reading call until it is answered. */
async function read(slack: SlackEmulator, clock: Clock, method: string, args: Obj): Promise<Obj> {
  for (;;) {
    const answer = await attempt(slack, method, args);
    if (answer === 'unknown') continue;
    if (!('waitMs' in answer)) return answer;
    await clock.sleep(Number(answer['waitMs']));
  }
}

/** The simplest sender that is right: one at a time, waits as asked, looks before it repeats what is in doubt. */
async function send(slack: SlackEmulator, clock: Clock, id: string): Promise<void> {
  for (;;) {
    const answer = await attempt(slack, 'chat.postMessage', {
      channel: CHANNEL,
      text: id,
      metadata: { event_type: 'm', event_payload: { id } },
    });
    if (answer === 'unknown') {
      const history = await read(slack, clock, 'conversations.history', {
        channel: CHANNEL,
        include_all_metadata: true,
        limit: 20,
      });
      if (
        listOf(history['messages']).some(
          (message) => objOf(objOf(objOf(message)['metadata'])['event_payload'])['id'] === id,
        )
      )
        return;
    } else if ('waitMs' in answer) await clock.sleep(Number(answer['waitMs']));
    else return;
  }
}

describe('a careful sender', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'loses, repeats and reorders nothing under the faults of seed %d',
    async (seed) => {
      const clock = scaledClock(0.0005);
      const rates = { rateLimit: 0.1, failBefore: 0.1, failAfter: 0.1, dropBefore: 0.1, dropAfter: 0.1, slow: 0.05 };
      await using slack = await startSlack({ clock, faults: seededFaults({ seed, rates }) });
      const ids = Array.from({ length: 15 }, (_, i) => `m${i}`);
      for (const id of ids) await send(slack, clock, id);
      expect(slack.messages(CHANNEL).map(metadataId)).toEqual(ids);
      expect(slack.duplicates()).toEqual([]);
      expect(slack.calls().filter((call) => call.early)).toEqual([]);
      expect(slack.violations).toEqual([]);
    },
  );

  it('has its hundreds of posts taken within seconds when nothing waits', async () => {
    await using slack = await startSlack({ scale: 0, rateLimits: false });
    const clock = scaledClock(0);
    const started = performance.now();
    for (let i = 0; i < 500; i += 1) await send(slack, clock, `m${i}`);
    expect(slack.messages(CHANNEL)).toHaveLength(500);
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});
