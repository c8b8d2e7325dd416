import { describe, expect, it } from 'vitest';
import { promLabel, promSelector, promString } from '../../src/telemetry/promql.ts';

describe('promString', () => {
  it.each([
    ['plain', '"plain"'],
    ['a"} or up{b="', '"a\\"} or up{b=\\""'],
    ['back\\slash', '"back\\\\slash"'],
    ['two\nlines', '"two\\nlines"'],
    ['half \ud800', '"half \ufffd"'],
  ])('quotes %j', (value, quoted) => expect(promString(value)).toBe(quoted));
});

describe('promLabel', () => {
  it.each(['job', '__name__', '_x9'])('takes %s', (name) => expect(promLabel(name)).toBe(name));
  it.each(['', '9x', 'a-b', 'a.b', 'a"b', 'ä', 'a\n'])('refuses %j', (name) => {
    expect(() => promLabel(name)).toThrowError(expect.objectContaining({ code: 'invalid' }));
  });
});

describe('promSelector', () => {
  it.each([
    [{}, '{}'],
    [{ job: 'a', node: 'b"' }, '{job="a",node="b\\""}'],
  ])('selects by %o', (labels, selector) => expect(promSelector(labels)).toBe(selector));
});
