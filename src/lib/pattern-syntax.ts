/**
 * Reads the regular expressions that Prometheus and Alertmanager take (RE2: https://github.com/google/re2/wiki/Syntax) into a tree.
 * Left out, and refused rather than misread: flags other than `i` and `s`, `\b`, `\p{…}`, POSIX classes, octal escapes. RE2 itself has no
 * look-around and no back-references.
 */

/** Inclusive ranges of code points; `not` turns them round. */
export interface CharSet {
  readonly ranges: readonly (readonly [from: number, to: number])[];
  readonly not: boolean;
}

/** A pattern as a tree. `max: undefined` means without end. */
export type PatternNode =
  | { readonly is: 'set'; readonly set: CharSet; readonly fold: boolean }
  | { readonly is: 'start' }
  | { readonly is: 'end' }
  | { readonly is: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly is: 'either'; readonly ways: readonly PatternNode[] }
  | { readonly is: 'repeat'; readonly part: PatternNode; readonly min: number; readonly max: number | undefined };

/** Thrown by `parsePattern`; `offset` counts UTF-16 units from the pattern's start. */
export class PatternError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** RE2's own bound on counted repetition. */
const MAX_REPEAT = 1000;
/** Far above what anybody writes; keeps the reader's recursion shallow. */
const MAX_DEPTH = 100;
const LAST = 0x10ffff;

const DIGIT: CharSet = { ranges: [[48, 57]], not: false };
const WORD: CharSet = {
  ranges: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  not: false,
};
/** RE2's `\s`: tab, newline, form feed, carriage return, space. */
const SPACE: CharSet = {
  ranges: [
    [9, 10],
    [12, 13],
    [32, 32],
  ],
  not: false,
};
const CLASSES: Readonly<Record<string, CharSet>> = {
  d: DIGIT,
  w: WORD,
  s: SPACE,
  D: { ...DIGIT, not: true },
  W: { ...WORD, not: true },
  S: { ...SPACE, not: true },
};
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, v: 11, a: 7 };

/** The same set as plain ranges, without `not`. */
function positive(set: CharSet): readonly (readonly [number, number])[] {
  if (!set.not) return set.ranges;
  const sorted = [...set.ranges].sort((a, b) => a[0] - b[0]);
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [from, to] of sorted) {
    if (from > next) gaps.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= LAST) gaps.push([next, LAST]);
  return gaps;
}

class Reader {
  private at = 0;
  private depth = 0;
  private fold = false;
  private dotAll = true;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  whole(): PatternNode {
    const node = this.either();
    if (this.at < this.text.length) this.fail('a ")" without its "("');
    return node;
  }

  private fail(message: string, at = this.at): never {
    throw new PatternError(message, at);
  }

  private next(): string {
    const point = this.text.codePointAt(this.at);
    if (point === undefined) this.fail('the pattern ends too early');
    const char = String.fromCodePoint(point);
    this.at += char.length;
    return char;
  }

  private take(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private one(point: number): PatternNode {
    return { is: 'set', set: { ranges: [[point, point]], not: false }, fold: this.fold };
  }

  private either(): PatternNode {
    const flags = [this.fold, this.dotAll] as const;
    const ways = [this.sequence()];
    while (this.take('|')) ways.push(this.sequence());
    [this.fold, this.dotAll] = flags;
    const [only] = ways;
    return ways.length === 1 && only ? only : { is: 'either', ways };
  }

  private sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.at < this.text.length && this.text[this.at] !== '|' && this.text[this.at] !== ')') {
      const atom = this.atom();
      if (atom) parts.push(this.repeated(atom));
    }
    return { is: 'sequence', parts };
  }

  private repeated(part: PatternNode): PatternNode {
    const start = this.at;
    let bounds: readonly [number, number | undefined] | undefined;
    if (this.take('*')) bounds = [0, undefined];
    else if (this.take('+')) bounds = [1, undefined];
    else if (this.take('?')) bounds = [0, 1];
    else bounds = this.counted();
    if (!bounds) return part;
    this.take('?');
    if (/^[*+?]/.test(this.text.slice(this.at)) || this.counted()) this.fail('a repetition of a repetition', start);
    const [min, max] = bounds;
    return { is: 'repeat', part, min, max };
  }

  /** `{2}`, `{2,}`, `{2,5}`; any other brace is a plain character, as in RE2. */
  private counted(): readonly [number, number | undefined] | undefined {
    const found = /^\{(\d{1,6})(,(\d{0,6}))?\}/.exec(this.text.slice(this.at, this.at + 16));
    if (!found) return undefined;
    const [all, first, comma, second] = found;
    const min = Number(first);
    const max = comma === undefined ? min : second === '' ? undefined : Number(second);
    if (min > MAX_REPEAT || (max ?? 0) > MAX_REPEAT) this.fail(`a repetition of more than ${MAX_REPEAT}`);
    if (max !== undefined && max < min) this.fail('a repetition whose end is below its start');
    this.at += all.length;
    return [min, max];
  }

  private atom(): PatternNode | undefined {
    const start = this.at;
    const char = this.next();
    switch (char) {
      case '(':
        return this.group(start);
      case '[':
        return { is: 'set', set: this.brackets(start), fold: this.fold };
      case '.':
        return { is: 'set', set: { ranges: this.dotAll ? [] : [[10, 10]], not: true }, fold: false };
      case '^':
        return { is: 'start' };
      case '$':
        return { is: 'end' };
      case '\\': {
        const found = this.escape(start);
        return typeof found === 'number' ? this.one(found) : { is: 'set', set: found, fold: this.fold };
      }
      case '*':
      case '+':
      case '?':
        return this.fail(`nothing to repeat before "${char}"`, start);
      default:
        return this.one(char.codePointAt(0) ?? 0);
    }
  }

  private group(start: number): PatternNode | undefined {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) this.fail('groups nested too deeply', start);
    const outer = [this.fold, this.dotAll] as const;
    if (this.take('?')) {
      const head = /^(?:P?<[A-Za-z_]\w*>|([is]*)(?:-([is]+))?([:)]))/.exec(this.text.slice(this.at, this.at + 80));
      if (!head) this.fail('a group of a kind that Prometheus does not take', start);
      const [all, on = '', off = '', end] = head;
      this.at += all.length;
      if (on.includes('i')) this.fold = true;
      if (on.includes('s')) this.dotAll = true;
      if (off.includes('i')) this.fold = false;
      if (off.includes('s')) this.dotAll = false;
      if (end === ')') {
        this.depth -= 1;
        return undefined;
      }
    }
    const inner = this.either();
    if (!this.take(')')) this.fail('a "(" without its ")"', start);
    [this.fold, this.dotAll] = outer;
    this.depth -= 1;
    return inner;
  }

  private escape(start: number): number | CharSet {
    const char = this.next();
    const known = CLASSES[char];
    if (known) return known;
    const control = CONTROLS[char];
    if (control !== undefined) return control;
    if (char === 'x') {
      const found = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(this.text.slice(this.at, this.at + 8));
      const point = Number.parseInt(found?.[1] ?? found?.[2] ?? '', 16);
      if (!found || !(point <= LAST)) this.fail('a \\x that is no character', start);
      this.at += found[0].length;
      return point;
    }
    if (/^[A-Za-z0-9]$/.test(char)) this.fail(`an escape that is not taken here: \\${char}`, start);
    return char.codePointAt(0) ?? 0;
  }

  private brackets(start: number): CharSet {
    const not = this.take('^');
    const ranges: (readonly [number, number])[] = [];
    let first = true;
    while (first || !this.take(']')) {
      first = false;
      if (this.at >= this.text.length) this.fail('a "[" without its "]"', start);
      if (this.text.startsWith('[:', this.at)) this.fail('POSIX classes are not taken here');
      const at = this.at;
      const low = this.member();
      if (typeof low !== 'number') {
        ranges.push(...positive(low));
        continue;
      }
      let high: number | CharSet = low;
      if (this.text[this.at] === '-' && this.text[this.at + 1] !== ']') {
        this.at += 1;
        high = this.member();
      }
      if (typeof high !== 'number' || high < low) this.fail('a range whose end is below its start', at);
      ranges.push([low, high]);
    }
    return { ranges, not };
  }

  private member(): number | CharSet {
    const start = this.at;
    const char = this.next();
    return char === '\\' ? this.escape(start) : (char.codePointAt(0) ?? 0);
  }
}

/** Reads a pattern. `.` takes newlines too, as in Alertmanager 0.27 and later. @throws PatternError */
export function parsePattern(text: string): PatternNode {
  return new Reader(text).whole();
}
