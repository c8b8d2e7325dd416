import { join } from 'node:path';
import { execa } from 'execa';
import type { Built } from '../machine/build.ts';

/** What kubectl needs: its program and the administrator's kubeconfig. */
export interface Admin {
  readonly built: Built;
  readonly kubeconfig: string;
}

const TIMEOUT_MS = 60_000;

/** Runs the cluster's kubectl as its administrator. @throws execa's error, with what kubectl said */
export async function kubectl({ built, kubeconfig }: Admin, args: readonly string[], input?: string): Promise<string> {
  const program = join(built.kubernetes, 'kubectl');
  const { stdout } = await execa(program, ['--kubeconfig', kubeconfig, ...args], {
    timeout: TIMEOUT_MS,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
  });
  return stdout;
}

/** Applies objects, all at once. */
export async function apply(admin: Admin, items: readonly object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items };
  await kubectl(admin, ['apply', '-f', '-'], JSON.stringify(list));
}
