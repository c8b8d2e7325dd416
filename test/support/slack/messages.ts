import { elementsOf } from './blockkit/blocks.ts';
import { type ParseMode, reachOf } from './mentions.ts';
import { copyOf, isObj, listOf, type Obj, textOf } from './value.ts';
import type { Operation, StoredChannel, StoredMessage, World } from './world.ts';

/** What somebody wants to say. */
interface Draft {
  readonly user: string;
  readonly text: string;
  readonly blocks?: readonly unknown[] | undefined;
  readonly attachments?: readonly unknown[] | undefined;
  readonly threadTs?: string | undefined;
  readonly metadata?: Obj | undefined;
  readonly files?: readonly string[];
  readonly ephemeralFor?: string;
  readonly broadcast?: boolean;
  readonly unfurl?: StoredMessage['unfurl'];
  readonly parse?: ParseMode;
  readonly linkNames?: boolean;
  readonly kind: Operation['kind'];
}

/** Gives every block and element an id where it has none, as Slack does. */
export function withIds(world: World, blocks: readonly unknown[] | undefined): readonly unknown[] {
  const copy = copyOf(listOf(blocks));
  for (const block of copy) {
    if (!isObj(block)) continue;
    block['block_id'] ??= world.ids.next('b').toLowerCase();
    for (const { element } of elementsOf(block, '')) {
      if (element['type'] !== 'image') element['action_id'] ??= world.ids.next('a').toLowerCase();
    }
  }
  return copy;
}

function attachmentsWithIds(world: World, attachments: readonly unknown[] | undefined): readonly unknown[] {
  return listOf(attachments).map((attachment, index) => {
    if (!isObj(attachment)) return attachment;
    const blocks = attachment['blocks'] === undefined ? {} : { blocks: withIds(world, listOf(attachment['blocks'])) };
    return { ...copyOf(attachment), ...blocks, id: index + 1 };
  });
}

/** Puts a message into its channel and notes the operation. */
export function post(world: World, channel: StoredChannel, draft: Draft): StoredMessage {
  const at = world.time.now();
  const message: StoredMessage = {
    ts: world.ids.ts(at),
    channel: channel.id,
    threadTs: draft.threadTs,
    user: draft.user,
    byBot: draft.user === world.seed.app.botUserId,
    postedAt: at,
    ephemeralFor: draft.ephemeralFor,
    files: draft.files ?? [],
    broadcast: draft.broadcast ?? false,
    unfurl: draft.unfurl ?? { links: undefined, media: undefined },
    text: draft.text,
    blocks: withIds(world, draft.blocks),
    attachments: attachmentsWithIds(world, draft.attachments),
    metadata: draft.metadata,
    reach: reachOf(draft, { parse: draft.parse ?? 'none', linkNames: draft.linkNames ?? false }),
    edits: [],
    reactions: new Map(),
    deleted: false,
  };
  channel.messages.push(message);
  note(world, draft.kind, message);
  return message;
}

/** Changes a message. What is undefined stays as it was. */
export function edit(
  world: World,
  message: StoredMessage,
  change: Pick<Draft, 'blocks' | 'attachments' | 'metadata' | 'parse' | 'linkNames' | 'kind'> & {
    readonly text?: string | undefined;
  },
): void {
  message.edits.push({ at: world.time.now(), text: message.text, blocks: message.blocks });
  const reach = reachOf(
    {
      ...(change.text === undefined ? {} : { text: change.text }),
      blocks: change.blocks,
      attachments: change.attachments,
    },
    { parse: change.parse ?? 'none', linkNames: change.linkNames ?? false },
  );
  message.reach = { pings: [...message.reach.pings, ...reach.pings], links: [...message.reach.links, ...reach.links] };
  if (change.text !== undefined) message.text = change.text;
  if (change.blocks !== undefined) message.blocks = withIds(world, change.blocks);
  if (change.attachments !== undefined) message.attachments = attachmentsWithIds(world, change.attachments);
  if (change.metadata !== undefined) {
    message.metadata = Object.keys(change.metadata).length === 0 ? undefined : change.metadata;
  }
  note(world, change.kind, message);
}

/** Removes a message. */
export function remove(world: World, message: StoredMessage): void {
  message.deleted = true;
  note(world, 'delete', message);
}

function note(world: World, kind: Operation['kind'], message: StoredMessage): void {
  const { channel, ts, threadTs, metadata, text } = message;
  world.operations.push({ at: world.time.now(), kind, channel, ts, threadTs, metadata, text });
}

/** A message as the API and payloads show it. https://docs.slack.dev/reference/objects/message-object */
export function shown(world: World, message: StoredMessage, withMetadata: boolean): Obj {
  const { app, teamId } = world.seed;
  const channel = world.channels.get(message.channel);
  const replies = channel?.messages.filter((other) => other.threadTs === message.ts && !other.deleted) ?? [];
  const last = replies.at(-1);
  const edited = message.edits.length > 0 && message.blocks.length === 0;
  return {
    type: 'message',
    ...(message.files.length > 0 ? { subtype: 'file_share', files: message.files.map((id) => ({ id })) } : {}),
    user: message.user,
    text: message.text,
    ts: message.ts,
    team: teamId,
    ...(message.byBot
      ? {
          bot_id: app.botId,
          app_id: app.id,
          bot_profile: { id: app.botId, app_id: app.id, name: app.name, team_id: teamId },
        }
      : {}),
    ...(message.blocks.length > 0 ? { blocks: copyOf(message.blocks) } : {}),
    ...(message.attachments.length > 0 ? { attachments: copyOf(message.attachments) } : {}),
    ...(message.threadTs === undefined
      ? {}
      : { thread_ts: message.threadTs, parent_user_id: parentUser(channel, message) }),
    ...(last
      ? {
          thread_ts: message.ts,
          reply_count: replies.length,
          reply_users_count: new Set(replies.map((r) => r.user)).size,
          latest_reply: last.ts,
        }
      : {}),
    ...(edited ? { edited: { user: message.user, ts: message.ts } } : {}),
    ...(withMetadata && message.metadata ? { metadata: copyOf(message.metadata) } : {}),
    ...(message.reactions.size > 0
      ? { reactions: [...message.reactions].map(([name, users]) => ({ name, users: [...users], count: users.size })) }
      : {}),
  };
}

function parentUser(channel: StoredChannel | undefined, message: StoredMessage): string | undefined {
  return textOf(channel?.messages.find((other) => other.ts === message.threadTs)?.user);
}
