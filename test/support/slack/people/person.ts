import { lineOf } from '../blockkit/check.ts';
import { checkView } from '../blockkit/view.ts';
import type { Courier } from '../deliver/courier.ts';
import type { Attempt } from '../deliver/transport.ts';
import { edit, post } from '../messages.ts';
import { isObj, listOf, type Obj, objOf, textOf } from '../value.ts';
import { makeView, replaceView } from '../views.ts';
import { fileProblem } from '../web/methods/content.ts';
import { respond } from '../web/responseUrl.ts';
import type { SlackUserSeed } from '../workspace.ts';
import { directMessage, type StoredChannel, type StoredMessage, type StoredView, type World } from '../world.ts';
import { type Actionable, actionables, answersTo, filledIn, optionNamed, optionsOf, underMessage } from './inputs.ts';
import * as payloads from './payloads.ts';

/** What came of a command, a press or a submission, as the person sees it. */
interface Interaction {
  /** `operation_timeout`: no acknowledgement within 3 s. `dispatch_failed`: none could be (no connection, not HTTP 200). */
  readonly outcome: 'acked' | 'operation_timeout' | 'dispatch_failed';
  /** On the machine's clock, milliseconds. */
  readonly tookMs: number;
  /** What came back with the acknowledgement. */
  readonly response: unknown;
  readonly payload: Obj;
  /** The channel in which answers appear. */
  readonly channel: string | undefined;
}

/** A person at their Slack client. Throws Error where Slack's client would not let them. */
export interface Person {
  readonly id: string;
  /** A slash command in a channel (default: the first they are in). `/daytwo` or `daytwo`. */
  slash(
    command: string,
    text?: string,
    where?: { readonly channel?: string; readonly thread?: string },
  ): Promise<Interaction>;
  /** Presses the button of this label or action_id under a message. */
  press(messageTs: string, labelOrActionId: string): Promise<Interaction>;
  /** Chooses an option (value or label) of a select or overflow under a message. */
  choose(messageTs: string, actionId: string, option: string): Promise<Interaction>;
  /** Presses a button in a modal or in their Home tab. */
  pressInView(view: string, labelOrActionId: string): Promise<Interaction>;
  /** Submits their topmost modal, or the one of this id or callback_id, with inputs by label, block_id or action_id. */
  submit(view: string | undefined, values?: Readonly<Record<string, string>>): Promise<Interaction>;
  /** Closes a modal by its close button; undefined when the app doesn't want to know. */
  close(view?: string): Promise<Interaction | undefined>;
  /** Says `@bot text` in a channel or thread; resolves with the message's ts once the event is settled. */
  mention(channel: string, text: string, threadTs?: string): Promise<string>;
  /** Says something; `message` events go out only for direct messages (message.im) and where the app subscribed message.channels. */
  say(channel: string, text: string, threadTs?: string): Promise<string>;
  /** Changes a message of their own; a mention in it is sent again, as edited. */
  edit(ts: string, text: string): Promise<void>;
  /** Opens the app's Home tab. */
  openHome(): Promise<void>;
  /** Uses a message shortcut. */
  shortcut(callbackId: string, messageTs: string): Promise<Interaction>;
  /** The direct message with the bot. */
  direct(): string;
  /** Their topmost open modal. */
  modal(): StoredView | undefined;
  home(): StoredView | undefined;
}

/** A person by id; throws for an unknown one. */
export function personOf(world: World, courier: Courier, id: string): Person {
  const user = userOf(world, id);

  const interact = async (
    kind: 'slash_commands' | 'interactive',
    payload: Obj,
    channel: string | undefined,
  ): Promise<Interaction> => {
    const attempt = await courier.once(kind, payload);
    return { ...seen(attempt), payload, channel };
  };

  const onMessage = (
    ts: string,
    acted: (found: Actionable) => { readonly action: Obj; readonly state: Obj },
    name: string,
  ): Promise<Interaction> => {
    const { message, channel } = visible(world, user, ts);
    const found = underMessage(message).find(({ element }) => answersTo(element, name));
    if (!found) throw new Error(`under ${ts} there is nothing named "${name}"`);
    const { action, state } = acted(found);
    const actionId = textOf(found.element['action_id']) ?? '';
    const values = Object.keys(state).length === 0 ? {} : { [found.blockId]: { [actionId]: state } };
    return interact(
      'interactive',
      payloads.blockActionsPayload(
        world,
        user,
        { message, channel, attachmentId: found.attachmentId },
        { action, values },
      ),
      channel.id,
    );
  };

  const viewNamed = (name: string | undefined): StoredView => {
    const mine = [...world.views.values()].filter((view) => view.user === id && view.open);
    const found = mine.findLast((view) =>
      name === undefined ? view.type === 'modal' : view.id === name || view.body['callback_id'] === name,
    );
    if (!found) throw new Error(`${id} has no open view ${name ?? ''}`);
    return found;
  };

  const speak = async (
    channelId: string,
    text: string,
    threadTs: string | undefined,
    type: 'message' | 'app_mention',
  ): Promise<string> => {
    const channel = conversation(world, user, channelId);
    const message = post(world, channel, { user: id, text, threadTs, kind: 'post' });
    if (wants(world, channel, type))
      await courier.event(payloads.eventPayload(world, payloads.messageEvent(world, type, user, message)));
    return message.ts;
  };

  return {
    id,
    slash: async (command, text = '', where = {}) => {
      const name = command.startsWith('/') ? command : `/${command}`;
      // https://docs.slack.dev/interactivity/implementing-slash-commands: not in threads
      if (where.thread !== undefined) throw new Error(`${name} is not supported in threads. Sorry!`);
      if (world.seed.app.commands && !world.seed.app.commands.includes(name))
        throw new Error(`${name} is not a valid command`);
      const channel = where.channel === undefined ? firstChannel(world, id) : conversation(world, user, where.channel);
      const payload = payloads.slashPayload(world, user, channel, { command: name, text });
      const result = await interact('slash_commands', payload, channel.id);
      const body = objOf(result.response);
      if (Object.keys(body).length > 0)
        respond(world, { channel: channel.id, user: id, source: undefined, expiresAt: 0, uses: 0 }, body);
      return result;
    },
    press: (ts, name) =>
      onMessage(ts, ({ element, blockId }) => ({ action: buttonAction(element, blockId), state: {} }), name),
    choose: (ts, actionId, option) =>
      onMessage(
        ts,
        ({ element, blockId }) => {
          const type = textOf(element['type']) ?? '';
          const selected =
            optionsOf(element).length > 0
              ? { selected_option: optionNamed(element, option) }
              : { selected_user: option };
          const state = type === 'overflow' ? {} : { type, ...selected };
          return { action: { type, action_id: element['action_id'], block_id: blockId, ...selected }, state };
        },
        actionId,
      ),
    pressInView: (name, button) => {
      const view = viewNamed(name);
      const found = actionables(listOf(view.body['blocks'])).find(({ element }) => answersTo(element, button));
      if (!found) throw new Error(`the view has nothing named "${button}"`);
      const acted = { action: buttonAction(found.element, found.blockId), values: {} };
      return interact('interactive', payloads.blockActionsPayload(world, user, { view }, acted), undefined);
    },
    submit: async (name, given = {}) => {
      const view = viewNamed(name);
      const values = filledIn(listOf(view.body['blocks']), given);
      const result = await interact(
        'interactive',
        payloads.viewPayload(world, user, view, { closed: false, values }),
        undefined,
      );
      if (result.outcome === 'acked') applySubmission(world, view, objOf(result.response));
      return result;
    },
    close: async (name) => {
      const view = viewNamed(name);
      view.open = false;
      if (view.body['notify_on_close'] !== true) return undefined;
      return interact('interactive', payloads.viewPayload(world, user, view, { closed: true, values: {} }), undefined);
    },
    mention: (channel, text, threadTs) =>
      speak(channel, `<@${world.seed.app.botUserId}> ${text}`, threadTs, 'app_mention'),
    say: (channel, text, threadTs) => speak(channel, text, threadTs, 'message'),
    edit: async (ts, text) => {
      const { message, channel } = visible(world, user, ts);
      if (message.user !== id) throw new Error(`${ts} is not ${id}'s`);
      edit(world, message, { text, kind: 'edit' });
      const mentions = text.includes(`<@${world.seed.app.botUserId}>`);
      if (mentions && wants(world, channel, 'app_mention')) {
        await courier.event(payloads.eventPayload(world, payloads.messageEvent(world, 'app_mention', user, message)));
      }
    },
    openHome: async () => {
      if (!world.seed.app.homeTab) throw new Error('the app has no Home tab');
      await courier.event(payloads.eventPayload(world, payloads.homeOpenedEvent(world, user, homeOf(world, id))));
    },
    shortcut: (callbackId, ts) => {
      const { message } = visible(world, user, ts);
      return interact(
        'interactive',
        payloads.messageShortcutPayload(world, user, message, callbackId),
        message.channel,
      );
    },
    direct: () => directMessage(world, id).id,
    modal: () => [...world.views.values()].findLast((view) => view.user === id && view.open && view.type === 'modal'),
    home: () => homeOf(world, id),
  };
}

function userOf(world: World, id: string): SlackUserSeed {
  const user = world.users.get(id);
  if (!user) throw new Error(`no such user: ${id}`);
  return user;
}

function homeOf(world: World, id: string): StoredView | undefined {
  return [...world.views.values()].find((view) => view.user === id && view.type === 'home');
}

function seen(attempt: Attempt): Pick<Interaction, 'outcome' | 'tookMs' | 'response'> {
  if (attempt.is === 'acked') return { outcome: 'acked', tookMs: attempt.tookMs, response: attempt.body };
  const late =
    attempt.reason === 'http_timeout' || (attempt.reason === 'connection_failed' && attempt.detail === 'closed');
  return { outcome: late ? 'operation_timeout' : 'dispatch_failed', tookMs: attempt.tookMs, response: undefined };
}

function conversation(world: World, user: SlackUserSeed, id: string): StoredChannel {
  const channel = world.channels.get(id);
  if (!channel?.members.has(user.id)) throw new Error(`${user.id} is not in ${id}`);
  return channel;
}

function firstChannel(world: World, user: string): StoredChannel {
  return (
    [...world.channels.values()].find((channel) => channel.members.has(user) && channel.kind !== 'im') ??
    directMessage(world, user)
  );
}

function visible(
  world: World,
  user: SlackUserSeed,
  ts: string,
): { readonly message: StoredMessage; readonly channel: StoredChannel } {
  for (const channel of world.channels.values()) {
    const message = channel.messages.find((one) => one.ts === ts && !one.deleted);
    if (!message || !channel.members.has(user.id)) continue;
    if (message.ephemeralFor === undefined || message.ephemeralFor === user.id) return { message, channel };
  }
  throw new Error(`${user.id} sees no message ${ts}`);
}

/** Whether the app gets this event: it is subscribed, may have it, and is there. */
function wants(world: World, channel: StoredChannel, type: 'message' | 'app_mention'): boolean {
  const name =
    type === 'app_mention'
      ? type
      : channel.kind === 'im'
        ? 'message.im'
        : channel.kind === 'private'
          ? 'message.groups'
          : 'message.channels';
  const bot = world.tokens.get(world.seed.app.botToken);
  const scope =
    type === 'app_mention'
      ? 'app_mentions:read'
      : `${channel.kind === 'im' ? 'im' : channel.kind === 'private' ? 'groups' : 'channels'}:history`;
  return (
    world.seed.app.events.includes(name) &&
    bot?.scopes.has(scope) === true &&
    channel.members.has(world.seed.app.botUserId)
  );
}

function buttonAction(element: Obj, blockId: string): Obj {
  if (element['type'] !== 'button') throw new Error('that is no button');
  const { action_id, text, value, style, url } = element;
  return { type: 'button', action_id, block_id: blockId, text, ...defined({ value, style, url }) };
}

function defined(fields: Obj): Obj {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** https://docs.slack.dev/surfaces/modals#response_actions */
function applySubmission(world: World, view: StoredView, response: Obj): void {
  const action = response['response_action'];
  const body = objOf(response['view']);
  if (action === 'update' || action === 'push') {
    const fault = checkView(body, 'modal', (ref) => fileProblem(world, ref));
    if (fault) {
      const detail = fault.is === 'too-large' ? 'view_too_large' : fault.problems.map(lineOf).join('; ');
      world.report('bad-view', 'response_action', detail);
    } else if (action === 'update') replaceView(world, view, body);
    else makeView(world, { user: view.user, type: 'modal', body, previous: view });
    return;
  }
  if (action === 'errors') {
    const inputs = listOf(view.body['blocks']).filter((block) => isObj(block) && block['type'] === 'input');
    const ids = new Set(inputs.map((block) => objOf(block)['block_id']));
    for (const id of Object.keys(objOf(response['errors']))) {
      if (!ids.has(id)) world.report('bad-ack', 'response_action', `errors names ${id}, which is no input block`);
    }
    return;
  }
  if (action !== undefined && action !== 'clear')
    world.report('bad-ack', 'response_action', `unknown ${String(action)}`);
  for (const other of world.views.values()) {
    if (other === view || (action === 'clear' && other.rootId === view.rootId)) other.open = false;
  }
}
