import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { factsOf, shapeOf } from '../../src/config/introspect.ts';
import { notes } from '../../src/config/leaf/leaf.ts';
import { WITHOUT_EFFECT } from '../../src/config/notices.ts';
import { jsonSchema, renderReference } from '../../src/config/reference.ts';
import { configSchema } from '../../src/config/schema.ts';
import { read } from './fixtures.ts';

type Schema = Parameters<typeof shapeOf>[0];

/** Every key of the schema, as `backups[].rto`. */
function keys(schema: Schema, path = ''): readonly (readonly [string, Schema])[] {
  const shape = shapeOf(schema);
  if (shape.is === 'list') return keys(shape.element, `${path}[]`);
  if (shape.is === 'forms') return shape.forms.flatMap((form) => keys(form, path));
  if (shape.is === 'leaf') return [];
  return Object.entries(shape.keys).flatMap(([name, below]) => {
    const place = path === '' ? name : `${path}.${name}`;
    return [[place, below] as const, ...keys(below, place)];
  });
}

const ALL = keys(configSchema);

describe('the schema', () => {
  it('describes every key, and knows what to expect of every value', () => {
    expect(ALL.length).toBeGreaterThan(100);
    for (const [path, schema] of ALL) {
      expect(factsOf(schema).description, path).toMatch(/.\.$/);
      const shape = shapeOf(schema);
      const leaf = shape.is === 'list' ? shape.element : schema;
      if (shapeOf(leaf).is === 'leaf') expect(factsOf(leaf).note, path).toBeDefined();
    }
  });

  it('pairs every secret with its file, and shows neither', () => {
    const names = new Set(ALL.map(([path]) => path));
    for (const [path, schema] of ALL) {
      const role = factsOf(schema).note?.role;
      if (role === 'secret') expect(names, path).toContain(`${path}File`);
      if (role === 'secretFile') expect(names, path).toContain(path.slice(0, -'File'.length));
      if (/(?:token|secret|password)$/i.test(path)) expect(role, path).toBe('secret');
      if (role === 'secret') expect(factsOf(schema).note?.shown, path).toBe(false);
    }
    expect(notes.get(configSchema)).toBeUndefined();
  });

  it('has every key of which is said that it has no effect yet', () => {
    const names = ALL.map(([path]) => path);
    for (const path of WITHOUT_EFFECT) expect(names).toContain(path);
  });
});

describe('the reference', () => {
  const page = renderReference();

  it('holds every key', () => {
    for (const [path] of ALL) expect(page, path).toContain(`\`${path.split('.').at(-1)}\``);
  });

  it('begins with an example that is taken', () => {
    const [, , example = ''] = page.split('```yaml\n').map((part) => part.split('```')[0]);
    expect(read(example).people).toHaveLength(2);
  });

  it('is the page in docs, and so is the JSON Schema', async () => {
    const { exitCode, stderr } = await execa(process.execPath, ['scripts/docs.ts', '--check'], { reject: false });
    expect([exitCode, stderr]).toEqual([0, '']);
    const stored: unknown = JSON.parse(readFileSync('docs/daytwo.schema.json', 'utf8'));
    expect(stored).toEqual(JSON.parse(JSON.stringify(jsonSchema())));
  });
});
