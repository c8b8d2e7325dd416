import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { noticedAt, renderGate, verbsOf } from '../../scripts/docs/gate.ts';

describe('docs/gate.md', () => {
  it('is what the code says now', () => {
    expect(readFileSync(new URL('../../docs/gate.md', import.meta.url), 'utf8')).toBe(renderGate());
  });

  it.each([
    ['planned', ['deny', 'cancel']],
    ['confirming', ['confirm', 'deny', 'cancel', 'breakglass']],
    ['approving', ['approve', 'deny', 'cancel', 'breakglass']],
    ['ready', ['deny', 'cancel']],
    ['running', ['cancel']],
    ['succeeded', []],
    ['unknown', ['settle']],
  ] as const)('tells what can be done while %s', (state, verbs) => {
    expect(verbsOf(state)).toEqual(verbs);
  });

  it('tells what is noticed when', () => {
    expect(noticedAt({})).toEqual([]);
    expect(noticedAt({ only: ['dora'] })).toEqual(['asked', 'confirmed', 'started']);
    expect(noticedAt({ duty: { is: 'unknown', reason: 'away' } })).toEqual([
      'asked',
      'confirmed',
      'approved',
      'started',
    ]);
  });
});
