import { clip, inert } from '../lib/text.ts';

/** Longest line that any input takes, in code points. */
const MOST = 3000;

/**
 * What a person gave a button's input, as a press carries it: inert, without space around it, at most `max` code points; nothing for an
 * empty line. It is not judged here: what it must be is known where the press is decided. Pure.
 */
export function typedIn(text: string | undefined, max = MOST): { readonly typed?: string } {
  const typed = clip(inert(text ?? '').trim(), Math.min(MOST, max));
  return typed === '' ? {} : { typed };
}
