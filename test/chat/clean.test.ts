import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanCard } from '../../src/chat/clean.ts';
import type { Block, Card } from '../../src/chat/message.ts';

const redact = (text: string): string => text.replaceAll('hunter2', '[redacted]');
const bad = 'a\u202eb hunter2';
const good = 'a\ufffdb [redacted]';

const blocks = (text: string): Block[] => [
  { kind: 'text', text },
  { kind: 'quiet', text: [text, { strong: text }, { code: text }, { person: text }, { link: text, href: text }] },
  { kind: 'pre', text },
  { kind: 'fields', fields: [{ name: text, value: text }] },
  { kind: 'list', items: [text, [{ strong: text }]] },
  { kind: 'table', columns: [{ label: text, align: 'right' }], rows: [[text]], more: text },
];
const card = (text: string): Card => ({
  tone: 'critical',
  title: text,
  blocks: [
    ...blocks(text),
    { kind: 'picture', picture: { light: 'hunter2', dark: 'hunter2', alt: text, width: 1, height: 2 } },
    { kind: 'section', tone: 'ok', title: text, summary: text, folded: true, blocks: blocks(text) },
  ],
  buttons: [{ label: text, token: 'hunter2', style: 'plain' }],
});

describe('a clean card', () => {
  it('has every text inert and without secrets; tokens and ids of pictures stay', () => {
    expect(cleanCard(card(bad), redact)).toEqual(card(good));
  });

  it('comes out equal when it was clean', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = cleanCard(card(text), redact);
        expect(cleanCard(once, redact)).toEqual(once);
      }),
    );
  });
});
