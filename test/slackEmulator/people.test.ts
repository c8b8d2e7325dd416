import type { types } from '@slack/bolt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/lib/clock.ts';
import { createCourier } from '../support/slack/deliver/courier.ts';
import type { Transport } from '../support/slack/deliver/transport.ts';
import { noFaults } from '../support/slack/faults.ts';
import { type SlackEmulator, startSlack } from '../support/slack/index.ts';
import { type Person, personOf } from '../support/slack/people/person.ts';
import { type Obj, objOf } from '../support/slack/value.ts';
import { clientOf, refusal } from './client.ts';

let now = 1_700_000_000_000;
const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };

let slack: SlackEmulator;
let delivered: Obj[] = [];
let reply: unknown;
/** A transport that acknowledges everything, so that payloads can be looked at. */
const yes: Transport = {
  attempt: (_, payload) => {
    delivered.push(payload);
    return Promise.resolve({ is: 'acked', body: reply, tookMs: 0 });
  },
  ready: () => Promise.resolve(),
};
const user = (id: string): Person => {
  const courier = createCourier({
    world: slack.world,
    transport: () => yes,
    faults: noFaults,
    signal: AbortSignal.timeout(10_000),
  });
  return personOf(slack.world, courier, id);
};

beforeEach(async () => {
  delivered = [];
  reply = undefined;
  slack = await startSlack({ clock, rateLimits: false });
});
afterEach(() => slack.stop());

const modal = (over: Obj = {}) => ({
  type: 'modal' as const,
  title: { type: 'plain_text' as const, text: 'T' },
  blocks: [{ type: 'divider' as const }],
  ...over,
});
const respond = (url: unknown, body: Obj) =>
  fetch(String(url), { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });

describe('trigger ids', () => {
  it('open one view within three seconds', async () => {
    const open = (trigger_id: unknown, view: Obj = modal()) =>
      clientOf(slack).apiCall('views.open', { trigger_id, view });
    const { payload } = await user('U0ANA').slash('/drain', 'x');
    const opened = await open(payload['trigger_id']);
    expect(objOf(objOf(opened)['view'])).toMatchObject({ type: 'modal', app_id: 'A0DAYTWO', previous_view_id: null });
    expect(await refusal(open(payload['trigger_id']))).toMatchObject({ error: 'exchanged_trigger_id' });
    expect(await refusal(open('1.2.abc'))).toMatchObject({ error: 'invalid_trigger_id' });
    const late = await user('U0ANA').slash('/drain', 'x');
    now += 3_001;
    expect(await refusal(open(late.payload['trigger_id']))).toMatchObject({ error: 'expired_trigger_id' });
    expect(await refusal(open('x', modal({ title: { type: 'plain_text', text: 'x'.repeat(25) } })))).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: ['[ERROR] must be less than 25 characters [json-pointer:/view/title/text]'] },
    });
  });
});

describe('views', () => {
  it('are updated under their hash, and published once Home tabs are on', async () => {
    const client = clientOf(slack);
    const { payload } = await user('U0ANA').slash('/drain', 'x');
    const { view } = await client.views.open({
      trigger_id: String(payload['trigger_id']),
      view: modal({ external_id: 'e' }),
    });
    const { id = '', hash = '' } = view ?? {};
    await client.views.update({ view_id: id, hash, view: modal() });
    expect(await refusal(client.views.update({ view_id: id, hash, view: modal() }))).toMatchObject({
      error: 'hash_conflict',
    });
    expect(await refusal(client.views.update({ view_id: 'V0', view: modal() }))).toMatchObject({ error: 'not_found' });
    await client.views.publish({ user_id: 'U0ANA', view: { type: 'home', blocks: [] } });
    expect(await refusal(client.views.publish({ user_id: 'U0', view: { type: 'home', blocks: [] } }))).toMatchObject({
      error: 'invalid_arguments',
    });
  });

  it('follow what the submission was answered with', async () => {
    const ana = user('U0ANA');
    const { payload } = await ana.slash('/drain', 'x');
    await clientOf(slack).views.open({
      trigger_id: String(payload['trigger_id']),
      view: modal({ callback_id: 'one', notify_on_close: true }),
    });
    reply = { response_action: 'push', view: modal({ callback_id: 'two' }) };
    await ana.submit('one');
    expect(ana.modal()?.body['callback_id']).toBe('two');
    reply = { response_action: 'update', view: modal({ callback_id: 'three' }) };
    await ana.submit('two');
    expect(ana.modal()?.body['callback_id']).toBe('three');
    reply = { response_action: 'errors', errors: { nowhere: 'x' } };
    await ana.submit('three');
    expect(slack.violations).toMatchObject([{ kind: 'bad-ack' }]);
    reply = { response_action: 'clear' };
    await ana.submit('three');
    expect(ana.modal()).toBeUndefined();
  });
});

describe('response URLs', () => {
  it('take five answers in thirty minutes', async () => {
    const { payload } = await user('U0ANA').slash('/drain', 'x', { channel: 'C0OPS' });
    for (let i = 0; i < 5; i += 1) expect((await respond(payload['response_url'], { text: `a${i}` })).status).toBe(200);
    expect(slack.ephemerals('U0ANA')).toHaveLength(5);
    expect(slack.violations).toEqual([]);
    expect(await (await respond(payload['response_url'], { text: 'six' })).text()).toBe('used_url');
    const late = await user('U0ANA').slash('/drain', 'x', { channel: 'C0OPS' });
    now += 30 * 60_000 + 1;
    expect(await (await respond(late.payload['response_url'], { text: 'x' })).text()).toBe('expired_url');
    expect(slack.violations.map((violation) => violation.kind)).toEqual(['bad-response-url', 'bad-response-url']);
  });

  it('speak to all, replace and delete the original', async () => {
    const elements = [{ type: 'button' as const, action_id: 'go', text: { type: 'plain_text' as const, text: 'Go' } }];
    const { ts = '' } = await clientOf(slack).chat.postMessage({
      channel: 'C0OPS',
      text: 'card',
      blocks: [{ type: 'actions', elements }],
    });
    const { payload } = await user('U0ANA').press(ts, 'Go');
    const url = payload['response_url'];
    await respond(url, { text: 'everyone', response_type: 'in_channel' });
    await respond(url, { text: 'changed', replace_original: true });
    expect(slack.messages('C0OPS').map((message) => message.text)).toEqual(['changed', 'everyone']);
    await respond(url, { delete_original: true });
    expect(slack.messages('C0OPS').map((message) => message.text)).toEqual(['everyone']);
    expect((await respond(url, { text: 'x', colour: 'red' })).status).toBe(400);
  });
});

describe('people', () => {
  it('send payloads with everything Slack puts into them', async () => {
    const elements: types.ActionsBlock['elements'] = [
      { type: 'button', action_id: 'go', value: 'tok', text: { type: 'plain_text', text: 'Go' } },
      {
        type: 'static_select',
        action_id: 'pick',
        options: [{ text: { type: 'plain_text', text: 'Two' }, value: '2' }],
      },
    ];
    const root = await clientOf(slack).chat.postMessage({ channel: 'C0OPS', text: 'root' });
    const { ts = '' } = await clientOf(slack).chat.postMessage({
      channel: 'C0OPS',
      text: 'card',
      thread_ts: root.ts ?? '',
      blocks: [{ type: 'actions', block_id: 'b', elements }],
    });
    await user('U0BEN').press(ts, 'Go');
    await user('U0BEN').choose(ts, 'pick', 'Two');
    expect(delivered[0]).toMatchObject({
      type: 'block_actions',
      user: { id: 'U0BEN', username: 'ben', team_id: 'T0HOME' },
      team: { id: 'T0HOME', domain: 'home' },
      container: { type: 'message', message_ts: ts, channel_id: 'C0OPS', is_ephemeral: false, thread_ts: root.ts },
      channel: { id: 'C0OPS', name: 'ops' },
      message: { ts, thread_ts: root.ts, text: 'card', bot_id: 'B0BOT', parent_user_id: 'U0BOT' },
      actions: [{ type: 'button', action_id: 'go', block_id: 'b', value: 'tok' }],
      api_app_id: 'A0DAYTWO',
    });
    expect(delivered[1]).toMatchObject({
      actions: [{ type: 'static_select', selected_option: { value: '2' } }],
      state: { values: { b: { pick: { selected_option: { value: '2' } } } } },
    });
    await user('U0ANA').slash('daytwo', 'drain worker-1', { channel: 'C0SECRET' });
    expect(delivered[2]).toMatchObject({
      command: '/daytwo',
      text: 'drain worker-1',
      channel_name: 'privategroup',
      user_name: 'ana',
      team_domain: 'home',
    });
  });

  it('press buttons in a coloured attachment', async () => {
    const elements = [{ type: 'button' as const, action_id: 'go', text: { type: 'plain_text' as const, text: 'Go' } }];
    const attachments = [{ color: '#d00000', fallback: 'card', blocks: [{ type: 'actions' as const, elements }] }];
    const { ts = '' } = await clientOf(slack).chat.postMessage({ channel: 'C0OPS', text: 'card', attachments });
    await user('U0BEN').press(ts, 'Go');
    expect(delivered[0]).toMatchObject({ container: { type: 'message_attachment', attachment_id: 1, message_ts: ts } });
    expect(slack.violations).toEqual([]);
  });

  it('come from elsewhere, are bots, edit what they said', async () => {
    await user('U0STRANGER').mention('C0OPS', 'drain');
    await user('U0OTHERBOT').mention('C0OPS', 'drain');
    const ts = await user('U0ANA').say('C0OPS', 'nothing');
    await user('U0ANA').edit(ts, '<@U0BOT> drain');
    const events = delivered.map((payload) => objOf(payload['event']));
    expect(events).toMatchObject([
      { user: 'U0STRANGER', team: 'T0AWAY', user_team: 'T0AWAY' },
      { user: 'U0OTHERBOT', subtype: 'bot_message' },
      { user: 'U0ANA', edited: { user: 'U0ANA' } },
    ]);
    const direct = user('U0ANA').direct();
    await user('U0ANA').say(direct, 'help');
    expect(objOf(delivered[3]?.['event'])).toMatchObject({ type: 'message', channel_type: 'im', channel: direct });
  });

  it('cannot do what Slack’s client would not let them', async () => {
    const ana = user('U0ANA');
    const { ts = '' } = await clientOf(slack).chat.postMessage({ channel: 'C0OPS', text: 'plain' });
    await expect(ana.slash('/drain', 'x', { channel: 'C0OPS', thread: ts })).rejects.toThrow(
      'not supported in threads',
    );
    await expect(async () => ana.press(ts, 'Go')).rejects.toThrow('nothing named');
    await expect(user('U0BEN').say('C0SECRET', 'x')).rejects.toThrow('is not in C0SECRET');
    await expect(async () => ana.submit('none')).rejects.toThrow('no open view');
    expect(() => user('U0NOBODY')).toThrow('no such user');
  });

  it('are not heard by an app that is not subscribed, not allowed, or not there', async () => {
    await user('U0ANA').say('C0OPS', 'talk');
    slack.admin.removeBot('C0SECRET');
    await user('U0ANA').mention('C0SECRET', 'x');
    slack.admin.dropScope('app_mentions:read');
    await user('U0ANA').mention('C0OPS', 'x');
    expect(delivered).toEqual([]);
  });
});
