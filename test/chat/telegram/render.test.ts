import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block, Card } from '../../../src/chat/message.ts';
import { mentionIn } from '../../../src/chat/people.ts';
import { keyboardOf } from '../../../src/chat/telegram/keyboard.ts';
import { renderCaption, renderCard, topicName, verbatim } from '../../../src/chat/telegram/render.ts';
import { detect } from '../../support/telegram/detect.ts';
import { type Formatted, parseHtml } from '../../support/telegram/html.ts';
import { tidy } from '../../support/telegram/tidy.ts';
import { anyButtons, anyCard, HOSTILE } from './arbitrary.ts';

const WHERE = 'This is not all of it: https://daytwo.example.com/#INC-7';

const card = (blocks: readonly Block[], rest: Partial<Card> = {}): Card => ({
  tone: 'critical',
  title: 'INC-7 BackupFailed',
  blocks,
  buttons: [],
  ...rest,
});

/** ana can be called. */
const mention = mentionIn([{ name: 'ana', telegram: '1001', roles: [] }], 'telegram');

/** What the server makes of HTML: cleaned text, our entities, and what it finds by itself. */
function arrives(html: string): Formatted & { readonly found: readonly string[] } {
  const { text, entities } = tidy(parseHtml(html));
  return {
    text,
    entities,
    found: detect(text, entities).map(({ type, offset, length }) => `${type} ${text.slice(offset, offset + length)}`),
  };
}

describe('any card', () => {
  it('gives a message within the limits, in which nobody is pinged and nothing is touchable', () => {
    fc.assert(
      fc.property(anyCard, (any) => {
        for (const [max, { html }] of [
          [4096, renderCard(any, { where: WHERE, mention })],
          [1024, renderCaption(any, WHERE)],
        ] as const) {
          expect(html.isWellFormed()).toBe(true);
          expect(Buffer.byteLength(html)).toBeLessThanOrEqual(32_768);
          const { text, entities, found } = arrives(html);
          expect(text.length).toBeGreaterThan(0);
          expect(text.length).toBeLessThanOrEqual(max);
          expect(entities.length).toBeLessThanOrEqual(100);
          expect(found).toEqual([]);
          expect(entities.map(({ type }) => type)).not.toContain('text_mention');
        }
      }),
      { numRuns: 300, endOnFailure: true },
    );
  });

  it('gives a message without markup that is as safe, for when the vendor refuses the markup', () => {
    fc.assert(
      fc.property(anyCard, (any) => {
        const { text, entities } = verbatim(renderCard(any, { where: WHERE }));
        expect(text.length).toBeLessThanOrEqual(4096);
        expect(entities).toEqual([{ type: 'pre', offset: 0, length: text.length }]);
        expect(detect(text, [{ type: 'pre', offset: 0, length: text.length }])).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps every letter of what fits', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), (text) => {
        const shown = arrives(renderCard(card([{ kind: 'text', text: `<${text}>` }]), { where: WHERE }).html).text;
        expect(shown).toContain(`<${text.normalize('NFC')}>`);
      }),
    );
  });
});

describe('hostile text', () => {
  it.each(HOSTILE.map((text) => [text.slice(0, 40), text]))('%j does nothing wherever it stands', (_, text) => {
    const blocks: Block[] = [
      { kind: 'text', text },
      {
        kind: 'text',
        text: [
          'foo.',
          { strong: text },
          text,
          { code: text },
          { person: text },
          { link: text, href: 'https://a.example.com/' },
          'com',
        ],
      },
      { kind: 'text', text: [{ link: 'see', href: text }] },
      { kind: 'quiet', text },
      { kind: 'pre', text },
      { kind: 'fields', fields: [{ name: text, value: text }] },
      { kind: 'list', items: [text, text] },
      { kind: 'table', columns: [{ label: text }], rows: [[text]], more: text },
      { kind: 'section', tone: 'ok', title: text, summary: text, folded: true, blocks: [{ kind: 'pre', text }] },
    ];
    for (const block of blocks) {
      const { found, entities } = arrives(renderCard(card([block], { title: text }), { where: WHERE, mention }).html);
      expect(found).toEqual([]);
      expect(entities.every(({ type }) => type !== 'text_mention')).toBe(true);
    }
  });

  it.each([
    ['a mention', 'ask @admin now', 'ask <code>@admin</code> now'],
    ['a command', 'say /drain worker-1', 'say <code>/drain</code> worker-1'],
    ['neighbours', 'see evil.com @root, ok', 'see <code>evil.com @root</code>, ok'],
    ['punctuation', 'see /backups. (@root!)', 'see <code>/backups</code>. <code>(@root</code>!)'],
    ['numbers', 'load 12.75, 3/4 of 1.5 GiB', 'load 12.75, 3/4 of 1.5 GiB'],
    ['a sentence', 'It failed. See below.', 'It failed. See below.'],
    ['markup', '<b>&amp;</b>', '&lt;b&gt;&amp;amp;&lt;/b&gt;'],
  ])('%s keeps its letters', (_, text, html) => {
    expect(renderCard(card([{ kind: 'text', text }]), { where: WHERE }).html.split('\n')[1]).toBe(html);
  });

  it('finds a word over the border of two spans', () => {
    const { html } = renderCard(card([{ kind: 'text', text: ['evil.', { strong: 'com' }] }]), { where: WHERE });
    expect(html.split('\n')[1]).toBe('<code>evil.com</code>');
  });
});

describe('links', () => {
  it.each([
    ['https', 'https://g.example.com/d?a=1&b=2', '<a href="https://g.example.com/d?a=1&amp;b=2">Graph</a>'],
    [
      'a host without a dot, which Telegram drops',
      'http://prometheus:9090/graph',
      'Graph <code>http://prometheus:9090/graph</code>',
    ],
    ['another protocol', 'tg://user?id=777', 'Graph'],
    ['script', 'javascript:alert(1)', 'Graph'],
  ])('%s', (_, href, html) => {
    expect(
      renderCard(card([{ kind: 'text', text: [{ link: 'Graph', href }] }]), { where: WHERE }).html.split('\n')[1],
    ).toBe(html);
  });
});

describe('a card that is too long', () => {
  const log = Array.from({ length: 400 }, (_, n) => `line ${n} of the journal`).join('\n');
  const section = (title: string, blocks: readonly Block[], folded = false): Block => ({
    kind: 'section',
    tone: folded ? 'ok' : 'critical',
    title,
    summary: 'what was found',
    folded,
    blocks,
  });

  it('keeps every heading, the newest lines of logs, and says where the rest is', () => {
    const rendered = renderCard(
      card(Array.from({ length: 6 }, (_, n) => section(`probe ${n}`, [{ kind: 'pre', text: log }]))),
      {
        where: WHERE,
      },
    );
    const { text } = arrives(rendered.html);
    expect(rendered.cut).toBe(true);
    for (let n = 0; n < 6; n += 1) expect(text).toContain(`probe ${n}: what was found`);
    expect(text.match(/line 399 of/g)).toHaveLength(6);
    expect(text).toMatch(/lines above are left out/);
    expect(text.split('\n').at(-1)).toBe(`✂ ${WHERE}`);
    expect(text.length).toBeGreaterThan(3800);
  });

  it('gives up what is folded first', () => {
    const folded = section('fine', [{ kind: 'pre', text: log }], true);
    const { text } = arrives(
      renderCard(card([folded, section('broken', [{ kind: 'pre', text: log }])]), { where: WHERE }).html,
    );
    const [, fine = '', broken = ''] = /fine: what was found([\s\S]*)broken: what was found([\s\S]*)/.exec(text) ?? [];
    expect(broken.length).toBeGreaterThan(fine.length);
    expect(broken).toContain('line 399');
  });

  it('says so when nothing but rows beyond any bound are missing', () => {
    const rows = Array.from({ length: 3000 }, () => ['']);
    expect(renderCard(card([{ kind: 'table', columns: [{ label: '' }], rows }]), { where: WHERE }).cut).toBe(true);
  });
});

it('folds with an expandable quote', () => {
  const blocks: Block[] = [
    {
      kind: 'section',
      tone: 'neutral',
      title: 'Checklist',
      summary: '2 questions',
      folded: true,
      blocks: [{ kind: 'list', items: ['a', 'b'] }],
    },
  ];
  expect(renderCard(card(blocks), { where: WHERE }).html).toBe(
    '🔴 <b>INC-7 BackupFailed</b>\n<b>⚪ Checklist:</b> 2 questions\n<blockquote expandable>• a\n• b</blockquote>',
  );
});

describe('keyboardOf', () => {
  const labels = (...texts: string[]) =>
    keyboardOf(texts.map((label, n) => ({ label, token: `t${n}`, style: 'plain' })))?.inline_keyboard.map((row) =>
      row.map(({ text }) => text),
    );

  it.each([
    [['Ack', 'Silence 2h', 'Look again'], [['Ack', 'Silence 2h', 'Look again']]],
    [
      ['Drain worker-1', 'Ack', 'Deny'],
      [['Drain worker-1', 'Ack'], ['Deny']],
    ],
    [
      ['Restore restic_k8s_data now', 'Ack'],
      [['Restore restic_k8s_data now'], ['Ack']],
    ],
    [
      ['a', 'b', 'c', 'd'],
      [['a', 'b', 'c'], ['d']],
    ],
  ])('puts %j into rows', (given, rows) => {
    expect(labels(...given)).toEqual(rows);
  });

  it('has a style for what is primary or dangerous', () => {
    const keyboard = keyboardOf([
      { label: 'Confirm', token: 'x', style: 'primary' },
      { label: 'Deny', token: 'y', style: 'danger' },
      { label: 'Later', token: 'z', style: 'plain' },
    ]);
    expect(keyboard?.inline_keyboard.flat().map(({ style }) => style)).toEqual(['primary', 'danger', undefined]);
  });

  it('keeps within rows, count and bytes whatever it is given', () => {
    fc.assert(
      fc.property(anyButtons, (buttons) => {
        const keyboard = keyboardOf(buttons);
        const rows = keyboard?.inline_keyboard ?? [];
        expect(Buffer.byteLength(JSON.stringify(keyboard ?? {}))).toBeLessThanOrEqual(10_240);
        expect(rows.every((row) => row.length >= 1 && row.length <= 3)).toBe(true);
        for (const { text, callback_data: data } of rows.flat()) {
          expect(text.trim()).not.toBe('');
          expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64);
        }
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });

  it('leaves out what Telegram can’t carry', () => {
    expect(keyboardOf([{ label: 'x', token: 'é'.repeat(40), style: 'plain' }])).toBeUndefined();
    expect(keyboardOf([])).toBeUndefined();
  });
});

it('cuts a topic’s name at 128 characters', () => {
  expect([...topicName({ tone: 'critical', title: '🦊'.repeat(300) }, 128)]).toHaveLength(128);
});
