import { stringEnd } from './quotes.ts';
import { MARK, type Span, valuesOf } from './spans.ts';

/** Words that make a name a secret's; more may stand before, up to forty characters after. */
const NAME =
  /(?:pass(?:word|wd|phrase)|(?<![a-z])pwd|secret|token|credential|(?:api|access|account|private|encryption|signing|master|application|auth|ssh|storage)[_-]?key|key[_-]data)[\w.-]{0,40}/gi;

/** The longest name, characters: the longest word, and forty more. */
const LONGEST_NAME = 64;

/** Endings that make it something else again: a place, a name, a bound. */
const HARMLESS_NAME =
  /(?:files?|paths?|names?|refs?|commands?|cmd|dirs?|ur[li]s?|counts?|ttl|polic(?:y|ies)|length|sizes?|namespaces?|types?|versions?|key[_-]?id)$|expir|reviews?$/i;

/** Plural names list things by name more often than they hold them. */
const PLURAL_NAME = /(?:tokens|secrets|passwords|credentials|keys)$/i;
const PLAIN_LIST = /^[a-z0-9][a-z0-9.-]*$/;

/** What stands between a name and its value: an end quote (escaped, in JSON within JSON), `=`, `:`, `:=`, `=>`. */
const BETWEEN = /(?:\\{0,7}["'])?([ \t]{0,8}(?::=|=>|[:=])[ \t]{0,8})/y;

/** A flag whose value follows after a blank. */
const FLAG =
  /(?<![\w-])(--?[a-z0-9-]{0,40}?(?:password|passwd|passphrase|secret|token|api-?key|access-?key)(?![a-z0-9-]*(?:file|path|command|ttl|name|id)\b)[a-z0-9-]{0,20}[ \t]+)("[^"\n]*"?|'[^'\n]*'?|[^\s"'-][^\s"']*)/gi;

/** Values that hold nothing: switches, placeholders, references, what kubectl describe prints for a reference. */
const HARMLESS_VALUE =
  /^(?:true|false|null|nil|none|undefined|unset|empty|yes|no|on|off|\*+|x{3,}|<(?:nil|none|unset|set to|redacted|hidden)\b.*|\$\{.*|\{\{.*|[^\p{L}\p{N}]{1,3})$/isu;

/** Words that follow "password: " or "--token " in prose: first words of strerror(3)'s texts, and of complaints. */
const PROSE =
  /^(?:a|an|and|any|argument|authentication|bad|cannot|can't|connection|could|device|does|error|expired|failed|file|flag|for|from|has|in|incorrect|input|invalid|is|length|mismatch|missing|must|no|not|of|operation|option|or|permission|read-only|rejected|required|requires|resource|stale|structure|text|the|to|too|transport|unable|unauthorized|unexpected|unknown|unset|value|was|wrong)[.,;:]?$/i;

/** The longest word of PROSE and its punctuation, characters. */
const LONGEST_PROSE = 20;

/** Headers that carry a credential. RFC 9110 section 11.6, and the usual others. */
const HEADER =
  /((?:(?:proxy-)?authorization|x-api-key|private-token)(?:\\{0,7}["'])?[ \t]{0,4}[:=][ \t]{0,4}(?:\\{0,7}["'])?(?:(?:bearer|basic|token|negotiate|apikey|bot)[ \t]+)?)([^\s"'\\]+)/gi;

/** Headers whose credential goes on to the end of the line. */
const COOKIE = /(cookie(?:\\{0,7}["'])?[ \t]{0,4}[:=][ \t]{0,4}(?:\\{0,7}["'])?)([^\s"'\\][^\n"'\\]*)/gi;
const DIGEST =
  /(authorization(?:\\{0,7}["'])?[ \t]{0,4}[:=][ \t]{0,4}(?:\\{0,7}["'])?(?:digest|aws4-hmac-sha256)[ \t]+)([^\n\\]+)/gi;

/** A registry's user and password in ~/.docker/config.json, base64. */
const DOCKER_AUTH = /("auth\\{0,7}"\s{0,4}:\s{0,4}\\{0,7}")([A-Za-z0-9+/=]{8,})/g;

/** An element of XML with a telling name. */
const ELEMENT = /(<[\w:-]{0,40}(?:password|passphrase|secret|token)[\w:-]{0,40}>)([^<\s][^<]{0,4096})(?=<)/gi;

/** mysql's `-pPASSWORD`, curl's `-u user:password`, SQL's IDENTIFIED BY. */
const MYSQL_FLAG = /(\b(?:mysql|mariadb)[\w-]{0,20}[^\n]{0,200}?[ \t]-p)([^\s"']+|"[^"\n]*"|'[^'\n]*')/gi;
const USER_FLAG = /((?<![\w-])(?:-u|--user)[ \t=]["']?[^\s:"'/]{1,64}:)(?!\d+(?:\s|$))([^\s"']+)/g;
const IDENTIFIED = /(\bidentified\b[^'"\n]{1,60}\b(?:by|as)\s{1,4})('[^'\n]*'|"[^"\n]*")/gi;

const PATTERNS = [COOKIE, DIGEST, HEADER, FLAG, DOCKER_AUTH, ELEMENT, MYSQL_FLAG, USER_FLAG, IDENTIFIED] as const;

/** Finds values that are assigned to a telling name, given to a telling flag or sent in a telling header. */
export function findAssignments(text: string): Span[] {
  const isSecret = (value: string): boolean => !isEmpty(value) && !PROSE.test(value);
  return [...PATTERNS.flatMap((pattern) => valuesOf(text, pattern, isSecret)), ...namedValues(text)];
}

/** Walks from name to name; of what was looked at for a value only the end is looked at again, which keeps it linear. */
function namedValues(text: string): Span[] {
  const spans: Span[] = [];
  NAME.lastIndex = 0;
  for (let name = NAME.exec(text); name; name = NAME.exec(text)) {
    BETWEEN.lastIndex = NAME.lastIndex;
    const between = BETWEEN.exec(text);
    if (!between) continue;
    const start = BETWEEN.lastIndex;
    const separator = between[1] ?? '';
    if (HARMLESS_NAME.test(name[0]) || isProse(text, start, separator)) continue;
    const value = valueAt(text, start, { name: name.index, colon: separator.trim() === ':' });
    if (value.end <= value.start) continue;
    // A value that was none may have swallowed the next name, of which it then ends with: token="api_key": "…".
    NAME.lastIndex = Math.max(start, value.end - LONGEST_NAME);
    if (!isHarmlessValue(name[0], text.slice(value.start, value.end), value.quoted)) spans.push(value);
  }
  return spans;
}

/** Whether there is nothing in a value, or nothing any more. */
function isEmpty(value: string): boolean {
  return HARMLESS_VALUE.test(value) || (value.includes(MARK) && !/[\p{L}\p{N}]{4}/u.test(value.replaceAll(MARK, '')));
}

/** Whether what follows is a sentence or the beginning of a structure. */
function isProse(text: string, start: number, separator: string): boolean {
  if (!separator.includes(':')) return false;
  const first = text.slice(start, start + LONGEST_PROSE).split(/\s/, 1)[0] ?? '';
  return (/^[[{]/.test(first) && !first.startsWith(MARK)) || (/\s$/.test(separator) && PROSE.test(first));
}

function isHarmlessValue(name: string, value: string, quoted: boolean): boolean {
  if (isEmpty(value)) return true;
  if (/^pwd$/i.test(name)) return value.startsWith('/');
  return !quoted && PLURAL_NAME.test(name) && PLAIN_LIST.test(value);
}

interface Value {
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
}

/** An opening quote, with the backslashes it has in JSON within JSON. */
const QUOTE = /\\{0,7}["']/y;

/** YAML's sign for text on the following lines. */
const BLOCK = /[|>][+-]?[0-9]?[ \t]*\n/y;

/** The start of a line in YAML, an env file or a table of names: nothing but blanks and a list's dash before the name. */
const LINE_HEAD = /^[ \t]*(?:- )?["']?[\w.-]*$/;

/** How far back the start of the line is looked for, characters. */
const HEAD_MAX = 120;

/** Where the value that starts at `start` ends. */
function valueAt(text: string, start: number, { name, colon }: { name: number; colon: boolean }): Value {
  QUOTE.lastIndex = start;
  const quote = QUOTE.exec(text)?.[0];
  if (quote !== undefined) return quotedValue(text, start, quote);
  const back = text.slice(Math.max(0, name - HEAD_MAX), name);
  const head = colon && LINE_HEAD.test(back.slice(back.lastIndexOf('\n') + 1));
  BLOCK.lastIndex = start;
  if (head && BLOCK.test(text)) return blockValue(text, BLOCK.lastIndex, indentOf(back));
  // "password: correct horse battery" on a line of its own is all secret; elsewhere a value ends at the blank.
  return { start, end: head ? lineEnd(text, start) : wordEnd(text, start), quoted: false };
}

/** To the same quote again; where it is cut off, to the end of the line. */
function quotedValue(text: string, at: number, quote: string): Value {
  const start = at + quote.length;
  return { start, end: stringEnd(text, start, { quote, multiline: false }), quoted: true };
}

/** The following lines that are indented deeper than the name. */
function blockValue(text: string, start: number, indent: number): Value {
  let end = start;
  while (end < text.length) {
    const next = lineEnd(text, end);
    const line = text.slice(end, next);
    if (line.trim() !== '' && line.length - line.trimStart().length <= indent) break;
    end = next + 1;
  }
  return { start, end: Math.max(start, Math.min(end, text.length) - 1), quoted: true };
}

function indentOf(back: string): number {
  const line = back.slice(back.lastIndexOf('\n') + 1);
  return line.length - line.trimStart().length;
}

function lineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  return newline < 0 ? text.length : newline;
}

/** A blank or a quote ends an unquoted value, and so does a `,`, `;` or `&` before the next assignment. */
const WORD = /(?:(?![,;&][ \t]?\\{0,7}["']?[\w.-]{1,40}\\{0,7}["']?[ \t]?[=:])[^\s"'`])+/y;

/** Brackets and punctuation that close what the value stands in. */
const CLOSING = /[)\]}>.,;:]{1,8}$/;

function wordEnd(text: string, start: number): number {
  WORD.lastIndex = start;
  const word = WORD.exec(text)?.[0] ?? '';
  const closing = word.endsWith(MARK) ? undefined : CLOSING.exec(word.slice(-8))?.[0];
  return start + word.length - (closing?.length ?? 0);
}
