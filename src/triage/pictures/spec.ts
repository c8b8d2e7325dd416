import type { Axis, Data, Mark, Spec } from 'vega';
import type { Layout } from './layout.ts';
import { PICTURE_HEIGHT, PICTURE_WIDTH, type Trend } from './model.ts';
import type { Theme } from './theme.ts';

/** The family name inside the DejaVu TTF files. */
export const FONT_FAMILY = 'DejaVu Sans';

const PADDING = { left: 68, top: 60, right: 24, bottom: 30 } as const;
const PLOT_WIDTH = PICTURE_WIDTH - PADDING.left - PADDING.right;
const PLOT_HEIGHT = PICTURE_HEIGHT - PADDING.top - PADDING.bottom;
/** Baseline of the subtitle, relative to the plot. */
const SUBTITLE_Y = 43 - PADDING.top;
/** Width of a letter at 11 px, for placing the legend: an estimate, as there is no canvas to measure on. */
const LEGEND_LETTER_PX = 6.8;
/** With fewer points than this each one is marked. */
const MARKED_POINTS = 30;

/**
 * The picture as a Vega specification. It holds no expression and no signal of ours: texts and figures are plain values, so
 * nothing in them is ever evaluated. Pure.
 */
export function trendSpec(layout: Layout, theme: Theme, shape: Trend['shape']): Spec {
  return {
    width: PLOT_WIDTH,
    height: PLOT_HEIGHT,
    padding: { ...PADDING },
    autosize: 'none',
    background: theme.background,
    data: dataOf(layout),
    scales: [
      { name: 'x', type: 'utc', domain: [layout.from, layout.to], range: 'width' },
      { name: 'y', type: 'linear', domain: [0, layout.scale.max], range: 'height', zero: true },
    ],
    axes: axesOf(layout, theme),
    marks: [
      ...header(layout, theme),
      ...(shape === 'runs' ? runMarks(layout, theme) : lineMarks(layout, theme)),
      ...projectionMarks(layout, theme),
      ...thresholdMarks(layout, theme),
    ],
  };
}

function dataOf(layout: Layout): Data[] {
  const lines = layout.lines.map((line, index): Data => ({ name: `line${index}`, values: [...line.rows] }));
  return layout.projection ? [...lines, { name: 'projection', values: [...layout.projection.rows] }] : lines;
}

function axesOf(layout: Layout, theme: Theme): Axis[] {
  const common = { labelFont: FONT_FAMILY, labelFontSize: 11, labelColor: theme.muted, ticks: false } as const;
  return [
    {
      scale: 'y',
      orient: 'left',
      values: [...layout.scale.ticks],
      grid: true,
      gridColor: theme.grid,
      domain: false,
      ...common,
      labels: false,
    },
    {
      scale: 'x',
      orient: 'bottom',
      formatType: 'utc',
      format: {
        year: '%d %b',
        quarter: '%d %b',
        month: '%d %b',
        week: '%d %b',
        date: '%d %b',
        hours: '%H:%M',
        minutes: '%H:%M',
        seconds: '%H:%M:%S',
      },
      tickCount: 7,
      labelOverlap: true,
      labelFlush: true,
      labelPadding: 8,
      domainColor: theme.muted,
      ...common,
    },
  ];
}

function text(value: string, x: number, y: number, style: Record<string, unknown>): Mark {
  const encoded = Object.fromEntries(Object.entries(style).map(([name, of]) => [name, { value: of }]));
  return {
    type: 'text',
    encode: { enter: { text: { value }, x: { value: x }, y: { value: y }, font: { value: FONT_FAMILY }, ...encoded } },
  };
}

/** Title, subtitle, legend, and what is left of the axes: ticks with their unit, and the word that the times are UTC. */
function header(layout: Layout, theme: Theme): Mark[] {
  const left = 16 - PADDING.left;
  const small = { fontSize: 11, fill: theme.muted, align: 'right' };
  const labels = layout.scale.ticks.map((tick) =>
    text(tickLabel(tick, layout.scale.label), -8, heightOf(layout, tick) + 4, small),
  );
  return [
    text(layout.title, left, 24 - PADDING.top, { fontSize: 14, fontWeight: 'bold', fill: theme.text }),
    text(layout.subtitle, left, SUBTITLE_Y, { fontSize: 11.5, fill: theme.muted }),
    text('UTC', -26, PLOT_HEIGHT + 18, { ...small, fontSize: 9 }),
    ...labels,
    ...(layout.lines.length > 1 ? legend(layout, theme) : []),
  ];
}

function tickLabel(tick: number, unit: string): string {
  return unit === '' ? `${tick}` : `${tick} ${unit}`;
}

/** Pixels from the top of the plot. */
function heightOf(layout: Layout, value: number): number {
  return PLOT_HEIGHT * (1 - value / layout.scale.max);
}

function legend(layout: Layout, theme: Theme): Mark[] {
  const marks: Mark[] = [];
  let x = PLOT_WIDTH;
  for (const [index, line] of [...layout.lines.entries()].toReversed()) {
    const fill = theme.series[index] ?? theme.text;
    x -= line.name.length * LEGEND_LETTER_PX;
    marks.push(text(line.name, x, SUBTITLE_Y, { fontSize: 11, fill: theme.text }));
    marks.push({
      type: 'symbol',
      encode: {
        enter: { x: { value: x - 9 }, y: { value: SUBTITLE_Y - 4 }, size: { value: 60 }, fill: { value: fill } },
      },
    });
    x -= 28;
  }
  return marks;
}

const AT = { scale: 'x', field: 'at' } as const;
const VALUE = { scale: 'y', field: 'v' } as const;

function lineMarks(layout: Layout, theme: Theme): Mark[] {
  const single = layout.lines.length === 1;
  return layout.lines.flatMap(({ rows }, index): Mark[] => {
    const colour = { value: theme.series[index] ?? theme.text };
    const from = { data: `line${index}` };
    const defined = { field: 'ok' } as const;
    const area: Mark = {
      type: 'area',
      from,
      encode: {
        enter: { x: AT, y: VALUE, y2: { scale: 'y', value: 0 }, fill: colour, fillOpacity: { value: 0.16 }, defined },
      },
    };
    const line: Mark = {
      type: 'line',
      from,
      encode: { enter: { x: AT, y: VALUE, stroke: colour, strokeWidth: { value: 2.25 }, defined } },
    };
    return [...(single ? [area] : []), line, ...dots(rows, index, colour)];
  });
}

/** Marks every point of a sparse line, and the newest one of any. */
function dots(rows: Layout['lines'][number]['rows'], index: number, fill: { value: string }): Mark[] {
  const shown = rows.filter((row) => row.ok);
  const marked = shown.length < MARKED_POINTS ? shown : shown.slice(-1);
  return marked.map((row) => ({
    type: 'symbol',
    name: `dot${index}_${row.at}`,
    encode: {
      enter: { x: { scale: 'x', value: row.at }, y: { scale: 'y', value: row.v }, size: { value: 34 }, fill },
    },
  }));
}

function runMarks(layout: Layout, theme: Theme): Mark[] {
  return layout.lines.flatMap(({ rows }, index) =>
    rows.flatMap((row): Mark[] => {
      const colour = { value: row.bad ? theme.threshold : (theme.series[index] ?? theme.text) };
      const x = { scale: 'x', value: row.at };
      const y = { scale: 'y', value: row.v };
      return [
        {
          type: 'rule',
          encode: { enter: { x, y, y2: { scale: 'y', value: 0 }, stroke: colour, strokeWidth: { value: 4 } } },
        },
        {
          type: 'symbol',
          encode: {
            enter: {
              x,
              y,
              size: { value: row.bad ? 120 : 70 },
              fill: colour,
              shape: { value: row.bad ? 'cross' : 'circle' },
            },
          },
        },
      ];
    }),
  );
}

/** Text that stays readable on lines: once thick in the ground's colour, once as it is. */
function haloText(value: string, x: number, y: number, style: Record<string, unknown>, theme: Theme): Mark[] {
  const halo = { ...style, stroke: theme.background, strokeWidth: 4, strokeJoin: 'round', fill: theme.background };
  return [text(value, x, y, halo), text(value, x, y, style)];
}

function thresholdMarks(layout: Layout, theme: Theme): Mark[] {
  const threshold = layout.threshold;
  if (!threshold) return [];
  const y = { scale: 'y', value: threshold.v };
  const down = heightOf(layout, threshold.v);
  const stroke = { value: theme.threshold };
  return [
    {
      type: 'rule',
      encode: {
        enter: {
          x: { value: 0 },
          x2: { value: PLOT_WIDTH },
          y,
          stroke,
          strokeWidth: { value: 1.5 },
          strokeDash: { value: [7, 4] },
        },
      },
    },
    ...haloText(threshold.label, 6, down > 16 ? down - 5 : down + 13, { fontSize: 11, fill: theme.threshold }, theme),
  ];
}

function projectionMarks(layout: Layout, theme: Theme): Mark[] {
  const projection = layout.projection;
  const end = projection?.rows.at(-1);
  if (!projection || !end) return [];
  const stroke = { value: theme.projection };
  const x = PLOT_WIDTH * ((end.at - layout.from) / (layout.to - layout.from));
  // The label stands in the header, where no line can run through it.
  const labelY = layout.lines.length > 1 ? 24 - PADDING.top : SUBTITLE_Y;
  const label = { fontSize: 11.5, fontWeight: 'bold', fill: theme.projection, align: 'right' };
  return [
    {
      type: 'line',
      from: { data: 'projection' },
      encode: {
        enter: {
          x: AT,
          y: VALUE,
          stroke,
          strokeWidth: { value: 2 },
          strokeDash: { value: [3, 4] },
          strokeCap: { value: 'round' },
        },
      },
    },
    {
      type: 'symbol',
      encode: {
        enter: {
          x: { value: x },
          y: { value: heightOf(layout, end.v) },
          size: { value: 60 },
          shape: { value: projection.reached ? 'circle' : 'triangle-right' },
          fill: stroke,
        },
      },
    },
    text(projection.label, PLOT_WIDTH, labelY, label),
  ];
}
