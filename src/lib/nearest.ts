import { distance } from 'fastest-levenshtein';

/** Words longer than this are not compared: nobody misspells them into ours, and the cost is quadratic. */
const MAX_LENGTH = 64;

/** How many edits still make a slip: two fifths of the word. */
const SLIP = 0.4;

const fold = (word: string) => word.toLowerCase().replace(/[-_.\s]/g, '');

/**
 * The candidate that was most likely meant by a misspelt word, or undefined when none is near. Case, hyphens, underscores,
 * dots and spaces don't count. Among equally near ones the first wins, so put the likelier ones first.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  return nearestFew(word, candidates, 1)[0];
}

/** As `nearest`, but a few that are near, the nearest first: names of nodes differ by a digit. */
export function nearestFew(word: string, candidates: Iterable<string>, most: number): readonly string[] {
  const wanted = fold(word);
  if (wanted === '' || word.length > MAX_LENGTH) return [];
  const near: { readonly candidate: string; readonly edits: number }[] = [];
  for (const candidate of candidates) {
    if (candidate.length > MAX_LENGTH) continue;
    const folded = fold(candidate);
    const edits = distance(wanted, folded);
    const allowed = Math.max(1, Math.round(Math.min(wanted.length, folded.length) * SLIP));
    if (edits <= allowed && edits < folded.length) near.push({ candidate, edits });
  }
  return near
    .sort((a, b) => a.edits - b.edits)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}
