import { inspect } from 'node:util';

/** What stands for a secret wherever it would be shown. */
const HIDDEN = '•••';

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

/** The text of every secret in a configuration, for the redactor. */
export function secretsOf(config: unknown): readonly string[] {
  if (config instanceof Secret) return [config.reveal()];
  if (typeof config !== 'object' || config === null) return [];
  return Object.values(config).flatMap(secretsOf);
}
