import type { Clock } from '../../lib/clock.ts';
import type { Store } from '../../store/port.ts';
import type { Inline, Mention, Span } from '../message.ts';
import type { Delivery, DeliveryOutcome, Unreached } from '../port.ts';
import type { Api } from './api.ts';
import { pictureFile, pictureOf, restFile } from './attached.ts';
import type { Failure } from './failure.ts';
import { textAt } from './fields.ts';
import type { Share } from './files.ts';
import { carries, EVENT_TYPE, type Found, find } from './find.ts';
import { type Rendered, renderMessage } from './render.ts';
import { keepThread, messageRef, readRef, readReplyTo } from './threads.ts';

/** Clocks of ours and Slack's may differ by this much where a history is searched from a time on. */
const SKEW_MS = 5 * 60_000;

/** What sending needs. */
export interface SenderOptions {
  readonly api: Api;
  readonly store: Store;
  readonly clock: Clock;
  /** The channel of the incidents. */
  readonly home: string;
  readonly share: Share;
  readonly getBlob: (id: string) => Promise<Uint8Array | undefined>;
  readonly consoleUrl: string | undefined;
  readonly unreached: Unreached | undefined;
  /** How people are called; without it they are only named. */
  readonly mention: Mention | undefined;
  /** A message stands in the home channel: it is in order. */
  readonly arrived: (channel: string) => void;
}

/** Why a call failed, as the outcome of a delivery. What is wrong with the bot or its channel is repaired by people: those messages wait. */
export function outcomeOf(failure: Failure, atHome: boolean): DeliveryOutcome {
  const { is, text, trouble, retryAfterMs } = failure;
  if (is === 'limited') return { is, retryAfterMs: retryAfterMs ?? 0 };
  // One person's closed conversation must not hold its lane for ever.
  if (trouble === 'place' && !atHome) return { is: 'refused', reason: text };
  return { is, reason: text };
}

/** Says where the rest is of what had to be cut; `file`: it follows as one. Pure. */
export function restOf(
  delivery: Pick<Delivery, 'message' | 'thread'>,
  consoleUrl: string | undefined,
  file: boolean,
): Inline {
  const [name] = /^INC-\d+/.exec(delivery.thread?.root ?? delivery.message) ?? [];
  const ways: Span[] = [
    ...(file ? ['the file that follows'] : []),
    ...(name ? [{ code: `/triage ${name}` }] : []),
    ...(consoleUrl ? [{ link: 'the console', href: consoleUrl }] : []),
  ];
  if (ways.length === 0) return 'Cut to fit into Slack; a narrower question shows more.';
  return ['Cut to fit into Slack. All of it: ', ...ways.flatMap((way, at) => (at === 0 ? [way] : [' or ', way]))];
}

/** Delivers messages to Slack: posts once, looks before it posts again, edits, answers one person alone. */
export function createSender(
  options: SenderOptions,
): (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryOutcome> {
  const { api, store, clock, home, share, arrived, consoleUrl, mention } = options;
  /** Lanes whose first message was looked for: before this process began somebody may have posted it and died. */
  const looked = new Set<string>();
  /** Since when the message at a lane's head has been tried, epoch ms. */
  const since = new Map<string, { readonly id: string; readonly at: number }>();
  /** Where a message stands whose file did not follow yet, by its delivery. */
  const stands = new Map<string, { readonly channel: string; readonly ts: string }>();
  /** Direct conversations by user. */
  const direct = new Map<string, string>();

  async function channelOf(
    id: string,
    signal: AbortSignal,
  ): Promise<{ readonly channel: string } | { readonly failure: Failure }> {
    if (!/^[UW]/.test(id)) return { channel: id };
    const known = direct.get(id);
    if (known !== undefined) return { channel: known };
    const answer = await api.call('conversations.open', { users: id }, signal);
    if (!answer.ok) return { failure: answer };
    const channel = textAt(answer.data, 'channel', 'id') ?? id;
    direct.set(id, channel);
    return { channel };
  }

  /** Whether this very message stands there already; undefined where nobody could have posted it. */
  async function before(
    delivery: Delivery,
    channel: string,
    threadTs: string | undefined,
    signal: AbortSignal,
  ): Promise<Found> {
    const lane = delivery.conversation.id;
    if (!delivery.ambiguous && looked.has(lane)) return { is: 'absent' };
    const tried = since.get(lane);
    const from = tried?.id === delivery.id ? { since: tried.at - SKEW_MS } : {};
    const found = await find(api, { channel, threadTs, ...from }, carries(delivery.id), signal);
    if (found.is !== 'failed') looked.add(lane);
    return found;
  }

  async function delivered(
    delivery: Delivery,
    { channel, ts }: { readonly channel: string; readonly ts: string },
  ): Promise<DeliveryOutcome> {
    const ref = messageRef(channel, ts);
    if (delivery.thread === undefined && delivery.onlyFor === undefined)
      await keepThread(store, ref, delivery.message, clock.now());
    since.delete(delivery.conversation.id);
    arrived(channel);
    return { is: 'delivered', ref };
  }

  async function post(delivery: Delivery, to: string, signal: AbortSignal): Promise<DeliveryOutcome> {
    const place = await channelOf(to, signal);
    if ('failure' in place) {
      const outcome = outcomeOf(place.failure, false);
      if (outcome.is === 'refused') options.unreached?.(delivery.conversation, delivery.message, outcome.reason);
      return outcome;
    }
    const { channel } = place;
    const threadTs = threadOf(delivery);
    const how = { bar: delivery.thread === undefined, rest: restOf(delivery, consoleUrl, true) };
    const { message, cut } = renderMessage(delivery.card, { ...how, mention });
    const named = renderMessage(delivery.card, how).message;
    const standing = stands.get(delivery.id) ?? (await put(delivery, { channel, threadTs, message, named }, signal));
    if ('is' in standing) return standing;
    if (cut) {
      stands.set(delivery.id, standing);
      const file = await share(restFile(delivery), { channel, threadTs: threadTs ?? standing.ts }, signal);
      if (file.is !== 'shared' && file.is !== 'no-file') return file;
      stands.delete(delivery.id);
    }
    return delivered(delivery, standing);
  }

  /** Puts a message into its channel, unless it stands there. `named` is the same with names for mentions. */
  async function put(
    delivery: Delivery,
    to: {
      readonly channel: string;
      readonly threadTs: string | undefined;
      readonly message: Rendered;
      readonly named: Rendered;
    },
    signal: AbortSignal,
  ): Promise<{ readonly channel: string; readonly ts: string } | DeliveryOutcome> {
    const { channel, threadTs, message, named } = to;
    const found = await before(delivery, channel, threadTs, signal);
    if (found.is === 'found') return { channel, ts: found.ts };
    if (found.is === 'failed') {
      const outcome = outcomeOf(found.failure, channel === home);
      return outcome.is === 'not-arrived' ? { is: 'ambiguous', reason: outcome.reason } : outcome;
    }
    const lane = delivery.conversation.id;
    if (since.get(lane)?.id !== delivery.id) since.set(lane, { id: delivery.id, at: clock.now() });
    const args = {
      channel,
      ...message,
      unfurl_links: false,
      unfurl_media: false,
      metadata: { event_type: EVENT_TYPE, event_payload: { id: delivery.id } },
    };
    const inThread = threadTs === undefined ? {} : { thread_ts: threadTs };
    let answer = await api.call('chat.postMessage', { ...args, ...inThread }, signal);
    // An account that the workspace no longer has must not keep the others from reading it.
    if (!answer.ok && answer.code === 'invalid_blocks' && JSON.stringify(named) !== JSON.stringify(message)) {
      Object.assign(args, named);
      answer = await api.call('chat.postMessage', { ...args, ...inThread }, signal);
    }
    // Somebody deleted the thread's first message: what there is to say is said in the channel.
    if (!answer.ok && threadTs !== undefined && /^(thread_not_found|cannot_reply_to_message)$/.test(answer.code))
      answer = await api.call('chat.postMessage', args, signal);
    if (!answer.ok) return outcomeOf(answer, channel === home);
    const ts = textAt(answer.data, 'ts');
    if (ts === undefined) return { is: 'ambiguous', reason: 'Slack took the message and did not say which it is' };
    return { channel: textAt(answer.data, 'channel') ?? channel, ts };
  }

  async function edit(delivery: Delivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    const target = readRef(delivery.ref);
    if (!target) return { is: 'refused', reason: 'a picture or an answer for one person can’t be changed afterwards' };
    const { message } = renderMessage(delivery.card, {
      bar: delivery.thread === undefined,
      rest: restOf(delivery, consoleUrl, false),
      mention,
    });
    // Blocks and attachments always both: what is left out of an update stays as it was, and text alone takes the blocks away.
    const answer = await api.call('chat.update', { ...target, ...message, parse: 'none' }, signal);
    if (!answer.ok) return outcomeOf(answer, target.channel === home);
    arrived(target.channel);
    return { is: 'delivered', ref: delivery.ref ?? '' };
  }

  /** https://docs.slack.dev/reference/methods/chat.postEphemeral: in a thread it shows only where the thread has replies already. */
  async function whisper(delivery: Delivery, user: string, signal: AbortSignal): Promise<DeliveryOutcome> {
    const replyTo = readReplyTo(delivery.replyTo);
    const inThread = replyTo === undefined || 'inside' in replyTo;
    const threadTs = inThread ? threadOf(delivery) : undefined;
    const channel = delivery.conversation.id;
    const { message } = renderMessage(delivery.card, { bar: false, rest: restOf(delivery, consoleUrl, false) });
    const answer = await api.call(
      'chat.postEphemeral',
      { channel, user, ...message, ...(threadTs === undefined ? {} : { thread_ts: threadTs }) },
      signal,
    );
    if (answer.ok) return { is: 'delivered', ref: `only:${textAt(answer.data, 'message_ts') ?? ''}` };
    // Whoever left the channel meanwhile gets it in their own conversation with the bot.
    if (answer.code === 'user_not_in_channel')
      return post({ ...delivery, thread: { root: '', ref: undefined } }, user, signal);
    return outcomeOf(answer, channel === home);
  }

  return async (delivery, signal) => {
    if (signal.aborted) return { is: 'not-arrived', reason: 'stopped before it was sent' };
    if (delivery.do === 'edit') return edit(delivery, signal);
    if (delivery.onlyFor !== undefined) return whisper(delivery, delivery.onlyFor, signal);
    const picture = pictureOf(delivery.card);
    if (picture) {
      const where = { channel: delivery.conversation.id, threadTs: threadOf(delivery) };
      const outcome = await share(pictureFile(delivery, picture, options.getBlob), where, signal);
      if (outcome.is === 'shared') return { is: 'delivered', ref: `file:${outcome.file}` };
      // Where Slack won't take the picture its words are said, so that a missing right holds nothing up.
      if (outcome.is !== 'no-file') return outcome;
    }
    return post(delivery, delivery.conversation.id, signal);
  };
}

/** Below which message it goes. */
function threadOf({ thread, replyTo }: Delivery): string | undefined {
  const root = readRef(thread?.ref)?.ts;
  if (root !== undefined) return root;
  const to = readReplyTo(replyTo);
  return to && 'under' in to ? to.under : to && 'inside' in to ? to.inside : undefined;
}
