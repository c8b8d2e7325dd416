import { GROUP } from './bothChats.ts';
import { startTelegram, type TelegramEmulator } from './telegram/telegram.ts';

/** What was started for a scene, to be ended in the other order. */
export interface Parts {
  /** Gives the part back; `end` is called for it when all ends. */
  kept<T>(part: T, end: (part: T) => Promise<unknown>): T;
  /** Ends all that was kept. */
  end(): Promise<void>;
}

/** Nothing started yet. */
export function createParts(): Parts {
  const ends: (() => Promise<unknown>)[] = [];
  return {
    kept: (part, end) => {
      ends.push(() => end(part));
      return part;
    },
    end: async () => {
      for (const end of ends.splice(0).reverse()) await end();
    },
  };
}

/** The end of most parts. */
export const stop = (part: { stop(): Promise<unknown> }): Promise<unknown> => part.stop();

/** Telegram with a group of the three people of a night: ana and ben have spoken to the bot, cleo has not. */
export async function startNightTelegram({ kept }: Parts): Promise<TelegramEmulator> {
  const telegram = kept(await startTelegram(), ({ close }) => close());
  telegram.person({ id: 1001, name: 'Ana', username: 'ana', started: true });
  telegram.person({ id: 1002, name: 'Ben', username: 'ben', started: true });
  telegram.person({ id: 1003, name: 'Cleo', username: 'cleo' });
  telegram.supergroup({ id: GROUP, title: 'ops', members: [1001, 1002, 1003] });
  return telegram;
}
