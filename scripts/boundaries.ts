import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { forbidden, options } from './floors.ts';

const ROOTS = ['src', 'alerts', 'commands'];
/** Pages of the console: the browser resolves their imports, by routes of our own. */
const BROWSER = join('src', 'chat', 'console', 'web');

/** What a check of a tree found: the broken rules, and how many of its files were looked at. */
export interface BoundaryReport {
  readonly violations: readonly string[];
  readonly looked: number;
  readonly expected: number;
}

function sources(root: string): number {
  return readdirSync(root, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes(BROWSER),
  ).length;
}

/** Holds the imports of the tree in `folder` against the floors. Changes the process's folder. */
export async function checkBoundaries(folder: string): Promise<BoundaryReport> {
  process.chdir(folder);
  const { output } = await cruise(ROOTS, { ruleSet: { forbidden }, validate: true, ...options });
  const { summary, modules } = output as ICruiseResult;
  const own = modules.filter(({ source }) => /^(?:src|alerts|commands)\/.*\.ts$/.test(source));
  return {
    violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
    looked: own.length,
    expected: ROOTS.reduce((sum, root) => sum + sources(join(folder, root)), 0),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { violations, looked, expected } = await checkBoundaries(fileURLToPath(new URL('..', import.meta.url)));
  for (const violation of violations) console.error(violation);
  // A tool that looks at nothing finds nothing wrong.
  if (looked !== expected) console.error(`looked at ${looked} files of ${expected}`);
  console.log(`boundaries: ${violations.length} violations in ${looked} files`);
  process.exitCode = violations.length > 0 || looked !== expected ? 1 : 0;
}
