import { humanBytes, humanDuration, inertLine } from '../../lib/text.ts';
import { layout } from './layout.ts';
import { type DrawnTrend, PICTURE_HEIGHT, PICTURE_WIDTH, type Trend, type Unit } from './model.ts';
import { toPng, toSvg } from './render.ts';
import { trendSpec } from './spec.ts';
import { DARK, LIGHT, type Theme } from './theme.ts';

const NEVER = new AbortController().signal;

/**
 * Draws a trend twice, for light and for dark surroundings. The first call imports the renderer.
 * @throws DaytwoError cancelled when the signal is aborted; failed when the renderer fails
 */
export async function drawTrend(trend: Trend, signal: AbortSignal = NEVER): Promise<DrawnTrend> {
  const plan = layout(trend);
  const draw = async (theme: Theme) => toPng(await toSvg(trendSpec(plan, theme, trend.shape)), signal);
  const light = await draw(LIGHT);
  const dark = await draw(DARK);
  return { light, dark, alt: altText(trend), width: PICTURE_WIDTH, height: PICTURE_HEIGHT };
}

/** A figure with its unit, for people: `87.3 %`, `1.5 GiB`, `3 min 20 s`, `12`. Pure. */
export function figure(unit: Unit, value: number): string {
  if (!Number.isFinite(value)) return 'no figure';
  if (unit === 'percent') return `${Number(value.toFixed(1))} %`;
  if (unit === 'bytes') return humanBytes(value);
  if (unit === 'seconds') return humanDuration(value * 1000);
  return `${Number(value.toFixed(2))}`;
}

/** A time for people and for every time zone: `2026-01-05 03:10 UTC`. Pure. */
export function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Says in words what the picture shows. Pure. */
export function altText(trend: Trend): string {
  const told = trend.series.map((series) => {
    const finite = series.points.filter((point) => Number.isFinite(point.value));
    const first = finite[0];
    const last = finite.at(-1);
    if (!first || !last) return `${inertLine(series.name)}: no figures`;
    const values = finite.map((point) => point.value);
    const range = `between ${figure(trend.unit, Math.min(...values))} and ${figure(trend.unit, Math.max(...values))}`;
    const failed = finite.filter((point) => point.bad).length;
    return (
      `${inertLine(series.name)}: from ${figure(trend.unit, first.value)} (${utc(first.at)}) to ` +
      `${figure(trend.unit, last.value)} (${utc(last.at)}), ${range}${failed > 0 ? `, ${failed} failed` : ''}`
    );
  });
  const parts = [inertLine(trend.title), ...told];
  if (trend.threshold) parts.push(`threshold: ${inertLine(trend.threshold.label)}`);
  if (trend.projection) parts.push(inertLine(trend.projection.label));
  return `${parts.join('; ')}.`;
}
