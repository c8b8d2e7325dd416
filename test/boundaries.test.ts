import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A tree like ours of the given files, with the check as it stands in the repository. Returns what it says and how it ends. */
async function check(files: Readonly<Record<string, string>>): Promise<{ code: number | undefined; said: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'daytwo-boundaries-'));
  folders.push(folder);
  for (const root of ['src', 'alerts', 'commands']) mkdirSync(join(folder, root));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  cpSync(join(ROOT, 'scripts'), join(folder, 'scripts'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const result = await execa(process.execPath, [join(folder, 'scripts', 'boundaries.ts')], {
    reject: false,
    all: true,
    cwd: folder,
  });
  return { code: result.exitCode, said: result.all ?? '' };
}

const store = 'export const kept = 1;\nexport interface Kept { readonly a: number }\n';

describe('the check of boundaries', () => {
  it('lets imports run down the floors', async () => {
    const { code, said } = await check({
      'src/store/port.ts': store,
      'src/chat/outbox.ts': "import { kept } from '../store/port.ts';\nexport const out = kept;\n",
      'src/host/exec.ts': "import { spawn } from 'node:child_process';\nexport const run = spawn;\n",
    });
    expect(said).toContain('0 violations in 3 files');
    expect(code).toBe(0);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'an import upwards',
      {
        'src/store/port.ts': "import { out } from '../chat/a.ts';\nexport const up = out;\n",
        'src/chat/a.ts': 'export const out = 1;\n',
      },
      /upwards-from-src\/store: src\/store\/port\.ts → src\/chat\/a\.ts/,
    ],
    [
      'an import upwards of a type alone',
      {
        'src/lib/a.ts':
          "import type { Kept } from '../store/port.ts';\nexport const up = (one: Kept): number => one.a;\n",
        'src/store/port.ts': store,
      },
      /upwards-from-src\/lib/,
    ],
    [
      'an inline type import upwards',
      {
        'src/lib/a.ts':
          "import { type Kept } from '../store/port.ts';\nexport const up = (one: Kept): number => one.a;\n",
        'src/store/port.ts': store,
      },
      /upwards-from-src\/lib/,
    ],
    [
      'an import upwards at run time',
      { 'src/lib/a.ts': "export const up = () => import('../store/port.ts');\n", 'src/store/port.ts': store },
      /upwards-from-src\/lib/,
    ],
    [
      'an export upwards',
      { 'src/lib/a.ts': "export { kept } from '../store/port.ts';\n", 'src/store/port.ts': store },
      /upwards-from-src\/lib/,
    ],
    [
      'a circle within a folder',
      {
        'src/chat/a.ts': "import { b } from './b.ts';\nexport const a = (): number => b();\n",
        'src/chat/b.ts': "import { a } from './a.ts';\nexport const b = (): number => a();\n",
      },
      /circle: /,
    ],
    [
      'neighbours on one floor',
      {
        'src/host/a.ts': "import { t } from '../telemetry/t.ts';\nexport const a = t;\n",
        'src/telemetry/t.ts': 'export const t = 1;\n',
      },
      /upwards-from-src\/host/,
    ],
    [
      'one chat that knows another',
      {
        'src/chat/slack/a.ts': "import { t } from '../telegram/t.ts';\nexport const a = t;\n",
        'src/chat/telegram/t.ts': 'export const t = 1;\n',
      },
      /chats-know-each-other/,
    ],
    [
      'processes outside of src/host',
      { 'src/triage/a.ts': "import { execFile } from 'node:child_process';\nexport const a = execFile;\n" },
      /shell-door/,
    ],
    [
      'execa outside of src/host',
      { 'commands/a.ts': "import { execa } from 'execa';\nexport const a = execa;\n" },
      /execa-outside/,
    ],
    [
      'execa loaded at run time outside of src/host',
      { 'src/wiring/a.ts': "export const a = () => import('execa');\n" },
      /execa-outside/,
    ],
    [
      'an SDK outside of its folder',
      { 'src/triage/a.ts': "import { parse } from 'vega';\nexport const a = parse;\n" },
      /vega-outside/,
    ],
    [
      'what is not there',
      { 'src/lib/a.ts': "import { b } from './nowhere.ts';\nexport const a = b;\n" },
      /unresolvable/,
    ],
  ])('fails on %s', async (_, files, said) => {
    const found = await check(files);
    expect(found.said).toMatch(said);
    expect(found.code).toBe(1);
  });

  it('fails when it did not look at every file', async () => {
    // A test for a check that finds nothing because it reads nothing: an unreadable file is none that was looked at.
    const found = await check({ 'src/lib/a.ts': 'export const = ;;;\n', 'src/lib/b.ts': 'export const b = 1;\n' });
    expect(found.code).not.toBe(0);
  });
});
