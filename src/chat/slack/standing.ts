import type { Logger } from '../../lib/log.ts';
import type { ChatHealth } from '../port.ts';
import { TROUBLES, type Trouble } from './failure.ts';

/** Keeps what is wrong, says it once when it begins and once when it is over. */
export class Standing {
  readonly #log: Logger;
  readonly #troubles = new Map<Trouble, string>();
  #introduced = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Something is wrong; `reason` is a sentence with what to do. */
  down(trouble: Trouble, reason: string): void {
    if (this.#troubles.get(trouble) === reason) return;
    this.#troubles.set(trouble, reason);
    const fields = { chat: 'slack', trouble, reason };
    if (trouble === 'network') this.#log.warn(fields, 'chat is down, will retry');
    else this.#log.error(fields, 'chat is down until somebody repairs it');
  }

  /** It works (again). */
  clear(...troubles: readonly Trouble[]): void {
    for (const trouble of troubles)
      if (this.#troubles.delete(trouble)) this.#log.info({ chat: 'slack', trouble }, 'chat works again');
  }

  has(trouble: Trouble): boolean {
    return this.#troubles.has(trouble);
  }

  /** Whether anything is wrong. */
  get troubled(): boolean {
    return this.#troubles.size > 0;
  }

  /** Slack told who the bot is, and events can come in. */
  introduced(): void {
    this.#introduced = true;
  }

  health(): ChatHealth {
    const reasons = TROUBLES.flatMap((trouble) => this.#troubles.get(trouble) ?? []);
    if (reasons.length > 0) return { state: 'down', reason: reasons.join('; ') };
    return this.#introduced ? { state: 'up', reason: '' } : { state: 'starting', reason: 'connecting to Slack' };
  }
}
