import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SlackEmulator, startSlack } from '../support/slack/index.ts';
import { clientOf, refusal } from './client.ts';

let slack: SlackEmulator;
beforeEach(async () => {
  slack = await startSlack({ scale: 0, rateLimits: false });
});
afterEach(() => slack.stop());

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

/** The first two steps by hand. */
async function upload(name = 'trend.png', bytes: Buffer = PNG): Promise<string> {
  const ticket = await clientOf(slack).files.getUploadURLExternal({ filename: name, length: bytes.length });
  const sent = await fetch(ticket.upload_url ?? '', { method: 'POST', body: new Uint8Array(bytes) });
  expect(await sent.text()).toBe(`OK - ${bytes.length}`);
  return ticket.file_id ?? '';
}

describe('uploads', () => {
  it('go by three steps into a thread', async () => {
    const client = clientOf(slack);
    const { ts = '' } = await client.chat.postMessage({ channel: 'C0OPS', text: 'root' });
    const id = await upload();
    const done = await client.files.completeUploadExternal({
      files: [{ id, title: 'Trend' }],
      channel_id: 'C0OPS',
      thread_ts: ts,
    });
    expect(done.files?.[0]).toMatchObject({ id, title: 'Trend' });
    expect(slack.thread('C0OPS', ts)[1]).toMatchObject({ files: [id], threadTs: ts });
    expect(Buffer.from(slack.world.files.get(id)?.bytes ?? []).equals(PNG)).toBe(true);
    expect(slack.violations).toEqual([]);
  });

  it('work through the client’s own helper, which sends a form', async () => {
    await clientOf(slack).filesUploadV2({
      channel_id: 'C0OPS',
      file: PNG,
      filename: 'a.png',
      title: 'A',
      initial_comment: 'look',
    });
    expect(slack.messages('C0OPS')[0]).toMatchObject({ text: 'look' });
    expect(slack.violations).toEqual([]);
  });

  it('show in an image block once they are complete, if they are pictures', async () => {
    const client = clientOf(slack);
    const image = (id: string) => [{ type: 'image', slack_file: { id }, alt_text: 'trend' }];
    const id = await upload();
    expect(await refusal(client.chat.postMessage({ channel: 'C0OPS', text: 't', blocks: image(id) }))).toMatchObject({
      error: 'invalid_blocks',
    });
    await client.files.completeUploadExternal({ files: [{ id }] });
    await client.chat.postMessage({ channel: 'C0OPS', text: 't', blocks: image(id) });
    const text = await upload('log.txt');
    await client.files.completeUploadExternal({ files: [{ id: text }] });
    expect(await refusal(client.chat.postMessage({ channel: 'C0OPS', text: 't', blocks: image(text) }))).toMatchObject({
      error: 'invalid_blocks',
    });
  });

  it('are completed once, after their bytes, into channels that the bot is in', async () => {
    const client = clientOf(slack);
    const complete = (id: string, over: object = {}) =>
      client.files.completeUploadExternal({ files: [{ id }], ...over });
    const empty = await client.files.getUploadURLExternal({ filename: 'a.png', length: 8 });
    expect(await refusal(complete(empty.file_id ?? ''))).toMatchObject({ error: 'file_not_found' });
    const id = await upload();
    expect(await refusal(complete(id, { channel_id: 'C0EMPTY' }))).toMatchObject({ error: 'not_in_channel' });
    expect(await refusal(complete(id, { channel_id: 'C0NOWHERE' }))).toMatchObject({ error: 'channel_not_found' });
    await complete(id);
    expect(await refusal(complete(id))).toMatchObject({ error: 'file_not_found' });
    expect(slack.violations.map((violation) => violation.kind)).toEqual(['bad-upload', 'bad-upload']);
  });

  it('have the length that was announced', async () => {
    const ticket = await clientOf(slack).files.getUploadURLExternal({ filename: 'a.png', length: 9 });
    const sent = await fetch(ticket.upload_url ?? '', { method: 'POST', body: new Uint8Array(PNG) });
    expect(sent.status).toBe(400);
    expect(slack.violations).toMatchObject([{ kind: 'bad-upload' }]);
  });

  it('can fail between the steps', async () => {
    const ticket = await clientOf(slack).files.getUploadURLExternal({ filename: 'a.png', length: PNG.length });
    slack.faults.next('upload', { do: 'fail-before' });
    const send = () => fetch(ticket.upload_url ?? '', { method: 'POST', body: new Uint8Array(PNG) });
    expect((await send()).status).toBe(500);
    expect((await send()).status).toBe(200);
  });
});
