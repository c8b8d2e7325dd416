import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../src/lib/pattern.ts';
import { PatternError } from '../../src/lib/pattern-syntax.ts';
import { cpuMs } from '../support/cpuTime.ts';

describe('compilePattern', () => {
  it.each<[string, string, boolean]>([
    ['Disk.*', 'DiskPressure', true],
    ['Disk', 'DiskPressure', false],
    ['a|b', 'ab', false],
    ['foo|bar|', '', true],
    ['10\\.0\\.0\\.\\d{1,3}(:\\d+)?', '10.0.0.17:9100', true],
    ['10\\.0\\.0\\.\\d{1,3}', '10.0.0.1700', false],
    ['(?i)disk.*', 'DISKfull', true],
    ['(?i:DISK)full', 'diskFULL', false],
    ['(?i)[^a-c]', 'B', false],
    ['(?P<kind>web|api)-.+', 'web-1', true],
    ['a.b', 'a\nb', true],
    ['(?-s)a.b', 'a\nb', false],
    ['^a$', 'a', true],
    ['a^b', 'ab', false],
    ['x*', '', true],
    ['[a-c\\d_-]+', 'a1_-c', true],
    ['[]x]+', ']x', true],
    ['[^\\S]', ' ', true],
    ['\\x41\\x{1F600}', 'A😀', true],
    ['.', '😀', true],
    ['a{,2}', 'a{,2}', true],
    ['a{2}', 'aa', true],
    ['(a|b){2,}', 'abab', true],
    ['a\\-b\\/c', 'a-b/c', true],
    ['', '', true],
  ])('%s on %j: %s', (source, text, expected) => {
    expect(compilePattern(source).test(text)).toBe(expected);
  });

  it.each<[string, string, number]>([
    ['a(b', 'a "(" without its ")"', 1],
    ['a)', 'a ")" without its "("', 1],
    ['[a', 'a "[" without its "]"', 0],
    ['*a', 'nothing to repeat before "*"', 0],
    ['a**', 'a repetition of a repetition', 1],
    ['a{3,1}', 'a repetition whose end is below its start', 1],
    ['a{1001}', 'a repetition of more than 1000', 1],
    ['[z-a]', 'a range whose end is below its start', 1],
    ['(?=a)', 'a group of a kind that Prometheus does not take', 0],
    ['(a)\\1', 'an escape that is not taken here: \\1', 3],
    ['\\bword', 'an escape that is not taken here: \\b', 0],
    ['[[:alpha:]]', 'POSIX classes are not taken here', 1],
    ['a\\', 'the pattern ends too early', 2],
    ['(((a{100}){100}){100})', 'the pattern unfolds into too many states', 0],
    ['('.repeat(200), 'groups nested too deeply', 100],
  ])('refuses %s', (source, message, offset) => {
    expect(() => compilePattern(source)).toThrow(expect.objectContaining({ message, offset }));
  });

  it('answers as JavaScript does where both mean the same', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '1', '(?:)');
    const grown = fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        atom,
        fc.tuple(tie('node'), tie('node')).map(([x, y]) => x + y),
        fc.tuple(tie('node'), tie('node')).map(([x, y]) => `(?:${x}|${y})`),
        fc.tuple(tie('node'), fc.constantFrom('*', '+', '?', '{2}', '{1,}', '{0,2}')).map(([x, q]) => `(?:${x})${q}`),
      ),
    }));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '\n'), maxLength: 8 });
    fc.assert(
      fc.property(grown.node, text, (source, value) => {
        expect(compilePattern(source).test(value)).toBe(new RegExp(`^(?:${source})$`, 's').test(value));
      }),
      { numRuns: 2000 },
    );
  });

  it('fails with nothing but a PatternError, whatever the pattern', () => {
    const source = fc.string({ unit: fc.constantFrom(...'ab()[]{}|*+?^$\\.-:,<>P=!is012xdw'), maxLength: 30 });
    fc.assert(
      fc.property(source, (pattern) => {
        try {
          compilePattern(pattern).test('abc');
        } catch (error) {
          expect(error).toBeInstanceOf(PatternError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it.each(['(a+)+b', '(a|a)*b', '(.*)*x', '.*.*.*.*.*x'])('stays linear on %s', (source) => {
    const pattern = compilePattern(source);
    const took = cpuMs(() => expect(pattern.test('a'.repeat(4096))).toBe(false));
    expect(took).toBeLessThan(500);
  });
});
