import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnNode, ownNode } from './kwokNode.ts';
import { accountIn } from './rights.ts';
import { clusterTarget, ENV, type TestNamespace } from './target.ts';

const target = clusterTarget();
const { kubectl, apply } = target;
const TIMEOUT_MS = 400_000;
const KINDS = 'deployments,replicasets,statefulsets,daemonsets,jobs,poddisruptionbudgets,pods,persistentvolumeclaims';

let folder: string;
let space: TestNamespace;
let node: OwnNode;
let kubeconfig: string;

/** `npm run test:cluster` with nothing of ours in its environment but what is named. */
async function run(
  env: Readonly<Record<string, string>>,
): Promise<{ readonly failed: boolean; readonly said: string }> {
  const { PATH = '', HOME = '' } = process.env;
  const program = join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
  const args = [program, 'run', '--config', 'vitest.cluster.config.ts'];
  const { failed, all } = await execa(process.execPath, args, {
    ...{ cwd: join(import.meta.dirname, '../..'), env: { PATH, HOME, ...env }, extendEnv: false },
    ...{ all: true, reject: false, stdin: 'ignore', timeout: TIMEOUT_MS },
  });
  return { failed, said: all };
}

const versions = async (args: readonly string[]): Promise<string> =>
  kubectl([
    'get',
    ...args,
    '-o',
    'jsonpath={range .items[*]}{.metadata.uid} {.metadata.generation} {.spec.unschedulable}{"\\n"}{end}',
  ]);

// It makes an account with a role for the whole cluster: not in a user's.
describe.runIf(target.own)('with a cluster of somebody’s own', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daytwo-user-'));
    space = await target.namespace('d-user');
    node = await ownNode(target, 'd-user', { open: true });
    // To look everywhere, as deploy/rbac/read.yaml has it; to do anything in the one namespace; to cordon the one node.
    const api = 'rbac.authorization.k8s.io';
    const { name, labels } = space;
    const subjects = [{ kind: 'ServiceAccount', name: 'tester', namespace: name }];
    const any = { apiGroups: ['', 'apps', 'batch', 'policy', 'metrics.k8s.io'], resources: ['*'], verbs: ['*'] };
    const metadata = { name, labels };
    await apply([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'tester', namespace: name, labels } },
      { apiVersion: `${api}/v1`, kind: 'Role', metadata: { ...metadata, namespace: name }, rules: [any] },
      {
        ...{ apiVersion: `${api}/v1`, kind: 'RoleBinding', metadata: { ...metadata, namespace: name }, subjects },
        roleRef: { apiGroup: api, kind: 'Role', name },
      },
      {
        ...{ apiVersion: `${api}/v1`, kind: 'ClusterRole', metadata },
        rules: [
          { apiGroups: [''], resources: ['nodes', 'pods', 'events'], verbs: ['get', 'list'] },
          { apiGroups: ['metrics.k8s.io'], resources: ['nodes', 'pods'], verbs: ['get', 'list'] },
          { apiGroups: [''], resources: ['nodes'], resourceNames: [node.name], verbs: ['patch'] },
        ],
      },
      {
        ...{ apiVersion: `${api}/v1`, kind: 'ClusterRoleBinding', metadata, subjects },
        roleRef: { apiGroup: api, kind: 'ClusterRole', name },
      },
    ]);
    kubeconfig = await accountIn(target, { namespace: space, folder }, 'tester');
  });
  afterAll(async () => {
    await kubectl(['delete', 'clusterrole,clusterrolebinding', space.name, '--ignore-not-found']);
    await space.remove();
    await node.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('refuses to start where nobody said what may be touched', async () => {
    const file = join(folder, 'unsaid.json');
    await writeFile(file, '{}');
    const unsaid = await run({ KUBECONFIG: file });
    expect(unsaid.failed).toBe(true);
    expect(unsaid.said).toContain(`${ENV.namespace} and ${ENV.nodes} not`);
    expect((await run({ KUBECONFIG: file, [ENV.namespace]: 'x' })).said).toContain(`${ENV.nodes} not`);
  }, 60_000);

  it(
    'works with an account that may do nothing outside of the one namespace and the named node, and leaves both as they were',
    async () => {
      const mine = ['configmaps', '-n', space.name];
      await kubectl(['create', 'configmap', 'mine', '-n', space.name]);
      const theirs = await versions(mine);
      const command = process.env[ENV.kubectl];
      const { failed, said } = await run({
        ...{ KUBECONFIG: kubeconfig, [ENV.namespace]: space.name, [ENV.nodes]: node.name, [ENV.image]: target.image },
        ...(target.realNode ? { [ENV.realNode]: target.realNode } : {}),
        ...(command ? { [ENV.kubectl]: command } : {}),
      });
      expect(failed, said).toBe(false);
      expect(said).toContain(`namespace ${space.name}, nodes ${node.name}`);
      // What they made is gone, what was somebody's is there.
      await kubectl(['wait', 'pods', '--all', '-n', space.name, '--for=delete', '--timeout=60s']);
      expect(await kubectl(['get', KINDS, '-n', space.name, '-o', 'name'])).toBe('');
      expect(await versions(mine)).toBe(theirs);
      expect(await kubectl(['get', 'node', node.name, '-o', 'jsonpath={.spec.unschedulable}'])).toBe('');
      console.log(
        said
          .split('\n')
          .filter((line) => /Tests|Files|✓|↓/.test(line))
          .join('\n'),
      );
    },
    TIMEOUT_MS,
  );
});
