import { fileURLToPath } from 'node:url';
import type { Spec } from 'vega';
import { DaytwoError } from '../../lib/errors.ts';
import { PIXEL_RATIO } from './model.ts';
import { FONT_FAMILY } from './spec.ts';

const FONTS = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'] as const;

/** Where the fonts of the package `dejavu-fonts-ttf` are. resvg draws no text, and says nothing, where it finds no font. */
function fontFiles(): string[] {
  return FONTS.map((name) => fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${name}`)));
}

/**
 * Draws a Vega specification as SVG, without a DOM and without loading anything.
 * Vega is imported on first use: it costs about 40 MB and 100 ms.
 */
export async function toSvg(spec: Spec): Promise<string> {
  const { Error: errorLevel, View, loader, parse } = await import('vega');
  const closed = loader();
  const refuse = () => Promise.reject(new DaytwoError('invalid', 'A picture may not load anything.'));
  closed.load = refuse;
  closed.sanitize = refuse;
  const view = new View(parse(spec), { renderer: 'none', logLevel: errorLevel, loader: closed });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Turns SVG into a PNG of `PIXEL_RATIO` pixels a CSS pixel, off the main thread, with our own fonts alone. */
export async function toPng(svg: string, signal: AbortSignal): Promise<Uint8Array> {
  signal.throwIfAborted();
  const { renderAsync } = await import('@resvg/resvg-js');
  const image = await renderAsync(
    svg,
    {
      font: { loadSystemFonts: false, fontFiles: fontFiles(), defaultFontFamily: FONT_FAMILY },
      fitTo: { mode: 'zoom', value: PIXEL_RATIO },
      logLevel: 'off',
    },
    // resvg-js 2.6 refuses Node's own AbortSignal as an argument; a picture takes tens of ms, so it is asked before and after.
    null,
  );
  signal.throwIfAborted();
  return image.asPng();
}
