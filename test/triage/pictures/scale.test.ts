import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Unit } from '../../../src/triage/pictures/model.ts';
import { axisScale } from '../../../src/triage/pictures/scale.ts';

describe('axisScale', () => {
  it.each<[Unit, number, string, number[]]>([
    ['percent', 43, '%', [0, 25, 50, 75, 100]],
    ['percent', 130, '%', [0, 25, 50, 75, 100, 125, 150]],
    ['bytes', 700, 'B', [0, 200, 400, 600, 800]],
    ['bytes', 15e9, 'GiB', [0, 5, 10, 15]],
    ['seconds', 48 * 3600, 'd', [0, 0.5, 1, 1.5, 2]],
    ['seconds', 46 * 3600, 'd', [0, 0.5, 1, 1.5, 2]],
    ['seconds', 250, 'min', [0, 2, 4, 6]],
    ['count', 2, '', [0, 1, 2]],
    ['count', 0, '', [0, 1]],
    ['count', Number.NaN, '', [0, 1]],
  ])('%s up to %d is shown in %j with ticks %j', (unit, max, label, ticks) => {
    expect(axisScale(unit, max)).toMatchObject({ label, ticks });
  });

  it('always holds the largest figure, with few ticks', () => {
    const units = fc.constantFrom<Unit>('percent', 'bytes', 'seconds', 'count');
    fc.assert(
      fc.property(units, fc.double({ min: 1e-3, max: 1e14, noNaN: true }), (unit, max) => {
        const scale = axisScale(unit, max);
        expect(scale.max * scale.divisor).toBeGreaterThanOrEqual(max * (1 - 1e-5));
        expect(scale.ticks.length).toBeLessThanOrEqual(10);
      }),
    );
  });
});
