import { join } from 'node:path';
import { execa } from 'execa';
import type { Ground } from './ground.ts';

const TIMEOUT_MS = 60_000;

/** Runs the cluster's kubectl as its administrator. @throws execa's error, with what kubectl said */
export async function kubectl(
  { built, kubeconfigs }: Pick<Ground, 'built' | 'kubeconfigs'>,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const program = join(built.kubernetes, 'kubectl');
  const { stdout } = await execa(program, ['--kubeconfig', kubeconfigs.admin, ...args], {
    timeout: TIMEOUT_MS,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
  });
  return stdout;
}

/** Applies objects, all at once. */
export async function apply(ground: Pick<Ground, 'built' | 'kubeconfigs'>, items: readonly object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items };
  await kubectl(ground, ['apply', '-f', '-'], JSON.stringify(list));
}
