import { describe, expect, it } from 'vitest';
import { type Block, type Card, calling, type Inline } from '../../src/chat/message.ts';
import { mentionIn, type Person } from '../../src/chat/people.ts';
import { cardText } from '../../src/chat/plainText.ts';
import { renderMessage } from '../../src/chat/slack/render.ts';
import { renderCard, verbatim } from '../../src/chat/telegram/render.ts';
import { checkContent } from '../support/slack/blockkit/message.ts';
import { reachOf } from '../support/slack/mentions.ts';
import { detect } from '../support/telegram/detect.ts';
import { parseHtml } from '../support/telegram/html.ts';
import { tidy } from '../support/telegram/tidy.ts';
import { HOSTILE as TO_SLACK } from './slack/cards.ts';
import { HOSTILE as TO_TELEGRAM } from './telegram/arbitrary.ts';

/** cleo is in no chat; j. doe's name and <b>'s could do something by themselves. */
const PEOPLE: readonly Person[] = [
  { name: 'ana', slack: 'U0ANA', telegram: '1001', roles: [] },
  { name: 'ben', slack: 'W0BEN', telegram: '1002', roles: [] },
  { name: 'cleo', roles: [] },
  { name: 'j.doe', slack: 'U0DOE', telegram: '1003', roles: [] },
];
const card = (...blocks: readonly Block[]): Card => ({ tone: 'info', title: 'REQ-1', blocks, buttons: [] });
const text = (inline: Inline): Card => card({ kind: 'text', text: inline });

/** Whom a card calls on Slack, however Slack treats its texts. */
function slackPings(one: Card, people = PEOPLE): readonly string[] {
  const { message } = renderMessage(one, { bar: false, rest: '', mention: mentionIn(people, 'slack') });
  expect(checkContent(message, () => undefined)).toBeUndefined();
  const { pings } = reachOf(message, { parse: 'none', linkNames: false });
  expect(pings.every(({ by }) => by === 'rich-text')).toBe(true);
  return pings.map(({ whom }) => whom);
}

/** What arrives on Telegram: the words, whom they call, and what the server finds in them by itself. */
function onTelegram(one: Card, people = PEOPLE) {
  const { html } = renderCard(one, { where: '', mention: mentionIn(people, 'telegram') });
  const arrived = tidy(parseHtml(html));
  const calls = arrived.entities.filter(({ type }) => type === 'text_mention').map(({ user }) => user?.id);
  return { text: arrived.text, calls, found: detect(arrived.text, arrived.entities) };
}

describe('a person of the configuration', () => {
  const call = text([...calling(['ana', 'ben', 'cleo']), ': please decide']);

  it('is called on Slack by the member id, once each; who has none is named', () => {
    expect(slackPings(call)).toEqual(['U0ANA', 'W0BEN']);
    const { message } = renderMessage(call, { bar: false, rest: '', mention: mentionIn(PEOPLE, 'slack') });
    expect(JSON.stringify(message.blocks)).toContain('"text":"cleo"');
    expect(message.text).toContain('ana, ben, cleo: please decide');
  });

  it('is called on Telegram by the user id, once each; who has none is named', () => {
    const { text: words, calls, found } = onTelegram(call);
    expect(calls).toEqual([1001, 1002]);
    expect(words).toContain('ana, ben, cleo: please decide');
    expect(found).toEqual([]);
  });

  it('is named in plain text', () => {
    expect(cardText(call)).toContain('ana, ben, cleo: please decide');
  });

  it.each<[string, Block]>([
    ['small print', { kind: 'quiet', text: [{ person: 'ana' }] }],
    ['a list', { kind: 'list', items: [[{ person: 'ana' }]] }],
    ['a field', { kind: 'fields', fields: [{ name: 'who', value: [{ person: 'ana' }] }] }],
    [
      'a section',
      {
        kind: 'section',
        tone: 'ok',
        title: 'x',
        summary: '',
        folded: true,
        blocks: [{ kind: 'text', text: [{ person: 'ana' }] }],
      },
    ],
  ])('is called from %s', (_, block) => {
    expect(slackPings(card(block))).toEqual(['U0ANA']);
    expect(onTelegram(card(block)).calls).toEqual([1001]);
  });

  it('is called whole beside text and names that could do something by themselves', () => {
    const one = text(['(', { person: 'j.doe' }, '.com @root', { person: 'ana' }, '@evil.com)']);
    expect(slackPings(one)).toEqual(['U0DOE', 'U0ANA']);
    expect(onTelegram(one)).toMatchObject({ calls: [1003, 1001], found: [] });
  });

  it('is named where the message has no room for markup', () => {
    const rendered = renderCard(call, { where: '', mention: mentionIn(PEOPLE, 'telegram') });
    expect(verbatim(rendered).entities).toEqual([expect.objectContaining({ type: 'pre' })]);
    const items = Array.from({ length: 150 }, (): Inline => [{ strong: 'a' }, ' ', { person: 'ana' }]);
    expect(onTelegram(card({ kind: 'list', items })).calls).toEqual([]);
  });
});

describe('nobody else', () => {
  const OTHERS = ['zoe', 'U0ANA', '1001', '@ana', 'Ana', ' ana', 'ana\u200b', '__proto__', 'constructor'];
  const HOSTILE = [...new Set([...TO_SLACK, ...TO_TELEGRAM, ...OTHERS, 'tg://user?id=1001', '@everyone'])];

  it.each(HOSTILE.map((one) => [one.slice(0, 40), one]))('is called by %j, wherever it stands', (_, one) => {
    const inline: Inline = [one, { strong: one }, { code: one }, { link: one, href: one }, { person: one }];
    const blocks: Block[] = [
      { kind: 'text', text: one },
      { kind: 'text', text: inline },
      { kind: 'quiet', text: inline },
      { kind: 'pre', text: one },
      { kind: 'list', items: [inline] },
      { kind: 'fields', fields: [{ name: one, value: inline }] },
      { kind: 'table', columns: [{ label: one }], rows: [[one]], more: one },
    ];
    for (const block of blocks) {
      const whole = { ...card(block), title: one };
      expect(slackPings(whole)).toEqual([]);
      expect(onTelegram(whole)).toMatchObject({ calls: [], found: [] });
    }
  });

  it('is called where the text says the name of a person', () => {
    const one = card({ kind: 'text', text: 'ana' }, { kind: 'text', text: [{ strong: 'ana' }, { code: '<@U0ANA>' }] });
    expect(slackPings(one)).toEqual([]);
    expect(onTelegram(one).calls).toEqual([]);
  });

  it('is called by an account that is none', () => {
    const odd = [{ name: 'ana', slack: '!channel', telegram: '1"><b', roles: [] }];
    expect(slackPings(text(calling(['ana'])), odd)).toEqual([]);
    expect(onTelegram(text(calling(['ana'])), odd)).toMatchObject({ calls: [], found: [] });
  });
});
