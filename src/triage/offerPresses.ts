import type { Collection } from '../store/port.ts';

/** What the button of an offered action asks the gate for. Document id: the token. */
export interface OfferPress {
  readonly action: string;
  readonly args: Readonly<Record<string, string>>;
  /** Document id of the incident in whose thread it stands. */
  readonly incident?: string | undefined;
  /** Document id of the request below whose end it stands. */
  readonly request?: string | undefined;
}

/** Tokens of offered actions. */
export const offerPresses: Collection<OfferPress> = {
  kind: 'offertoken',
  keys: ({ incident, request }) => ({ incident, request }),
};
