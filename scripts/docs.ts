/** Writes the pages that are made from the code; with `--check`, exits 1 where one is stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { jsonSchema, renderReference, SCHEMA_FILE } from '../src/config/reference.ts';
import { renderChats } from './docs/chats.ts';
import { renderGate } from './docs/gate.ts';

const WIDTH = 120;

/** JSON as the repository's formatter has it: lists without mappings in them on one line, where they fit. `used`: columns before it. */
function json(value: unknown, indent = '', used = 0): string {
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const line = flat(value);
    // One more column for the comma that may follow.
    if (line !== undefined && used + line.length < WIDTH) return line;
    return `[\n${value.map((one) => deeper + json(one, deeper, deeper.length)).join(',\n')}\n${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const lines = Object.entries(value).flatMap(([key, one]) => {
    const head = `${deeper}${JSON.stringify(key)}: `;
    return one === undefined ? [] : [head + json(one, deeper, head.length)];
  });
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`;
}

/** A list on one line; undefined where a mapping is in it. */
function flat(list: readonly unknown[]): string | undefined {
  const parts = list.map((one) => {
    if (Array.isArray(one)) return flat(one);
    return typeof one === 'object' && one !== null ? undefined : JSON.stringify(one);
  });
  return parts.includes(undefined) ? undefined : `[${parts.join(', ')}]`;
}

const pages: readonly (readonly [string, string])[] = [
  ['docs/configuration.md', renderReference()],
  ['docs/chats.md', renderChats()],
  ['docs/gate.md', renderGate()],
  [`docs/${SCHEMA_FILE}`, `${json(jsonSchema())}\n`],
];

const check = process.argv.includes('--check');
for (const [name, wanted] of pages) {
  const file = fileURLToPath(new URL(`../${name}`, import.meta.url));
  let present: string | undefined;
  try {
    present = readFileSync(file, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  if (present === wanted) continue;
  if (check) {
    console.error(`${name} is stale: run npm run docs`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, wanted);
    console.log(`wrote ${name}`);
  }
}
