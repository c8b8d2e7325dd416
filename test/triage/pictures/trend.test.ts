import { describe, expect, it } from 'vitest';
import { layout } from '../../../src/triage/pictures/layout.ts';
import type { Trend } from '../../../src/triage/pictures/model.ts';
import { toPng, toSvg } from '../../../src/triage/pictures/render.ts';
import { trendSpec } from '../../../src/triage/pictures/spec.ts';
import { DARK, LIGHT } from '../../../src/triage/pictures/theme.ts';
import { altText, drawTrend, figure } from '../../../src/triage/pictures/trend.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 5, 3, 10);
const signal = new AbortController().signal;
const HOSTILE = '</text><script>alert(1)</script> {"signal":"globalThis.hacked=1"} datum["x"] \u202e\u0000 &amp; 日本';

const points = (count: number, value: (index: number) => number) =>
  Array.from({ length: count }, (_, i) => ({ at: NOW - (count - 1 - i) * (HOUR / 4), value: value(i) }));

const trend = (change: Partial<Trend> = {}): Trend => ({
  title: 'Use of /var on worker-1',
  subtitle: 'now 91 %',
  series: [{ name: '/var', points: points(97, (i) => 70 + i * 0.2) }],
  unit: 'percent',
  threshold: { value: 90, label: 'kubelet evicts at 90 %' },
  ...change,
});

/** Width and height from a PNG's header. Source: PNG specification, 11.2.2 IHDR. */
const sizeOf = (png: Uint8Array) => {
  const view = new DataView(png.buffer, png.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
};

describe('drawTrend', () => {
  it('draws a PNG of twice 640 × 240 for light and for dark', async () => {
    const drawn = await drawTrend(
      trend({
        projection: {
          from: { at: NOW, value: 89 },
          to: { at: NOW + 5 * HOUR, value: 100 },
          label: 'full at 08:10 UTC',
        },
      }),
    );
    expect([sizeOf(drawn.light), sizeOf(drawn.dark)]).toEqual([
      [1280, 480],
      [1280, 480],
    ]);
    expect(Buffer.compare(drawn.light, drawn.dark)).not.toBe(0);
    expect(drawn).toMatchObject({ width: 640, height: 240, alt: expect.stringContaining('full at 08:10 UTC') });
  });

  it.each<[string, Partial<Trend>]>([
    ['no series at all', { series: [] }],
    ['no points', { series: [{ name: 'a', points: [] }] }],
    ['one point', { series: [{ name: 'a', points: points(1, () => 4) }] }],
    ['only figures that are none', { series: [{ name: 'a', points: points(9, () => Number.NaN) }] }],
    ['infinite figures among others', { series: [{ name: 'a', points: points(9, (i) => (i % 3 ? i : Infinity)) }] }],
    ['six series', { series: Array.from({ length: 6 }, (_, i) => ({ name: `n${i}`, points: points(9, () => i) })) }],
    ['runs', { shape: 'runs', unit: 'seconds' }],
    ['hostile texts', { title: HOSTILE, subtitle: HOSTILE, threshold: { value: 9, label: HOSTILE } }],
  ])('draws %s', async (_, change) => {
    const drawn = await drawTrend(trend(change));
    expect(sizeOf(drawn.light)).toEqual([1280, 480]);
  });

  it('stops when the signal is aborted', async () => {
    await expect(drawTrend(trend(), AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the text of a picture', () => {
  it('is really drawn: without a font the two would be equal', async () => {
    const svg = await toSvg(trendSpec(layout(trend()), LIGHT, 'line'));
    const mute = svg.replace(/<text[^>]*>[^<]*<\/text>/g, '');
    const [spoken, silent] = await Promise.all([toPng(svg, signal), toPng(mute, signal)]);
    expect(mute).not.toBe(svg);
    expect(spoken.length).toBeGreaterThan(silent.length + 2_000);
  });

  it('is inert: escaped in the SVG, never evaluated, never markup', async () => {
    const hostile = trend({
      title: HOSTILE,
      subtitle: HOSTILE,
      series: [{ name: HOSTILE, points: points(9, () => 1) }],
    });
    const svg = await toSvg(trendSpec(layout(hostile), DARK, 'line'));
    expect(svg).not.toMatch(/<script|<image|href=/);
    expect(svg.includes('\u202e') || svg.includes('\u0000')).toBe(false);
    expect(svg).toContain('&lt;script&gt;');
    expect(Reflect.get(globalThis, 'hacked')).toBeUndefined();
  });

  it('holds no expression or signal in the specification', () => {
    const spec = trendSpec(layout(trend({ shape: 'runs' })), LIGHT, 'runs');
    expect(JSON.stringify(spec)).not.toMatch(/"(signal|expr|test|update|href|url)":/);
  });
});

describe('layout', () => {
  it('breaks the line over a hole in the figures', () => {
    const holed = points(40, () => 5).filter((_, index) => index < 10 || index > 20);
    const { lines } = layout(trend({ series: [{ name: 'a', points: holed }] }));
    expect(lines[0]?.rows.filter((row) => !row.ok)).toHaveLength(1);
  });

  it('cuts a far projection at the edge and says that it goes on', () => {
    const far = { from: { at: NOW, value: 80 }, to: { at: NOW + 900 * HOUR, value: 100 }, label: 'full in 37 d' };
    const { projection, to } = layout(trend({ projection: far }));
    expect(projection).toMatchObject({ reached: false });
    expect(projection?.rows.at(-1)?.at).toBe(to);
  });
});

describe('altText', () => {
  it('says what the picture shows', () => {
    expect(altText(trend())).toBe(
      'Use of /var on worker-1; /var: from 70 % (2026-01-04 03:10 UTC) to 89.2 % (2026-01-05 03:10 UTC), ' +
        'between 70 % and 89.2 %; threshold: kubelet evicts at 90 %.',
    );
  });

  it.each([
    ['percent', 12.345, '12.3 %'],
    ['bytes', 2048, '2.0 KiB'],
    ['seconds', 200, '3 min 20 s'],
    ['count', 3, '3'],
    ['count', Number.NaN, 'no figure'],
  ] as const)('shows %s %d as %j', (unit, value, expected) => expect(figure(unit, value)).toBe(expected));
});
