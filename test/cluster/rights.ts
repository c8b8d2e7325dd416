import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Target, TestNamespace } from './target.ts';

/** One verb on one resource: what a role can't be cut below. */
export interface Grant {
  readonly apiGroup: string;
  readonly resource: string;
  readonly verb: string;
  readonly resourceNames?: readonly string[] | undefined;
}

/** An account of the test's, with a kubeconfig. */
export interface Account {
  readonly kubeconfig: string;
}

interface Role {
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
}

/** What a ClusterRole of deploy/rbac grants, verb by verb. */
export function grantsOf(file: string): readonly Grant[] {
  const role: Role = parse(readFileSync(new URL(`../../deploy/rbac/${file}`, import.meta.url), 'utf8'));
  return role.rules.flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
    apiGroups.flatMap((apiGroup) =>
      resources.flatMap((resource) => verbs.map((verb) => ({ apiGroup, resource, verb, resourceNames }))),
    ),
  );
}

/** `list pods`, `list pods.metrics.k8s.io`: as people and errors call it. */
export function wordsOf({ apiGroup, resource, verb }: Grant): string {
  return `${verb} ${resource}${apiGroup === '' ? '' : `.${apiGroup}`}`;
}

/**
 * Makes accounts with exactly these grants, one for each entry, at once. Their roles carry the namespace's label: `removeAccounts`
 * takes them away.
 */
export async function makeAccounts(
  target: Target,
  { namespace, folder }: { namespace: TestNamespace; folder: string },
  wanted: readonly (readonly Grant[])[],
): Promise<readonly Account[]> {
  const names = wanted.map((_, index) => `${namespace.labels['daytwo-test']}-${index}`);
  await target.apply(wanted.flatMap((grants, index) => objectsOf(names[index] ?? '', namespace, grants)));
  return await Promise.all(
    names.map(async (name) => ({ kubeconfig: await accountIn(target, { namespace, folder }, name) })),
  );
}

/** Writes a kubeconfig for a service account of a namespace, good for an hour. Returns its path. */
export async function accountIn(
  target: Target,
  { namespace, folder }: { namespace: TestNamespace; folder: string },
  name: string,
): Promise<string> {
  const view = JSON.parse(await target.kubectl(['config', 'view', '--raw', '--minify', '-o', 'json']));
  const token = await target.kubectl(['create', 'token', name, '-n', namespace.name, '--duration=1h']);
  const kubeconfig = join(folder, `${name}.json`);
  const user = view.contexts[0].context.user;
  await writeFile(kubeconfig, JSON.stringify({ ...view, users: [{ name: user, user: { token } }] }), { mode: 0o600 });
  return kubeconfig;
}

/** Removes what `makeAccounts` made outside of the namespace. */
export async function removeAccounts(target: Target, namespace: TestNamespace): Promise<void> {
  const selector = `daytwo-test=${namespace.labels['daytwo-test']}`;
  await target.kubectl(['delete', 'clusterroles,clusterrolebindings', '-l', selector, '--ignore-not-found']);
}

function objectsOf(name: string, namespace: TestNamespace, grants: readonly Grant[]): readonly object[] {
  const metadata = { name, labels: namespace.labels };
  const api = 'rbac.authorization.k8s.io';
  const rules = grants.map(({ apiGroup, resource, verb, resourceNames }) => ({
    apiGroups: [apiGroup],
    resources: [resource],
    verbs: [verb],
    ...(resourceNames ? { resourceNames } : {}),
  }));
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata, namespace: namespace.name } },
    { apiVersion: `${api}/v1`, kind: 'ClusterRole', metadata, rules },
    {
      apiVersion: `${api}/v1`,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: api, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: namespace.name }],
    },
  ];
}
