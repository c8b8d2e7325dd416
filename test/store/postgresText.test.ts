import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText, encodeId, encodeText, encodeValue } from '../../src/store/postgres/text.ts';

/** Any code units: NUL, lone surrogates and all. */
const units = fc
  .array(fc.oneof(fc.nat({ max: 0xffff }), fc.constantFrom(0, 1, 0x20, 0x21, 0x7d, 0x7e, 0x7f, 0xd800, 0xdfff, 0xe000)))
  .map((codes) => String.fromCharCode(...codes));

describe('text in PostgreSQL', () => {
  it.each([
    ['0000000000000017', '0000000000000017'],
    ['slack:C0123|{"a":1}', 'slack:C0123|{"a":1}'],
    ['a b!~', 'a!20b!21~007e'],
    ['\u0000ü🦊', '!00~00fc~d83e~dd8a'],
  ])('writes %j as %s', (text, encoded) => {
    expect(encodeText(text)).toBe(encoded);
  });

  it('comes back, is printable ASCII, and sorts as code units do', () => {
    fc.assert(
      fc.property(units, units, (one, other) => {
        expect(decodeText(encodeText(one))).toBe(one);
        expect(encodeText(one)).toMatch(/^[!-~]*$/);
        expect(encodeText(one) < encodeText(other)).toBe(one < other);
        expect(encodeValue(one) === encodeValue(other)).toBe(one === other);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps a long value by its hash, and refuses a long id', () => {
    expect(encodeValue('x'.repeat(500))).toHaveLength(500);
    expect(encodeValue('x'.repeat(501))).toMatch(/^~#[0-9a-f]{64}$/);
    expect(() => encodeId('x'.repeat(1001))).toThrow(/over 1000 bytes/);
  });
});
