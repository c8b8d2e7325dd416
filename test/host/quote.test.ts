import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellLine, shellQuote } from '../../src/host/quote.ts';

describe('shellQuote', () => {
  it.each<[string, string]>([
    ['df', 'df'],
    ['--lines=5', '--lines=5'],
    ['LC_ALL=C', 'LC_ALL=C'],
    ['', "''"],
    ['=ls', "'=ls'"],
    ['~root', "'~root'"],
    ['a b', "'a b'"],
    ['$(id)', "'$(id)'"],
    ["it's", String.raw`'it'\''s'`],
    ['a\\x2d', "'a\\x2d'"],
    ['a\nb', "'a\nb'"],
  ])('quotes %j', (word, expected) => {
    expect(shellQuote(word)).toBe(expected);
  });

  it('gives a real shell back word for word', async () => {
    // NUL can't be in an argument at all; names.ts refuses it.
    const word = fc
      .string({ unit: 'binary', maxLength: 30 })
      .map((text) => text.toWellFormed().replaceAll('\u0000', '0'));
    const words = fc.sample(fc.array(word, { minLength: 1, maxLength: 6 }), 60);
    for (const list of words) {
      const { stdout } = await execa('/bin/sh', ['-c', shellLine(['printf', '%s\\0', ...list])], {
        stripFinalNewline: false,
      });
      expect(stdout.split('\u0000').slice(0, -1)).toEqual(list);
    }
  });
});
