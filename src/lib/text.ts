/**
 * Control characters (C0 but for tab and newline, DEL, C1), direction overrides and isolates, zero-width characters, line and
 * paragraph separators, and lone surrogates: what can hide, reorder or break the text around it.
 * Source: Unicode 16 chapter 23 "Special Areas and Format Characters"; UTS 55 "Unicode Source Code Handling".
 */
const HOSTILE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

/** ANSI escape sequences (colours, cursor moves, titles). Source: ECMA-48, 8.3.16 (CSI) and 8.3.89 (OSC). */
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/**
 * Makes untrusted text inert for showing: ANSI sequences are dropped, CR LF becomes LF, and every character that could hide,
 * reorder or break text becomes U+FFFD. Markup stays as it is: each chat escapes its own.
 */
export function inert(text: string): string {
  return text.replace(ANSI, '').replaceAll('\r\n', '\n').replace(HOSTILE, '\ufffd');
}

/** Makes untrusted text inert and folds it onto one line. */
export function inertLine(text: string): string {
  return inert(text)
    .replace(/[\s\u00a0]+/g, ' ')
    .trim();
}

/** Cuts text to at most `max` code points, the last of which is then an ellipsis. Never splits a surrogate pair. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const points = [...text];
  return points.length <= max ? text : `${points.slice(0, Math.max(0, max - 1)).join('')}…`;
}

/** A duration for people, in its two largest units: `46 h`, `1 d 4 h`, `3 min 20 s`. Negative ones are shown as 0 s. */
export function humanDuration(ms: number): string {
  const units: [string, number][] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ];
  let rest = Math.max(0, Math.round(ms / 1000) * 1000);
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ') || '0 s';
}

/** A size for people, in binary units: `512 B`, `1.5 GiB`. */
export function humanBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || Math.abs(value) >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Signs that show nothing: controls, joiners, fillers, the blank Braille pattern, and what `inert` puts in the place of such. */
const UNSEEN = /[\p{C}\p{Default_Ignorable_Code_Point}\u2800\ufffd]/gu;

/** How many characters of a text can be seen; white space counts once between words, and not around them. Pure. */
export function seenLength(text: string): number {
  return [...text.replace(UNSEEN, '').replace(/\s+/g, ' ').trim()].length;
}
