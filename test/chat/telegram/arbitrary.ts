import fc from 'fast-check';
import type { Block, Button, Card, Inline, Span, Tone } from '../../../src/chat/message.ts';

/** What logs, labels and people put into strings to do harm, and what breaks renderers by itself. */
export const HOSTILE: readonly string[] = [
  '@admin',
  '@ops_team please',
  '(@here)',
  '"@channel"',
  'a@b.com',
  '/drain worker-1',
  '/drain@daytwo_bot worker-1',
  '#incident',
  '$USD',
  'evil.com',
  'https://evil.com/x?y=@root#z',
  'http://[::1]/',
  'tg://user?id=777',
  't.me/joinchat/x',
  '10.0.0.1',
  '10.0.0.1:9100',
  '<b>bold</b>',
  '</pre><a href="tg://user?id=777">x</a>',
  '<tg-spoiler>x',
  '&lt;b&gt; &#64;admin &amp;',
  '<!channel> <@U123>',
  '\u202e@nimda',
  '@ad\u030amin',
  'e\u030avil.c\u0333om',
  '\u200b@admin\u2060',
  'שלום @admin שלום',
  '\u0007\u001b[31mred\u001b[0m',
  '\ud800',
  '👩‍👩‍👧‍👦@admin',
  '🦊'.repeat(50),
  'é\u0301',
  'x'.repeat(300),
  'word '.repeat(1200),
  '@a '.repeat(300),
  '\n\n\n',
  '   ',
  '',
  '*_`[]()~>#+-=|{}.!',
  'foo.',
  'com',
  '.com/',
  '@',
  'admin',
  '/',
  '://',
];

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 2, arbitrary: fc.array(fc.constantFrom(...HOSTILE), { maxLength: 6 }).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom(...HOSTILE), { maxLength: 60 }).map((parts) => parts.join(' ')) },
);
const href = fc.oneof(
  fc.constantFrom(
    'https://grafana.example.com/d/1?a=1&b="2"',
    'http://localhost:9090/graph',
    'javascript:alert(1)',
    'tg://user?id=777',
  ),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  text,
);
const span: fc.Arbitrary<Span> = fc.oneof(
  text,
  fc.record({ strong: text }),
  fc.record({ code: text }),
  fc.record({ person: text }),
  fc.record({ link: text, href }),
);
const inline: fc.Arbitrary<Inline> = fc.oneof(text, fc.array(span, { maxLength: 8 }));
const tone = fc.constantFrom<Tone>('critical', 'warning', 'info', 'ok', 'neutral');

const { block } = fc.letrec<{ block: Block }>((tie) => ({
  block: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('text' as const), text: inline }),
    fc.record({ kind: fc.constant('quiet' as const), text: inline }),
    fc.record({ kind: fc.constant('pre' as const), text }),
    fc.record({
      kind: fc.constant('fields' as const),
      fields: fc.array(fc.record({ name: text, value: inline }), { maxLength: 12 }),
    }),
    fc.record({ kind: fc.constant('list' as const), items: fc.array(inline, { maxLength: 20 }) }),
    fc.record({
      kind: fc.constant('table' as const),
      columns: fc.array(fc.record({ label: text }), { minLength: 1, maxLength: 4 }),
      rows: fc.array(fc.array(text, { maxLength: 4 }), { maxLength: 20 }),
      more: text,
    }),
    fc.record({
      kind: fc.constant('picture' as const),
      picture: fc.record({
        light: fc.constant('none'),
        dark: fc.constant('none'),
        alt: text,
        width: fc.constant(10),
        height: fc.constant(10),
      }),
    }),
    fc.record({
      kind: fc.constant('section' as const),
      tone,
      title: text,
      summary: text,
      folded: fc.boolean(),
      blocks: fc.array(tie('block') as fc.Arbitrary<Block>, { maxLength: 4 }),
    }),
  ) as fc.Arbitrary<Block>,
}));

const button: fc.Arbitrary<Button> = fc.record({
  label: text,
  token: fc.oneof(fc.base64String({ minLength: 1, maxLength: 64 }), text),
  style: fc.constantFrom('primary', 'danger', 'plain'),
});

/** Any card, with whatever strings in it. */
export const anyCard: fc.Arbitrary<Card> = fc.record({
  tone,
  title: text,
  blocks: fc.oneof(
    { weight: 4, arbitrary: fc.array(block, { maxLength: 8 }) },
    { weight: 1, arbitrary: fc.array(block, { minLength: 30, maxLength: 90, size: 'max' }) },
  ),
  buttons: fc.array(button, { maxLength: 6 }),
});

/** Any number of buttons. */
export const anyButtons: fc.Arbitrary<readonly Button[]> = fc.array(button, { maxLength: 130, size: 'max' });
