import { stringEnd } from './quotes.ts';
import { MARK, type Span } from './spans.ts';

/** The start and the end of a PEM block. RFC 7468; labels are capitals, digits and blanks. */
const PEM_EDGE = /-----(BEGIN|END) [A-Z0-9 ]{1,40}-----/g;

/** The longest block that is believed: 64 KiB hold a chain of certificates or an RSA key of 32,768 bits. Characters. */
const PEM_MAX = 65_536;

/** Lines of a block whose end was cut off: headers, base64, with line ends as they are or escaped. */
const PEM_BODY =
  /(?:(?:\\r|\\n|\s)*(?:(?:Proc-Type|DEK-Info|Comment)[^\n\\]{0,200}|[A-Za-z0-9+/]{16,}={0,2}|[A-Za-z0-9+/]{1,64}={0,2}(?=\\n|\s*$|\s*\n)))*/y;

/** Finds PEM blocks: whole ones, ones whose end is missing, ones whose beginning is missing. */
export function findPem(text: string): Span[] {
  const edges = [...text.matchAll(PEM_EDGE)].map((match) => ({
    begins: match[1] === 'BEGIN',
    start: match.index,
    end: match.index + match[0].length,
  }));
  const spans: Span[] = [];
  let open: Span | undefined;
  for (const edge of edges) {
    if (edge.begins) {
      if (open) spans.push({ start: open.start, end: bodyEnd(text, open.end) });
      open = edge;
    } else if (open && edge.start - open.end <= PEM_MAX) {
      spans.push({ start: open.start, end: edge.end });
      open = undefined;
    } else {
      if (open) spans.push({ start: open.start, end: bodyEnd(text, open.end) });
      open = undefined;
      spans.push({ start: bodyStart(text, edge.start), end: edge.end });
    }
  }
  if (open) spans.push({ start: open.start, end: bodyEnd(text, open.end) });
  return spans;
}

function bodyEnd(text: string, from: number): number {
  PEM_BODY.lastIndex = from;
  PEM_BODY.test(text);
  return Math.max(from, PEM_BODY.lastIndex);
}

const BASE64_CHARACTER = /[A-Za-z0-9+/=]/;

/** Walks back over lines that are base64 and nothing else. */
function bodyStart(text: string, from: number): number {
  let start = from;
  for (;;) {
    const lineEnd = backOverBreak(text, start);
    if (lineEnd === start) return start;
    let at = lineEnd;
    while (at > 0 && from - at < PEM_MAX && BASE64_CHARACTER.test(text[at - 1] ?? '')) at -= 1;
    // The "n" of an escaped line end reads as base64.
    if (text[at - 1] === '\\' && text[at] === 'n') at += 1;
    else if (at > 0 && !/\s/.test(text[at - 1] ?? '')) return at < lineEnd - 16 ? at : start;
    if (at === lineEnd) return start;
    start = at;
  }
}

function backOverBreak(text: string, from: number): number {
  let at = from;
  while (at > 0 && /[ \t\r\n]/.test(text[at - 1] ?? '')) at -= 1;
  while (text.slice(at - 2, at) === '\\n' || text.slice(at - 2, at) === '\\r') at -= 2;
  return at;
}

/** Says that a document is a Secret, in YAML, in JSON, or in JSON within JSON (the last-applied annotation). */
const SECRET_KIND = /\bkind\\{0,7}["']?[ \t]{0,4}:[ \t]{0,4}\\{0,7}["']?Secret(?:List)?\b/;

/** The sign between documents of a YAML stream. */
const DOCUMENT_BREAK = /^---[ \t]*$/gm;

/** Finds the values of `data` and `stringData` in each YAML or JSON document that says it is a Secret. */
export function findSecretManifests(text: string): Span[] {
  if (!SECRET_KIND.test(text)) return [];
  const breaks = [...text.matchAll(DOCUMENT_BREAK)].map(({ index }) => index);
  return [0, ...breaks].flatMap((start, index) => {
    const document = text.slice(start, breaks[index]);
    if (!SECRET_KIND.test(document)) return [];
    return [...yamlData(document), ...jsonData(document)].map((span) => ({
      start: start + span.start,
      end: start + span.end,
    }));
  });
}

const YAML_DATA = /^([ \t]*)(?:- )?(?:data|stringData):[ \t]*$/;
const YAML_NAME = /^[ \t]*[\w.-]+:[ \t]*/;

function yamlData(document: string): Span[] {
  const spans: Span[] = [];
  let outer: number | undefined;
  let at = 0;
  for (const line of document.split('\n')) {
    const indent = line.length - line.trimStart().length;
    if (outer !== undefined && line.trim() !== '' && indent <= outer) outer = undefined;
    if (outer === undefined) outer = YAML_DATA.exec(line)?.[1]?.length;
    else {
      const start = YAML_NAME.exec(line)?.[0].length ?? indent;
      if (line.slice(start) !== MARK) spans.push({ start: at + start, end: at + line.length });
    }
    at += line.length + 1;
  }
  return spans;
}

const JSON_DATA = /(\\{0,7}")(?:data|stringData)\\{0,7}"\s{0,8}:\s{0,8}\{/g;

function jsonData(document: string): Span[] {
  const spans: Span[] = [];
  JSON_DATA.lastIndex = 0;
  for (let match = JSON_DATA.exec(document); match; match = JSON_DATA.exec(document)) {
    const start = JSON_DATA.lastIndex;
    const end = flatObjectEnd(document, start, match[1] ?? '"');
    if (document.slice(start, end) !== MARK) spans.push({ start, end });
    JSON_DATA.lastIndex = end;
  }
  return spans;
}

/** The closing brace of an object of strings, or the end of the text where it was cut off. */
function flatObjectEnd(text: string, from: number, quote: string): number {
  let at = from;
  while (at < text.length) {
    if (text[at] === '}') return at;
    at = text.startsWith(quote, at)
      ? stringEnd(text, at + quote.length, { quote, multiline: true }) + quote.length
      : at + 1;
  }
  return text.length;
}
