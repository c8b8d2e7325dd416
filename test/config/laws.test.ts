import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { ConfigError, renderConfigError } from '../../src/config/problem.ts';
import { ENV, read, WHOLE } from './fixtures.ts';

/** Takes the text or refuses it with a ConfigError, whose every word is returned. Anything else goes on and fails the test. */
function outcome(text: string): string {
  try {
    read(text);
    return '';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    for (const { line, column } of error.problems) expect(Math.min(line, column)).toBeGreaterThanOrEqual(1);
    return `${error.message}\n${renderConfigError(error)}\n${JSON.stringify(error.problems)}\n${error.stack}`;
  }
}

const RUNS = 500;

const SHRAPNEL = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ': ',
  ',',
  '\n',
  '  ',
  '- ',
  '#',
  "'",
  '"',
  '\t',
  '&a ',
  '*a',
  '!',
  '|',
  '>',
  '?',
  '$',
  `\${X}`,
  '%',
  '@',
  'null',
  '\u0000',
  '\ud800',
];

describe('a configuration damaged at random', () => {
  it('is refused in words or taken, and never shows the value of a variable', () => {
    const hit = fc.record({
      at: fc.nat(WHOLE.length),
      cut: fc.nat(12),
      put: fc.oneof(fc.constantFrom(...SHRAPNEL), fc.string({ maxLength: 6, unit: 'binary' })),
    });
    fc.assert(
      fc.property(fc.array(hit, { minLength: 1, maxLength: 6 }), (hits) => {
        let text = WHOLE;
        for (const { at, cut, put } of hits) text = text.slice(0, at) + put + text.slice(at + cut);
        expect(outcome(text)).not.toContain('MARKER');
      }),
      { numRuns: RUNS },
    );
  });

  it('never shows a secret that was written into it, wherever its parts end up', () => {
    const SECRET = 'hunter2-MARKER-0123456789abcdef';
    const whole: unknown = parse(WHOLE.replace(/\$\{[A-Z_]+\}/g, SECRET));
    type Step = string | number;
    const places = (value: unknown, path: Step[] = []): Step[][] => [
      ...(path.length > 0 ? [path] : []),
      ...(typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, one]) =>
            places(one, [...path, Array.isArray(value) ? Number(key) : key]),
          )
        : []),
    ];
    const all = places(whole);
    const at = (root: unknown, path: readonly Step[]): unknown =>
      path.reduce<unknown>(
        (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
        root,
      );
    const swap = fc.record({
      from: fc.nat(all.length - 1),
      to: fc.nat(all.length - 1),
      value: fc.oneof(
        { weight: 3, arbitrary: fc.constant(SECRET) },
        fc.constantFrom<unknown>(null, 7, true, [SECRET], { x: SECRET }),
        fc.constant('copy'),
      ),
    });
    fc.assert(
      fc.property(fc.array(swap, { minLength: 1, maxLength: 5 }), (swaps) => {
        const root: unknown = structuredClone(whole);
        for (const { from, to, value } of swaps) {
          const target = all[to] ?? [];
          const parent = at(root, target.slice(0, -1));
          const last = target.at(-1);
          if (typeof parent === 'object' && parent !== null && last !== undefined)
            Reflect.set(parent, last, value === 'copy' ? structuredClone(at(whole, all[from] ?? [])) : value);
        }
        expect(outcome(stringify(root, { aliasDuplicateObjects: false }))).not.toContain('MARKER');
      }),
      { numRuns: RUNS },
    );
  });

  it('is refused in words or taken, whatever the text', () => {
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom(...SHRAPNEL, 'server', 'hosts', 'name', 'a'), fc.string({ maxLength: 1 })),
    });
    fc.assert(
      fc.property(text, (one) => {
        outcome(one);
      }),
      { numRuns: RUNS },
    );
  });

  it('has variables whose values no damage brings to light', () => {
    expect(Object.values(ENV).every((value) => value.includes('MARKER'))).toBe(true);
  });
});
