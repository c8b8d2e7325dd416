import { afterEach, describe, expect, it } from 'vitest';
import { outbox, say } from '../../../src/chat/outbox.ts';
import { seededFaults } from '../../support/slack/faults.ts';
import { scaledClock } from '../../support/slack/time.ts';
import { metadataId } from '../../support/slack/transcript.ts';
import { cardOf, endNights, HOME, home, night, saying } from './night.ts';

afterEach(endNights);

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
/** Seeds here; the torture run takes more. */
const SEEDS = Number(process.env['SLACK_SEEDS'] ?? 100);
const RATES = { rateLimit: 0.06, failBefore: 0.06, failAfter: 0.08, dropBefore: 0.06, dropAfter: 0.08, slow: 0.04 };

/** Nothing comes in here; a fast clock is no place for real connections. */
const chat = { mode: { http: { signingSecret: 'unused' } } } as const;

describe('a lane under faults', () => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    'loses, repeats and reorders nothing with seed %d',
    async (seed) => {
      // A minute of Slack's in 30 ms: both sides share the clock, so budgets and pauses mean the same to both.
      const clock = scaledClock(0.0005);
      const faults = seededFaults({ seed, rates: RATES, maxRetryAfterSeconds: 20, maxDelayMs: 3000 });
      const one = await night({ clock, emulator: { clock, faults }, chat });
      const light = await one.store.putBlob(PNG);
      const picture = { light, dark: light, alt: 'use', width: 1, height: 1 };
      const sayings = [1, 2, 3].flatMap((n) => [
        saying({ message: `INC-${n}` }),
        saying({ message: `INC-${n}/evidence-1`, card: cardOf(`evidence ${n}`) }),
        saying({ message: `INC-${n}/evidence-1`, do: 'edit', card: cardOf(`evidence ${n}, all of it`) }),
        saying({
          message: `INC-${n}/picture`,
          card: cardOf(`picture ${n}`, { blocks: [{ kind: 'picture', picture }] }),
        }),
        saying({ message: `INC-${n}`, do: 'edit', card: cardOf(`INC-${n} resolved`, { tone: 'ok' }) }),
      ]);
      const ids: string[] = [];
      for (const each of sayings) {
        const [, id = ''] = await one.store.commit(say([home], each, clock.now()));
        if (each.do === 'post') ids.push(id);
      }
      await one.delivered(25_000);
      const standing = one.slack.messages(HOME).filter(({ ephemeralFor }) => ephemeralFor === undefined);
      const idOf = (message: (typeof standing)[number]): string =>
        metadataId(message) ?? `file ${message.files.length}`;
      // A root may go before others' evidence; roots keep their order, and so does what a thread holds.
      const roots = standing.filter(({ threadTs }) => threadTs === undefined);
      expect(roots.map(idOf)).toEqual(ids.filter((_, at) => at % 3 === 0));
      roots.forEach(({ ts }, at) => {
        const own = standing.filter(({ threadTs }) => threadTs === ts).map(idOf);
        expect(own).toEqual([ids[at * 3 + 1], 'file 1']);
      });
      expect(standing).toHaveLength(ids.length);
      expect(roots.map(({ text }) => text.split('\n')[0])).toEqual([1, 2, 3].map((n) => `OK: INC-${n} resolved`));
      expect(one.slack.messages(HOME).filter(({ text }) => text.includes('all of it'))).toHaveLength(3);
      expect(one.slack.duplicates()).toEqual([]);
      expect(one.slack.calls().filter(({ early }) => early)).toEqual([]);
      expect(one.slack.violations).toEqual([]);
      expect(await one.store.count(outbox)).toBe(0);
    },
    40_000,
  );

  it('keeps within the vendor’s budgets by itself: no 429 for 60 messages', async () => {
    const clock = scaledClock(0.002);
    const one = await night({ clock, emulator: { clock }, chat });
    for (let n = 1; n <= 30; n += 1)
      await one.say({ message: `INC-${n}` }, { message: `INC-${n}`, do: 'edit', card: cardOf('changed') });
    await one.delivered(30_000);
    expect(one.slack.messages(HOME)).toHaveLength(30);
    expect(one.slack.calls().filter(({ outcome }) => outcome === 'ratelimited')).toEqual([]);
  }, 40_000);
});
