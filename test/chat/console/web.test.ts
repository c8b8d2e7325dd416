import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { loadAssets } from '../../../src/chat/console/assets.ts';

const WEB = fileURLToPath(new URL('../../../src/chat/console/web/', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

it('serves every file of the page, each under a bound, with imports that are served too', async () => {
  const assets = await loadAssets();
  const files = (await readdir(WEB)).filter((name) => /\.(?:html|css|js|svg)$/.test(name));
  expect([...assets.keys()].filter((name) => !['preact.js', 'hooks.js', 'htm.js'].includes(name)).sort()).toEqual(
    files.sort(),
  );
  for (const [name, { body }] of assets) {
    expect(body.length).toBeLessThan(40_000);
    if (!name.endsWith('.js')) continue;
    for (const [, from] of body.toString().matchAll(/^(?:import|export)\b[^;]*?\bfrom\s*["']([^"']+)["']/gm)) {
      expect([name, from, assets.has(from?.replace(/^\.\//, '') ?? '')]).toEqual([name, from, true]);
    }
  }
});

it('makes no markup of strings anywhere', async () => {
  for (const name of await readdir(WEB)) {
    if (!name.endsWith('.js')) continue;
    const text = await readFile(WEB + name, 'utf8');
    expect([name, text.match(/innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function/)]).toEqual([
      name,
      null,
    ]);
  }
});

it('holds its types', async () => {
  const { all } = await execa('node_modules/.bin/tsc', ['-p', WEB], { cwd: ROOT, reject: false, all: true });
  expect(all).toBe('');
}, 60_000);
