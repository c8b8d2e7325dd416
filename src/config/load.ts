import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { crossCheck } from './checks.ts';
import { explain, type Fault, valueAt } from './explain.ts';
import { absolute, fileReason, resolveFiles } from './files.ts';
import { isMapping } from './introspect.ts';
import { find, keyAt, type Located } from './located.ts';
import { idlePatterns, noticesOf, unreachableQuorums } from './notices.ts';
import { ConfigError, type Notice, type Problem, pathText } from './problem.ts';
import { type Config, configSchema } from './schema.ts';
import { MAX_FILE, readYaml } from './yaml.ts';

/** What `loadConfig` goes by. */
export interface LoadOptions {
  /** The file, relative to `cwd`; DAYTWO_CONFIG of `env` otherwise; all defaults where that is unset too. */
  readonly file?: string | undefined;
  /** Variables for `${NAME}`, DAYTWO_CONFIG and DAYTWO_DATA_DIR (which goes before `store.dir`). */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string | undefined;
}

/** A configuration that holds. */
export interface Loaded {
  readonly config: Config;
  /** The file it came from; undefined where all is default. */
  readonly file: string | undefined;
  /** What is taken and has no effect: its feature isn't there yet, or it names no action. */
  readonly notices: readonly Notice[];
}

/** UTF-8 takes up to three bytes for one UTF-16 unit. */
const MAX_FILE_BYTES = MAX_FILE * 3;

/**
 * Reads the one YAML file: `${NAME}` and `…File` are put in, paths made absolute (relative to the file's folder), defaults filled in,
 * everything checked. A file that was named and isn't there is an error; none named means all defaults.
 * @throws ConfigError with every problem found, each with its place; no message repeats a secret
 */
export function loadConfig({ file: named, env, cwd = process.cwd() }: LoadOptions): Loaded {
  const wanted = named ?? (env['DAYTWO_CONFIG'] || undefined);
  const file = wanted === undefined ? undefined : absolute(wanted, cwd);
  const text = file === undefined ? '' : readText(file);
  const { config, raw } = readConfig(text, { file: file ?? '', env, base: file === undefined ? cwd : dirname(file) });
  const dir = env['DAYTWO_DATA_DIR'];
  return {
    config: dir ? { ...config, store: { ...config.store, dir: resolve(cwd, dir) } } : config,
    file,
    notices: [...noticesOf(raw), ...idlePatterns(config), ...unreachableQuorums(config)],
  };
}

function readText(file: string): string {
  const fail = (message: string) => new ConfigError([{ file, line: 0, column: 0, path: '', message }]);
  let text: string;
  try {
    const found = statSync(file);
    if (!found.isFile()) throw fail('the configuration is no file');
    if (found.size > MAX_FILE_BYTES) throw fail('the file is too large for a configuration');
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw error instanceof ConfigError ? error : fail(`the configuration can not be read: ${fileReason(error)}`);
  }
  return text;
}

interface ReadOptions {
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths start from. */
  readonly base: string;
}

/** The same for a text at hand. `raw` is the plain file with files and variables put in: it holds secrets. */
export function readConfig(
  text: string,
  { file, env, base }: ReadOptions,
): { readonly config: Config; readonly raw: unknown } {
  const yaml = readYaml(text, env);
  const problems: Problem[] = [];
  const report = (at: number, path: string, message: string, suggestion: string | undefined) => {
    const place = file === '' ? { line: 0, column: 0 } : yaml.place(at);
    problems.push({ file, ...place, path, message, ...(suggestion === undefined ? {} : { suggestion }) });
  };
  /** A value that an earlier step has complained of isn't complained of again: the first complaint is the cause. */
  const put = (faults: readonly Fault[]) => {
    const blamed = new Set(problems.map(({ path }) => path));
    for (const fault of faults) {
      const path = writtenPath(yaml.located, fault.path);
      if (path.length === 0 || !blamed.has(pathText(path)))
        report(placeOf(yaml.located, { ...fault, path }), pathText(path), fault.message, fault.suggestion);
    }
  };
  for (const { at, path, message, suggestion } of yaml.problems) report(at, pathText(path), message, suggestion);
  if (yaml.value !== null && !isMapping(yaml.value))
    report(yaml.located.at, '', 'the file must be a mapping: section: … on each line', undefined);
  // Where the text itself is broken, whatever the parser made of the rest would only raise false alarms.
  if (yaml.broken || problems.some(({ path }) => path === '')) throw new ConfigError(inOrder(problems));

  const raw: Record<string, unknown> = isMapping(yaml.value) ? { ...yaml.value } : {};
  put(resolveFiles(configSchema, raw, base));
  const { config, faults } = validate(raw, yaml.located);
  put(faults);
  put(crossCheck(raw));
  if (problems.length > 0 || !config) throw new ConfigError(inOrder(problems));
  return { config: { ...config, store: { ...config.store, dir: resolve(base, config.store.dir) } }, raw };
}

/** The key that was written: `xFile` where `x` came from a file. */
function writtenPath(located: Located, path: readonly PropertyKey[]): readonly PropertyKey[] {
  const { node, whole } = find(located, path);
  const fileKey = `${String(path.at(-1))}File`;
  return !whole && node.entries?.has(fileKey) && find(located, path.slice(0, -1)).whole
    ? [...path.slice(0, -1), fileKey]
    : path;
}

function placeOf(located: Located, { path, onKey, offset }: Fault): number {
  if (onKey) return keyAt(located, path);
  const { node } = find(located, path);
  return offset !== undefined && node.textAt !== undefined ? node.textAt + offset : node.at;
}

/**
 * Validates, after making good what YAML and variables can't tell: a section without content (`prometheus:`) is one that was left out,
 * and a variable's text may stand for true, false or a number where one is expected. A misspelt form (`mode: sokcet`) is taken for the
 * nearest one, once it is noted, so that what else is wrong in its section is found in the same go. Changes `raw`.
 */
function validate(
  raw: Record<string, unknown>,
  located: Located,
): { readonly config?: Config; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  for (;;) {
    // A file is read once: compiling the schema would cost more than it saves.
    const parsed = configSchema.safeParse(raw, { jitless: true });
    if (parsed.success) return { config: parsed.data, faults };
    const { issues } = parsed.error;
    const misspelt = issues.flatMap((issue) =>
      issue.code === 'invalid_union' && 'discriminator' in issue ? explain(configSchema, raw, located, [issue]) : [],
    );
    const changed = [
      ...issues.map((issue) => madeGood(raw, located, issue)),
      ...misspelt.map(({ path, suggestion }) => suggestion !== undefined && replace(raw, path, suggestion)),
    ];
    if (!changed.includes(true)) return { faults: [...faults, ...explain(configSchema, raw, located, issues)] };
    faults.push(...misspelt.filter(({ suggestion }) => suggestion !== undefined));
  }
}

function replace(raw: Record<string, unknown>, path: readonly PropertyKey[], value: unknown): boolean {
  const parent = valueAt(raw, path.slice(0, -1));
  const key = path.at(-1);
  return isMapping(parent) && key !== undefined && Reflect.set(parent, key, value);
}

function madeGood(raw: Record<string, unknown>, located: Located, issue: z.core.$ZodIssue): boolean {
  const key = issue.path.at(-1);
  if (issue.code !== 'invalid_type' || key === undefined) return false;
  const parent = valueAt(raw, issue.path.slice(0, -1));
  if (!isMapping(parent) && !Array.isArray(parent)) return false;
  const value: unknown = Reflect.get(parent, key);
  if (value === null && (issue.expected === 'object' || issue.expected === 'array')) {
    return isMapping(parent) && Reflect.deleteProperty(parent, key);
  }
  if (typeof value !== 'string' || find(located, issue.path).node.variables === undefined) return false;
  if (issue.expected === 'boolean' && /^(?:true|false)$/.test(value)) return Reflect.set(parent, key, value === 'true');
  const isNumber = issue.expected === 'number' || issue.expected === 'int';
  return isNumber && /^\d{1,15}$/.test(value) && Reflect.set(parent, key, Number(value));
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
