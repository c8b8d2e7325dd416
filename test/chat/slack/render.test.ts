import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block, Card } from '../../../src/chat/message.ts';
import { mentionIn } from '../../../src/chat/people.ts';
import { type SlackBlock, textOfBlocks } from '../../../src/chat/slack/blocks.ts';
import { FALLBACK_TEXT, MESSAGE_BLOCKS, MESSAGE_TEXT } from '../../../src/chat/slack/limits.ts';
import { middleCut } from '../../../src/chat/slack/parts.ts';
import { escaped, type Rendered, renderHome, renderMessage } from '../../../src/chat/slack/render.ts';
import { checkContent } from '../../support/slack/blockkit/message.ts';
import { checkView } from '../../support/slack/blockkit/view.ts';
import { reachOf } from '../../support/slack/mentions.ts';
import { anyCard, HOSTILE } from './cards.ts';
import { cardOf } from './night.ts';

const noFile = (): undefined => undefined;
const REST = ['Cut. All of it: ', { code: '/triage INC-1' }] as const;
const all = ({ blocks, attachments }: Rendered): readonly SlackBlock[] => [
  ...blocks,
  ...attachments.flatMap((one) => one.blocks),
];
const mention = mentionIn([{ name: 'ana', slack: 'U0ANA', roles: [] }], 'slack');
const render = (card: Card, bar = false): Rendered => renderMessage(card, { bar, rest: REST, mention }).message;

describe('any card', () => {
  it('comes out as blocks that Slack takes, within every limit, and pings nobody', () => {
    fc.assert(
      fc.property(anyCard, fc.boolean(), (card, bar) => {
        const message = render(card, bar);
        expect(checkContent(message, noFile)).toBeUndefined();
        expect(message.text).not.toBe('');
        expect([...message.text].length).toBeLessThanOrEqual(FALLBACK_TEXT);
        for (const parse of ['none', 'client'] as const)
          expect(reachOf({ ...message, text: '' }, { parse, linkNames: false }).pings).toEqual([]);
        expect(reachOf(message, { parse: 'none', linkNames: false }).pings).toEqual([]);
        expect(all(message).length).toBeLessThanOrEqual(MESSAGE_BLOCKS);
        expect(textOfBlocks(all(message))).toBeLessThanOrEqual(MESSAGE_TEXT);
      }),
      { numRuns: 80 },
    );
  });

  it('has no mrkdwn in it, and links only what the card links', () => {
    fc.assert(
      fc.property(anyCard, (card) => {
        const message = render(card);
        expect(JSON.stringify(message)).not.toContain('"mrkdwn"');
        const wanted = new Set(
          (JSON.stringify(card.blocks).match(/"href":"(?:[^"\\]|\\.)*"/g) ?? []).map(
            (one) => JSON.parse(`{${one}}`).href,
          ),
        );
        const hrefs = [...wanted].filter((one) => URL.canParse(one)).map((one) => new URL(one).href);
        for (const { target } of reachOf(message, { parse: 'none', linkNames: false }).links)
          expect(hrefs).toContain(target);
      }),
      { numRuns: 40 },
    );
  });

  it('loses no button as long as there are not too many', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), (count) => {
        const buttons = Array.from({ length: count }, (_, at) => ({
          label: `b${at}`,
          token: `t${at}`,
          style: 'plain' as const,
        }));
        const text = JSON.stringify(render(cardOf('x', { buttons })));
        for (const { token } of buttons) expect(text).toContain(`"${token}"`);
      }),
    );
  });
});

describe('home tabs', () => {
  it('are views that Slack takes, whatever the cards', () => {
    fc.assert(
      fc.property(fc.array(anyCard, { maxLength: 60 }), (cards) => {
        expect(checkView(renderHome(cards), 'home', noFile)).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  it('say so when there is nothing, and where there is more', () => {
    expect(JSON.stringify(renderHome([]))).toContain('Nothing to show');
    const cards = Array.from({ length: 90 }, (_, at) => cardOf(`INC-${at}`));
    expect(JSON.stringify(renderHome(cards))).toContain('/incidents');
  });
});

describe('a message', () => {
  it.each(HOSTILE)('shows %j as text', (text) => {
    const blocks: Block[] = [
      { kind: 'text', text: [text, { strong: text }, { code: text }, { person: text }, { link: text, href: text }] },
      { kind: 'pre', text },
      { kind: 'list', items: [text] },
      { kind: 'table', columns: [{ label: text }], rows: [[text]], more: text },
    ];
    const message = render(cardOf(text, { blocks, buttons: [{ label: text, token: 't', style: 'danger' }] }), true);
    expect(checkContent(message, noFile)).toBeUndefined();
    expect(reachOf(message, { parse: 'none', linkNames: false }).pings).toEqual([]);
  });

  it('tells where the rest is, only where something is missing', () => {
    const short = JSON.stringify(render(cardOf('x', { blocks: [{ kind: 'pre', text: 'two\nlines' }] })));
    expect(short).not.toContain('/triage INC-1');
    const long = JSON.stringify(
      render(cardOf('x', { blocks: [{ kind: 'pre', text: 'a line of a log\n'.repeat(2000) }] })),
    );
    expect(long).toContain('/triage INC-1');
  });

  it('keeps what is not folded longer than what is', () => {
    const section = (title: string, folded: boolean): Block => ({
      kind: 'section',
      tone: 'ok',
      title,
      summary: 'so so',
      folded,
      blocks: [{ kind: 'pre', text: title.repeat(4000) }],
    });
    const text = JSON.stringify(
      render(cardOf('x', { blocks: [section('a', true), section('b', false), section('c', true)] })),
    );
    const longest = (letter: string): number =>
      Math.max(0, ...(text.match(new RegExp(`${letter}+`, 'g')) ?? []).map((one) => one.length));
    expect(longest('b')).toBeGreaterThan(2 * longest('a'));
  });

  it('keeps whole rows of a table, counts the others, and says what the command said', () => {
    const rows = Array.from({ length: 500 }, (_, at) => [`pod-${at}`, 'x'.repeat(50)]);
    const [, block] = render(
      cardOf('x', {
        blocks: [{ kind: 'table', columns: [{ label: 'Pod' }, { label: 'Why' }], rows, more: '/top 2 shows more' }],
      }),
    ).blocks;
    const text = JSON.stringify(block);
    const shown = text.match(/pod-\d+/g) ?? [];
    expect(shown.length).toBeGreaterThan(50);
    expect(text).toContain(`… and ${500 - shown.length} more rows. /top 2 shows more`);
  });

  it('aligns a table', () => {
    const [, block] = render(
      cardOf('x', {
        blocks: [
          {
            kind: 'table',
            columns: [{ label: 'mount' }, { label: 'use', align: 'right' }],
            rows: [
              ['/', '9 %'],
              ['/opt', '97 %'],
            ],
          },
        ],
      }),
    ).blocks;
    expect(block).toEqual({
      type: 'rich_text',
      elements: [
        { type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'mount   use\n/       9 %\n/opt   97 %' }] },
      ],
    });
  });

  it('speaks of the tone, the title and the first words', () => {
    const { text } = render(cardOf('INC-1 <Disk> & co', { blocks: [{ kind: 'text', text: 'Firing since 3 min' }] }));
    expect(text).toBe('Critical: INC-1 &lt;Disk&gt; &amp; co\nFiring since 3 min');
  });
});

describe('pieces', () => {
  it('cut a log in its middle, for its end says what went wrong', () => {
    const log = Array.from({ length: 100 }, (_, at) => `line ${at}`).join('\n');
    const { shown, cut } = middleCut(log, 200);
    expect(cut).toBe(true);
    expect([...shown].length).toBeLessThanOrEqual(200);
    expect(shown).toMatch(/^line 0\n[\s\S]*left out[\s\S]*line 99$/);
    expect(middleCut('short', 200)).toEqual({ shown: 'short', cut: false });
  });

  it('escape what Slack reads', () => {
    expect(escaped('<!channel> & <@U1>')).toBe('&lt;!channel&gt; &amp; &lt;@U1&gt;');
  });
});
