import type { Logger } from '../../lib/log.ts';
import type { ChatHealth } from '../port.ts';

/** What can be wrong, the most basic first: that is what a person hears of. */
export const TROUBLES = ['token', 'network', 'conflict', 'webhook', 'home'] as const;
/** One of {@link TROUBLES}. */
export type Trouble = (typeof TROUBLES)[number];

/** Keeps what is wrong, says it once when it begins and once when it is over. */
export class Standing {
  readonly #log: Logger;
  readonly #troubles = new Map<Trouble, string>();
  #connected = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Something is wrong; `reason` is a sentence with what to do. */
  down(trouble: Trouble, reason: string): void {
    if (this.#troubles.get(trouble) === reason) return;
    this.#troubles.set(trouble, reason);
    const fields = { chat: 'telegram', trouble, reason };
    if (trouble === 'network') this.#log.warn(fields, 'chat is down, will retry');
    else this.#log.error(fields, 'chat is down until somebody repairs it');
  }

  /** It works (again). */
  clear(...troubles: readonly Trouble[]): void {
    for (const trouble of troubles) {
      if (this.#troubles.delete(trouble)) this.#log.info({ chat: 'telegram', trouble }, 'chat works again');
    }
  }

  has(trouble: Trouble): boolean {
    return this.#troubles.has(trouble);
  }

  /** The bot introduced itself and its home was looked at. */
  connected(): void {
    this.#connected = true;
  }

  health(): ChatHealth {
    const first = TROUBLES.find((trouble) => this.#troubles.has(trouble));
    if (first !== undefined) return { state: 'down', reason: this.#troubles.get(first) ?? first };
    return this.#connected ? { state: 'up', reason: '' } : { state: 'starting', reason: 'connecting to Telegram' };
  }
}
