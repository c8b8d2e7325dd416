import { eventually } from '../support/real/process.ts';
import type { Target, TestNamespace } from './target.ts';

/** Where pods are put. */
interface Where {
  readonly space: TestNamespace;
  readonly node: string;
}

const spec = (target: Target, node: string): object => ({
  nodeName: node,
  restartPolicy: 'Never',
  terminationGracePeriodSeconds: 1,
  containers: [{ name: 'main', image: target.image }],
});

const metadataOf = ({ name, labels }: TestNamespace, called: string, more: object = {}): object => ({
  name: called,
  namespace: name,
  labels: { ...labels, app: called },
  ...more,
});

/** A pod on a node of kwok's; `more` goes into its metadata. */
export function aPod(target: Target, { space, node }: Where, name: string, more: object = {}): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: metadataOf(space, name, more), spec: spec(target, node) };
}

/** A Job whose pods run on a node of kwok's, one at a time, until `completions` have succeeded. */
export function aJob(target: Target, { space, node }: Where, name: string, completions = 1): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadataOf(space, name),
    spec: {
      completions,
      parallelism: 1,
      template: { metadata: { labels: { ...space.labels, app: name } }, spec: spec(target, node) },
    },
  };
}

/** Ends a running pod of kwok's as a kubelet would say it: by its status. */
export async function endPod({ kubectl }: Target, space: TestNamespace, pod: string, status: object): Promise<void> {
  const patch = ['patch', 'pod', pod, '-n', space.name, '--subresource=status', '--type=merge'];
  await kubectl([...patch, '-p', JSON.stringify({ status })]);
}

/** Waits for the one running pod of `app` and gives its name. */
export async function runningPod({ kubectl }: Target, space: TestNamespace, app: string): Promise<string> {
  const look = ['get', 'pods', '-n', space.name, '-l', `app=${app}`, '--field-selector=status.phase=Running'];
  return eventually(
    `a running pod of ${app}`,
    async () => (await kubectl([...look, '-o', 'jsonpath={.items[0].metadata.name}']).catch(() => '')) || undefined,
    60_000,
  );
}
