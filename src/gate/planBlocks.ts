import type { Block, Inline, Span, Tone } from '../chat/message.ts';
import type { Json } from '../lib/json.ts';
import { clip, inert, inertLine } from '../lib/text.ts';
import type { GateFinding, Plan } from './model.ts';

/** The longest line that comes from a plan, in code points; chats cut what is longer than they take. */
export const LONGEST_LINE = 500;
/** A paragraph on a card, characters. */
export const LONGEST_TEXT = 1500;

/** A text from a plan on one line: inert, and not too long. Pure. */
export const line = (text: string): string => clip(inertLine(text), LONGEST_LINE);

/** The same, with what stands in backticks as code: a command that somebody may have to type. Pure. */
export function worded(text: string): readonly Span[] {
  return line(text)
    .split(/(`[^`]+`)/)
    .filter((part) => part !== '')
    .map((part) => (/^`[^`]+`$/.test(part) ? { code: part.slice(1, -1) } : part));
}

const LEVELS: readonly {
  readonly level: GateFinding['level'];
  readonly title: string;
  readonly tone: Tone;
  readonly summary: (count: number) => string;
}[] = [
  {
    level: 'BLOCK',
    title: 'Blocks',
    tone: 'critical',
    summary: (count) => `BLOCK · ${count === 1 ? 'one thing has' : `${count} things have`} to be mended first`,
  },
  {
    level: 'ACKNOWLEDGE',
    title: 'Confirming accepts',
    tone: 'warning',
    summary: (count) => `ACKNOWLEDGE · ${count === 1 ? 'one risk' : `${count} risks`}`,
  },
  { level: 'NOTE', title: 'Good to know', tone: 'neutral', summary: () => 'NOTE' },
];

/** The findings of a plan, the worst first, each level in a section of its own; `over` folds them. Pure. */
export function findingBlocks(findings: readonly GateFinding[], over: boolean): readonly Block[] {
  return LEVELS.flatMap(({ level, title, tone, summary }): readonly Block[] => {
    const own = findings.filter((finding) => finding.level === level);
    if (own.length === 0) return [];
    const items = own.map(({ text, code }): Inline => [...worded(text), ' (', { code: line(code) }, ')']);
    const section = { kind: 'section', tone, title, summary: summary(own.length), folded: over } as const;
    const stateless = level === 'NOTE' ? ({ stateless: true } as const) : {};
    return [{ ...section, ...stateless, blocks: [{ kind: 'list', items }] }];
  });
}

/** The steps of a plan, top to bottom; `over` folds them. Pure. */
export function stepBlocks({ steps }: Plan, over: boolean): readonly Block[] {
  if (steps.length === 0) return [];
  const list: Block = { kind: 'list', items: steps.map(({ text }) => worded(text)) };
  const summary = steps.length === 1 ? 'one' : `${steps.length}, in this order`;
  const section = { kind: 'section', tone: 'neutral', title: 'Steps', summary, folded: over, stateless: true } as const;
  return [{ ...section, blocks: [list] }];
}

/** All that the digest binds and the lines of the card don't say: nobody approves what was not shown. Pure. */
export function boundBlock({ args, effects, locks }: Plan): Block {
  const lines = [...flat('args', args), ...flat('effects', effects), ...flat('locks', [...locks])];
  return {
    kind: 'section',
    tone: 'neutral',
    title: 'In full',
    summary: 'arguments, effects and locks that the digest stands for',
    folded: true,
    stateless: true,
    blocks: [{ kind: 'pre', text: inert(lines.join('\n')) }],
  };
}

/** One line a value: `effects.host: "node-0"`. Lists of plain values stay on one line. Exact: every value as JSON. */
function flat(path: string, value: Json): readonly string[] {
  const isPlain = (one: Json): boolean => typeof one !== 'object' || one === null;
  if (isPlain(value) || (Array.isArray(value) && value.every(isPlain))) return [`${path}: ${JSON.stringify(value)}`];
  const entries = Object.entries(value as Readonly<Record<string, Json>>);
  return entries.length === 0
    ? [`${path}: ${JSON.stringify(value)}`]
    : entries.flatMap(([key, inner]) => flat(`${path}.${/^\w+$/.test(key) ? key : JSON.stringify(key)}`, inner));
}
