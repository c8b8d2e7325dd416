import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SlackEmulator, startSlack } from '../support/slack/index.ts';
import { clientOf, rawCall, refusal } from './client.ts';

let slack: SlackEmulator;
beforeEach(async () => {
  slack = await startSlack({ scale: 0, rateLimits: false });
});
afterEach(() => slack.stop());

const say = () => clientOf(slack).chat.postMessage({ channel: 'C0OPS', text: 't' });

describe('tokens and scopes', () => {
  it('tells who the bot is', async () => {
    expect(await clientOf(slack).auth.test()).toMatchObject({ user_id: 'U0BOT', bot_id: 'B0BOT', team_id: 'T0HOME' });
  });

  it.each<[string, () => void, string]>([
    ['revoked', () => slack.admin.revokeToken('bot'), 'token_revoked'],
    ['of an uninstalled app', () => slack.admin.deactivate(), 'account_inactive'],
  ])('refuses a token %s', async (_, happen, error) => {
    happen();
    expect(await refusal(say())).toMatchObject({ error });
    slack.admin.restoreToken('bot');
    expect(await say()).toMatchObject({ ok: true });
    expect(slack.violations).toEqual([]);
  });

  it('refuses no token, an unknown one and one of the wrong kind', async () => {
    expect(await rawCall(slack, 'auth.test', {})).toMatchObject({ error: 'not_authed' });
    expect(await refusal(clientOf(slack, 'xoxb-wrong').auth.test())).toMatchObject({ error: 'invalid_auth' });
    expect(
      await refusal(clientOf(slack, slack.appToken).chat.postMessage({ channel: 'C0OPS', text: 't' })),
    ).toMatchObject({ error: 'not_allowed_token_type' });
    expect(await refusal(clientOf(slack).apps.connections.open())).toMatchObject({ error: 'not_allowed_token_type' });
  });

  it('takes a token in a form, never in JSON', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await rawCall(slack, 'auth.test', { headers: form, body: `token=${slack.botToken}` })).toMatchObject({
      ok: true,
    });
    const json = { 'content-type': 'application/json' };
    expect(
      await rawCall(slack, 'auth.test', { headers: json, body: JSON.stringify({ token: slack.botToken }) }),
    ).toMatchObject({ error: 'not_authed' });
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ['chat:write', 'chat.postMessage', say],
    ['channels:read', 'conversations.info', () => clientOf(slack).conversations.info({ channel: 'C0OPS' })],
    ['groups:read', 'conversations.info', () => clientOf(slack).conversations.info({ channel: 'C0SECRET' })],
    ['channels:history', 'conversations.history', () => clientOf(slack).conversations.history({ channel: 'C0OPS' })],
    ['users:read', 'users.info', () => clientOf(slack).users.info({ user: 'U0ANA' })],
    ['usergroups:read', 'usergroups.list', () => clientOf(slack).usergroups.list()],
    [
      'reactions:write',
      'reactions.add',
      () => clientOf(slack).reactions.add({ channel: 'C0OPS', timestamp: '1700000000.000001', name: 'eyes' }),
    ],
    [
      'files:write',
      'files.getUploadURLExternal',
      () => clientOf(slack).files.getUploadURLExternal({ filename: 'a', length: 1 }),
    ],
    ['im:write', 'conversations.open', () => clientOf(slack).conversations.open({ users: 'U0ANA' })],
  ])('needs %s for %s', async (scope, _, call) => {
    slack.admin.dropScope(scope);
    const answer = await refusal(call());
    expect(answer).toMatchObject({ error: 'missing_scope', needed: scope });
    expect(String(answer['provided']).split(',')).not.toContain(scope);
    expect(slack.violations).toEqual([]);
  });

  it('needs more scope for another name', async () => {
    expect(
      await refusal(clientOf(slack).chat.postMessage({ channel: 'C0OPS', text: 't', username: 'x' })),
    ).toMatchObject({
      error: 'missing_scope',
      needed: 'chat:write,chat:write.customize',
    });
  });
});

describe('channels', () => {
  it.each<[string, () => void, string, string]>([
    ['unknown', () => undefined, 'C0NOWHERE', 'channel_not_found'],
    ['gone', () => slack.admin.deleteChannel('C0OPS'), 'C0OPS', 'channel_not_found'],
    ['archived', () => slack.admin.archive('C0OPS'), 'C0OPS', 'is_archived'],
    ['without the bot', () => slack.admin.removeBot('C0OPS'), 'C0OPS', 'not_in_channel'],
    ['private and without the bot', () => slack.admin.removeBot('C0SECRET'), 'C0SECRET', 'channel_not_found'],
  ])('refuse a post when %s', async (_, happen, channel, error) => {
    happen();
    expect(await refusal(clientOf(slack).chat.postMessage({ channel, text: 't' }))).toMatchObject({ error });
    expect(slack.violations).toEqual([]);
  });

  it('tell their members, kind and strangers', async () => {
    const client = clientOf(slack);
    const info = await client.conversations.info({ channel: 'C0SECRET', include_num_members: true });
    expect(info.channel).toMatchObject({ is_private: true, num_members: 2, is_member: true });
    expect((await client.conversations.members({ channel: 'C0OPS' })).members).toContain('U0GUEST');
    expect((await client.users.info({ user: 'U0GUEST' })).user).toMatchObject({ is_restricted: true });
    expect((await client.users.info({ user: 'U0STRANGER' })).user).toMatchObject({
      is_stranger: true,
      team_id: 'T0AWAY',
    });
    expect((await client.usergroups.users.list({ usergroup: 'S0ONCALL' })).users).toEqual(['U0ANA', 'U0BEN']);
    expect((await client.users.list({})).members?.some((user) => user.is_bot)).toBe(true);
  });
});

describe('the transport', () => {
  const bearer = () => ({ authorization: `Bearer ${slack.botToken}` });

  it('knows no other method', async () => {
    expect(await refusal(clientOf(slack).apiCall('files.upload', {}))).toMatchObject({
      error: 'unknown_method',
      req_method: 'files.upload',
    });
    expect(slack.violations).toMatchObject([{ kind: 'unknown-method', where: 'files.upload' }]);
  });

  it('takes JSON where the vendor does, and does not see it elsewhere', async () => {
    const headers = { ...bearer(), 'content-type': 'application/json; charset=utf-8' };
    const body = { channel: 'C0OPS', text: 't', blocks: [{ type: 'divider' }], unfurl_links: false };
    expect(await rawCall(slack, 'chat.postMessage', { headers, body: JSON.stringify(body) })).toMatchObject({
      ok: true,
    });
    expect(slack.violations).toEqual([]);
    expect(await rawCall(slack, 'users.info', { headers, body: '{"user":"U0ANA"}' })).toMatchObject({
      error: 'invalid_arguments',
    });
    expect(await rawCall(slack, 'chat.postMessage', { headers, body: '{' })).toMatchObject({ error: 'invalid_json' });
    expect(await rawCall(slack, 'chat.postMessage', { headers, body: '[]' })).toMatchObject({
      error: 'json_not_object',
    });
    expect(
      await rawCall(slack, 'chat.postMessage', { headers: { ...bearer(), 'content-type': 'text/plain' }, body: 'x' }),
    ).toMatchObject({ error: 'invalid_post_type' });
    expect(slack.violations).toHaveLength(5);
  });

  it('reads by GET, and writes by POST alone', async () => {
    expect(await rawCall(slack, 'users.info?user=U0ANA', { verb: 'GET', headers: bearer() })).toMatchObject({
      ok: true,
    });
    expect(
      await rawCall(slack, 'chat.postMessage?channel=C0OPS&text=t', { verb: 'GET', headers: bearer() }),
    ).toMatchObject({ error: 'insecure_request' });
  });
});
