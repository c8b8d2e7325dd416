import { inspect } from 'node:util';

/** What stands for a secret wherever it would be shown. */
export const HIDDEN = '•••';

/** A secret of the configuration. It shows itself as dots in logs, JSON, templates and errors; only `reveal` gives it away. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself: hand it straight to what needs it, keep it nowhere. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
