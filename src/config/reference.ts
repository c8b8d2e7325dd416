import { z } from 'zod';
import { factsOf, formName, shapeOf } from './introspect.ts';
import { WITHOUT_EFFECT } from './notices.ts';
import { PROBE_WORDS } from './schema/runbooks.ts';
import { configSchema } from './schema.ts';

/** Where the JSON Schema is for editors. */
export const SCHEMA_FILE = 'daytwo.schema.json';

const HEAD = `# Configuration

<!-- Made by scripts/docs.ts from src/config: change the schema, not this page. -->

One YAML file, named by \`--config FILE\` or \`DAYTWO_CONFIG\`. Every section and key may be left out, unless it says *required*; without a
file, all is default. An unknown key is an error. \`daytwo check-config\` tells everything that is wrong, each with its place.

For completion and checks while you type, put this on the file's first line, with the path of your copy:

\`\`\`yaml
# yaml-language-server: $schema=/opt/daytwo/docs/${SCHEMA_FILE}
\`\`\`

Enough to begin with:

\`\`\`yaml
alertmanager: { url: http://127.0.0.1:9093, webhookToken: \${DAYTWO_WEBHOOK_TOKEN} }
prometheus: { url: http://127.0.0.1:9090 }
cluster: { kubeconfig: ~/.kube/config }
people:
  - { name: ana, roles: [oncall, admin] }
  - { name: ben, roles: [oncall] }
oncall: { rotation: { people: [ana, ben], start: 2026-01-05T09:00, every: 7d, timezone: Europe/Madrid } }
hosts:
  - { name: node-0, via: local }
  - { name: worker-1, via: ssh, address: ops@10.0.0.5 }
backups:
  - { name: restic_k8s_data, kind: restic, host: node-0, unit: restic-k8s-backup.service, rpo: 24h }
\`\`\`

- **Durations** are whole seconds, minutes, hours and days: \`90s\`, \`15m\`, \`24h\`, \`7d\`, \`1h30m\`.
- **Variables**: \`\${NAME}\` anywhere in a value is replaced by the environment variable; one that isn't set is an error. \`$\${NAME}\` stays as
  \`\${NAME}\`. Keys are taken as they are.
- **Secrets** may come from a file: give \`xFile\` instead of \`x\`. They are never logged or shown.
- **Paths** on this machine are relative to the file's folder; \`~\` is the home folder.
- **\`DAYTWO_DATA_DIR\`** goes before \`store.dir\`.
- A section without content (\`prometheus:\`) counts as left out.
`;

const TAKES = {
  nothing: '',
  unit: 'a unit, as in `{ journal: k3s.service }`',
  'maybe-path': 'an absolute path, or nothing',
} as const;

/** The whole of docs/configuration.md. Pure. */
export function renderReference(): string {
  const { keys } = sectionShape(configSchema);
  const sections = Object.entries(keys).map(([name, schema]) => renderSection(name, schema, 2));
  const words = Object.entries(PROBE_WORDS).map(
    ([word, { takes, meaning }]) => `| \`${word}\` | ${TAKES[takes]} | ${meaning} |`,
  );
  const probes = [
    '## Probes',
    '',
    'What `runbooks[].probes` may name.',
    '',
    '| Probe | Takes | Shows |',
    '|---|---|---|',
    ...words,
    '',
  ];
  return [HEAD, ...sections, probes.join('\n')].join('\n');
}

function sectionShape(schema: z.core.$ZodType) {
  const shape = shapeOf(schema);
  if (shape.is !== 'object') throw new TypeError('not a mapping');
  return shape;
}

type Row = readonly [key: string, type: string, fallback: string, meaning: string];

/** One heading and table a mapping; mappings within it follow under headings of their own. */
function renderSection(path: string, schema: z.core.$ZodType, level: number): string {
  const outer = shapeOf(schema);
  const inner = outer.is === 'list' ? outer.element : schema;
  const place = outer.is === 'list' ? `${path}[]` : path;
  const shape = shapeOf(inner);
  const parts = [`${'#'.repeat(level)} \`${path}\``, '', `${factsOf(schema).description ?? ''}${without(path)}`, ''];
  const below: string[] = [];
  const table = (keys: Readonly<Record<string, z.core.$ZodType>>) => {
    const rows = Object.entries(keys).map(([key, value]): Row => {
      if (isSection(value)) below.push(renderSection(`${place}.${key}`, value, Math.min(level + 1, 4)));
      return row(`${place}.${key}`, key, value);
    });
    parts.push('| Key | Type | Default | Meaning |', '|---|---|---|---|');
    parts.push(...rows.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`), '');
  };
  if (shape.is === 'object') table(shape.keys);
  else if (shape.is === 'forms') {
    for (const form of shape.forms) {
      const { name, byDefault } = formName(form, shape.by);
      parts.push(`With \`${shape.by}: ${name}\`${byDefault ? ' (the default)' : ''}:`, '');
      table(sectionShape(form).keys);
    }
  }
  return [...parts, ...below].join('\n').replace(/\n{3,}/g, '\n\n');
}

/** Says of a key whose feature isn't there yet that it does nothing. */
function without(path: string): string {
  return WITHOUT_EFFECT.includes(path) ? ' *Has no effect yet.*' : '';
}

/** Whether a key gets a heading of its own. */
function isSection(schema: z.core.$ZodType): boolean {
  const shape = shapeOf(schema);
  return shape.is === 'list' ? isSection(shape.element) : shape.is !== 'leaf';
}

function row(path: string, key: string, schema: z.core.$ZodType): Row {
  const { description = '', examples, optional, fallback } = factsOf(schema);
  const example = examples.length > 0 ? ` Example: ${examples.map(code).join(', ')}.` : '';
  const standard = fallback === undefined ? (optional ? '' : '*required*') : isSection(schema) ? '' : code(fallback);
  return [`\`${key}\``, typeOf(schema), standard, `${description}${example}${isSection(schema) ? '' : without(path)}`];
}

function typeOf(schema: z.core.$ZodType): string {
  const shape = shapeOf(schema);
  if (shape.is === 'list') {
    const { note } = factsOf(schema);
    return note?.type ?? (isSection(schema) ? 'list of mappings' : `list of: ${typeOf(shape.element)}`);
  }
  return shape.is === 'leaf' ? (factsOf(schema).note?.type ?? 'text') : 'mapping';
}

/** A value as it would be written in YAML's flow style. */
function code(value: unknown): string {
  return `\`${flow(value)}\``;
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, one]) => `${key}: ${flow(one)}`)
      .join(', ')} }`;
  return typeof value === 'string' && /["=]/.test(value) ? `'${value}'` : String(value);
}

/** The JSON Schema (draft 7, which editors know best) of what may be written. */
export function jsonSchema(): unknown {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ jsonSchema: node }) => {
      // A variable may stand for a number or for true and false.
      if (node.type === 'boolean' || node.type === 'integer') node.type = [node.type, 'string'] as never;
    },
  });
  return { ...schema, title: 'daytwo configuration' };
}
