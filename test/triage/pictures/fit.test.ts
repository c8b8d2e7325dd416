import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forecast, median, robustFit } from '../../../src/triage/pictures/fit.ts';

const MINUTE = 60_000;
const line = (count: number, value: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => ({ at: index * MINUTE, value: value(index) }));

describe('forecast', () => {
  it.each([
    ['says when a straight line reaches its limit', line(61, (i) => 40 + i * 0.5), 'filling'],
    ['is not bent by a fifth of wild figures', line(61, (i) => (i % 5 === 0 ? 5 : 40 + i * 0.5)), 'filling'],
    ['calls a level line flat', line(60, () => 43), 'flat'],
    ['calls a falling line shrinking', line(60, (i) => 90 - i * 0.2), 'shrinking'],
    ['finds no trend in a saw tooth', line(120, (i) => 40 + (i % 20)), 'no-clear-trend'],
    ['finds what fills in months too far away', line(360, (i) => 40 + i * 0.0005), 'far-away'],
    ['knows nothing from five points', line(5, (i) => i), 'too-few-points'],
    ['knows nothing from figures that are none', line(50, () => Number.NaN), 'too-few-points'],
    ['says that it is full', line(10, () => 100), 'full'],
  ])('%s', (_, points, expected) => {
    const found = forecast(points, 100);
    expect('why' in found ? found.why : found.is).toBe(expected);
  });

  it('gives the time to the minute on a straight line', () => {
    expect(
      forecast(
        line(61, (i) => 40 + i * 0.5),
        100,
      ),
    ).toMatchObject({ fullAt: 120 * MINUTE });
  });

  it('never foretells the past, whatever the figures are', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 120, noNaN: false }), { maxLength: 40 }), (values) => {
        const points = values.map((value, index) => ({ at: index * MINUTE, value }));
        const found = forecast(points, 100);
        const lastAt = points.findLast((point) => Number.isFinite(point.value))?.at ?? 0;
        if (found.is === 'filling') expect(found.fullAt).toBeGreaterThanOrEqual(lastAt);
      }),
    );
  });
});

describe('robustFit', () => {
  it('is undefined where no time passes', () => {
    expect(robustFit(Array.from({ length: 10 }, () => ({ at: 5, value: 1 })))).toBeUndefined();
  });

  it('takes a bounded sample of many points', () => {
    const fit = robustFit(line(5_000, (i) => i));
    expect(fit?.slopePerMs).toBeCloseTo(1 / MINUTE, 12);
  });
});

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[], Number.NaN],
  ])('of %j is %d', (values, expected) => expect(median(values)).toBe(expected));
});
