import { describe, expect, it } from 'vitest';
import type { Tone } from '../../src/chat/message.ts';
import type { OutboxEntry } from '../../src/chat/outbox.ts';
import { STALE_MS, staleDigest, type Waiting } from '../../src/chat/stale.ts';

const T = Date.parse('2026-11-20T03:10:00Z');
let next = 0;
const entry = (root: string, more: Partial<OutboxEntry> & { tone?: Tone } = {}): Waiting => {
  const { tone = 'critical', ...rest } = more;
  next += 1;
  return {
    id: String(next).padStart(16, '0'),
    entry: {
      do: 'post',
      conversation: { chat: 'slack', id: 'C1' },
      message: root,
      root,
      card: { tone, title: `${root} is ${tone}`, blocks: [], buttons: [] },
      at: T,
      tries: 0,
      ambiguous: false,
      ...rest,
    },
  };
};
const over = (root: string): Waiting[] => [
  entry(root),
  entry(root, { message: `${root}/evidence-1` }),
  entry(root, { do: 'edit', tone: 'ok', at: T + 60_000 }),
];
const open = (root: string): Waiting[] => [entry(root), entry(root, { message: `${root}/evidence-1` })];

describe('old news', () => {
  const lane = [...Array.from({ length: 8 }, (_, i) => over(`INC-${i}`)).flat(), ...open('INC-99')];

  it('replaces threads that began and ended while nobody could read them', () => {
    const digest = staleDigest(lane, T + STALE_MS);
    expect(digest?.drop).toHaveLength(24);
    expect(digest?.card.title).toBe('While this chat could not be reached, 8 incidents came and went');
  });

  it('keeps what is still open, and what was posted before', () => {
    const digest = staleDigest([...lane, entry('INC-50', { do: 'edit', tone: 'ok' })], T + STALE_MS);
    const kept = [...lane, entry('INC-50')]
      .filter(({ id }) => !digest?.drop.includes(id))
      .map(({ entry: { root } }) => root);
    expect(new Set(kept)).toEqual(new Set(['INC-99', 'INC-50']));
  });

  it('leaves a thread alone whose root may have arrived', () => {
    const doubtful = [entry('INC-70', { ambiguous: true }), entry('INC-70', { do: 'edit', tone: 'ok' })];
    const digest = staleDigest([...lane, ...doubtful], T + STALE_MS);
    for (const { id } of doubtful) expect(digest?.drop).not.toContain(id);
  });

  it.each([
    ['is young', lane, T + STALE_MS - 1],
    ['is short', over('INC-1'), T + STALE_MS],
    ['holds only open threads', Array.from({ length: 15 }, (_, i) => open(`INC-${i}`)).flat(), T + STALE_MS],
    ['is empty', [], T + STALE_MS],
  ])('changes nothing where the lane %s', (_, some, now) => {
    expect(staleDigest(some, now)).toBeUndefined();
  });
});
