import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, Scalar } from 'yaml';
import { nearest } from '../lib/nearest.ts';
import { clip, inertLine } from '../lib/text.ts';
import type { Located } from './located.ts';

/** Something wrong with the text itself or a variable in it. */
interface YamlProblem {
  readonly at: number;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly suggestion?: string;
}

/** A file, read: plain values with variables put in, where each stands, and what is wrong so far. */
export interface YamlRead {
  readonly value: unknown;
  readonly located: Located;
  readonly problems: readonly YamlProblem[];
  /** True where the text itself is no YAML: then `value` is what could be guessed. */
  readonly broken: boolean;
  /** Offset → line and column, both from 1. */
  readonly place: (offset: number) => { readonly line: number; readonly column: number };
}

/** Larger files are no configuration. In UTF-16 units. */
export const MAX_FILE = 1024 * 1024;
/** Deeper and larger ones neither: guards against aliases that unfold without end. */
const MAX_DEPTH = 50;
const MAX_NODES = 20_000;
const MAX_ALIASES = 200;

/**
 * `${NAME}` can't stand unquoted within `{ … }` or `[ … ]`: YAML ends the word at the brace. So before parsing, the braces are replaced
 * one to one by characters of the private use area, which keeps every offset, and read back afterwards.
 */
const OPEN = '\ue000';
const CLOSE = '\ue001';
const shield = (source: string) => source.replace(/\$\{([^{}\n]*)\}/g, `$$${OPEN}$1${CLOSE}`);
const unshield = (text: string) => text.replaceAll(OPEN, '{').replaceAll(CLOSE, '}');
const VARIABLE = new RegExp(`(\\$?)\\$${OPEN}([^${CLOSE}]*)${CLOSE}`, 'g');

/** What the parser's codes mean; its own messages may repeat parts of the file. Source: yaml 2.9, `ErrorCode`. */
const SYNTAX: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'an alias (*name) can have no anchor or tag',
  BAD_ALIAS: 'an alias (*name) that is none; quote the text if it is meant as text',
  BAD_COLLECTION_TYPE: 'a tag that does not fit',
  BAD_DIRECTIVE: 'a % directive that is not known',
  BAD_DQ_ESCAPE: 'an escape that "…" does not know; use \'…\' to write backslashes as they are',
  BAD_INDENT: 'the indentation does not fit, or a bracket is not closed',
  BAD_PROP_ORDER: 'an anchor or a tag in the wrong place',
  BAD_SCALAR_START: 'a text can not begin so: quote it',
  BLOCK_AS_IMPLICIT_KEY: 'a ": " within a text: quote it, or put the mapping on lines of its own',
  BLOCK_IN_FLOW: 'a block can not stand within { } or [ ]',
  DUPLICATE_KEY: 'this key stands here twice',
  MISSING_CHAR: 'something is missing: a closing quote or bracket, a comma, or the space after a colon',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line: is a colon missing?',
  MULTIPLE_ANCHORS: 'two anchors on one value',
  MULTIPLE_DOCS: 'a second document: the file holds only one',
  MULTIPLE_TAGS: 'two tags on one value',
  TAB_AS_INDENT: 'a tab used for indentation: use spaces',
  TAG_RESOLVE_FAILED: 'a tag that is not known',
  UNEXPECTED_TOKEN: 'this can not stand here: does the indentation fit, is something to be quoted?',
  RESOURCE_EXHAUSTION: 'the file is nested too deeply',
};

class Walker {
  readonly problems: YamlProblem[] = [];
  private nodes = 0;
  private aliases = 0;
  private readonly open = new Set<unknown>();
  /** Set where a bound was passed: the rest wasn't read. */
  full = false;
  private readonly document: Document;
  private readonly source: string;
  private readonly env: Readonly<Record<string, string | undefined>>;

  constructor(document: Document, source: string, env: Readonly<Record<string, string | undefined>>) {
    this.document = document;
    this.source = source;
    this.env = env;
  }

  private report(at: number, path: readonly PropertyKey[], message: string, suggestion?: string): void {
    this.problems.push({ at, path, message, ...(suggestion === undefined ? {} : { suggestion }) });
  }

  walk(node: unknown, at: number, path: readonly PropertyKey[]): { value: unknown; located: Located } {
    const nothing = { value: null, located: { at } };
    this.nodes += 1;
    if (this.nodes > MAX_NODES || path.length > MAX_DEPTH) {
      if (!this.full) this.report(at, path, 'the file is too large or nested too deeply');
      this.full = true;
      return nothing;
    }
    if (isAlias(node)) {
      this.aliases += 1;
      if (this.aliases > MAX_ALIASES) this.report(at, path, 'too many aliases');
      const target = this.aliases > MAX_ALIASES ? undefined : node.resolve(this.document);
      if (target && !this.open.has(target)) {
        this.open.add(target);
        const found = this.walk(target, at, path);
        this.open.delete(target);
        return found;
      }
      if (target) this.report(at, path, 'an alias (*name) within its own anchor (&name)');
      else if (this.aliases <= MAX_ALIASES) this.report(at, path, 'an alias (*name) without its anchor (&name)');
      return nothing;
    }
    if (isMap<Node, Node | null>(node)) return this.map(node.items, at, path);
    if (isSeq<Node | null>(node)) {
      const items = node.items.map((item, index) => this.walk(item, item?.range?.[0] ?? at, [...path, index]));
      return { value: items.map(({ value }) => value), located: { at, items: items.map(({ located }) => located) } };
    }
    return isScalar(node) ? this.scalar(node, at, path) : nothing;
  }

  private map(pairs: readonly { key: Node; value: Node | null }[], at: number, path: readonly PropertyKey[]) {
    const value: Record<string, unknown> = {};
    const entries = new Map<string, { at: number; value: Located }>();
    for (const pair of pairs) {
      const keyAt = pair.key.range?.[0] ?? at;
      const key = isScalar(pair.key) && typeof pair.key.value === 'string' ? unshield(pair.key.value) : undefined;
      if (key === undefined || key === '__proto__') {
        this.report(keyAt, path, 'a key must be a plain word');
        continue;
      }
      if (entries.has(key)) {
        this.report(keyAt, [...path, key], 'this key stands here twice');
        continue;
      }
      const found = this.walk(pair.value, pair.value?.range?.[0] ?? keyAt, [...path, key]);
      value[key] = found.value;
      entries.set(key, { at: keyAt, value: found.located });
    }
    return { value, located: { at, entries } };
  }

  private scalar(node: Scalar, at: number, path: readonly PropertyKey[]): { value: unknown; located: Located } {
    const { value } = node;
    if (typeof value !== 'string') {
      const simple = value === null || typeof value === 'boolean' || typeof value === 'number';
      if (!simple) this.report(at, path, 'a value of a kind that is not taken here');
      return { value: simple ? value : null, located: { at } };
    }
    const start = node.type === Scalar.PLAIN ? at : at + 1;
    const verbatim = this.source.startsWith(value, start);
    if (!value.includes('$')) return { value, located: { at, ...(verbatim ? { textAt: start } : {}) } };
    const variables: string[] = [];
    const filled = value.replace(VARIABLE, (found, escaped: string, name: string, offset: number) => {
      if (escaped === '$') return `\${${name}}`;
      const put = this.variable(name, verbatim ? start + offset : at, path);
      if (put !== undefined) variables.push(name);
      return put ?? found;
    });
    const changed = variables.length > 0 || filled !== value;
    return {
      value: unshield(filled),
      located: {
        at,
        ...(variables.length > 0 ? { variables } : {}),
        ...(changed || !verbatim ? {} : { textAt: start }),
      },
    };
  }

  private variable(name: string, at: number, path: readonly PropertyKey[]): string | undefined {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      this.report(
        at,
        path,
        `expected the name of an environment variable in $\{…}; write $$\{…} for the characters themselves`,
      );
      return undefined;
    }
    const value = Object.hasOwn(this.env, name) ? this.env[name] : undefined;
    if (value === undefined) {
      const meant = nearest(name, Object.keys(this.env));
      this.report(
        at,
        path,
        `the environment variable ${clip(name, 80)} is not set`,
        meant && inertLine(`\${${meant}}`),
      );
    }
    return value;
  }
}

/** Reads a YAML 1.2 text and puts `${NAME}` in. Never throws for what the text holds; one broken place hides no other. */
export function readYaml(text: string, env: Readonly<Record<string, string | undefined>>): YamlRead {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const failed = (message: string): YamlRead => ({
    value: {},
    located: { at: 0 },
    problems: [{ at: 0, path: [], message }],
    broken: true,
    place: () => ({ line: 1, column: 1 }),
  });
  if (text.length > MAX_FILE) return failed('the file is too large for a configuration');
  const source = shield(text);
  try {
    const document = parseDocument(source, {
      lineCounter: lines,
      prettyErrors: false,
      schema: 'core',
      uniqueKeys: false,
      // At 'silent' a second document would go unnoticed.
      logLevel: 'error',
    });
    const walker = new Walker(document, source, env);
    const { contents } = document;
    const read = walker.walk(contents, contents?.range?.[0] ?? 0, []);
    const syntax = new Map<number, YamlProblem>();
    for (const { code, pos } of [...document.errors, ...document.warnings]) {
      const { line } = place(pos[0]);
      // One slip makes the parser stumble several times: the first time on a line tells where.
      if (!syntax.has(line)) syntax.set(line, { at: pos[0], path: [], message: SYNTAX[code] ?? 'this is not YAML' });
    }
    return {
      ...read,
      problems: [...syntax.values(), ...walker.problems],
      broken: document.errors.length > 0 || walker.full,
      place,
    };
  } catch (error) {
    // The parser recurses: thousands of nested brackets end its stack.
    if (error instanceof RangeError) return failed('the file is nested too deeply');
    throw error;
  }
}
