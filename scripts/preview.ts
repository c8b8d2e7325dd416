/** Writes one page with every kind of message as each chat shows it: `npm run preview [-- FOLDER]`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { escaped, plainHtml, slackHtml, telegramHtml } from './preview/html.ts';
import type { Sample } from './preview/sample.ts';
import { samples } from './preview/samples.ts';

const STYLE = `
body { font: 14px/1.45 system-ui, sans-serif; margin: 24px; background: #f4f4f2; color: #1d1c1d }
section { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 16px; margin-bottom: 28px; align-items: start }
h2 { grid-column: 1 / -1; font-size: 15px; margin: 0 }
pre { font: 12px/1.4 'DejaVu Sans Mono', monospace; overflow-x: auto; margin: 6px 0 }
code { font: 12px 'DejaVu Sans Mono', monospace; background: #0001; border-radius: 3px; padding: 0 3px }
section > div { max-height: 900px; overflow: auto }
.slack { background: #fff; padding: 12px; border-radius: 6px; overflow-wrap: anywhere }
.slack p { margin: 3px 0; white-space: pre-wrap } .slack ul { margin: 3px 0; padding-left: 20px }
.slack pre { border: 1px solid #ddd; background: #f8f8f8; padding: 6px; border-radius: 4px }
.slack .who i { font: 10px sans-serif; background: #ddd; padding: 1px 3px; border-radius: 2px }
.slack .quiet { color: #616061; font-size: 12px } .bar { border-left: 4px solid; padding-left: 10px; margin-top: 4px }
.button { display: inline-block; border: 1px solid #bbb; border-radius: 4px; padding: 3px 10px; font-weight: 600 }
.primary { background: #007a5a; color: #fff } .danger { background: #e01e5a; color: #fff } u { color: #1264a3 }
.telegram { background: #c8dcb8; padding: 12px; border-radius: 6px; overflow-wrap: anywhere }
.bubble { background: #fff; border-radius: 12px 12px 12px 3px; padding: 8px 12px; white-space: pre-wrap }
.bubble pre { background: #eef3f8; padding: 6px; border-radius: 4px }
.bubble blockquote { margin: 4px 0; padding: 2px 8px; border-left: 3px solid #3390ec; background: #3390ec14 }
.row { display: flex; gap: 4px; margin-top: 4px }
.row span { flex: 1; text-align: center; background: #5a7a4acc; color: #fff; border-radius: 6px; padding: 6px }
.plain { background: #1f2a37; color: #e8eaed; padding: 12px; border-radius: 6px; margin: 0 }
.counts { font-size: 11px; color: #666; margin: 4px 0 } .counts span { margin-right: 12px } .over { color: #c62828; font-weight: 700 }
`;

const sampleHtml = ({ name, card, root }: Sample): string =>
  `<section><h2>${escaped(name)}</h2><div>${slackHtml(card, root)}</div><div>${telegramHtml(card)}</div><div>${plainHtml(card)}</div></section>`;

/** The page: static, without scripts, and it loads nothing. */
export function previewPage(shown: readonly Sample[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>daytwo: every kind of message</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>${STYLE}</style></head><body><h1>Every kind of message: Slack, Telegram, plain text</h1>
${shown.map(sampleHtml).join('\n')}
</body></html>
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = resolve(process.argv[2] ?? fileURLToPath(new URL('../.cache/preview', import.meta.url)));
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'index.html');
  writeFileSync(file, previewPage(await samples()));
  console.log(`wrote ${file}`);
}
