/** Colours of one scheme. Text reaches a contrast of at least 4.5:1, lines 3:1 (WCAG 2.2, 1.4.3 and 1.4.11). */
export interface Theme {
  readonly background: string;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly series: readonly string[];
  readonly threshold: string;
  readonly projection: string;
}

/** For light chats and paper. */
export const LIGHT: Theme = {
  background: '#ffffff',
  text: '#1f2328',
  muted: '#59636e',
  grid: '#e4e8ec',
  series: ['#0969da', '#8250df', '#1a7f37', '#9a6700'],
  threshold: '#cf222e',
  projection: '#bc4c00',
};

/** For dark chats and tired eyes. */
export const DARK: Theme = {
  background: '#161b22',
  text: '#f0f3f6',
  muted: '#9ea7b3',
  grid: '#2b333d',
  series: ['#58a6ff', '#bc8cff', '#3fb950', '#d29922'],
  threshold: '#ff7b72',
  projection: '#ffa657',
};
