import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A file as it is served. */
export interface Asset {
  readonly body: Buffer;
  readonly type: string;
  /** Entity tag of the content, quoted. */
  readonly tag: string;
}

const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

/** The console's own files, by their names under `web/`. Nothing else is served. */
const OWN = [
  'index.html',
  'signin.html',
  'app.css',
  'blocks.css',
  'icon.svg',
  'api.js',
  'app.js',
  'blocks.js',
  'commandline.js',
  'completions.js',
  'help.js',
  'html.js',
  'list.js',
  'main.js',
  'message.js',
  'question.js',
  'signin.js',
  'state.js',
  'stream.js',
  'thread.js',
  'time.js',
  'tone.js',
] as const;

/** Libraries for the browser: served name → what to resolve, and the ES module beside it. */
const VENDORED = {
  'preact.js': ['preact', 'preact.mjs'],
  'hooks.js': ['preact/hooks', 'hooks.mjs'],
  'htm.js': ['htm', 'htm.mjs'],
} as const;

/**
 * Reads all files into memory: under 150 kB, and no request names a path. The libraries' bare imports are rewritten to our own
 * addresses, because an import map would have to be inline.
 */
export async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const require = createRequire(import.meta.url);
  const own = OWN.map(async (name): Promise<[string, Asset]> => {
    const body = await readFile(new URL(`./web/${name}`, import.meta.url));
    return [name, asset(body, name)];
  });
  const vendored = Object.entries(VENDORED).map(async ([name, [entry, file]]): Promise<[string, Asset]> => {
    const text = await readFile(join(dirname(require.resolve(entry)), file), 'utf8');
    const rewritten = text
      .replace(/from\s*"preact"/g, 'from"./preact.js"')
      .replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
    return [name, asset(Buffer.from(rewritten), name)];
  });
  return new Map(await Promise.all([...own, ...vendored]));
}

function asset(body: Buffer, name: string): Asset {
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1) as keyof typeof TYPES];
  return { body, type, tag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
}
