import { type CharSet, PatternError, type PatternNode, parsePattern } from './pattern-syntax.ts';

/**
 * A regular expression that must match the whole text, as label matchers do. It runs as a set of states over the text (Thompson's
 * way, https://swtch.com/~rsc/regexp/regexp1.html), so its cost is text × pattern whatever the pattern: no backtracking to explode.
 */
export interface Pattern {
  readonly source: string;
  test(text: string): boolean;
}

type Step =
  | { readonly do: 'char'; readonly set: CharSet; readonly fold: boolean }
  | { readonly do: 'start' }
  | { readonly do: 'end' }
  /** Goes on at each of these. */
  | { readonly do: 'fork'; to: readonly number[] };

/** Longer patterns are refused. */
const MAX_PATTERN_LENGTH = 2000;
/** States a pattern may unfold into (`(a{100}){100}` would be 10,000). */
const MAX_STEPS = 5000;

class Program {
  readonly steps: Step[] = [];

  private push(step: Step): number {
    if (this.steps.length >= MAX_STEPS) throw new PatternError('the pattern unfolds into too many states', 0);
    return this.steps.push(step) - 1;
  }

  add(node: PatternNode): void {
    switch (node.is) {
      case 'set':
        this.push({ do: 'char', set: node.set, fold: node.fold });
        return;
      case 'start':
      case 'end':
        this.push({ do: node.is });
        return;
      case 'sequence':
        for (const part of node.parts) this.add(part);
        return;
      case 'either':
        this.either(node.ways);
        return;
      case 'repeat':
        this.repeat(node.part, node.min, node.max);
        return;
    }
  }

  private either(ways: readonly PatternNode[]): void {
    const fork: Step & { do: 'fork' } = { do: 'fork', to: [] };
    this.push(fork);
    const starts: number[] = [];
    const jumps: (Step & { do: 'fork' })[] = [];
    for (const way of ways) {
      starts.push(this.steps.length);
      this.add(way);
      const jump: Step & { do: 'fork' } = { do: 'fork', to: [] };
      this.push(jump);
      jumps.push(jump);
    }
    fork.to = starts;
    for (const jump of jumps) jump.to = [this.steps.length];
  }

  private repeat(part: PatternNode, min: number, max: number | undefined): void {
    for (let i = 0; i < min; i++) this.add(part);
    if (max === undefined) {
      const fork: Step & { do: 'fork' } = { do: 'fork', to: [] };
      const at = this.push(fork);
      this.add(part);
      this.push({ do: 'fork', to: [at] });
      fork.to = [at + 1, this.steps.length];
      return;
    }
    const forks: { readonly fork: Step & { do: 'fork' }; readonly at: number }[] = [];
    for (let i = min; i < max; i++) {
      const fork: Step & { do: 'fork' } = { do: 'fork', to: [] };
      forks.push({ fork, at: this.push(fork) });
      this.add(part);
    }
    for (const { fork, at } of forks) fork.to = [at + 1, this.steps.length];
  }
}

const within = (set: CharSet, point: number) =>
  set.ranges.some(([from, to]) => from <= point && point <= to) !== set.not;

/** A folded set takes a character when it takes it in either case. */
function takes(step: Step & { do: 'char' }, char: string): boolean {
  const point = char.codePointAt(0) ?? 0;
  if (!step.fold) return within(step.set, point);
  const plain: CharSet = { ranges: step.set.ranges, not: false };
  const cases = [char, char.toLowerCase(), char.toUpperCase()];
  const hit = cases.some((one) => [...one].length === 1 && within(plain, one.codePointAt(0) ?? 0));
  return hit !== step.set.not;
}

function run(steps: readonly Step[], text: string): boolean {
  const end = steps.length;
  const seen = new Uint32Array(end + 1);
  let mark = 0;
  /** All states reachable from these without reading; `at` and `last` tell where in the text we are. */
  const spread = (from: readonly number[], first: boolean, last: boolean): number[] => {
    mark += 1;
    const open = [...from];
    const states: number[] = [];
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (seen[state] === mark) continue;
      seen[state] = mark;
      const step = steps[state];
      if (!step || step.do === 'char') states.push(state);
      else if (step.do === 'fork') open.push(...step.to);
      else if (step.do === 'start' ? first : last) open.push(state + 1);
    }
    return states;
  };
  const chars = [...text];
  let states = spread([0], true, chars.length === 0);
  for (const [index, char] of chars.entries()) {
    const after: number[] = [];
    for (const state of states) {
      const step = steps[state];
      if (step?.do === 'char' && takes(step, char)) after.push(state + 1);
    }
    if (after.length === 0) return false;
    states = spread(after, false, index === chars.length - 1);
  }
  return states.includes(end);
}

/**
 * Compiles a pattern of RE2's syntax, anchored at both ends.
 * @throws PatternError with the place of what is wrong
 */
export function compilePattern(source: string): Pattern {
  if (source.length > MAX_PATTERN_LENGTH) throw new PatternError('the pattern is too long', 0);
  const program = new Program();
  program.add(parsePattern(source));
  const { steps } = program;
  return { source, test: (text) => run(steps, text) };
}
