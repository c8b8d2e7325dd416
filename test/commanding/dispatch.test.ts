import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { timeline } from '../../src/alerting/timeline.ts';
import { wordsOf } from '../../src/commanding/dispatch.ts';
import { DaytwoError } from '../../src/lib/errors.ts';
import { put } from '../../src/store/port.ts';
import { offerPresses } from '../../src/triage/offerPresses.ts';
import { alert, resolved, snapshot } from '../support/alerts.ts';
import { type House, house } from './house.ts';

const HOUR = 3_600_000;
let home: House;
beforeEach(async () => {
  home = await house();
});
afterEach(() => home.drop());

const title = async (...args: Parameters<House['ask']>): Promise<string> => (await home.ask(...args)).card.title;
const facts = async (id: string): Promise<string[]> =>
  (await home.temp.store.find(timeline, { key: ['incident', id], limit: 100 })).map(({ body }) => body.fact.is);
const press = async (what: 'ack' | 'silence' | 'unsilence' | 'triage', id: string, as = 'ana') =>
  home.ask((await home.incident(id)).buttons[what], as, { press: true });
const end = async (): Promise<void> => {
  const now = home.clock.now();
  await home.clock.advance(60_000);
  await home.notify(snapshot([resolved('n1', now - 60_000, now)]));
};

describe('rights', () => {
  it.each(['help', 'status', 'ack INC-1', 'silence INC-1', 'nonsense'])(
    'a stranger gets one polite sentence and no data: %s',
    async (text) => {
      await home.notify();
      const { card, onlyFor } = await home.ask(text, 'mallory');
      expect(card).toMatchObject({ title: expect.stringMatching(/^I don’t know you yet\./), blocks: [], buttons: [] });
      expect(onlyFor).toBe('mallory');
    },
  );

  it('an identity of one chat is none of another', async () => {
    const as = (chat: 'slack' | 'telegram' | 'console', id: string) => title('status', id, { identity: { chat, id } });
    expect(await as('slack', 'U0ANA')).toContain('No incident is open');
    expect(await as('telegram', '1001')).toContain('No incident is open');
    for (const [chat, id] of [
      ['slack', 'ana'],
      ['telegram', 'U0ANA'],
      ['console', 'U0ANA'],
      ['telegram', 'undefined'],
      ['slack', ''],
    ] as const)
      expect(await as(chat, id)).toContain('I don’t know you yet');
  });

  it('without a role one may look, and not act, by no way', async () => {
    const id = await home.notify();
    for (const text of ['ack INC-1', 'silence INC-1 2h', 'unsilence INC-1'])
      expect(await title(text, 'cleo')).toContain('You may look, but not act');
    for (const what of ['ack', 'silence', 'unsilence'] as const)
      expect((await press(what, id, 'cleo')).card.title).toContain('You may look, but not act');
    // An offer isn't even planned: planning looks at hosts.
    await home.temp.store.commit([put(offerPresses, 'offered', { action: 'backup.run', args: {}, incident: id }, 0)]);
    expect((await home.ask('offered', 'cleo', { press: true })).card.title).toContain('You may look, but not act');
    expect(await title('status', 'cleo')).toBe('1 incident is open.');
    expect(await facts(id)).toEqual(['opened']);
    expect(home.alertmanager.kept).toEqual([]);
  });

  it('where nobody is configured, the console’s local has every role', async () => {
    const alone = await house({}, []);
    await alone.notify();
    expect((await alone.ask('ack INC-1', 'local')).card.title).toBe('INC-1 is yours.');
    expect((await alone.ask('ack INC-1', 'ana')).card.title).toContain('I don’t know you yet');
    await alone.drop();
  });
});

describe('a command line', () => {
  it.each([
    ['silense INC-1', 'There is no /silense; did you mean /silence?'],
    ['stauts', 'There is no /stauts; did you mean /status?'],
    ['frobnicate', 'There is no /frobnicate. /help lists what there is.'],
    ['', 'Say /help to see what you can do here.'],
    ['   ', 'Say /help to see what you can do here.'],
    ['constructor', 'There is no /constructor. /help lists what there is.'],
    ['\u202eack', 'There is no /\ufffdack; did you mean /ack?'],
  ])('%j is answered in words', async (text, expected) => {
    expect(await title(text)).toBe(expected);
  });

  it('shows the usage and an example for what it can’t read', async () => {
    const { card } = await home.ask('silence INC-1 tomorrow');
    expect(card.title).toMatch(/^\/silence: .+\.$/);
    expect(JSON.stringify(card.blocks)).toContain('/silence [INC-n] [DURATION]');
    expect(JSON.stringify(card.blocks)).toContain('/silence INC-42 2h');
  });

  it('takes the slash, capitals, other white space and quotes', async () => {
    expect(await title('/STATUS')).toBe('No incident is open.');
    expect(await title('  status\t\n')).toBe('No incident is open.');
    expect(await title('incidents "no such"')).toBe('No open incident with “no such”.');
  });

  it('is split into bounded words without a throw', () => {
    expect(wordsOf('a "b c" d"e "" "f')).toEqual(['a', 'b c', 'd"e', '', '"f']);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5000 }), (text) => {
        for (const word of wordsOf(text)) expect(word.length).toBeLessThanOrEqual(2000);
      }),
    );
  });

  it('is answered to the asker alone, unless nobody else is there', async () => {
    expect((await home.ask('status')).onlyFor).toBe('ana');
    expect((await home.ask('status', 'ana', { isPrivate: true })).onlyFor).toBeUndefined();
  });

  it('is answered in its thread', async () => {
    await home.notify();
    expect((await home.ask('ack', 'ana', { thread: 'INC-1' })).root).toBe('INC-1');
    expect((await home.ask('status')).root).toMatch(/^reply\/console\/event-/);
  });

  it('names the incident, or is said in its thread, or asks which', async () => {
    await home.notify();
    expect(await title('ack')).toBe('Which incident? Name it, like INC-42, or say it in its thread.');
    expect(await title('ack inc-1')).toBe('INC-1 is yours.');
    expect(await title('ack', 'ben', { thread: 'INC-1/evidence-1' })).toBe("INC-1 is yours; it was ana's before.");
    expect(await title('ack 1', 'ben')).toBe('You have acknowledged INC-1 already.');
    expect(await title('ack INC-99')).toBe('That did not work: There is no INC-99. /incidents lists the open ones.');
  });
});

describe('silences', () => {
  it('are refused where all that is shared are empty labels, for that mutes everything', async () => {
    await home.notify(
      snapshot([alert('n1', home.clock.now())], { groupLabels: { team: '' }, commonLabels: { team: '', region: '' } }),
    );
    expect(await title('silence INC-1 30m', 'ben')).toMatch(/would mute everything/);
    expect(home.alertmanager.kept).toEqual([]);
  });

  it('match what the group’s alerts share, in the person’s name, for as long as was said', async () => {
    await home.notify(
      snapshot([alert('n1', home.clock.now()), alert('n2', home.clock.now())], {
        commonLabels: { alertname: 'DiskFillingUp', severity: 'warning', odd: 'a"b\\c=~.*' },
      }),
    );
    expect(await title('silence INC-1 30m', 'ben')).toBe('INC-1 is silenced for 30 min.');
    expect(home.alertmanager.kept).toMatchObject([
      {
        createdBy: 'ben',
        startsAt: home.clock.now(),
        endsAt: home.clock.now() + HOUR / 2,
        comment: expect.stringContaining('INC-1 DiskFillingUp'),
        matchers: [
          { name: 'alertname', value: 'DiskFillingUp', isRegex: false, isEqual: true },
          { name: 'severity', value: 'warning', isRegex: false, isEqual: true },
          { name: 'odd', value: 'a"b\\c=~.*', isRegex: false, isEqual: true },
        ],
      },
    ]);
  });

  it('are made once for one event, also when the process died before it could be recorded', async () => {
    const id = await home.notify();
    home.alertmanager.afterCreate = () => {
      throw new DaytwoError('timeout', 'Alertmanager did not answer in time');
    };
    const first = await home.ask('silence INC-1', 'ana', { id: 'the-same' });
    expect(first.card.title).toMatch(/^That did not work: /);
    home.alertmanager.afterCreate = () => {};
    expect(await title('silence INC-1', 'ana', { id: 'the-same' })).toBe('INC-1 is silenced for 2 h.');
    expect(home.alertmanager.kept).toHaveLength(1);
    expect((await home.incident(id)).silences).toMatchObject([{ id: 'silence-1', by: 'ana' }]);
    // Another wish of the same kind is another silence.
    await home.ask('silence INC-1', 'ana', { id: 'another' });
    expect(home.alertmanager.kept).toHaveLength(2);
  });

  it.each([
    ['8d', 'The longest silence from here is 7d.'],
    ['0m', '/silence: '],
    ['-2h', '/silence: '],
    ['2 hours', '/silence: '],
  ])('of %s are not made', async (duration, said) => {
    await home.notify();
    expect(await title(`silence INC-1 ${duration}`)).toContain(said);
    expect(home.alertmanager.kept).toEqual([]);
  });

  it('tell labels of any length in a bounded answer, and mute by the whole of them', async () => {
    const value = 'x'.repeat(10_000);
    await home.notify(snapshot([alert('n1', home.clock.now())], { commonLabels: { alertname: value } }));
    const { card } = await home.ask('silence INC-1');
    expect(JSON.stringify(card).length).toBeLessThan(1500);
    expect(home.alertmanager.kept[0]?.comment.length).toBeLessThan(300);
    expect(home.alertmanager.kept[0]?.matchers).toContainEqual({
      name: 'alertname',
      value,
      isRegex: false,
      isEqual: true,
    });
  });

  it('that would mute everything are not made', async () => {
    await home.notify(snapshot([alert('n1', home.clock.now())], { groupLabels: {}, commonLabels: {} }));
    expect(await title('silence INC-1')).toContain('would mute everything');
    expect(home.alertmanager.kept).toEqual([]);
  });

  it('are ended by who wishes, all that were made from here', async () => {
    const id = await home.notify();
    expect(await title('unsilence INC-1')).toContain('No silence of INC-1 was made from here');
    await home.ask('silence INC-1');
    await home.ask('silence INC-1 1h');
    expect(await title('unsilence INC-1', 'ben')).toBe('INC-1 is no longer silenced.');
    expect(home.alertmanager.kept.map(({ state }) => state)).toEqual(['expired', 'expired']);
    expect((await home.incident(id)).silences).toEqual([]);
    expect(await facts(id)).toEqual(['opened', 'silenced', 'silenced', 'unsilenced']);
  });
});

describe('buttons', () => {
  it('do what they say, and change as they do', async () => {
    const id = await home.notify();
    expect((await press('ack', id)).card.title).toBe('INC-1 is yours.');
    expect((await press('silence', id)).card.title).toBe('INC-1 is silenced for 2 h.');
    const root = (await home.said()).filter(({ body }) => body.message === 'INC-1').at(-1)?.body.card;
    expect(root?.buttons.map(({ label }) => label)).toEqual(['End silence', 'Look again']);
    expect((await press('unsilence', id)).card.title).toBe('INC-1 is no longer silenced.');
    expect(await facts(id)).toEqual(['opened', 'acknowledged', 'silenced', 'unsilenced']);
  });

  it('of a resolved incident do nothing but say so', async () => {
    const id = await home.notify();
    const { buttons } = await home.incident(id);
    await end();
    const before = await home.incident(id);
    expect(before.state).toBe('resolved');
    for (const token of [buttons.ack, buttons.silence])
      expect((await home.ask(token, 'ana', { press: true })).card.title).toBe(
        'INC-1 is resolved already; there is nothing to do.',
      );
    expect(home.alertmanager.kept).toEqual([]);
    expect(await home.incident(id)).toEqual(before);
  });

  it.each(['', 'x', 'AAAAAAAAAAAAAAAAAAAAAA', '__proto__', 'INC-1'])('of nobody (%j) do nothing', async (token) => {
    await home.notify();
    expect(await title(token, 'ana', { press: true })).toContain('That button is out of date; nothing was done.');
  });

  it('look again: one round at a time, by anyone who is known', async () => {
    const id = await home.notify();
    expect((await press('triage', id, 'cleo')).card.title).toBe('Evidence for INC-1 is being gathered already.');
    expect((await home.incident(id)).triage.round).toBe(1);
  });
});

describe('what goes wrong', () => {
  it.each(['unreachable', 'timeout', 'forbidden', 'not-configured'] as const)(
    'is said where Alertmanager is %s, and nothing is recorded',
    async (fault) => {
      const id = await home.notify();
      home.alertmanager.fault = fault;
      expect(await title('silence INC-1')).toBe(`That did not work: Alertmanager: ${fault}`);
      expect(await facts(id)).toEqual(['opened']);
    },
  );

  it('a fault of our own is logged, and not shown', async () => {
    const odd = await house({
      health: () => {
        throw new TypeError('secret internals');
      },
    });
    const { card } = await odd.ask('status');
    expect(card.title).toBe('That did not work, through a fault of the bot’s own. Its log says more.');
    expect(odd.logged).toEqual([expect.stringContaining('secret internals')]);
    await odd.drop();
  });

  it('without the store the event waits: no answer is made up', async () => {
    const away = await house({
      health: () => {
        throw new DaytwoError('store-unavailable', 'disk full');
      },
    });
    await expect(away.ask('status')).rejects.toMatchObject({ code: 'store-unavailable' });
    await away.drop();
  });
});
