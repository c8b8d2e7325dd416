import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SlackEmulator, startSlack } from '../support/slack/index.ts';
import { listOf, objOf } from '../support/slack/value.ts';
import { clientOf, rawCall, refusal } from './client.ts';

let slack: SlackEmulator;
beforeEach(async () => {
  slack = await startSlack({ scale: 0, rateLimits: false });
});
afterEach(() => slack.stop());

const OPS = 'C0OPS';
const section = [{ type: 'section', text: { type: 'plain_text', text: 'body' } }];

describe('messages through the vendor’s client', () => {
  it('are posted, replied to, updated, read back with metadata, linked and deleted', async () => {
    const client = clientOf(slack);
    const metadata = { event_type: 'daytwo', event_payload: { id: 'out-1' } };
    const root = await client.chat.postMessage({
      channel: OPS,
      text: 'root',
      blocks: section,
      metadata,
      unfurl_links: false,
    });
    const ts = root.ts ?? '';
    const reply = await client.chat.postMessage({ channel: OPS, text: 'reply', thread_ts: ts });
    await client.chat.update({ channel: OPS, ts, text: 'root, edited', parse: 'none' });
    const read = await client.conversations.replies({ channel: OPS, ts, include_all_metadata: true });
    expect(read.messages?.map((message) => message.text)).toEqual(['root, edited', 'reply']);
    expect(objOf(read.messages?.[0])['metadata']).toEqual(metadata);
    expect(objOf(read.messages?.[0])['blocks']).toBeUndefined(); // text without blocks removes them
    const history = await client.conversations.history({ channel: OPS, limit: 5 });
    expect(history.messages).toHaveLength(1);
    expect(objOf(history.messages?.[0])['metadata']).toBeUndefined();
    const link = await client.chat.getPermalink({ channel: OPS, message_ts: reply.ts ?? '' });
    expect(link.permalink).toContain(`thread_ts=${ts}`);
    await client.chat.delete({ channel: OPS, ts: reply.ts ?? '' });
    expect(slack.thread(OPS, ts).map((message) => message.text)).toEqual(['root, edited']);
    expect(slack.operations(OPS).map((operation) => operation.kind)).toEqual(['post', 'post', 'edit', 'delete']);
    expect(slack.messages(OPS)[0]?.unfurl).toEqual({ links: false, media: undefined });
    expect(slack.violations).toEqual([]);
  });

  it('keep blocks when only attachments or metadata change, and metadata until it is emptied', async () => {
    const client = clientOf(slack);
    const { ts = '' } = await client.chat.postMessage({
      channel: OPS,
      text: 't',
      blocks: section,
      metadata: { event_type: 'a', event_payload: { id: '1' } },
    });
    await client.chat.update({ channel: OPS, ts, attachments: [{ color: '#00ff00', fallback: 'x', blocks: section }] });
    expect(slack.messages(OPS)[0]).toMatchObject({ text: 't', metadata: { event_type: 'a' } });
    expect(slack.messages(OPS)[0]?.blocks).toHaveLength(1);
    await rawCall(slack, 'chat.update', {
      headers: { authorization: `Bearer ${slack.botToken}`, 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ channel: OPS, ts, text: 'u', metadata: {} }),
    });
    expect(slack.messages(OPS)[0]?.metadata).toBeUndefined();
    expect(slack.violations).toEqual([]);
  });

  it('go to one person: ephemeral, direct', async () => {
    const client = clientOf(slack);
    await client.chat.postEphemeral({ channel: OPS, user: 'U0ANA', text: 'psst' });
    expect(slack.ephemerals('U0ANA').map((message) => message.text)).toEqual(['psst']);
    const opened = await client.conversations.open({ users: 'U0BEN' });
    const posted = await client.chat.postMessage({ channel: 'U0BEN', text: 'hello' });
    expect(posted.channel).toBe(opened.channel?.id);
    expect(await refusal(client.chat.postEphemeral({ channel: OPS, user: 'U0NOBODY', text: 'x' }))).toMatchObject({
      error: 'user_not_in_channel',
    });
  });

  it('give every block and element an id', async () => {
    await clientOf(slack).chat.postMessage({
      channel: OPS,
      text: 't',
      blocks: [{ type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'Go' } }] }],
    });
    const [block] = slack.messages(OPS)[0]?.blocks ?? [];
    expect(objOf(block)['block_id']).toBeTypeOf('string');
    expect(objOf(listOf(objOf(block)['elements'])[0])['action_id']).toBeTypeOf('string');
  });

  it('add and remove reactions, each once', async () => {
    const client = clientOf(slack);
    const { ts: timestamp = '' } = await client.chat.postMessage({ channel: OPS, text: 't' });
    await client.reactions.add({ channel: OPS, timestamp, name: 'eyes' });
    expect(await refusal(client.reactions.add({ channel: OPS, timestamp, name: 'eyes' }))).toMatchObject({
      error: 'already_reacted',
    });
    await client.reactions.remove({ channel: OPS, timestamp, name: 'eyes' });
    expect(await refusal(client.reactions.remove({ channel: OPS, timestamp, name: 'eyes' }))).toMatchObject({
      error: 'no_reaction',
    });
  });

  it('page through a history in both directions of time', async () => {
    const client = clientOf(slack);
    for (let i = 0; i < 5; i += 1) await client.chat.postMessage({ channel: OPS, text: `m${i}` });
    const first = await client.conversations.history({ channel: OPS, limit: 2 });
    expect(first).toMatchObject({ has_more: true });
    const second = await client.conversations.history({
      channel: OPS,
      limit: 2,
      cursor: first.response_metadata?.next_cursor ?? '',
    });
    expect([...(first.messages ?? []), ...(second.messages ?? [])].map((message) => message.text)).toEqual([
      'm4',
      'm3',
      'm2',
      'm1',
    ]);
    const oldest = slack.messages(OPS)[2]?.ts ?? '';
    const since = await client.conversations.history({ channel: OPS, oldest, inclusive: true });
    expect(since.messages?.map((message) => message.text)).toEqual(['m4', 'm3', 'm2']);
  });
});

describe('what the bot may not do with messages', () => {
  const post = (over: Record<string, unknown>) =>
    clientOf(slack).apiCall('chat.postMessage', { channel: OPS, text: 't', ...over });

  it.each<[string, Record<string, unknown>, string, string]>([
    ['no text at all', { text: '' }, 'no_text', 'missing-text'],
    [
      'bad blocks',
      { blocks: [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }] },
      'invalid_blocks',
      'bad-blocks',
    ],
    ['blocks that are no list', { blocks: '{"type":"divider"}' }, 'invalid_blocks_format', 'bad-argument'],
    ['metadata without a type', { metadata: { event_payload: {} } }, 'invalid_metadata_schema', 'bad-metadata'],
    [
      'metadata too deep',
      { metadata: { event_type: 'a', event_payload: { a: { b: { c: 1 } } } } },
      'invalid_metadata_schema',
      'bad-metadata',
    ],
    [
      'metadata too large',
      { metadata: { event_type: 'a', event_payload: { a: 'x'.repeat(8_000) } } },
      'metadata_too_large',
      'bad-metadata',
    ],
    ['metadata that is no JSON', { metadata: 'x' }, 'invalid_metadata_format', 'bad-argument'],
    ['an unknown argument', { colour: 'red' }, 'invalid_arguments', 'unknown-argument'],
    ['a ts of the wrong form', { thread_ts: 'yesterday' }, 'invalid_arguments', 'bad-argument'],
    ['a thread that is not there', { thread_ts: '1700000000.000001' }, 'thread_not_found', 'bad-thread'],
    ['an unknown parse mode', { parse: 'some' }, 'invalid_arguments', 'bad-argument'],
  ])('%s', async (_, over, error, kind) => {
    expect(await refusal(post(over))).toMatchObject({ ok: false, error });
    expect(slack.violations.map((violation) => violation.kind)).toContain(kind);
    expect(slack.messages(OPS)).toEqual([]);
  });

  it('says where blocks are wrong, as Slack does', async () => {
    const blocks = [
      { type: 'divider' },
      {
        type: 'actions',
        elements: Array.from({ length: 26 }, () => ({ type: 'button', text: { type: 'plain_text', text: 'x' } })),
      },
    ];
    const answer = await refusal(post({ blocks }));
    expect(answer['errors']).toEqual(['no more than 25 items allowed [json-pointer:/blocks/1/elements]']);
    expect(objOf(answer['response_metadata'])['messages']).toEqual([
      '[ERROR] no more than 25 items allowed [json-pointer:/blocks/1/elements]',
    ]);
  });

  it('notes blocks without a fallback text, long texts and replies to replies, though Slack takes them', async () => {
    const client = clientOf(slack);
    await client.chat.postMessage({ channel: OPS, blocks: section });
    await client.chat.postMessage({ channel: OPS, text: 'x'.repeat(4_001) });
    const cut = await client.chat.postMessage({ channel: OPS, text: '🔥'.repeat(40_001) });
    expect([...(cut.message?.text ?? '')]).toHaveLength(40_000);
    const root = await client.chat.postMessage({ channel: OPS, text: 'root' });
    const reply = await client.chat.postMessage({ channel: OPS, text: 'reply', thread_ts: root.ts ?? '' });
    await client.chat.postMessage({ channel: OPS, text: 'nested', thread_ts: reply.ts ?? '' });
    expect(slack.thread(OPS, root.ts ?? '')).toHaveLength(3);
    expect(slack.violations.map((violation) => violation.kind)).toEqual([
      'missing-text',
      'too-long',
      'too-long',
      'bad-thread',
    ]);
  });

  it('updates of over 4,000 characters, of nothing, of others’ and of vanished messages', async () => {
    const client = clientOf(slack);
    const { ts = '' } = await client.chat.postMessage({ channel: OPS, text: 't' });
    await client.chat.update({ channel: OPS, ts, text: '🔥'.repeat(4_000) });
    expect(await refusal(client.chat.update({ channel: OPS, ts, text: '🔥'.repeat(4_001) }))).toMatchObject({
      error: 'msg_too_long',
    });
    expect(await refusal(client.apiCall('chat.update', { channel: OPS, ts }))).toMatchObject({ error: 'no_text' });
    const others = await slack.user('U0ANA').say(OPS, 'mine');
    expect(await refusal(client.chat.update({ channel: OPS, ts: others, text: 'x' }))).toMatchObject({
      error: 'cant_update_message',
    });
    slack.admin.deleteMessage(OPS, ts);
    expect(await refusal(client.chat.update({ channel: OPS, ts, text: 'x' }))).toMatchObject({
      error: 'message_not_found',
    });
    expect(await refusal(client.chat.postMessage({ channel: OPS, text: 'x', thread_ts: ts }))).toMatchObject({
      error: 'cannot_reply_to_message',
    });
  });

  it('records whom a message would have pinged', async () => {
    await clientOf(slack).chat.postMessage({ channel: OPS, text: 'log line: <!channel>' });
    expect(slack.pings()).toMatchObject([{ whom: 'channel', by: 'control-sequence', at: '/text' }]);
  });
});
