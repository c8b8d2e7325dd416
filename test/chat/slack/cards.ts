import fc from 'fast-check';
import type { Block, Card, Inline, Span, Tone } from '../../../src/chat/message.ts';

/** Texts that would do something where text is more than text. */
export const HOSTILE: readonly string[] = [
  '<!channel>',
  '<!here|here>',
  '<!subteam^S0ONCALL>',
  '<@U0ANA>',
  '@here @everyone @channel @ana',
  '#ops',
  '<#C0OPS|ops>',
  '<https://evil.example|click>',
  'https://evil.example/?q=1',
  '*bold* _it_ ~no~ `code` ```pre``` > quote',
  '&lt;!channel&gt; &amp;',
  '\u202egnirts\u202c',
  '\u001b[31mred\u001b[0m',
  'a\u0000b\ud800c',
  ':rotating_light: :here:',
  '👩‍👩‍👧‍👦'.repeat(40),
  '<'.repeat(3000),
  'x'.repeat(10_000),
  'line\n'.repeat(2000),
  '',
  ' ',
  '\n',
];

const text = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.lorem({ maxCount: 20 }),
);
const href = fc.oneof(
  fc.webUrl(),
  fc.constantFrom('javascript:alert(1)', 'not a url', 'https://a.example/'.padEnd(4000, 'x'), '<!channel>'),
);
const span: fc.Arbitrary<Span> = fc.oneof(
  text,
  text.map((strong) => ({ strong })),
  text.map((code) => ({ code })),
  text.map((person) => ({ person })),
  fc.record({ link: text, href }),
);
const inline: fc.Arbitrary<Inline> = fc.oneof(text, fc.array(span, { maxLength: 6 }));
const tone = fc.constantFrom<Tone>('critical', 'warning', 'info', 'ok', 'neutral');

const leaf: fc.Arbitrary<Block> = fc.oneof(
  inline.map((one): Block => ({ kind: 'text', text: one })),
  inline.map((one): Block => ({ kind: 'quiet', text: one })),
  text.map((one): Block => ({ kind: 'pre', text: one })),
  fc
    .array(fc.record({ name: text, value: inline }), { maxLength: 30 })
    .map((fields): Block => ({ kind: 'fields', fields })),
  fc.array(inline, { maxLength: 60 }).map((items): Block => ({ kind: 'list', items })),
  fc
    .record({
      columns: fc.array(fc.record({ label: text, align: fc.constantFrom('left' as const, 'right' as const) }), {
        minLength: 1,
        maxLength: 8,
      }),
      rows: fc.array(fc.array(text, { maxLength: 9 }), { maxLength: 60 }),
      more: text,
    })
    .map((table): Block => ({ kind: 'table', ...table })),
  text.map((alt): Block => ({ kind: 'picture', picture: { light: 'a', dark: 'b', alt, width: 1, height: 1 } })),
);

const section: fc.Arbitrary<Block> = fc
  .record({ tone, title: text, summary: text, folded: fc.boolean(), blocks: fc.array(leaf, { maxLength: 6 }) })
  .map((one): Block => ({ kind: 'section', ...one }));

/** Any card, hostile ones often. */
export const anyCard: fc.Arbitrary<Card> = fc.record({
  tone,
  title: text,
  blocks: fc.array(fc.oneof(leaf, section), { maxLength: 80, size: 'max' }),
  buttons: fc.array(
    fc.record({
      label: text,
      token: fc.oneof(fc.base64String({ minLength: 20, maxLength: 40 }), text),
      style: fc.constantFrom('primary' as const, 'danger' as const, 'plain' as const),
    }),
    { maxLength: 60 },
  ),
});
