import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Action } from '../../src/gate/action.ts';
import { bindAction } from '../../src/gate/bound.ts';
import { gateRequests, requestId } from '../../src/gate/requests.ts';
import { type Visitor, visit } from '../e2e/bot.ts';
import { type BothChats, CHANNEL, GROUP, startBothChats } from '../support/bothChats.ts';
import { eventually } from '../support/real/process.ts';

const PATIENCE_MS = 60_000;
/** What would call people if text could. */
const LOUD =
  '<!channel> <@U0BEN> @everyone @ben <!subteam^S0ONCALL> <a href="tg://user?id=1002">x</a> tg://user?id=1002';

/** A restore whose plan came from somewhere that would call people. */
const restore: Action<{ backup: string }, undefined> = {
  id: 'restore.run',
  args: z.object({ backup: z.string() }),
  plan: async () => ({
    action: 'restore.run',
    args: { backup: 'k8s_data' },
    target: 'k8s_data',
    title: `Restore ${LOUD}`,
    summary: LOUD,
    steps: [{ id: 'nothing', text: LOUD }],
    findings: [{ level: 'NOTE', code: 'loud', text: LOUD }],
    effects: {},
    locks: [],
  }),
  execute: async () => {},
  observe: async () => ({ is: 'not-done', text: 'Nothing was done.' }),
  verify: async () => ({ is: 'succeeded', outcome: { text: LOUD, facts: [], checks: [] } }),
};

describe('calls for approvers, in both chats', () => {
  let night: BothChats;
  let ana: Visitor;
  beforeAll(async () => {
    night = await startBothChats({
      rateLimits: false,
      actions: [bindAction(restore, undefined)],
      people: `  - { name: ana, slack: U0ANA, telegram: 1001, roles: [oncall] }
  - { name: ben, slack: U0BEN, telegram: 1002, roles: [oncall] }
  - { name: cleo, telegram: 1003, roles: [admin] }`,
      yaml: `
oncall: { rotation: { people: [ana, ben], start: "${new Date(Date.now() - 86_400_000).toISOString().slice(0, 16)}" } }
policies:
  - { actions: [restore.*], request: [oncall], confirm: button, approvals: 1, approve: [oncall, admin], ttl: 45s }`,
    });
    const isUp = (part: string) => night.app.health().some((one) => one.part === part && one.state === 'up');
    await eventually('both chats are up', () => isUp('slack') && isUp('telegram'), PATIENCE_MS);
    const line = night.app.loginLines(night.url).find((one) => one.includes(' ana,')) ?? '';
    ana = await visit(line.slice(line.indexOf('http')));
  }, 90_000);
  afterAll(() => night?.end());

  const stored = async () => (await night.app.store.get(gateRequests, requestId(1)))?.body;
  const saidInSlack = (words: string) => night.slack.messages(CHANNEL).filter(({ text }) => text.includes(words));
  const saidInTelegram = (words: string) =>
    night.telegram.sent(GROUP).filter(({ content }) => content.text.includes(words));
  const inSlack = (ts: readonly string[]) =>
    night.slack.pings().flatMap((ping) => (ts.includes(ping.ts) ? [ping.whom] : []));

  it('mention who may approve, then who is next, then the admins, by their accounts; no text mentions anybody', async () => {
    await ana.say('/restore k8s_data');
    expect(night.slack.pings()).toEqual([]);
    await ana.say('/confirm REQ-1');
    await eventually('ben is called for good', async () => (await stored())?.called === 2, PATIENCE_MS);
    await eventually('it ends', async () => (await stored())?.request.state === 'expired', PATIENCE_MS);
    await eventually(
      'both chats tell the end',
      () => saidInSlack('REQ-1').at(-1)?.text.includes('expired') && saidInTelegram('expired').length > 0,
      PATIENCE_MS,
    );
    const first = saidInSlack('ben, cleo: ana asks for your approval.').map(({ ts }) => ts);
    const next = saidInSlack('ben: Nobody has decided yet.').map(({ ts }) => ts);
    // Without an account there she is named.
    const admins = saidInSlack('cleo: Nobody has decided yet.').map(({ ts }) => ts);
    expect(inSlack(first)).toEqual(first.map(() => 'U0BEN'));
    expect(inSlack(next)).toEqual(next.map(() => 'U0BEN'));
    expect(inSlack(admins)).toEqual([]);
    expect([first.length, next.length, admins.length]).toEqual([1, 1, 1]);
    // Besides, below his card in private, and where it is said that he has to press Start on Telegram.
    const pinged = night.slack.pings();
    expect(pinged.map(({ whom, by }) => `${whom} by ${by}`)).toEqual(Array(4).fill('U0BEN by rich-text'));

    const pings = night.telegram.pings();
    expect(pings.filter(({ kind }) => kind !== 'text_mention')).toEqual([]);
    expect(saidInTelegram('ben, cleo: ana asks')).toHaveLength(1);
    // The two who were called, the one next, the admin; and who has to press Start there, once each.
    expect(pings.map(({ target }) => target).toSorted()).toEqual(['1002', '1002', '1002', '1003', '1003', '1003']);
    expect(saidInTelegram('press Start once')).toHaveLength(2);
    expect(night.slack.violations).toEqual([]);
    expect(night.telegram.violations).toEqual([]);
  }, 180_000);
});
