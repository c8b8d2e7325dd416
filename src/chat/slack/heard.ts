import { clip, inert } from '../../lib/text.ts';
import type { InboundEvent } from '../port.ts';
import { type Asks, pressed, submitted } from './asking.ts';
import { at, listAt, type Obj, textAt } from './fields.ts';

/** What somebody did, as Slack's payload tells it: nothing is decided yet. */
export interface Heard {
  /** Unique for ever: an event's id, or the trigger of a command or press, which Slack gives out once. */
  readonly id: string;
  readonly by: 'command' | 'press' | 'mention' | 'direct';
  readonly user: string | undefined;
  /** The workspace that the payload was sent for, and the one that the user comes from, where it tells. */
  readonly team: string | undefined;
  readonly userTeam: string | undefined;
  readonly channel: string | undefined;
  /** Written by a program. */
  readonly bot: boolean;
  /** A change of something said before. */
  readonly edited: boolean;
  /** The first message of the thread it happened in. */
  readonly rootTs: string | undefined;
  /** The message that was pressed or said, where it begins no thread of its own yet. */
  readonly onTs: string | undefined;
  readonly what: InboundEvent['what'];
  /** The press asks for a line first: nothing but a dialog comes of it. */
  readonly asks?: Asks;
}

/** Code points of a command line that are kept. */
const TYPED = 4000;

/** The command that takes every word. */
export const MAIN_COMMAND = 'daytwo';

/**
 * What a person typed, out of Slack's encoding: entities, `<https://node-1.example|node-1.example>` for what looked like a link,
 * `<@U1|ana>` and `<#C1|ops>` for names. https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages. Pure.
 */
export function typed(text: string): string {
  const words = text.replaceAll(/<([^<>|]*)(?:\|([^<>]*))?>/g, (_, target: string, label: string | undefined) => {
    if (label !== undefined && label !== '') return label;
    return target.replace(/^(?:mailto:|@|#)/, '');
  });
  return clip(inert(words.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')).trim(), TYPED);
}

/** A slash command: `/drain worker-1`, `/daytwo drain worker-1`. https://docs.slack.dev/interactivity/implementing-slash-commands */
export function heardCommand(body: Obj): Heard | undefined {
  const id = textAt(body, 'trigger_id');
  const name = textAt(body, 'command')?.replace(/^\//, '').toLowerCase();
  if (id === undefined || name === undefined) return undefined;
  const words = typed(textAt(body, 'text') ?? '');
  const text = name === MAIN_COMMAND ? words || 'help' : `${name} ${words}`.trim();
  return {
    id,
    by: 'command',
    user: textAt(body, 'user_id'),
    team: textAt(body, 'team_id'),
    userTeam: undefined,
    channel: textAt(body, 'channel_id'),
    bot: false,
    edited: false,
    rootTs: undefined,
    onTs: undefined,
    what: { kind: 'command', text },
  };
}

/** A press of a button under a message. https://docs.slack.dev/reference/interaction-payloads/block_actions-payload */
export function heardPress(body: Obj): Heard | undefined {
  const id = textAt(body, 'trigger_id');
  const button = pressed(listAt(body, 'actions')[0]);
  if (id === undefined || button === undefined || at(body, 'container', 'type') === 'view') return undefined;
  const rootTs = textAt(body, 'container', 'thread_ts') ?? textAt(body, 'message', 'thread_ts');
  const onTs = textAt(body, 'container', 'message_ts');
  const onRoot = rootTs === undefined || rootTs === onTs;
  return {
    id,
    by: 'press',
    user: textAt(body, 'user', 'id'),
    team: textAt(body, 'team', 'id'),
    userTeam: textAt(body, 'user', 'team_id'),
    channel: textAt(body, 'container', 'channel_id') ?? textAt(body, 'channel', 'id'),
    bot: false,
    edited: false,
    rootTs: onRoot ? undefined : rootTs,
    onTs: onRoot ? onTs : undefined,
    what: { kind: 'button', token: button.token },
    ...(button.asks ? { asks: button.asks } : {}),
  };
}

/**
 * A dialog that was sent: the press that opened it, with what was typed. The dialog's id is the event's: the same body a second time is the
 * same event. https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
 */
export function heardSubmission(body: Obj): Heard | undefined {
  const sent = submitted(at(body, 'view'), textAt(body, 'user', 'id'));
  if (textAt(body, 'type') !== 'view_submission' || !sent) return undefined;
  return {
    ...sent,
    id: `view:${sent.id}`,
    by: 'press',
    team: textAt(body, 'team', 'id'),
    userTeam: textAt(body, 'user', 'team_id'),
    bot: false,
    edited: false,
  };
}

/** Subtypes of messages that a person wrote as they stand. https://docs.slack.dev/reference/events/message#subtypes */
const WRITTEN = new Set([undefined, 'thread_broadcast', 'file_share']);

/** A mention in a channel, or a message to the bot alone. https://docs.slack.dev/reference/events/app_mention and message.im */
export function heardMessage(body: Obj): Heard | undefined {
  const id = textAt(body, 'event_id');
  const event = at(body, 'event');
  const kind = textAt(event, 'type');
  if (id === undefined || (kind !== 'app_mention' && kind !== 'message')) return undefined;
  // An app may be made to hear whole channels: what is said there is not said to the bot.
  if (kind === 'message' && textAt(event, 'channel_type') !== 'im') return undefined;
  const subtype = textAt(event, 'subtype');
  const bot = textAt(event, 'bot_id') !== undefined || subtype === 'bot_message';
  const ts = textAt(event, 'ts');
  const rootTs = textAt(event, 'thread_ts');
  const words = typed((textAt(event, 'text') ?? '').replace(/^\s*<@[A-Z0-9]+(?:\|[^>]*)?>[\s:,]*/, ''));
  return {
    id,
    by: kind === 'app_mention' ? 'mention' : 'direct',
    user: textAt(event, 'user'),
    team: textAt(body, 'team_id'),
    userTeam: textAt(event, 'user_team') ?? textAt(event, 'source_team'),
    channel: textAt(event, 'channel'),
    bot,
    edited: at(event, 'edited') !== undefined || !(bot || WRITTEN.has(subtype)) || at(event, 'hidden') === true,
    rootTs: rootTs === ts ? undefined : rootTs,
    onTs: ts,
    what: { kind: 'command', text: words || 'help' },
  };
}
