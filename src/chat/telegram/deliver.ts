import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { put, remove, type Store } from '../../store/port.ts';
import type { Mention } from '../message.ts';
import type { Delivery, DeliveryOutcome, Unreached } from '../port.ts';
import type { Api, ApiResult, Upload } from './api.ts';
import { keepInputs } from './asking.ts';
import type { Budgets } from './budget.ts';
import type { ApiFailure } from './failure.ts';
import { TOPIC_NAME_MAX } from './limits.ts';
import { PROGRESS, type Progress } from './model.ts';
import {
  deservesTopic,
  isPhoto,
  markup,
  type Payload,
  pictureOf,
  replyJson,
  textOf,
  whereIsTheRest,
} from './outgoing.ts';
import type { Places } from './places.ts';
import { HOME_REASONS, troubleOf } from './reasons.ts';
import { decodeRef, encodeRef, type MessageRef } from './refs.ts';
import { type Rendered, renderCaption, topicName, verbatim } from './render.ts';
import type { Standing } from './standing.ts';

/** What deliveries need. */
export interface DelivererParts {
  readonly api: Api;
  readonly places: Places;
  readonly budgets: Budgets;
  readonly standing: Standing;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly getBlob: (id: string) => Promise<Uint8Array | undefined>;
  readonly publicUrl?: string | undefined;
  /** How people are called; without it they are only named. */
  readonly mention?: Mention | undefined;
  /** Whether the home is a forum in which the bot may make topics. */
  readonly forum: () => boolean;
  /** Hears that a message to one person alone was refused for good. */
  readonly unreached?: Unreached | undefined;
}

const STAYS = 'the group was upgraded to a supergroup; its old messages stay as they are';

interface Sent {
  readonly message_id: number;
  readonly chat: { readonly id: number };
}

/** Carries deliveries to Telegram, each as the fewest calls that do it. */
export class Deliverer {
  readonly #parts: DelivererParts;
  /** Progress that the store could not take: a retry of this process still knows it. */
  readonly #progress = new Map<string, Progress>();

  constructor(parts: DelivererParts) {
    this.#parts = parts;
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    const { budgets, places, store, clock } = this.#parts;
    const said = textOf(delivery, this.#parts);
    const calls = 1 + (said.file ? 1 : 0) + (this.#wantsTopic(delivery) ? 1 : 0);
    const waitMs = budgets.wait(delivery.conversation.id, calls, delivery.urgent);
    if (waitMs > 0) return { is: 'limited', retryAfterMs: Math.ceil(waitMs) };
    try {
      await places.load();
      await keepInputs(store, clock, delivery.card);
      if (delivery.do === 'edit') return await this.#edit(delivery, said.rendered, signal);
      return await this.#post(delivery, said, signal);
    } catch (error) {
      // Thrown before the message was sent: what comes after that never throws.
      return { is: 'not-arrived', reason: messageOf(error) };
    }
  }

  #wantsTopic(delivery: Delivery): boolean {
    const { forum, places } = this.#parts;
    return delivery.do === 'post' && delivery.conversation.id === places.home.id && forum() && deservesTopic(delivery);
  }

  async #send<T>(delivery: Delivery, method: string, payload: Payload, signal: AbortSignal): Promise<ApiResult<T>> {
    const { api, budgets, places } = this.#parts;
    const lane = delivery.conversation.id;
    const chat = places.actual(delivery.conversation);
    const send = (id: string): Promise<ApiResult<T>> =>
      budgets.charge(lane, () => api.call<T>(method, { chat_id: id, ...payload }, signal));
    const answer = await send(chat);
    if (answer.ok || answer.is !== 'migrated' || answer.migratedTo === undefined || lane !== places.home.id)
      return answer;
    await places.migrate(answer.migratedTo);
    if (delivery.do === 'edit') return { ok: false, is: 'refused', text: STAYS };
    const { reply_parameters: _, message_thread_id: __, ...rest } = payload;
    return budgets.charge(lane, () =>
      api.call<T>(method, { chat_id: places.actual(delivery.conversation), ...rest }, signal),
    );
  }

  /** What a failed call means for the lane. */
  #outcome(delivery: Delivery, failure: ApiFailure): DeliveryOutcome {
    const { budgets, places, standing } = this.#parts;
    const { conversation } = delivery;
    const trouble = troubleOf(failure);
    if (trouble) standing.down(trouble.trouble, trouble.reason);
    switch (failure.is) {
      case 'limited':
        budgets.close(conversation.id, failure.retryAfterMs ?? 0);
        return { is: 'limited', retryAfterMs: failure.retryAfterMs ?? 0 };
      case 'ambiguous':
        return { is: 'ambiguous', reason: failure.text };
      case 'not-arrived':
      case 'unauthorized':
      case 'conflict':
        return { is: 'not-arrived', reason: failure.text };
      case 'no-chat':
      case 'no-right':
        if (conversation.id !== places.home.id) {
          this.#parts.unreached?.(conversation, delivery.message, failure.text);
          return { is: 'refused', reason: failure.text };
        }
        // Somebody can repair this, and then everything must still come: the lane waits.
        standing.down(
          'home',
          failure.is === 'no-right'
            ? HOME_REASONS.mute(conversation.id)
            : HOME_REASONS.gone(conversation.id, failure.text),
        );
        return { is: 'not-arrived', reason: failure.text };
      default:
        return { is: 'refused', reason: failure.text };
    }
  }

  #worked({ conversation }: Delivery): void {
    const { places, standing } = this.#parts;
    standing.clear('network', 'token', ...(conversation.id === places.home.id ? (['home'] as const) : []));
  }

  async #post(
    delivery: Delivery,
    { rendered, file }: ReturnType<typeof textOf>,
    signal: AbortSignal,
  ): Promise<DeliveryOutcome> {
    const { store, places, log } = this.#parts;
    let progress = this.#progress.get(delivery.id) ?? (await store.get(PROGRESS, delivery.id))?.body;
    if (progress?.topic === undefined && progress?.main === undefined && this.#wantsTopic(delivery)) {
      const made = await this.#makeTopic(delivery, signal);
      if ('is' in made) return made;
      if (made.topic !== undefined) progress = await this.#keep(delivery, { topic: made.topic });
    }
    let main = decodeRef(progress?.main);
    if (main === undefined) {
      const sent = await this.#sendMain(delivery, { rendered, ownTopic: progress?.topic }, signal);
      if ('is' in sent) return sent;
      main = sent.ref;
      this.#worked(delivery);
      const { thread, message } = delivery;
      await places
        .remember(main, thread?.root ?? message)
        .catch((error: unknown) => log.warn({ message, error: messageOf(error) }, 'thread of a message not kept'));
      if (file) progress = await this.#keep(delivery, { ...progress, main: encodeRef(main) });
    }
    if (file) {
      const topic = main.topic === undefined ? {} : { message_thread_id: main.topic };
      const answer = await this.#send<Sent>(
        delivery,
        'sendDocument',
        { ...topic, document: file, disable_notification: true, reply_parameters: replyJson(main.message) },
        signal,
      );
      const outcome = answer.ok ? undefined : this.#outcome(delivery, answer);
      if (outcome && outcome.is !== 'refused') return outcome;
      if (outcome) log.warn({ message: delivery.message, reason: outcome.reason }, 'file of a long message refused');
    }
    if (progress) await this.#forget(delivery);
    return { is: 'delivered', ref: encodeRef(main) };
  }

  async #makeTopic(delivery: Delivery, signal: AbortSignal): Promise<{ topic: number | undefined } | DeliveryOutcome> {
    const name = topicName(delivery.card, TOPIC_NAME_MAX);
    const made = await this.#send<{ message_thread_id: number }>(delivery, 'createForumTopic', { name }, signal);
    if (made.ok) return { topic: made.result.message_thread_id };
    if (made.is === 'no-right' || made.is === 'refused' || made.is === 'no-topic') {
      this.#parts.log.warn({ message: delivery.message, reason: made.text }, 'no topic could be made, posting without');
      return { topic: undefined };
    }
    return this.#outcome(delivery, made);
  }

  /** Where a post stands: in its topic, as an answer to its command, or as a reply to its root. */
  #place(delivery: Delivery, ownTopic: number | undefined): { topic: number | undefined; reply: number | undefined } {
    const { places } = this.#parts;
    const here = (text: string | undefined): MessageRef | undefined => {
      const ref = decodeRef(text);
      return ref && places.isIn(delivery.conversation, ref) ? ref : undefined;
    };
    const answered = here(delivery.replyTo);
    const root = here(delivery.thread?.ref);
    const topic = ownTopic ?? answered?.topic ?? root?.topic;
    return { topic, reply: answered?.message ?? (topic === undefined ? root?.message : undefined) };
  }

  async #sendMain(
    delivery: Delivery,
    { rendered, ownTopic }: { readonly rendered: Rendered; readonly ownTopic: number | undefined },
    signal: AbortSignal,
  ): Promise<{ readonly ref: MessageRef } | DeliveryOutcome> {
    let { topic, reply } = this.#place(delivery, ownTopic);
    const { log } = this.#parts;
    let as: 'picture' | 'html' | 'verbatim' = pictureOf(delivery.card) ? 'picture' : 'html';
    // Each turn gives something up; there is nothing left to give up after the fifth.
    for (let turn = 0; ; turn += 1) {
      const place: Payload = {
        ...(topic === undefined ? {} : { message_thread_id: topic }),
        ...(reply === undefined ? {} : { reply_parameters: replyJson(reply) }),
        ...markup(delivery.card),
      };
      const picture = as === 'picture' ? await this.#picture(delivery) : undefined;
      const answer = picture
        ? await this.#send<Sent>(delivery, picture.method, { ...place, ...picture.payload }, signal)
        : await this.#send<Sent>(
            delivery,
            'sendMessage',
            {
              ...place,
              ...(as === 'verbatim' ? verbatim(rendered) : { text: rendered.html, parse_mode: 'HTML' }),
              link_preview_options: { is_disabled: true },
            },
            signal,
          );
      if (answer.ok) {
        const { message_id: message, chat } = answer.result;
        const photo = picture?.method === 'sendPhoto' ? { photo: true as const } : {};
        return { ref: { chat: String(chat.id), message, ...(topic === undefined ? {} : { topic }), ...photo } };
      }
      if (turn >= 4) return this.#outcome(delivery, answer);
      if (answer.is === 'no-topic' && (topic !== undefined || reply !== undefined))
        [topic, reply] = [undefined, undefined];
      else if (picture && (answer.is === 'no-picture' || answer.is === 'unparsable')) as = 'html';
      else if (answer.is === 'unparsable' && as === 'html') as = 'verbatim';
      else return this.#outcome(delivery, answer);
      log.warn(
        { message: delivery.message, reason: answer.text },
        'Telegram refused the form of a message, trying a simpler one',
      );
    }
  }

  /** How a picture is sent; undefined when its bytes are gone. @throws DaytwoError store-unavailable */
  async #picture(delivery: Delivery): Promise<{ readonly method: string; readonly payload: Payload } | undefined> {
    const found = pictureOf(delivery.card);
    const bytes = found && (await this.#parts.getBlob(found.picture.light));
    if (!found || !bytes || bytes.length === 0) return undefined;
    const { html } = renderCaption(found.words, whereIsTheRest(delivery, this.#parts.publicUrl, false));
    const file: Upload = { source: Buffer.from(bytes), filename: 'picture.png' };
    const kind = isPhoto(found.picture, bytes) ? 'photo' : 'document';
    return {
      method: kind === 'photo' ? 'sendPhoto' : 'sendDocument',
      payload: { [kind]: file, caption: html, parse_mode: 'HTML', disable_notification: true },
    };
  }

  async #edit(delivery: Delivery, rendered: Rendered, signal: AbortSignal): Promise<DeliveryOutcome> {
    const ref = decodeRef(delivery.ref);
    if (!ref) return { is: 'refused', reason: 'the message to change is not one of Telegram’s' };
    if (!this.#parts.places.isIn(delivery.conversation, ref)) return { is: 'refused', reason: STAYS };
    const base = { message_id: ref.message, ...markup(delivery.card) };
    let answer = await this.#send(delivery, ...(await this.#change(delivery, { ref, rendered, base })), signal);
    if (!answer.ok && answer.is === 'unparsable' && !ref.photo) {
      answer = await this.#send(delivery, 'editMessageText', { ...base, ...verbatim(rendered) }, signal);
    }
    if (!answer.ok && answer.is !== 'unmodified') return this.#outcome(delivery, answer);
    this.#worked(delivery);
    return { is: 'delivered', ref: encodeRef(ref) };
  }

  /** The method that changes a message, and its payload. @throws DaytwoError store-unavailable */
  async #change(
    delivery: Delivery,
    { ref, rendered, base }: { readonly ref: MessageRef; readonly rendered: Rendered; readonly base: Payload },
  ): Promise<[method: string, payload: Payload]> {
    if (!ref.photo) {
      const preview = { link_preview_options: { is_disabled: true } };
      return ['editMessageText', { ...base, text: rendered.html, parse_mode: 'HTML', ...preview }];
    }
    const where = whereIsTheRest(delivery, this.#parts.publicUrl, false);
    const picture = await this.#picture(delivery);
    const file = picture?.payload['photo'];
    const caption = renderCaption(pictureOf(delivery.card)?.words ?? delivery.card, where).html;
    if (file === undefined) return ['editMessageCaption', { ...base, caption, parse_mode: 'HTML' }];
    return ['editMessageMedia', { ...base, media: { type: 'photo', media: file, caption, parse_mode: 'HTML' } }];
  }

  async #keep({ id }: Delivery, progress: Omit<Progress, 'at'>): Promise<Progress> {
    const { store, clock, log } = this.#parts;
    const kept = { ...progress, at: clock.now() };
    this.#progress.set(id, kept);
    await store
      .commit([put(PROGRESS, id, kept, 'any')])
      .catch((error: unknown) => log.warn({ error: messageOf(error) }, 'progress of a delivery not kept'));
    return kept;
  }

  async #forget({ id }: Delivery): Promise<void> {
    const { store, log } = this.#parts;
    this.#progress.delete(id);
    await store
      .commit([remove(PROGRESS, id, 'any')])
      .catch((error: unknown) => log.warn({ error: messageOf(error) }, 'progress of a delivery not forgotten yet'));
  }
}
