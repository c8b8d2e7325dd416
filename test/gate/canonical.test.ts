import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactJson } from '../../src/gate/canonical.ts';

const circle: { self?: unknown } = {};
circle.self = circle;
const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i += 1) value = [value];
  return value;
};
// biome-ignore lint/suspicious/noSparseArray: that is the case
const HOLE = [1, , 2];

describe('exactJson', () => {
  // From the examples of RFC 8785, sections 3.2.2 and 3.2.3.
  it.each<[unknown, string]>([
    [
      { numbers: [1e30, 4.5, 2e-3, 0.000000000000000000000000001], literals: [null, true, false] },
      '{"literals":[null,true,false],"numbers":[1e+30,4.5,0.002,1e-27]}',
    ],
    [
      { '\u20ac': 'Euro', '\r': 'CR', '1': 'One', '\u0080': 'C', '\u00f6': 'o', '\ud83d\ude00': 'S', '\ufb33': 'D' },
      '{"\\r":"CR","1":"One","\u0080":"C","\u00f6":"o","\u20ac":"Euro","\ud83d\ude00":"S","\ufb33":"D"}',
    ],
    [-0, '0'],
    [Object.create(null), '{}'],
    [nested(64), `${'['.repeat(64)}1${']'.repeat(64)}`],
  ])('%# writes it so', (value, text) => {
    expect(exactJson(value)).toBe(text);
  });

  it.each<[string, unknown, string]>([
    ['undefined', undefined, '$'],
    ['a property that is undefined', { a: { b: undefined } }, '$.a.b'],
    ['an item that is undefined', { a: [1, undefined] }, '$.a[1]'],
    ['a hole', HOLE, '$[1]'],
    ['NaN', { a: Number.NaN }, '$.a'],
    ['infinity', [Number.NEGATIVE_INFINITY], '$[0]'],
    ['a bigint', 1n, '$'],
    ['a function', { f: () => 1 }, '$.f'],
    ['a symbol', { s: Symbol('s') }, '$.s'],
    ['a date', { at: new Date(0) }, '$.at'],
    ['a map', new Map(), '$'],
    ['bytes', { b: new Uint8Array(2) }, '$.b'],
    ['an object of a class', new (class A {})(), '$'],
    ['a symbol as a key', { [Symbol('k')]: 1 }, '$'],
    ['a lone surrogate', { a: '\ud800' }, '$.a'],
    ['a key with a lone surrogate', { '\udc00': 1 }, '$'],
    ['too deep a value', nested(65), `$${'[0]'.repeat(64)}`],
    ['a circle', circle, `$${'.self'.repeat(64)}`],
  ])('refuses %s and tells where', (_, value, path) => {
    const fault = expect(() => exactJson(value));
    fault.toThrow(expect.objectContaining({ code: 'invalid' }));
    fault.toThrow(new RegExp(`at ${path.replace(/[$.[\]]/g, '\\$&')}$`));
  });

  it('gives two values the same text exactly when they are the same JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(JSON.parse(exactJson(one))).toEqual(JSON.parse(JSON.stringify(one)));
        if (exactJson(one) === exactJson(other))
          expect(JSON.parse(JSON.stringify(one))).toEqual(JSON.parse(JSON.stringify(other)));
      }),
    );
  });
});
