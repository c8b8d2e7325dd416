/** Who is on call: known, or not known and why. Never a guess: what gates an action by on-call says no to `unknown`. */
export type OnCall =
  | {
      readonly is: 'known';
      /** Names as in `people`; one or more. */
      readonly people: readonly string[];
      /** When the answer changes, epoch ms; undefined where no end is in sight. */
      readonly until: number | undefined;
      readonly source: 'rotation' | 'override' | 'calendar' | 'user group';
    }
  | { readonly is: 'unknown'; readonly reason: string };
