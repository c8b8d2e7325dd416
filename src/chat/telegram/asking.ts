import type { Clock } from '../../lib/clock.ts';
import { codeOf, messageOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { clip, inertLine } from '../../lib/text.ts';
import { put, type Store } from '../../store/port.ts';
import type { ButtonInput, Card } from '../message.ts';
import type { Identity, InboundEvent, MessageKey, TakeIn } from '../port.ts';
import { typedIn } from '../typed.ts';
import type { Api } from './api.ts';
import type { Budgets } from './budget.ts';
import type { Reply } from './judge.ts';
import { PLACEHOLDER_MAX } from './limits.ts';
import { ASKED, INPUTS, QUESTIONS } from './model.ts';
import { replyJson } from './outgoing.ts';
import { clipUnits, pieceHtml, sealed, settled } from './pieces.ts';
import type { Places } from './places.ts';
import { decodeRef } from './refs.ts';

/** A question is answered within this time, or not at all. */
const ANSWER_MS = 10 * 60_000;
/** The same person is asked the same thing once in this time: a button pressed twice is one question. */
const AGAIN_MS = 10_000;
/** How long an answer waits for its question to be noted. */
const NOTING_MS = 2000;
/** A question waits for room in its chat for so long; beyond, the press goes on without. */
const PATIENCE_MS = 5000;
/** One try to send. */
const SEND_MS = 5000;
/** So many askings are remembered. */
const MOST = 1000;
const NAME_MAX = 40;
const TEXT_MAX = 1500;

/**
 * Keeps what the buttons of a card ask for, so that their presses are known by their tokens: a callback carries 64 bytes. What may stay
 * empty isn't asked for here. @throws DaytwoError store-unavailable
 */
export async function keepInputs(store: Store, clock: Clock, { buttons }: Pick<Card, 'buttons'>): Promise<void> {
  for (const { token, input } of buttons) {
    if (!input || input.optional || (await store.get(INPUTS, token))) continue;
    await store.commit([put(INPUTS, token, { input, at: clock.now() }, 'any')]);
  }
}

/** What questions need. */
export interface AskingParts {
  readonly api: Api;
  readonly places: Places;
  readonly budgets: Budgets;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether somebody is asked at all; whoever isn't gets the core's answer to the press as it is. */
  readonly asks: (identity: Identity) => boolean;
}

/** What became of a reply: the press that it completes, nothing that was asked, or something that no longer counts. */
export type Answered = InboundEvent | 'not-asked' | 'too-late' | 'answered';

/**
 * Asks whoever pressed a button for a line, by a forced reply, and takes the one reply that counts: the presser's, to that very message,
 * once, for ten minutes. https://core.telegram.org/bots/api#forcereply; bots in privacy mode get replies to their messages.
 */
export class Asking {
  readonly #parts: AskingParts;
  readonly #underWay = new Set<Promise<void>>();
  readonly #latest = new Map<string, number>();

  constructor(parts: AskingParts) {
    this.#parts = parts;
  }

  /**
   * Asks, if the press is one that asks; false where the press goes on as it is. The question is sent beside: `instead` takes the press in
   * where that fails, and its answer says how to do it in words. @throws DaytwoError store-unavailable
   */
  async ask(event: InboundEvent, name: string | undefined, instead: TakeIn): Promise<boolean> {
    const { store, clock, budgets, asks } = this.#parts;
    const { what, identity, conversation } = event;
    if (what.kind !== 'button' || !asks(identity)) return false;
    const input = (await store.get(INPUTS, what.token))?.body.input;
    if (!input) return false;
    const key = `${identity.id} ${what.token}`;
    const now = clock.now();
    if (Math.abs(now - (this.#latest.get(key) ?? Number.NEGATIVE_INFINITY)) < AGAIN_MS) return true;
    if (budgets.wait(conversation.id, 1, true) > PATIENCE_MS) return false;
    try {
      await store.commit([put(ASKED, event.id, { at: now }, 0)]);
    } catch (error) {
      // The same press a second time: it was asked for already.
      if (codeOf(error) === 'store-conflict') return true;
      throw error;
    }
    if (this.#latest.size >= MOST) this.#latest.clear();
    this.#latest.set(key, now);
    const sending = this.#send(event, { token: what.token, input, name }, instead).finally(() =>
      this.#underWay.delete(sending),
    );
    this.#underWay.add(sending);
    return true;
  }

  /** Questions that are being sent. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #send(
    event: InboundEvent,
    asked: { readonly token: string; readonly input: ButtonInput; readonly name: string | undefined },
    instead: TakeIn,
  ): Promise<void> {
    const { api, places, budgets, store, clock, log } = this.#parts;
    const { identity, conversation, thread, isPrivate } = event;
    const pressed = decodeRef(event.replyTo);
    try {
      await clock.sleep(budgets.wait(conversation.id, 1, true));
      const sent = await budgets.charge(conversation.id, () =>
        api.call<{ readonly message_id: number; readonly chat: { readonly id: number } }>(
          'sendMessage',
          {
            chat_id: places.actual(conversation),
            text: questionHtml(asked.input, isPrivate ? undefined : { id: identity.id, name: asked.name }),
            parse_mode: 'HTML',
            link_preview_options: { is_disabled: true },
            ...(pressed?.topic === undefined ? {} : { message_thread_id: pressed.topic }),
            ...(pressed ? { reply_parameters: replyJson(pressed.message) } : {}),
            reply_markup: {
              force_reply: true,
              selective: true,
              input_field_placeholder: clipUnits(settled(inertLine(asked.input.label)), PLACEHOLDER_MAX) || '…',
            },
          },
          // Not the chat's own signal: a question that was sent must be noted.
          AbortSignal.timeout(SEND_MS),
        ),
      );
      if (!sent.ok) {
        log.warn({ chat: 'telegram', reason: sent.text }, 'question not sent, the press goes on without');
        await instead(event);
        return;
      }
      const question = {
        user: identity.id,
        token: asked.token,
        most: asked.input.maxLength,
        instead: asked.input.instead,
        at: clock.now(),
        ...(thread === undefined ? {} : { thread }),
      };
      await store.commit([put(QUESTIONS, `${sent.result.chat.id}:${sent.result.message_id}`, question, 'any')]);
    } catch (error) {
      log.warn({ chat: 'telegram', error: messageOf(error) }, 'question not noted; pressing again asks again');
    }
  }

  /** What a reply completes. Durable in this: a question that was answered stays so. @throws DaytwoError store-unavailable | store-conflict */
  async answer({ to, text, by }: Reply): Promise<Answered> {
    const { store, clock } = this.#parts;
    await this.#noted();
    const found = await store.get(QUESTIONS, to);
    if (!found || found.body.user !== by.identity.id) return 'not-asked';
    const { token, most, at, thread, answeredBy } = found.body;
    if (answeredBy !== undefined && answeredBy !== by.id) return 'answered';
    if (answeredBy === undefined) {
      if (clock.now() - at > ANSWER_MS) return 'too-late';
      await store.commit([put(QUESTIONS, to, { ...found.body, answeredBy: by.id }, found.version)]);
    }
    return { ...by, ...inThread(thread), what: { kind: 'button', token, ...typedIn(text, most) } };
  }

  /** Tells somebody that their reply came too late. As well as it can: nothing was done. */
  async tooLate({ to, by }: Reply): Promise<void> {
    const { api, places, budgets, store } = this.#parts;
    const words = (await store.get(QUESTIONS, to))?.body.instead;
    const reply = decodeRef(by.replyTo);
    const text = `That answer came more than ten minutes after its question, so nothing was done. Press the button again${words ? `, or say ${words}` : ''}`;
    await budgets.charge(by.conversation.id, () =>
      api.call(
        'sendMessage',
        {
          chat_id: places.actual(by.conversation),
          text: sealedHtml(text),
          parse_mode: 'HTML',
          link_preview_options: { is_disabled: true },
          ...(reply?.topic === undefined ? {} : { message_thread_id: reply.topic }),
          ...(reply ? { reply_parameters: replyJson(reply.message) } : {}),
        },
        AbortSignal.timeout(SEND_MS),
      ),
    );
  }

  /** A person is slower than our store; a program isn't always. */
  async #noted(): Promise<void> {
    if (this.#underWay.size === 0) return;
    const over = new AbortController();
    await Promise.race([this.settled(), this.#parts.clock.sleep(NOTING_MS, over.signal)]);
    over.abort();
  }
}

const inThread = (thread: MessageKey | undefined): { readonly thread?: MessageKey } =>
  thread === undefined ? {} : { thread };

const sealedHtml = (text: string): string =>
  sealed([{ text: settled(text), as: 'plain' }], 20)
    .map(pieceHtml)
    .join('');

/** The question. In a group it names whom it asks: a forced reply that is selective opens for those alone. Pure. */
export function questionHtml(
  { title, about, label, hint }: Pick<ButtonInput, 'title' | 'about' | 'label' | 'hint'>,
  whom: { readonly id: string; readonly name: string | undefined } | undefined,
): string {
  const name = clip(settled(inertLine(whom?.name ?? '')), NAME_MAX) || 'You';
  const mention = whom ? `${pieceHtml({ text: name, as: 'link', href: `tg://user?id=${whom.id}` })}, ` : '';
  const lines = [`${title}. ${about}`, label, hint, 'Reply to this message within ten minutes.'].map(inertLine);
  return `${mention}${sealedHtml(clipUnits(lines.filter((line) => line !== '').join('\n'), TEXT_MAX))}`;
}
