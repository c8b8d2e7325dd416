import { describe, expect, it } from 'vitest';
import { type Place, type Profile, REFUSALS, type Refusal, refusalOf } from '../../../src/chat/slack/admission.ts';
import type { Obj } from '../../../src/chat/slack/fields.ts';
import { type Heard, heardCommand, heardMessage, heardPress, typed } from '../../../src/chat/slack/heard.ts';
import { replyTo } from '../../../src/chat/slack/intake.ts';
import { readReplyTo, writeReplyTo } from '../../../src/chat/slack/threads.ts';

describe('typed', () => {
  it.each([
    ['drain worker-1', 'drain worker-1'],
    ['  drain   worker-1 ', 'drain   worker-1'],
    ['&lt;b&gt; &amp;amp;', '<b> &amp;'],
    ['restore <http://node-1.example|node-1.example>', 'restore node-1.example'],
    ['see <https://a.example/x>', 'see https://a.example/x'],
    ['mail <mailto:a@b.example|a@b.example>', 'mail a@b.example'],
    ['<@U0ANA|ana> and <#C0OPS|ops> and <@U0BEN>', 'ana and ops and U0BEN'],
    ['silence “2h”\u202e', 'silence “2h”\ufffd'],
    ['', ''],
  ])('%j is %j', (text, words) => {
    expect(typed(text)).toBe(words);
  });
});

const event = (fields: Obj, body: Obj = {}): Obj => ({
  type: 'event_callback',
  team_id: 'T0HOME',
  event_id: 'Ev1',
  event: { type: 'app_mention', user: 'U0ANA', channel: 'C0OPS', ts: '5.000001', text: '<@U0BOT> status', ...fields },
  ...body,
});
const press = (container: Obj, change: Obj = {}): Obj => ({
  type: 'block_actions',
  trigger_id: '1.2.a',
  user: { id: 'U0ANA', team_id: 'T0HOME' },
  team: { id: 'T0HOME' },
  container: { type: 'message', channel_id: 'C0OPS', message_ts: '5.000001', ...container },
  actions: [{ action_id: 'press:0', value: 'token' }],
  ...change,
});

describe('what was heard', () => {
  it.each<[string, Heard | undefined, Partial<Heard> | undefined]>([
    [
      'a mention',
      heardMessage(event({})),
      { by: 'mention', onTs: '5.000001', what: { kind: 'command', text: 'status' } },
    ],
    ['a bare mention', heardMessage(event({ text: ' <@U0BOT> ' })), { what: { kind: 'command', text: 'help' } }],
    [
      'a mention with a comma',
      heardMessage(event({ text: '<@U0BOT>, status' })),
      { what: { kind: 'command', text: 'status' } },
    ],
    ['a mention in a thread', heardMessage(event({ thread_ts: '4.000001' })), { rootTs: '4.000001' }],
    ['a direct message', heardMessage(event({ type: 'message', channel_type: 'im' })), { by: 'direct' }],
    ['talk in a channel', heardMessage(event({ type: 'message', channel_type: 'channel' })), undefined],
    ['another event', heardMessage(event({ type: 'reaction_added' })), undefined],
    ['an event without an id', heardMessage(event({}, { event_id: undefined })), undefined],
    ['an edit', heardMessage(event({ edited: { ts: '6.000001' } })), { edited: true }],
    ['a change', heardMessage(event({ subtype: 'message_changed' })), { edited: true }],
    ['a deletion', heardMessage(event({ subtype: 'message_deleted', hidden: true })), { edited: true }],
    ['a bot’s', heardMessage(event({ bot_id: 'B1', subtype: 'bot_message' })), { bot: true, edited: false }],
    ['a stranger’s', heardMessage(event({ user_team: 'T0AWAY' })), { userTeam: 'T0AWAY' }],
    [
      'a press on a root',
      heardPress(press({})),
      { onTs: '5.000001', rootTs: undefined, what: { kind: 'button', token: 'token' } },
    ],
    ['a press in a thread', heardPress(press({ thread_ts: '4.000001' })), { onTs: undefined, rootTs: '4.000001' }],
    [
      'a press on a root with replies',
      heardPress(press({ thread_ts: '5.000001' })),
      { onTs: '5.000001', rootTs: undefined },
    ],
    ['a press in a view', heardPress(press({ type: 'view' })), undefined],
    ['a press of nothing', heardPress(press({}, { actions: [] })), undefined],
    ['a command without a trigger', heardCommand({ command: '/drain' }), undefined],
    [
      'a command',
      heardCommand({
        command: '/Drain',
        text: ' worker-1',
        trigger_id: '1.2.a',
        user_id: 'U0ANA',
        team_id: 'T0HOME',
        channel_id: 'C0OPS',
      }),
      { id: '1.2.a', user: 'U0ANA', channel: 'C0OPS', what: { kind: 'command', text: 'drain worker-1' } },
    ],
  ])('%s', (_, heard, expected) => {
    if (expected === undefined) expect(heard).toBeUndefined();
    else expect(heard).toMatchObject(expected);
  });
});

const place: Place = { team: 'T0HOME', bot: 'U0BOT', home: 'C0OPS' };
const ana: Profile = { team: 'T0HOME', bot: false, guest: false, stranger: false, deleted: false };
const said: Heard = {
  id: '1',
  by: 'mention',
  user: 'U0ANA',
  team: 'T0HOME',
  userTeam: undefined,
  channel: 'C0OPS',
  bot: false,
  edited: false,
  rootTs: undefined,
  onTs: '5.000001',
  what: { kind: 'command', text: 'status' },
};

describe('the door', () => {
  it.each<[string, Partial<Heard>, { readonly profile?: Profile; readonly ownDirect?: string }, Refusal | undefined]>([
    ['lets a member in', {}, { profile: ana }, undefined],
    ['lets a member in before the profile is known', {}, {}, undefined],
    ['lets a member in by direct message', { channel: 'D1' }, { profile: ana, ownDirect: 'D1' }, undefined],
    ['refuses a guest', {}, { profile: { ...ana, guest: true } }, 'guest'],
    ['refuses a deleted account', {}, { profile: { ...ana, deleted: true } }, 'deleted'],
    ['refuses a stranger of a shared channel', {}, { profile: { ...ana, stranger: true } }, 'other-workspace'],
    ['refuses a profile of another workspace', {}, { profile: { ...ana, team: 'T0AWAY' } }, 'other-workspace'],
    ['refuses a user of another workspace', { userTeam: 'T0AWAY' }, {}, 'other-workspace'],
    ['refuses a payload for another workspace', { team: 'T0AWAY' }, {}, 'other-workspace'],
    ['refuses a payload for no workspace', { team: undefined }, {}, 'other-workspace'],
    ['refuses a bot by its message', { bot: true }, {}, 'program'],
    ['refuses a bot by its profile', {}, { profile: { ...ana, bot: true } }, 'program'],
    ['refuses itself', { user: 'U0BOT' }, {}, 'program'],
    ['refuses Slackbot', { user: 'USLACKBOT' }, {}, 'program'],
    ['refuses an edit', { edited: true }, {}, 'edited'],
    ['refuses another channel', { channel: 'C0SECRET' }, { profile: ana }, 'other-channel'],
    ['refuses a group conversation', { channel: 'G1' }, { profile: ana }, 'other-channel'],
    ['refuses a conversation of two others', { channel: 'D2' }, { profile: ana, ownDirect: 'D1' }, 'other-channel'],
    ['refuses nobody', { user: undefined }, {}, 'nobody'],
    ['refuses nowhere', { channel: undefined }, {}, 'nobody'],
  ])('%s', (_, change, known, refused) => {
    expect(refusalOf({ ...said, ...change }, place, known)).toBe(refused);
  });

  it('tells no data to those it refuses', () => {
    for (const text of Object.values(REFUSALS)) expect(text ?? '').not.toMatch(/INC|C0|U0|channel C/);
  });
});

describe('where an answer goes', () => {
  it.each<[string, Partial<Heard>, boolean, boolean, string | undefined]>([
    ['our thread says it', { rootTs: '4.000001' }, true, false, undefined],
    ['into a strange thread', { rootTs: '4.000001' }, false, false, 'inside 4.000001'],
    ['beside a pressed root', { by: 'press' }, true, false, 'beside'],
    ['under a mention', {}, false, false, 'under 5.000001'],
    ['plainly in private', { by: 'direct' }, false, true, undefined],
    ['plainly to a command', { by: 'command', onTs: undefined }, false, false, undefined],
  ])('%s', (_, change, ours, isPrivate, expected) => {
    expect(replyTo({ ...said, ...change }, ours, isPrivate).replyTo).toBe(expected);
  });

  it.each([{ under: '1.000002' }, { inside: '1.000002' }, { beside: true }] as const)(
    '%j can be written and read',
    (to) => {
      expect(readReplyTo(writeReplyTo(to))).toEqual(to);
    },
  );

  it.each([undefined, '', 'under', 'under <!channel>', 'somewhere 1.2'])('%j is nowhere', (text) => {
    expect(readReplyTo(text)).toBeUndefined();
  });
});
