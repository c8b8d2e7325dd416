import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import type { Store } from '../../store/port.ts';
import type { InboundEvent, TakeIn } from '../port.ts';
import type { Refusal } from './admission.ts';
import type { Heard } from './heard.ts';
import { ACK_MS } from './limits.ts';
import { threadOf, writeReplyTo } from './threads.ts';
import type { Door } from './users.ts';

/** What became of something heard. `late`: not known in time; it may still be stored. `failed`: surely not stored. */
export type Taken = { readonly is: 'stored' | 'late' | 'failed' } | { readonly is: 'refused'; readonly why: Refusal };

/** Takes what was heard in, within the time that an acknowledgement has. */
export type Intake = (heard: Heard) => Promise<Taken>;

/** Builds it. Never throws. */
export function createIntake(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly refusal: Door;
  readonly takeIn: TakeIn;
}): Intake {
  const { store, clock, log, refusal, takeIn } = options;

  async function eventOf(heard: Heard, user: string, channel: string): Promise<InboundEvent> {
    const { id, rootTs, onTs, by, what } = heard;
    const root = rootTs ?? (by === 'press' ? onTs : undefined);
    const thread = root === undefined ? undefined : await threadOf(store, channel, root);
    const isPrivate = channel.startsWith('D');
    return {
      id,
      identity: { chat: 'slack', id: user },
      conversation: { chat: 'slack', id: channel },
      isPrivate,
      ...(thread === undefined ? {} : { thread }),
      ...replyTo(heard, thread !== undefined, isPrivate),
      what,
    };
  }

  async function take(heard: Heard): Promise<Taken> {
    try {
      const why = await refusal(heard);
      const { user, channel } = heard;
      if (why || user === undefined || channel === undefined) {
        log.info({ chat: 'slack', event: heard.id, user, why: why ?? 'nobody' }, 'event refused');
        return { is: 'refused', why: why ?? 'nobody' };
      }
      await takeIn(await eventOf(heard, user, channel));
      return { is: 'stored' };
    } catch (error) {
      log.warn({ chat: 'slack', event: heard.id, error: messageOf(error) }, 'event could not be stored');
      return { is: 'failed' };
    }
  }

  return async (heard) => {
    const over = new AbortController();
    try {
      const late = clock.sleep(ACK_MS, over.signal).then((): Taken => ({ is: 'late' }));
      return await Promise.race([take(heard), late]);
    } finally {
      over.abort();
    }
  };
}

/** Where the answer goes, beside what the thread says. Pure. */
export function replyTo(heard: Heard, ours: boolean, isPrivate: boolean): { readonly replyTo?: string } {
  const { by, rootTs, onTs } = heard;
  if (rootTs !== undefined) return ours ? {} : { replyTo: writeReplyTo({ inside: rootTs }) };
  if (by === 'press') return { replyTo: writeReplyTo({ beside: true }) };
  // In a conversation of two there is no need to answer in a thread.
  if (by === 'mention' && onTs !== undefined && !isPrivate) return { replyTo: writeReplyTo({ under: onTs }) };
  return {};
}
