import type { Part } from './layout.ts';
import { clipUnits, type Piece } from './pieces.ts';

/** A part cut below this many UTF-16 code units says nothing: it goes as a whole. */
const LEAST = 48;

const unitsOf = ({ pieces }: Part): number => pieces.reduce((sum, { text }) => sum + text.length, 0);

/** What a part costs in UTF-16 code units, with the line feed before it. */
const costOf = (part: Part): number => unitsOf(part) + 1;

/** The last lines that fit; the rest is counted. */
function tailOf(text: string, max: number): string {
  const lines = text.split('\n');
  const note = (count: number): string => `… ${count} lines above are left out\n`;
  const room = max - note(lines.length).length;
  let from = lines.length;
  let used = 0;
  while (from > 0 && used + (lines[from - 1] ?? '').length + 1 <= room) {
    from -= 1;
    used += (lines[from] ?? '').length + 1;
  }
  if (from === lines.length) return clipUnits(lines.at(-1) ?? '', max);
  return `${note(from)}${lines.slice(from).join('\n')}`;
}

/** The first lines, or of a single one its beginning. */
function headOf(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = text.lastIndexOf('\n', max - 2);
  return end > max / 2 ? `${text.slice(0, end)}\n…` : clipUnits(text, max);
}

function cutPart(part: Part, max: number): Part {
  let left = max;
  const pieces: Piece[] = [];
  for (const piece of part.pieces) {
    if (left <= 0) break;
    const fits = piece.text.length <= left;
    const text = fits ? piece.text : part.keep === 'tail' ? tailOf(piece.text, left) : headOf(piece.text, left);
    pieces.push({ ...piece, text });
    left = fits ? left - text.length : 0;
  }
  return { ...part, pieces, cut: true };
}

/** Shares a budget: small ones get all they need, the large ones an equal part of what is left. */
function share(costs: readonly number[], budget: number): readonly number[] {
  const given = costs.map(() => 0);
  let left = budget;
  const order = costs.map((_, at) => at).sort((a, b) => (costs[a] ?? 0) - (costs[b] ?? 0));
  order.forEach((at, position) => {
    const mine = Math.min(costs[at] ?? 0, Math.floor(left / (order.length - position)));
    given[at] = mine;
    left -= mine;
  });
  return given;
}

/**
 * The parts that fit into `max` UTF-16 code units, in their order. What ranks higher is served first; within a rank small parts are
 * whole and large ones share. `cut` tells that something is missing; then `notice` stands at the end. Pure.
 */
export function fitInto(
  parts: readonly Part[],
  max: number,
  notice: readonly Piece[],
): { readonly parts: readonly Part[]; readonly cut: boolean } {
  const total = parts.reduce((sum, part) => sum + costOf(part), 0);
  const already = parts.some((part) => part.cut);
  const last: Part = { pieces: notice, rank: 0, keep: 'head', quote: false, cut: false };
  if (total <= max && !already) return { parts, cut: false };
  let left = max - costOf(last);
  const room = parts.map(() => 0);
  for (const rank of [0, 1, 2, 3]) {
    const mine = parts.flatMap((part, at) => (part.rank === rank ? [at] : []));
    // Ever fewer from the front, until each gets enough to be of use.
    let served = mine.length;
    let given = share(
      mine.map((at) => costOf(parts[at] ?? last)),
      left,
    );
    while (
      served > 1 &&
      mine.slice(0, served).some((at, i) => (given[i] ?? 0) < Math.min(LEAST, costOf(parts[at] ?? last)))
    ) {
      served = Math.min(served - 1, Math.ceil(served * 0.8));
      given = share(
        mine.slice(0, served).map((at) => costOf(parts[at] ?? last)),
        left,
      );
    }
    mine.slice(0, served).forEach((at, i) => {
      room[at] = given[i] ?? 0;
      left -= given[i] ?? 0;
    });
  }
  const fitted = parts.flatMap((part, at) => {
    const mine = room[at] ?? 0;
    if (mine >= costOf(part)) return [part];
    return mine < LEAST && part.rank !== 0 ? [] : [cutPart(part, mine - 1)];
  });
  return { parts: [...fitted, last], cut: true };
}
