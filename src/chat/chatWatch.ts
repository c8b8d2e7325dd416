import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import type { Store } from '../store/port.ts';
import { say } from './outbox.ts';
import type { Chat, ChatName } from './port.ts';

/** How often health is looked at, and how long a chat must be down before the others are told: reconnects take seconds. */
const GLANCE_MS = 5000;
const TOLD_AFTER_MS = 30_000;

/** Tells the chats that work of one that doesn't, and of its return; and the log, once each. */
export interface ChatWatch {
  start(): void;
  stop(): Promise<void>;
}

/** Builds the watch. */
export function createChatWatch(options: {
  readonly store: Store;
  readonly chats: readonly Chat[];
  readonly clock: Clock;
  readonly log: Logger;
}): ChatWatch {
  const { store, chats, clock, log } = options;
  const stopping = new AbortController();
  const downSince = new Map<ChatName, number>();
  const told = new Set<ChatName>();
  let running: Promise<void> | undefined;

  async function tell(about: Chat, isDown: boolean, reason: string): Promise<void> {
    const now = clock.now();
    const others = chats.filter((chat) => chat !== about && chat.health().state === 'up').map(({ home }) => home);
    const message = `notice/${about.name}/${now}`;
    const title = isDown ? `${about.name} does not work` : `${about.name} works again`;
    const text = isDown
      ? `${reason} Messages for it are kept and come in order once it is back.`
      : 'What was kept for it is being sent.';
    await store.commit(
      say(
        others,
        {
          do: 'post',
          message,
          root: message,
          card: { tone: isDown ? 'warning' : 'ok', title, blocks: [{ kind: 'text', text }], buttons: [] },
        },
        now,
      ),
    );
  }

  async function glance(chat: Chat): Promise<void> {
    const { state, reason } = chat.health();
    const now = clock.now();
    if (state === 'down') {
      const since = downSince.get(chat.name) ?? now;
      if (since === now) log.error({ chat: chat.name, reason }, 'chat is down');
      downSince.set(chat.name, since);
      if (now - since < TOLD_AFTER_MS || told.has(chat.name)) return;
      await tell(chat, true, reason);
      told.add(chat.name);
      return;
    }
    if (state !== 'up' || !downSince.has(chat.name)) return;
    log.info({ chat: chat.name }, 'chat is back');
    if (told.has(chat.name)) await tell(chat, false, '');
    told.delete(chat.name);
    downSince.delete(chat.name);
  }

  return {
    start: () => {
      running = (async () => {
        while (!stopping.signal.aborted) {
          for (const chat of chats)
            await glance(chat).catch((error: unknown) =>
              log.warn({ error: messageOf(error) }, 'chats could not be told, will retry'),
            );
          await clock.sleep(GLANCE_MS, stopping.signal);
        }
      })();
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
