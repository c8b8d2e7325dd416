import { shown } from '../messages.ts';
import type { Obj } from '../value.ts';
import { viewObject } from '../views.ts';
import { giveResponseUrl } from '../web/responseUrl.ts';
import type { SlackUserSeed } from '../workspace.ts';
import { directMessage, type StoredChannel, type StoredMessage, type StoredView, type World } from '../world.ts';

/** Gives out a trigger_id: 3 s, one use, of the form `132456.7890123.abcdef`. https://docs.slack.dev/reference/methods/views.open#errors */
function giveTrigger(world: World, user: string): string {
  const id = `${Math.floor(world.time.now() / 1_000)}.${world.seed.teamId.length}7890123.${world.ids.next('').toLowerCase()}`;
  world.triggers.set(id, { user, expiresAt: world.deadlineNow() + world.triggerMs, used: false });
  return id;
}

function team(world: World): Obj {
  return { id: world.seed.teamId, domain: world.seed.domain };
}

function common(world: World): Obj {
  return {
    api_app_id: world.seed.app.id,
    token: world.seed.app.verificationToken,
    enterprise: world.seed.enterprise ? { ...world.seed.enterprise } : null,
    is_enterprise_install: false,
  };
}

function person(world: World, user: SlackUserSeed): Obj {
  return { id: user.id, username: user.name, name: user.name, team_id: user.teamId ?? world.seed.teamId };
}

/** A channel's name as payloads give it: private ones and direct messages don't tell theirs. */
function payloadName(channel: StoredChannel): string {
  return channel.kind === 'public' ? channel.name : channel.kind === 'private' ? 'privategroup' : 'directmessage';
}

/** https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling */
export function slashPayload(
  world: World,
  user: SlackUserSeed,
  channel: StoredChannel,
  words: { readonly command: string; readonly text: string },
): Obj {
  const enterprise = world.seed.enterprise;
  return {
    token: world.seed.app.verificationToken,
    team_id: world.seed.teamId,
    team_domain: world.seed.domain,
    ...(enterprise ? { enterprise_id: enterprise.id, enterprise_name: enterprise.name } : {}),
    channel_id: channel.id,
    channel_name: payloadName(channel),
    user_id: user.id,
    user_name: user.name,
    command: words.command,
    text: words.text,
    api_app_id: world.seed.app.id,
    is_enterprise_install: 'false',
    response_url: giveResponseUrl(world, { channel: channel.id, user: user.id, source: undefined }),
    trigger_id: giveTrigger(world, user.id),
  };
}

/** https://docs.slack.dev/reference/interaction-payloads/block_actions-payload */
export function blockActionsPayload(
  world: World,
  user: SlackUserSeed,
  where:
    | { readonly message: StoredMessage; readonly channel: StoredChannel; readonly attachmentId?: number | undefined }
    | { readonly view: StoredView },
  acted: { readonly action: Obj; readonly values: Obj },
): Obj {
  const base = {
    type: 'block_actions',
    user: person(world, user),
    team: team(world),
    ...common(world),
    trigger_id: giveTrigger(world, user.id),
    actions: [{ ...acted.action, action_ts: world.ids.ts(world.time.now()) }],
  };
  if ('view' in where) {
    const { view } = where;
    return { ...base, container: { type: 'view', view_id: view.id }, view: viewObject(world, view, acted.values) };
  }
  const { message, channel, attachmentId } = where;
  return {
    ...base,
    container: {
      type: attachmentId === undefined ? 'message' : 'message_attachment',
      message_ts: message.ts,
      ...(attachmentId === undefined ? {} : { attachment_id: attachmentId, is_app_unfurl: false }),
      channel_id: channel.id,
      is_ephemeral: message.ephemeralFor !== undefined,
      ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    },
    channel: { id: channel.id, name: payloadName(channel) },
    // An ephemeral message's content isn't sent back: https://docs.slack.dev/interactivity/handling-user-interaction
    ...(message.ephemeralFor === undefined ? { message: shown(world, message, true) } : {}),
    state: { values: acted.values },
    response_url: giveResponseUrl(world, { channel: channel.id, user: user.id, source: message }),
  };
}

/** https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload#view_submission */
export function viewPayload(
  world: World,
  user: SlackUserSeed,
  view: StoredView,
  how: { readonly closed: boolean; readonly values: Obj },
): Obj {
  return {
    type: how.closed ? 'view_closed' : 'view_submission',
    team: team(world),
    user: person(world, user),
    ...common(world),
    ...(how.closed ? { is_cleared: false } : { trigger_id: giveTrigger(world, user.id), response_urls: [] }),
    view: viewObject(world, view, how.values),
  };
}

/** https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload */
export function messageShortcutPayload(
  world: World,
  user: SlackUserSeed,
  message: StoredMessage,
  callbackId: string,
): Obj {
  const channel = world.channels.get(message.channel);
  return {
    type: 'message_action',
    callback_id: callbackId,
    team: team(world),
    user: person(world, user),
    ...common(world),
    channel: { id: message.channel, name: channel ? payloadName(channel) : '' },
    message: shown(world, message, true),
    message_ts: message.ts,
    action_ts: world.ids.ts(world.time.now()),
    trigger_id: giveTrigger(world, user.id),
    response_url: giveResponseUrl(world, { channel: message.channel, user: user.id, source: message }),
  };
}

/** The wrapper of every event. https://docs.slack.dev/apis/events-api#callback-field */
export function eventPayload(world: World, event: Obj): Obj {
  const { seed } = world;
  const enterprise_id = seed.enterprise?.id ?? null;
  return {
    token: seed.app.verificationToken,
    team_id: seed.teamId,
    context_team_id: seed.teamId,
    context_enterprise_id: enterprise_id,
    api_app_id: seed.app.id,
    event,
    type: 'event_callback',
    event_id: world.ids.next('Ev'),
    event_time: Math.floor(world.time.now() / 1_000),
    authorizations: [
      { enterprise_id, team_id: seed.teamId, user_id: seed.app.botUserId, is_bot: true, is_enterprise_install: false },
    ],
    is_ext_shared_channel: false,
  };
}

/** A person's message as an event: `message` or `app_mention`. https://docs.slack.dev/reference/events/app_mention */
export function messageEvent(
  world: World,
  type: 'message' | 'app_mention',
  user: SlackUserSeed,
  message: StoredMessage,
): Obj {
  const away = user.teamId !== undefined && user.teamId !== world.seed.teamId;
  return {
    ...shown(world, message, false),
    type,
    user: user.id,
    team: user.teamId ?? world.seed.teamId,
    ...(away
      ? { user_team: user.teamId, source_team: user.teamId, user_profile: { name: user.name, team: user.teamId } }
      : {}),
    ...(user.kind === 'bot'
      ? { bot_id: `B${user.id.slice(1)}`, subtype: 'bot_message' }
      : { client_msg_id: world.ids.uuid() }),
    ...(message.edits.length > 0 ? { edited: { user: user.id, ts: message.ts } } : {}),
    channel: message.channel,
    ...(type === 'message'
      ? { channel_type: world.channels.get(message.channel)?.kind === 'im' ? 'im' : 'channel' }
      : {}),
    event_ts: message.ts,
  };
}

/** https://docs.slack.dev/reference/events/app_home_opened */
export function homeOpenedEvent(world: World, user: SlackUserSeed, view: StoredView | undefined): Obj {
  return {
    type: 'app_home_opened',
    user: user.id,
    channel: directMessage(world, user.id).id,
    event_ts: world.ids.ts(world.time.now()),
    tab: 'home',
    ...(view ? { view: viewObject(world, view) } : {}),
  };
}
