import { compilePattern, type Pattern } from './pattern.ts';
import { PatternError } from './pattern-syntax.ts';

/**
 * One condition on a label; the fields are those of Alertmanager's API v2. `pattern` is there for regular expressions only.
 * A label that isn't there counts as empty, as in Alertmanager.
 */
export interface LabelMatcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
  readonly pattern?: Pattern;
}

/** What became of a text; `offset` counts UTF-16 units from its start. */
export type MatchersRead =
  | { readonly is: 'ok'; readonly matchers: readonly LabelMatcher[] }
  | { readonly is: 'wrong'; readonly message: string; readonly offset: number };

/** Longer texts are refused. */
const MAX_TEXT = 10_000;
/** Values beyond this are only looked at up to here: a label is never a book, and matching stays cheap. */
const MAX_VALUE = 4096;

/**
 * Escapes within quotes; any other backslash stays, so that `=~"10\.0\.\d+"` means what it says.
 * Source: Alertmanager's classic reader (pkg/labels/parse.go), which wins over its newer one where the two disagree.
 */
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };

class MatcherError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

class Reader {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  all(): LabelMatcher[] {
    const matchers: LabelMatcher[] = [];
    const braces = this.take('{');
    const ended = () => (braces ? this.peek('}') : this.at >= this.text.length);
    while (!ended()) {
      matchers.push(this.one());
      this.spaces();
      if (ended()) break;
      if (!this.take(',')) this.fail('a comma is missing between two matchers');
      this.spaces();
    }
    if (braces && !this.take('}')) this.fail('the closing "}" is missing');
    this.spaces();
    if (this.at < this.text.length) this.fail('something follows the closing "}"');
    if (matchers.length === 0) this.fail('no matcher', 0);
    return matchers;
  }

  private fail(message: string, offset = this.at): never {
    throw new MatcherError(message, offset);
  }

  private spaces(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at += 1;
  }

  private peek(text: string): boolean {
    this.spaces();
    return this.text.startsWith(text, this.at);
  }

  private take(text: string): boolean {
    if (!this.peek(text)) return false;
    this.at += text.length;
    return true;
  }

  private one(): LabelMatcher {
    this.spaces();
    const nameAt = this.at;
    const name = this.word();
    if (name === '') this.fail('a label name is missing', nameAt);
    const operator = ['=~', '!~', '!=', '='].find((one) => this.take(one));
    if (!operator) this.fail('one of = != =~ !~ is missing after the label name');
    if (this.peek('=') || this.peek('~')) this.fail('one of = != =~ !~ is expected');
    this.spaces();
    const valueAt = this.at;
    const quoted = this.text[valueAt] === '"';
    const value = this.word();
    const isRegex = operator.endsWith('~');
    const matcher = { name, value, isRegex, isEqual: operator.startsWith('=') };
    if (!isRegex) return matcher;
    try {
      return { ...matcher, pattern: compilePattern(value) };
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      return this.fail(`the regular expression has ${error.message}`, valueAt + (quoted ? 1 : 0) + error.offset);
    }
  }

  /** A quoted or a bare word; what is reserved has to be quoted. */
  private word(): string {
    if (this.text[this.at] === '"') return this.quoted();
    const start = this.at;
    while (this.at < this.text.length && !/[{}!=~,\\'"`\s]/.test(this.text[this.at] ?? '')) this.at += 1;
    const stop = this.text[this.at];
    if (stop !== undefined && /[{\\'"`]/.test(stop)) this.fail(`quote the value in "…" to use ${stop} in it`);
    return this.text.slice(start, this.at);
  }

  private quoted(): string {
    const start = this.at;
    this.at += 1;
    let value = '';
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined) this.fail('the closing quote is missing', start);
      this.at += 1;
      if (char === '"') return value;
      value += char === '\\' ? this.escape() : char;
    }
  }

  private escape(): string {
    const char = this.text[this.at] ?? '';
    this.at += 1;
    return ESCAPES[char] ?? `\\${char}`;
  }
}

/**
 * Reads Alertmanager's matchers: `alertname=~"Disk.*",severity="critical"`, braces allowed around them, values bare or quoted.
 * Regular expressions are anchored and run in linear time; see pattern-syntax.ts for the few things of RE2 that are refused.
 */
export function parseMatchers(text: string): MatchersRead {
  if (text.length > MAX_TEXT) return { is: 'wrong', message: 'the text is too long', offset: 0 };
  try {
    return { is: 'ok', matchers: new Reader(text).all() };
  } catch (error) {
    if (!(error instanceof MatcherError)) throw error;
    return { is: 'wrong', message: error.message, offset: error.offset };
  }
}

/** Whether every matcher holds for these labels. */
export function matches(matchers: readonly LabelMatcher[], labels: Readonly<Record<string, string>>): boolean {
  return matchers.every(({ name, value, isEqual, pattern }) => {
    const actual = (Object.hasOwn(labels, name) ? labels[name] : undefined) ?? '';
    return (pattern ? pattern.test(actual.slice(0, MAX_VALUE)) : actual === value) === isEqual;
  });
}

/** Writes matchers the way `parseMatchers` reads them, values quoted. */
export function formatMatchers(
  matchers: readonly Pick<LabelMatcher, 'name' | 'value' | 'isRegex' | 'isEqual'>[],
): string {
  return matchers
    .map(({ name, value, isRegex, isEqual }) => {
      const operator = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
      const label = /^[A-Za-z_:][A-Za-z0-9_:]*$/.test(name) ? name : quote(name);
      return `${label}${operator}${quote(value)}`;
    })
    .join(',');
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
