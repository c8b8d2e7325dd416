import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Action } from '../../src/gate/action.ts';
import { bindAction } from '../../src/gate/bound.ts';
import { gateRequests, requestId } from '../../src/gate/requests.ts';
import { visit } from '../e2e/bot.ts';
import { type BothChats, CHANNEL, GROUP, startBothChats } from '../support/bothChats.ts';
import { eventually } from '../support/real/process.ts';
import type { StoredMessage as TelegramMessage } from '../support/telegram/history.ts';

const ANA = 'U0ANA';
const BEN = 'U0BEN';
const NAME = 'k8s_data';

/** An action that writes down that it was carried out. */
const restore: Action<{ backup: string }, string[]> = {
  id: 'restore.run',
  args: z.object({ backup: z.string() }),
  plan: async () => ({
    action: 'restore.run',
    args: { backup: NAME },
    target: NAME,
    title: `Restore ${NAME}`,
    summary: 'It is written down, and nothing else.',
    steps: [{ id: 'write', text: 'write it down' }],
    findings: [],
    effects: {},
    locks: [],
  }),
  execute: async (_, run, done) => {
    await run.step('write', async () => void done.push(run.executionId));
  },
  observe: async () => ({ is: 'not-done', text: 'Nothing was written down.' }),
  verify: async () => ({ is: 'succeeded', outcome: { text: 'It is written down.', facts: [], checks: [] } }),
};

describe('a name that must be typed, in every chat; approvers told in private', () => {
  let night: BothChats;
  const done: string[] = [];
  beforeAll(async () => {
    night = await startBothChats({
      rateLimits: false,
      actions: [bindAction(restore, done)],
      people: `  - { name: ana, slack: ${ANA}, telegram: 1001, roles: [oncall] }
  - { name: ben, slack: ${BEN}, telegram: 1002, roles: [oncall, admin] }`,
      yaml: `
policies:
  - { actions: [restore.*], request: [oncall], confirm: typed, approvals: 1, approve: [admin], ttl: 15m }`,
    });
    await eventually(
      'both chats are up',
      () =>
        night.app.health().filter(({ part, state }) => (part === 'slack' || part === 'telegram') && state === 'up')
          .length === 2,
      30_000,
    );
  }, 60_000);
  afterAll(() => night?.end());

  const request = async (n: number) => (await night.app.store.get(gateRequests, requestId(n)))?.body;
  const becomes = (n: number, state: string) =>
    eventually(`REQ-${n} is ${state}`, async () => (await request(n))?.request.state === state, 30_000);
  const all = (message: { text: string; blocks: readonly unknown[]; attachments: readonly unknown[] }): string =>
    JSON.stringify([message.text, message.blocks, message.attachments]);
  const cardInSlack = (n: number, channel = CHANNEL) =>
    eventually(`REQ-${n} in ${channel} of Slack`, () =>
      night.slack
        .messages(channel)
        .find((one) => one.ephemeralFor === undefined && !one.threadTs && all(one).includes(`REQ-${n} `)),
    );
  const cardInTelegram = (n: number, chat = GROUP) =>
    eventually(`REQ-${n} in ${chat} of Telegram`, () =>
      night.telegram.sent(chat).find(({ markup, content }) => markup && content.text.includes(`REQ-${n} `)),
    );
  const told = (user: string, words: string) =>
    eventually(`${user} is told “${words}”`, () =>
      night.slack.ephemerals(user).some((one) => all(one).includes(words)),
    );
  const saidInTelegram = (words: string, chat = GROUP) =>
    eventually(`Telegram says “${words}”`, () =>
      night.telegram.sent(chat).some(({ content }) => content.text.includes(words)),
    );
  const question = (after: number, chat = GROUP): Promise<TelegramMessage> =>
    night.telegram.sees(chat, ({ markup, id }) => markup?.kind === 'force-reply' && id > after, 20_000);

  it('Slack: a dialog; a wrong name and somebody else’s do nothing; the approver decides from a direct message', async () => {
    const [ana, ben] = [night.slack.user(ANA), night.slack.user(BEN)];
    await ana.slash('/restore', NAME, { channel: CHANNEL });
    const card = await cardInSlack(1);
    await ben.press(card.ts, 'Confirm');
    await ben.submit(undefined, { typed: NAME });
    await told(BEN, 'Only ana, who asked for REQ-1');
    await ana.press(card.ts, 'Confirm');
    expect(JSON.stringify(ana.modal()?.body)).toContain(`Restore ${NAME}`);
    await ana.submit(undefined, { typed: 'k8s_date' });
    await told(ANA, 'that is not the name');
    expect((await request(1))?.request.state).toBe('confirming');
    expect(night.slack.messages(ben.direct())).toEqual([]);

    await ana.press(card.ts, 'Confirm');
    await ana.submit(undefined, { typed: NAME });
    await becomes(1, 'approving');
    const direct = await cardInSlack(1, ben.direct());
    // Ben has never pressed Start on Telegram: that is said once, in the thread.
    await eventually('it is said that ben can’t be told', () =>
      night.slack.messages(CHANNEL).some((one) => one.threadTs === card.ts && all(one).includes('press Start once')),
    );
    await saidInTelegram('ben can’t be told in private on Telegram');
    expect(night.telegram.sent(1002)).toEqual([]);
    expect(night.slack.messages(ana.direct())).toEqual([]);

    await ben.press(direct.ts, 'Approve');
    await becomes(1, 'succeeded');
    expect(done).toHaveLength(1);
    const ended = () => night.slack.messages(ben.direct()).find(({ ts }) => ts === direct.ts);
    await eventually('the direct message tells the end', () => all(ended() as typeof direct).includes('ucceeded'));
    expect(all(ended() as typeof direct)).not.toContain('"type":"button"');
    const cards = night.slack.messages(ben.direct()).filter((one) => all(one).includes(`Restore ${NAME}`));
    expect(cards).toHaveLength(1);
    const said = night.slack.messages(CHANNEL).filter((one) => all(one).includes('can’t be told in private'));
    expect(said).toHaveLength(1);
  }, 90_000);

  it('Telegram: a forced reply; a wrong name and somebody else’s do nothing; old buttons and replays neither', async () => {
    const { telegram } = night;
    const [ana, ben] = [telegram.user(1001), telegram.user(1002)];
    ben.start();
    await saidInTelegram('/help', 1002);
    ana.send(GROUP, `/restore@daytwo_bot ${NAME}`);
    const card = await cardInTelegram(2);
    ana.press(card, 'Confirm');
    const first = await question(card.id);
    expect(first.replyToId).toBe(card.id);
    ben.reply(first, NAME);
    ana.reply(first, 'k8s_date');
    await saidInTelegram('REQ-2: that is not the name');
    expect((await request(2))?.request.state).toBe('confirming');
    const press = telegram.presses.at(-1);
    await eventually(
      'the same may be asked again',
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 500));
        ana.press(card, 'Confirm');
        return telegram.sent(GROUP).some(({ markup, id }) => markup?.kind === 'force-reply' && id > first.id);
      },
      30_000,
    );
    ana.reply(await question(first.id), NAME);
    await becomes(2, 'approving');

    const direct = await cardInTelegram(2, 1002);
    ben.press(direct, 'Deny');
    await becomes(2, 'denied');
    await eventually('the private card has no buttons any more', () => direct.markup === undefined);
    expect(
      telegram
        .sent(1002)
        .filter(({ content }) => content.text.includes('REQ-2 Restore'))
        .map(({ content }) => content.text),
    ).toHaveLength(1);
    ben.pressData(direct, (await request(2))?.tokens.approve ?? '');
    await saidInTelegram('was denied', 1002);
    ana.pressData(card, press?.data ?? '');
    const late = await question(first.id + 1);
    ana.reply(late, NAME);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await request(2))?.request.state).toBe('denied');
    expect(done).toHaveLength(1);
  }, 90_000);

  it('the console: what is typed comes with the press; a denial takes its reason from a dialog', async () => {
    const line = night.app.loginLines(night.url).find((one) => one.includes(' ana,')) ?? '';
    const ana = await visit(line.slice(line.indexOf('http')));
    await ana.say(`/restore ${NAME}`);
    await eventually('the plan', async () => (await ana.messages('REQ-3')).length > 0);
    const [root] = await ana.messages('REQ-3');
    const confirm = root?.card.buttons.find(({ label }) => label === 'Confirm');
    expect(confirm?.input).toMatchObject({
      title: 'Confirm REQ-3',
      optional: false,
      instead: `/confirm REQ-3 ${NAME}`,
    });
    const press = (id: string, typed: string) =>
      ana.post('/api/press', { id: id.padEnd(16, '0'), token: confirm?.token, thread: 'REQ-3', typed });
    await press('wrong', 'k8s_date');
    const heard = async () => JSON.stringify((await ana.messages('REQ-3')).map(({ card }) => card));
    await eventually('a wrong name is told', async () => (await heard()).includes('that is not the name'));
    await press('right', NAME);
    await press('right', NAME);
    await becomes(3, 'approving');

    const ben = night.slack.user(BEN);
    const direct = await cardInSlack(3, ben.direct());
    await ben.press(direct.ts, 'Deny');
    await ben.submit(undefined, { typed: 'not <!channel> tonight' });
    await becomes(3, 'denied');
    expect((await request(3))?.request.votes).toMatchObject([{ by: 'ben', reason: 'not <!channel> tonight' }]);
    await eventually('everybody sees the reason', async () => (await heard()).includes('not <!channel> tonight'));
    expect(night.slack.violations).toEqual([]);
    expect(night.telegram.violations).toEqual([]);
  }, 90_000);
});
