import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SlackAdmin } from '../../support/slack/admin.ts';
import { scaledClock } from '../../support/slack/time.ts';
import { endNights, HOME, type Night, night } from './night.ts';

afterEach(endNights);

const down = (one: Night, words: string): Promise<void> =>
  vi.waitFor(() => expect(one.chat.health()).toMatchObject({ state: 'down', reason: expect.stringContaining(words) }), {
    timeout: 10_000,
  });
/** Nothing comes in here; a fast clock is no place for real connections. */
const chat = { mode: { http: { signingSecret: 'unused' } } } as const;
const fast = () => {
  const clock = scaledClock(0.005);
  return { clock, emulator: { clock }, chat };
};

describe('what people break, they hear of, and can repair', () => {
  it.each<[string, (admin: SlackAdmin) => void, (admin: SlackAdmin) => void, string]>([
    ['the token is revoked', (a) => a.revokeToken('bot'), (a) => a.restoreToken('bot'), 'chats.slack.botToken'],
    ['the bot is removed', (a) => a.removeBot(HOME), (a) => a.inviteBot(HOME), '/invite @daytwo'],
    ['the channel is archived', (a) => a.archive(HOME), (a) => a.unarchive(HOME), 'unarchive'],
    ['a scope is taken away', (a) => a.dropScope('chat:write'), (a) => a.grantScope('chat:write'), 'chat:write'],
  ])('%s: messages wait and go on by themselves', async (_, breaks, repairs, words) => {
    const one = await night(fast());
    await one.up();
    breaks(one.slack.admin);
    await one.say({ message: 'INC-1' }, { message: 'INC-1/evidence' }, { message: 'INC-2' });
    await down(one, words);
    expect(one.slack.messages(HOME)).toEqual([]);
    repairs(one.slack.admin);
    await one.delivered();
    await one.up();
    expect(one.slack.messages(HOME).map(({ text }) => text.split('\n')[0])).toEqual([
      'Critical: INC-1',
      'Critical: INC-2',
      'Critical: INC-1/evidence',
    ]);
    expect(one.slack.violations).toEqual([]);
  });

  it('is seen before any message is sent, and when it is repaired', async () => {
    const one = await night({ ...fast(), start: false });
    one.slack.admin.removeBot(HOME);
    one.slack.admin.dropScope('files:write');
    await one.chat.start(async () => {});
    await down(one, 'files:write');
    await down(one, '/invite @daytwo');
    one.slack.admin.inviteBot(HOME);
    one.slack.admin.grantScope('files:write');
    await one.up();
  });

  it('is a Slack that answers nothing but errors, and then does', async () => {
    const one = await night({ ...fast(), start: false });
    one.slack.faults.always('auth.test', { do: 'fail-before' });
    await one.chat.start(async () => {});
    await down(one, 'HTTP 500');
    one.slack.faults.always('auth.test', undefined);
    await one.up();
  });

  it('is a Slack that is not there', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => {
      gone.listen(0, '127.0.0.1', resolve);
    });
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const one = await night({ chat: { ...chat, apiUrl: `http://127.0.0.1:${port}/api/` } });
    await down(one, 'can’t be reached (ECONNREFUSED)');
    await one.say({ message: 'INC-1' });
    await vi.waitFor(() =>
      expect(one.log.lines).toContainEqual(expect.objectContaining({ message: 'delivery failed, will retry' })),
    );
  });

  it('is a Slack that goes away with its connections', async () => {
    const one = await night();
    await one.up();
    await one.slack.stop();
    await down(one, 'no events come in');
    expect(one.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('never has a token in its words', async () => {
    const one = await night({ start: false });
    one.slack.admin.revokeToken('bot');
    one.slack.admin.revokeToken('app');
    await one.chat.start(async () => {});
    await down(one, 'botToken');
    one.slack.admin.restoreToken('bot');
    await down(one, 'appToken');
    const all = JSON.stringify([one.log.lines, one.chat.health()]);
    for (const secret of [one.slack.botToken, one.slack.appToken, one.slack.signingSecret])
      expect(all).not.toContain(secret);
  });
});
