import { describe, expect, it } from 'vitest';
import { checkContent } from '../support/slack/blockkit/message.ts';
import { checkView } from '../support/slack/blockkit/view.ts';
import type { Obj } from '../support/slack/value.ts';

const shown = (ref: { readonly id?: string }) => (ref.id === 'F0GOOD' ? undefined : 'invalid slack file');
const plain = (length: number) => ({ type: 'plain_text', text: 'x'.repeat(length) });
const mrkdwn = (length: number) => ({ type: 'mrkdwn', text: 'x'.repeat(length) });
const many = <T>(count: number, item: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => item(index));
const button = (over: Obj = {}) => ({ type: 'button', text: plain(3), ...over });
const option = (index: number, over: Obj = {}) => ({ text: plain(3), value: String(index), ...over });
const select = (over: Obj) => ({ type: 'actions', elements: [{ type: 'static_select', action_id: 'a', ...over }] });
const actions = (...elements: readonly Obj[]) => ({ type: 'actions', elements });
const rich = (...elements: readonly unknown[]) => ({ type: 'rich_text', elements });
const row = (cells: number) => many(cells, () => ({ type: 'raw_text', text: 'x' }));

/** A block at its limit, and the same one step beyond. */
const LIMITS: readonly (readonly [string, unknown, unknown])[] = [
  ['header text', { type: 'header', text: plain(150) }, { type: 'header', text: plain(151) }],
  [
    'header text counts code points',
    { type: 'header', text: { type: 'plain_text', text: '🔥'.repeat(150) } },
    { type: 'header', text: { type: 'plain_text', text: '🔥'.repeat(151) } },
  ],
  ['section text', { type: 'section', text: mrkdwn(3_000) }, { type: 'section', text: mrkdwn(3_001) }],
  [
    'section fields',
    { type: 'section', fields: many(10, () => plain(1)) },
    { type: 'section', fields: many(11, () => plain(1)) },
  ],
  ['a field', { type: 'section', fields: [mrkdwn(2_000)] }, { type: 'section', fields: [mrkdwn(2_001)] }],
  [
    'context elements',
    { type: 'context', elements: many(10, () => plain(1)) },
    { type: 'context', elements: many(11, () => plain(1)) },
  ],
  ['actions elements', actions(...many(25, () => button())), actions(...many(26, () => button()))],
  ['button text', actions(button({ text: plain(75) })), actions(button({ text: plain(76) }))],
  ['button value', actions(button({ value: 'x'.repeat(2_000) })), actions(button({ value: 'x'.repeat(2_001) }))],
  [
    'button url',
    actions(button({ url: `https://a.example/${'x'.repeat(2_982)}` })),
    actions(button({ url: `https://a.example/${'x'.repeat(2_983)}` })),
  ],
  ['action_id', actions(button({ action_id: 'x'.repeat(255) })), actions(button({ action_id: 'x'.repeat(256) }))],
  ['block_id', { type: 'divider', block_id: 'x'.repeat(255) }, { type: 'divider', block_id: 'x'.repeat(256) }],
  ['select options', select({ options: many(100, option) }), select({ options: many(101, option) })],
  [
    'option text',
    select({ options: [option(0, { text: plain(75) })] }),
    select({ options: [option(0, { text: plain(76) })] }),
  ],
  [
    'placeholder',
    select({ options: [option(0)], placeholder: plain(150) }),
    select({ options: [option(0)], placeholder: plain(151) }),
  ],
  [
    'overflow options',
    actions({ type: 'overflow', options: many(5, option) }),
    actions({ type: 'overflow', options: many(6, option) }),
  ],
  [
    'image alt_text',
    { type: 'image', slack_file: { id: 'F0GOOD' }, alt_text: 'x'.repeat(2_000) },
    { type: 'image', slack_file: { id: 'F0GOOD' }, alt_text: 'x'.repeat(2_001) },
  ],
  ['table rows', { type: 'table', rows: many(100, () => row(1)) }, { type: 'table', rows: many(101, () => row(1)) }],
  ['table cells', { type: 'table', rows: [row(20)] }, { type: 'table', rows: [row(21)] }],
  [
    'list indent',
    rich({
      type: 'rich_text_list',
      style: 'bullet',
      indent: 8,
      elements: [{ type: 'rich_text_section', elements: [] }],
    }),
    rich({
      type: 'rich_text_list',
      style: 'bullet',
      indent: 9,
      elements: [{ type: 'rich_text_section', elements: [] }],
    }),
  ],
];

/** Blocks that Slack refuses whatever their length. */
const REFUSED: readonly (readonly [string, unknown])[] = [
  ['an unknown block', { type: 'marquee' }],
  ['an unknown field', { type: 'divider', colour: 'red' }],
  ['mrkdwn in a header', { type: 'header', text: mrkdwn(3) }],
  ['an empty text', { type: 'section', text: plain(0) }],
  ['a section without text', { type: 'section' }],
  ['an empty context', { type: 'context', elements: [] }],
  ['an empty actions block', actions()],
  ['an input element among actions', actions({ type: 'plain_text_input', action_id: 'a' })],
  ['a bad button style', actions(button({ style: 'green' }))],
  ['a button url that is none', actions(button({ url: 'javascript:alert(1)' }))],
  ['a mrkdwn button', actions(button({ text: mrkdwn(3) }))],
  ['equal action_ids in a block', actions(button({ action_id: 'a' }), button({ action_id: 'a' }))],
  ['equal option values', select({ options: [option(1), option(1)] })],
  ['options and groups', select({ options: [option(1)], option_groups: [{ label: plain(1), options: [option(1)] }] })],
  ['an initial option that is none', select({ options: [option(1)], initial_option: option(2) })],
  [
    'a mention in preformatted text',
    rich({ type: 'rich_text_preformatted', elements: [{ type: 'user', user_id: 'U0ANA' }] }),
  ],
  ['an empty rich text run', rich({ type: 'rich_text_section', elements: [{ type: 'text', text: '' }] })],
  [
    'an unknown style',
    rich({ type: 'rich_text_section', elements: [{ type: 'text', text: 'x', style: { loud: true } }] }),
  ],
  ['an image without alt_text', { type: 'image', slack_file: { id: 'F0GOOD' } }],
  ['an image of an unknown file', { type: 'image', slack_file: { id: 'F0BAD' }, alt_text: 'x' }],
  ['an image that Slack cannot fetch', { type: 'image', image_url: 'http://10.0.0.5/x.png', alt_text: 'x' }],
  ['an empty table cell', { type: 'table', rows: [[{ type: 'raw_text', text: '' }]] }],
  ['mrkdwn in a table cell', { type: 'table', rows: [[mrkdwn(3)]] }],
];

describe('blocks of a message', () => {
  it.each(LIMITS)('hold %s to its limit', (_, within, beyond) => {
    expect(checkContent({ blocks: [within] }, shown)).toBeUndefined();
    expect(checkContent({ blocks: [beyond] }, shown)?.error).toBe('invalid_blocks');
  });

  it.each(REFUSED)('refuse %s', (_, block) => {
    const fault = checkContent({ blocks: [block] }, shown);
    expect(fault?.error).toBe('invalid_blocks');
    expect(fault?.messages[0]).toMatch(/\[json-pointer:\/blocks\/0/);
  });

  it('are 50 at most, attachments included, each block_id once, one table, 13,000 characters', () => {
    const dividers = (count: number) => many(count, () => ({ type: 'divider' }));
    const table = { type: 'table', rows: [row(1)] };
    expect(checkContent({ blocks: dividers(50) }, shown)).toBeUndefined();
    expect(checkContent({ blocks: dividers(51) }, shown)?.error).toBe('invalid_blocks');
    expect(checkContent({ blocks: dividers(30), attachments: [{ blocks: dividers(21) }] }, shown)?.error).toBe(
      'invalid_attachments',
    );
    expect(checkContent({ blocks: many(2, () => ({ type: 'divider', block_id: 'a' })) }, shown)?.error).toBe(
      'invalid_blocks',
    );
    expect(checkContent({ blocks: [table, table] }, shown)).toMatchObject({ error: 'invalid_attachments' });
    expect(checkContent({ blocks: many(5, () => ({ type: 'section', text: plain(2_900) })) }, shown)?.error).toBe(
      'msg_blocks_too_long',
    );
  });

  it('take every kind that messages are made of', () => {
    const text = (value: string, style?: Obj) => ({ type: 'text', text: value, ...(style ? { style } : {}) });
    const blocks = [
      { type: 'header', text: { ...plain(5), emoji: true } },
      {
        type: 'section',
        text: { ...mrkdwn(5), verbatim: true },
        accessory: { type: 'overflow', action_id: 'o', options: [option(1), option(2)] },
      },
      {
        type: 'context',
        elements: [plain(3), { type: 'image', image_url: 'https://example.com/a.png', alt_text: 'a' }],
      },
      rich(
        {
          type: 'rich_text_section',
          elements: [
            text('a', { bold: true }),
            { type: 'link', url: 'https://example.com', text: 'x' },
            { type: 'emoji', name: 'fire' },
          ],
        },
        { type: 'rich_text_preformatted', border: 0, elements: [text('log line')] },
        { type: 'rich_text_quote', elements: [text('q')] },
        {
          type: 'rich_text_list',
          style: 'ordered',
          elements: [{ type: 'rich_text_section', elements: [text('one')] }],
        },
      ),
      { type: 'image', slack_file: { id: 'F0GOOD' }, alt_text: 'a trend', title: plain(4) },
      {
        type: 'table',
        rows: [row(2), [rich(), { type: 'raw_number', value: 1, text: '1' }]],
        column_settings: [{ align: 'right' }, null],
      },
      { type: 'divider' },
      actions(
        button({
          action_id: 'b',
          style: 'danger',
          value: 't',
          confirm: { title: plain(3), text: plain(3), confirm: plain(3), deny: plain(3) },
        }),
      ),
    ];
    expect(
      checkContent(
        { blocks, attachments: [{ color: '#d00000', fallback: 'x', blocks: [{ type: 'divider' }] }] },
        shown,
      ),
    ).toBeUndefined();
  });
});

describe('a modal', () => {
  const input = {
    type: 'input',
    block_id: 'i',
    label: plain(4),
    element: { type: 'plain_text_input', action_id: 'v' },
  };
  const modal = (over: Obj = {}) => ({
    type: 'modal',
    title: plain(24),
    submit: plain(24),
    close: plain(24),
    blocks: [input],
    ...over,
  });

  it('is taken at its limits', () => {
    const over = {
      private_metadata: 'x'.repeat(3_000),
      callback_id: 'x'.repeat(255),
      blocks: many(100, () => ({ type: 'divider' })),
    };
    expect(checkView(modal(), 'modal', shown)).toBeUndefined();
    expect(checkView(modal(over), 'modal', shown)).toBeUndefined();
  });

  it.each<[string, Obj]>([
    ['title', { title: plain(25) }],
    ['submit', { submit: plain(25) }],
    ['close', { close: plain(25) }],
    ['private_metadata', { private_metadata: 'x'.repeat(3_001) }],
    ['callback_id', { callback_id: 'x'.repeat(256) }],
    ['blocks', { blocks: many(101, () => ({ type: 'divider' })) }],
    ['missing submit', { submit: undefined }],
    ['unknown field', { footer: 'x' }],
    ['table', { blocks: [{ type: 'table', rows: [row(1)] }] }],
    [
      'two focused inputs',
      {
        blocks: ['a', 'b'].map((id) => ({
          ...input,
          block_id: id,
          element: { ...input.element, focus_on_load: true },
        })),
      },
    ],
    ['input label', { blocks: [{ ...input, label: plain(2_001) }] }],
    ['max_length', { blocks: [{ ...input, element: { ...input.element, max_length: 3_001 } }] }],
  ])('is refused for its %s', (_, over) => {
    expect(checkView(modal(over), 'modal', shown)).toMatchObject({ is: 'invalid' });
  });

  it('is refused over 250 kB', () => {
    const fat = many(99, () => ({ type: 'section', text: plain(3_000) }));
    expect(checkView(modal({ blocks: fat }), 'modal', shown)).toEqual({ is: 'too-large' });
  });

  it('is no Home tab', () => {
    expect(checkView(modal(), 'home', shown)).toMatchObject({ is: 'invalid' });
    expect(checkView({ type: 'home', blocks: [{ type: 'divider' }] }, 'home', shown)).toBeUndefined();
  });
});
