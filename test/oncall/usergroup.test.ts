import { afterEach, describe, expect, it, vi } from 'vitest';
import { createOnCall } from '../../src/oncall/oncall.ts';
import { onCallByGroup } from '../../src/oncall/usergroup.ts';
import { endNights, night } from '../chat/slack/night.ts';
import { smallWorkspace } from '../support/slack/workspace.ts';

const GROUP = 'S0ONCALL';
const PEOPLE = [
  { name: 'ana', slack: 'U0ANA', roles: [] },
  { name: 'ben', slack: 'U0BEN', roles: [] },
  { name: 'cleo', roles: [] },
];
const signal = new AbortController().signal;
afterEach(endNights);

describe('onCallByGroup', () => {
  it.each([
    [
      'its members among the people',
      { users: ['U0BEN', 'U0OTHER'] },
      { is: 'known', people: ['ben'], source: 'user group' },
    ],
    ['nobody for an empty group', { users: [] }, { is: 'unknown', reason: expect.stringContaining('is empty') }],
    ['nobody for strangers', { users: ['U0OTHER'] }, { is: 'unknown', reason: expect.stringContaining('member id') }],
    [
      'nobody while Slack does not tell',
      { reason: 'it broke' },
      { is: 'unknown', reason: expect.stringContaining('it broke') },
    ],
  ])('knows %s', (_, members, expected) => {
    expect(onCallByGroup(GROUP, members, PEOPLE)).toMatchObject(expected);
  });
});

describe('a Slack user group, asked of Slack', () => {
  const source = (chat: Awaited<ReturnType<typeof night>>['chat']) =>
    createOnCall(
      { oncall: { timezone: 'UTC', slackUsergroup: GROUP }, people: PEOPLE },
      { clock: { now: Date.now, sleep: async () => {} }, members: chat.members },
    );

  it('is asked once for many who want to know at once, and tells nobody who comes next', async () => {
    const { chat, slack } = await night();
    const onCall = source(chat);
    const answers = await Promise.all(Array.from({ length: 64 }, () => onCall.who(signal)));
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(answers[0]).toEqual({ is: 'known', people: ['ana', 'ben'], until: undefined, source: 'user group' });
    expect(slack.calls().filter(({ method }) => method === 'usergroups.users.list')).toHaveLength(1);
    expect(await onCall.next(signal)).toEqual([]);
    expect(slack.violations).toEqual([]);
  });

  it('is asked again after a minute; an answer that is older counts no more once Slack stays silent', async () => {
    let offset = 0;
    const clock = { now: () => Date.now() + offset, sleep: async () => {} };
    const faults = {
      call: (method: string, nth: number) =>
        method === 'usergroups.users.list' && nth > 0 ? ({ do: 'fail-before' } as const) : undefined,
      delivery: () => undefined,
    };
    const { chat } = await night({ clock, start: false, emulator: { faults } });
    expect(await source(chat).who(signal)).toMatchObject({ is: 'known' });
    offset += 59_000;
    expect(await source(chat).who(signal)).toMatchObject({ is: 'known' });
    offset += 2000;
    expect(await source(chat).who(signal)).toMatchObject({ is: 'unknown', reason: expect.stringContaining(GROUP) });
  });

  it('is nobody where the app lacks the right, which is named', async () => {
    const app = {
      ...smallWorkspace.app,
      botScopes: smallWorkspace.app.botScopes.filter((one) => one !== 'usergroups:read'),
    };
    const { chat } = await night({ emulator: { workspace: { ...smallWorkspace, app } } });
    const answer = await vi.waitFor(() => source(chat).who(signal));
    expect(answer).toMatchObject({ is: 'unknown', reason: expect.stringContaining('usergroups:read') });
  });
});
