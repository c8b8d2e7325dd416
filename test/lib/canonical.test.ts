import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/lib/canonical.ts';
import type { Json } from '../../src/lib/json.ts';

/** The same value with the keys of every object put in another order. */
function shuffled(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => shuffled(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, shuffled(item as Json)]),
  );
}

const json = fc.jsonValue({ stringUnit: 'binary' }).map((value) => JSON.parse(JSON.stringify(value)) as Json);

describe('canonicalJson', () => {
  it.each<[Json, string]>([
    [{ b: 1, a: [true, null, { z: 'ü', y: '"\n' }] }, '{"a":[true,null,{"y":"\\"\\n","z":"ü"}],"b":1}'],
    [{ B: 1, a: 2, 10: 3, 9: 4 }, '{"10":3,"9":4,"B":1,"a":2}'],
    [{ gone: undefined, here: null }, '{"here":null}'],
    [[1e21, 1e-7, -0, 1.5], '[1e+21,1e-7,0,1.5]'],
    ['\ud800', '"\\ud800"'],
    [JSON.parse('{"__proto__":{"b":1,"a":2}}') as Json, '{"__proto__":{"a":2,"b":1}}'],
  ])('writes %j as %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, () => 1, [undefined], { a: Symbol('s') }])('refuses %s', (value) => {
    expect(() => canonicalJson(value as Json)).toThrow(/can't be written as JSON/);
  });

  it('is JSON of the same value, whatever the order of the keys', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(value);
        expect(canonicalJson(shuffled(value))).toBe(text);
        expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
      }),
    );
  });

  it('tells any two values apart', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        const same = JSON.stringify(shuffled(one)) === JSON.stringify(shuffled(other));
        if (same) expect(canonicalJson(one)).toBe(canonicalJson(other));
        if (canonicalJson(one) === canonicalJson(other)) expect(one).toEqual(other);
      }),
    );
  });
});
