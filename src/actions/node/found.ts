import type { GateFinding } from '../../gate/model.ts';
import { clip, inertLine } from '../../lib/text.ts';

/** Makes a finding. */
export const found = (level: GateFinding['level'], code: string, text: string): GateFinding => ({
  level,
  code,
  text: inertLine(text),
});

/** Names in one finding; the effects hold all of them. */
const NAMED = 8;

/** A name's longest: one must not push the others out of the line. Kind, namespace and name take less but for strange ones. */
const LONGEST_NAME = 200;

/** Names for a sentence, each once, in order: `a, b and 3 more`. Pure. */
export function names(all: readonly string[]): string {
  const each = [...new Set(all)].sort();
  const shown = each
    .slice(0, NAMED)
    .map((name) => clip(name, LONGEST_NAME))
    .join(', ');
  return each.length > NAMED ? `${shown} and ${each.length - NAMED} more` : shown;
}

/** `1 pod`, `3 pods`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
