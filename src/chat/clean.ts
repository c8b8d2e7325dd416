import { inert } from '../lib/text.ts';
import type { Block, ButtonInput, Card, Inline } from './message.ts';

/**
 * The card with every text in it made inert and rid of secrets: the last door before a chat, whoever wrote the card and wherever its
 * words came from. Tokens of buttons and ids of pictures stay. Pure; a card that is clean already comes out equal.
 */
export function cleanCard(card: Card, redact: (text: string) => string): Card {
  const text = (one: string): string => redact(inert(one));
  const inline = (one: Inline): Inline =>
    typeof one === 'string'
      ? text(one)
      : one.map((span) => {
          if (typeof span === 'string') return text(span);
          if ('strong' in span) return { strong: text(span.strong) };
          if ('code' in span) return { code: text(span.code) };
          if ('person' in span) return { person: text(span.person) };
          return { link: text(span.link), href: text(span.href) };
        });
  const block = (one: Block): Block => {
    switch (one.kind) {
      case 'text':
      case 'quiet':
        return { ...one, text: inline(one.text) };
      case 'pre':
        return { ...one, text: text(one.text) };
      case 'fields':
        return { ...one, fields: one.fields.map(({ name, value }) => ({ name: text(name), value: inline(value) })) };
      case 'list':
        return { ...one, items: one.items.map(inline) };
      case 'table':
        return {
          ...one,
          columns: one.columns.map((column) => ({ ...column, label: text(column.label) })),
          rows: one.rows.map((row) => row.map(text)),
          ...(one.more === undefined ? {} : { more: text(one.more) }),
        };
      case 'picture':
        return { ...one, picture: { ...one.picture, alt: text(one.picture.alt) } };
      case 'section':
        return { ...one, title: text(one.title), summary: text(one.summary), blocks: one.blocks.map(block) };
    }
  };
  const input = (one: ButtonInput): ButtonInput => ({
    ...one,
    title: text(one.title),
    about: text(one.about),
    label: text(one.label),
    hint: text(one.hint),
    instead: text(one.instead),
  });
  return {
    ...card,
    title: text(card.title),
    blocks: card.blocks.map(block),
    buttons: card.buttons.map((button) => ({
      ...button,
      label: text(button.label),
      ...(button.input ? { input: input(button.input) } : {}),
    })),
  };
}
