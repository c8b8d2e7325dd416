import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { findGo } from './go.ts';
import { say, took, warn } from './say.ts';
import { TOOLS, type Tool, type ToolName, toolFolder } from './tools.ts';

/** The folders of the built programs, by tool; where nothing was built, the folder is not there. */
export type Built = Readonly<Record<ToolName, string>>;

/** Cold, on two busy cores, the largest of them takes most of an hour. */
const BUILD_MS = 3 * 3600_000;

/**
 * Builds what the cache lacks of `names`, one tool after the other, at the lowest priority. What is kept is kept under the digest of go.mod,
 * go.sum and the arguments, and appears there whole or not at all.
 * @throws Error where Go is needed and not there, or a build fails
 */
export async function buildTools(cache: string, names: readonly ToolName[]): Promise<Built> {
  const folders: Partial<Record<ToolName, string>> = {};
  for (const tool of TOOLS) {
    const folder = await programFolder(cache, tool);
    if (names.includes(tool.name)) await build(cache, tool, folder);
    folders[tool.name] = folder;
  }
  return folders as Built;
}

/** Builds one tool that is no part of the cluster, where the cache lacks it. Gives its folder. Throws as `buildTools`. */
export async function buildTool(cache: string, tool: Tool): Promise<string> {
  const folder = await programFolder(cache, tool);
  await build(cache, tool, folder);
  return folder;
}

async function build(cache: string, tool: Tool, folder: string): Promise<void> {
  if (existsSync(folder)) return;
  const go = await findGo(cache);
  const started = performance.now();
  warn(`building ${tool.name} (once, until its go.sum changes; minutes on a small machine)`);
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, `.${tool.name}-`));
  try {
    await compile(go, tool, fresh);
    await rename(fresh, folder).catch((error: unknown) => {
      // Another run was faster, with the same result.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  say(`${tool.name}: built in ${took(started)}`);
}

async function compile(go: string, tool: Tool, folder: string): Promise<void> {
  const options = { cwd: toolFolder(tool.name), env: { CGO_ENABLED: '0' }, timeout: BUILD_MS };
  await execa('nice', ['-n', '19', go, ...buildArguments(tool), '-o', `${folder}/`, ...tool.packages], {
    ...options,
    stdout: 'ignore',
    stderr: 'inherit',
  });
  if (tool.documents) {
    const { module, paths, file } = tool.documents;
    const { stdout: source } = await execa(go, ['list', '-m', '-f', '{{.Dir}}', module], options);
    const texts = await Promise.all(paths.map((path) => readFile(join(source, path), 'utf8')));
    await writeFile(join(folder, file), texts.join('\n---\n'));
  }
  const lacking = tool.programs.filter((program) => !existsSync(join(folder, program)));
  if (lacking.length > 0) throw new Error(`${tool.name} was built, but ${lacking.join(', ')} did not come of it.`);
}

function buildArguments(tool: Tool): readonly string[] {
  return [
    'build',
    '-buildvcs=false',
    ...(tool.tags ? ['-tags', tool.tags] : []),
    '-ldflags',
    `-s -w ${tool.ldflags ?? ''}`.trim(),
  ];
}

async function programFolder(cache: string, tool: Tool): Promise<string> {
  const hash = createHash('sha256').update(
    JSON.stringify([buildArguments(tool), tool.packages, tool.documents ?? null]),
  );
  for (const file of ['go.mod', 'go.sum']) hash.update(await readFile(join(toolFolder(tool.name), file)));
  return join(cache, `${tool.name}-${hash.digest('hex').slice(0, 16)}`);
}
