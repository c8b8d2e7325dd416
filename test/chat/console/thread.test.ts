import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConsoleMessage, threadId } from '../../../src/chat/console/model.ts';
import { matches, packAsked, threadAfter, threadOf, unpackAsked, wordsOf } from '../../../src/chat/console/thread.ts';
import type { Card, Tone } from '../../../src/chat/message.ts';
import { inertLine } from '../../../src/lib/text.ts';

const card = (tone: Tone, more: Partial<Card> = {}): Card => ({
  tone,
  title: 'INC-42 X',
  blocks: [],
  buttons: [],
  ...more,
});
const message = (more: Partial<ConsoleMessage> = {}): ConsoleMessage => ({
  thread: 'INC-42',
  key: 'INC-42',
  delivery: 'd',
  card: card('critical'),
  postedAt: 1,
  isRoot: true,
  ...more,
});
const button = { label: 'Approve', token: 't', style: 'primary' } as const;

describe('threadOf', () => {
  it.each([
    ['INC-42', undefined, 'INC-42'],
    ['REQ-7', undefined, 'REQ-7'],
    ['answer/1', undefined, 'channel'],
    ['INC-42/evidence', 'INC-42', 'INC-42'],
    ['storm-1', undefined, 'channel'],
  ])('puts %s under %s into %s', (key, root, expected) => {
    expect(threadOf({ message: key, ...(root ? { thread: { root, ref: undefined } } : {}) })).toBe(expected);
  });
});

describe('threadAfter', () => {
  it.each<[string, Partial<ConsoleMessage>, string]>([
    ['a critical incident', {}, 'open-critical'],
    ['a warning', { card: card('warning') }, 'open-warning'],
    ['an informing one', { card: card('info') }, 'open-other'],
    ['a resolved one', { card: card('ok') }, 'closed'],
    ['a request that waits', { thread: 'REQ-1', card: card('info', { buttons: [button] }) }, 'open-other'],
    ['a failed request', { thread: 'REQ-1', card: card('critical') }, 'closed'],
    ['the channel', { thread: 'channel', isRoot: false }, 'hidden'],
    ['a reply before its root', { isRoot: false }, 'hidden'],
  ])('ranks %s', (_, change, expected) => {
    expect(threadAfter(undefined, message(change), 5).rank).toBe(expected);
  });

  it('lets nothing of a private message be seen, found or sorted by', () => {
    const before = threadAfter(undefined, message(), 5);
    const secret = message({ isRoot: false, onlyFor: 'ana', card: card('neutral', { title: 'swordfish' }) });
    expect(threadAfter(before, secret, 9)).toEqual(before);
    expect(threadAfter(undefined, secret, 9)).toMatchObject({ rank: 'hidden', title: 'INC-42', snippet: '' });
  });

  it('bounds the words of a log', () => {
    const text = Array.from({ length: 10_000 }, (__, i) => `word${i}`).join(' ');
    const after = threadAfter(undefined, message({ card: card('info', { blocks: [{ kind: 'pre', text }] }) }), 5);
    expect(after.words.length).toBeLessThanOrEqual(400);
  });

  it('finds by parts of words from every block, whatever the case', () => {
    const after = threadAfter(
      undefined,
      message({
        card: card('info', {
          blocks: [
            { kind: 'table', columns: [{ label: 'node' }], rows: [['Worker-1']] },
            { kind: 'section', tone: 'ok', title: 'Journal', summary: 'locked by PID 4121', folded: true, blocks: [] },
          ],
        }),
      }),
      5,
    );
    expect(matches(after, wordsOf('WORKER 4121'))).toBe(true);
    expect(matches(after, wordsOf('worker-2'))).toBe(false);
    expect(matches(after, [])).toBe(true);
  });
});

describe('threadId', () => {
  it('sorts as people count', () => {
    fc.assert(
      fc.property(fc.nat(9_999_999), fc.nat(9_999_999), (a, b) => {
        expect(threadId(`INC-${a}`) < threadId(`INC-${b}`)).toBe(a < b);
      }),
    );
  });
});

describe('packAsked', () => {
  it('comes back inert, on one line', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), fc.string({ maxLength: 100 }), (by, text) => {
        expect(unpackAsked(packAsked({ event: 'e', by, text }))).toEqual({ event: 'e', by, text: inertLine(text) });
      }),
    );
  });
  it.each(['', '{}', 'null', '[1,2,3]', 'x', undefined])('takes %s for nothing', (text) => {
    expect(unpackAsked(text)).toBeUndefined();
  });
});
