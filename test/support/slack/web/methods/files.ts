import { ALT_TXT_LENGTH, SHARE_CHANNELS, SNIPPET_BYTES } from '../../limits.ts';
import { post } from '../../messages.ts';
import { codePoints, isObj, listOf, type Obj, textOf } from '../../value.ts';
import type { StoredFile, World } from '../../world.ts';
import { type Method, type MethodCall, need, str, wrong } from '../method.ts';
import { detailed, Refusal } from '../refusal.ts';
import { rootOf } from './chat.ts';

const WRITE = (): readonly string[] => ['files:write'];

/** Step 1 of 3. https://docs.slack.dev/messaging/working-with-files#upload */
const getUploadUrl: Method = {
  args: { filename: 'string', length: 'integer', alt_txt: 'string', snippet_type: 'string' },
  required: ['filename', 'length'],
  tier: 't4',
  json: false,
  token: 'bot',
  scopes: WRITE,
  run: (call) => {
    const { world } = call;
    const length = Number(call.args['length']);
    if (length < 1) throw wrong(call, 'bad-upload', 'missing_argument', 'length 0');
    if (codePoints(str(call, 'alt_txt') ?? '') > ALT_TXT_LENGTH)
      throw wrong(call, 'too-long', 'alt_txt_too_large', 'alt_txt');
    if (str(call, 'snippet_type') !== undefined && length > SNIPPET_BYTES)
      throw wrong(call, 'too-long', 'snippet_too_large', 'snippet');
    const file: StoredFile = {
      id: world.ids.next('F'),
      name: need(call, 'filename'),
      announcedBytes: length,
      altText: str(call, 'alt_txt'),
      ticket: world.ids.next('').toLowerCase(),
      title: need(call, 'filename'),
      bytes: undefined,
      completed: false,
      sharedIn: [],
    };
    world.files.set(file.id, file);
    return { upload_url: `${world.baseUrl}/upload/v1/${file.ticket}`, file_id: file.id };
  },
};

/** The files to complete: known, uploaded, and not completed before. */
function uploaded(call: MethodCall): readonly StoredFile[] {
  const files = listOf(call.args['files']).map((entry) => {
    if (!isObj(entry) || Object.keys(entry).some((key) => !['id', 'title', 'highlight_type'].includes(key))) {
      call.world.report('bad-upload', call.method, `files: ${JSON.stringify(entry)}`);
      throw detailed('invalid_arguments', ['invalid `files`']);
    }
    const file = call.world.files.get(textOf(entry['id']) ?? '');
    if (!file) throw wrong(call, 'bad-upload', 'file_not_found', `no file ${String(entry['id'])}`);
    if (file.completed) throw wrong(call, 'bad-upload', 'file_not_found', `${file.id} was completed before`);
    if (!file.bytes) throw wrong(call, 'bad-upload', 'file_not_found', `${file.id} was never uploaded`);
    file.title = textOf(entry['title']) ?? file.name;
    return file;
  });
  if (files.length === 0) throw detailed('invalid_arguments', ['missing required field: files']);
  return files;
}

/** Step 3 of 3: once a file; shares it. https://docs.slack.dev/reference/methods/files.completeUploadExternal */
const complete: Method = {
  args: {
    files: 'list',
    channel_id: 'string',
    channels: 'string',
    thread_ts: 'ts',
    initial_comment: 'string',
    blocks: 'list',
  },
  required: ['files'],
  tier: 't4',
  json: true,
  token: 'bot',
  scopes: WRITE,
  run: (call) => {
    const { world } = call;
    const targets = [str(call, 'channel_id'), ...(str(call, 'channels') ?? '').split(',')].filter(
      (id) => id !== undefined && id !== '',
    );
    if (targets.length > SHARE_CHANNELS)
      throw wrong(call, 'too-long', 'channels_limit_exceeded', `${targets.length} channels`);
    const channels = targets.map((id) => {
      const channel = world.channels.get(id ?? '');
      if (!channel) throw new Refusal('channel_not_found');
      if (!channel.members.has(world.seed.app.botUserId)) {
        throw new Refusal(channel.kind === 'public' ? 'not_in_channel' : 'channel_not_found');
      }
      if (channel.archived) throw new Refusal('posting_to_channel_denied');
      return channel;
    });
    const thread = str(call, 'thread_ts');
    if (thread !== undefined && channels.length !== 1)
      throw wrong(call, 'bad-thread', 'invalid_arguments', 'thread_ts wants one channel');
    const roots = channels.map((channel) => rootOf(call, channel, thread));
    const files = uploaded(call);
    for (const file of files) file.completed = true;
    channels.forEach((channel, index) => {
      for (const file of files) file.sharedIn.push(channel.id);
      post(world, channel, {
        user: world.seed.app.botUserId,
        text: str(call, 'initial_comment') ?? '',
        threadTs: roots[index],
        files: files.map((file) => file.id),
        kind: 'file',
      });
    });
    return { files: files.map((file) => fileObject(world, file)) };
  },
};

/** https://docs.slack.dev/reference/objects/file-object, the fields an app gets back at once: no share's ts is among them. */
function fileObject(world: World, file: StoredFile): Obj {
  return {
    id: file.id,
    title: file.title,
    name: file.name,
    size: file.announcedBytes,
    user: world.seed.app.botUserId,
    url_private: `https://files.slack.com/files-pri/${world.seed.teamId}-${file.id}/${encodeURIComponent(file.name)}`,
    permalink: `https://${world.seed.domain}.slack.com/files/${world.seed.app.botUserId}/${file.id}/${encodeURIComponent(file.name)}`,
  };
}

/** https://docs.slack.dev/reference/methods#files */
export const fileMethods: Readonly<Record<string, Method>> = {
  'files.getUploadURLExternal': getUploadUrl,
  'files.completeUploadExternal': complete,
};
