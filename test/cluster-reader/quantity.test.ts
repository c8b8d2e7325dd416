import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuMilli, memoryBytes, parseQuantity, sumQuantities, toMilli } from '../../src/cluster/quantity.ts';

describe('cpuMilli', () => {
  it.each([
    ['551847964n', 552],
    ['1642715n', 2],
    ['0', 0],
    ['2', 2000],
    ['250m', 250],
    ['0.1', 100],
    ['.5', 500],
    ['1.', 1000],
    ['1500u', 2],
    ['1n', 1],
    ['1e3', 1_000_000],
    ['100E-3', 100],
    ['+1', 1000],
    ['-1500m', -1500],
    ['2k', 2_000_000],
  ])('reads %s as %d millicores', (text, milli) => expect(cpuMilli(text)).toBe(milli));
});

describe('memoryBytes', () => {
  it.each([
    ['3581592Ki', 3_667_550_208],
    ['24581696Ki', 25_171_656_704],
    ['1Gi', 1_073_741_824],
    ['1.5Gi', 1_610_612_736],
    ['128974848', 128_974_848],
    ['129e6', 129_000_000],
    ['129M', 129_000_000],
    ['128974848000m', 128_974_848],
    ['123Mi', 128_974_848],
    ['1m', 1],
    ['1k', 1000],
    ['1E', 1e18],
    ['1Ei', 2 ** 60],
    ['0.5', 1],
  ])('reads %s as %d bytes', (text, bytes) => expect(memoryBytes(text)).toBe(bytes));
});

describe('parseQuantity', () => {
  it.each([
    '',
    ' ',
    '.',
    'm',
    '1 Ki',
    '1KI',
    '1ki',
    '1Kib',
    '--1',
    '1e',
    '1e3Ki',
    '1e999',
    '0x10',
    'NaN',
    '1,5',
    '1'.repeat(65),
    '٣',
  ])('refuses %j', (text) =>
    expect(() => parseQuantity(text)).toThrowError(expect.objectContaining({ code: 'bad-answer' })),
  );

  it('rounds what is finer than a billionth up', () => {
    expect(parseQuantity('0.0000000001')).toBe(1n);
    expect(parseQuantity('1e-12')).toBe(1n);
    expect(parseQuantity('-0.1n')).toBe(-1n);
  });

  const suffix = fc.constantFrom('n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei');

  it('is exact and grows with the number', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), suffix, (a, b, unit) => {
        expect(parseQuantity(`${a}${unit}`) + parseQuantity(`${b}${unit}`)).toBe(parseQuantity(`${a + b}${unit}`));
        expect(parseQuantity(`${a}${unit}`) <= parseQuantity(`${b}${unit}`)).toBe(a <= b);
      }),
    );
  });

  it('gives each suffix its factor', () => {
    fc.assert(
      fc.property(fc.nat(), (value) => {
        expect(parseQuantity(`${value}Ki`)).toBe(parseQuantity(`${BigInt(value) * 1024n}`));
        expect(parseQuantity(`${value}k`)).toBe(parseQuantity(`${value}e3`));
        expect(parseQuantity(`${value}m`) * 1000n).toBe(parseQuantity(`${value}`));
        expect(parseQuantity(`${value}.000`)).toBe(parseQuantity(`${value}`));
        expect(parseQuantity(`-${value}u`)).toBe(-parseQuantity(`${value}u`));
      }),
    );
  });

  it('sums before it rounds', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 20 }), (nanos) => {
        const sum = sumQuantities(nanos.map((value) => `${value}n`));
        expect(toMilli(sum)).toBe(Math.ceil(nanos.reduce((total, value) => total + value, 0) / 1e6));
      }),
    );
  });

  it('never hangs or breaks otherwise on any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseQuantity(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad-answer' });
        }
      }),
    );
  });
});
