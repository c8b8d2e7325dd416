import { randomUUID } from 'node:crypto';
import { execa } from 'execa';
import { IMAGES } from './parts/images.ts';

/** How the run's set-up tells the tests what it found; the first two are for users with a cluster of their own. */
export const ENV = {
  /** The one namespace that the tests may use. */
  namespace: 'DAYTWO_TEST_NAMESPACE',
  /** The nodes that they may cordon and drain, comma-separated. */
  nodes: 'DAYTWO_TEST_NODES',
  /** One that runs pods which have logs. */
  realNode: 'DAYTWO_TEST_REAL_NODE',
  /** An image with sh, sleep and echo that a user's nodes can have. */
  image: 'DAYTWO_TEST_IMAGE',
  kubectl: 'DAYTWO_TEST_KUBECTL',
  own: 'DAYTWO_TEST_OWN',
} as const;

/** The cluster that the tests run against, and what they may touch of it. */
export interface Target {
  readonly kubeconfig: string;
  /** The suite's own cluster: tests may do there what they would never do to a user's. */
  readonly own: boolean;
  /** Nodes that may be cordoned and drained; kwok's on the suite's own cluster. */
  readonly nodes: readonly string[];
  /** A node with a kubelet, `node-0` on the suite's own; undefined where there is none. */
  readonly realNode: string | undefined;
  /** Has sh, sleep and echo, and is on every real node already or can be pulled there. */
  readonly image: string;
  /** Runs kubectl and gives its stdout. @throws execa's error, which quotes stderr */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Applies objects, in the order given. */
  apply(objects: readonly object[]): Promise<void>;
  /** A namespace to work in: a new one of the own cluster, the named one of a user's. `remove` ends what was made. */
  namespace(purpose: string): Promise<TestNamespace>;
}

/** Where a test file keeps its objects. */
export interface TestNamespace {
  readonly name: string;
  /** On a user's cluster only what carries the test's label goes: every object made there must have it. */
  readonly labels: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

const TIMEOUT_MS = 120_000;
const KINDS =
  'deployments,statefulsets,daemonsets,jobs,pods,poddisruptionbudgets,services,configmaps,persistentvolumeclaims';

/** The target of this run. @throws Error outside of `npm run test:cluster` */
export function clusterTarget(env: NodeJS.ProcessEnv = process.env): Target {
  const kubeconfig = env['KUBECONFIG'];
  if (!kubeconfig) throw new Error('No cluster. Run these tests by npm run test:cluster.');
  const own = env[ENV.own] === 'yes';
  const kubectl = async (args: readonly string[], input?: string): Promise<string> => {
    const { stdout } = await execa(env[ENV.kubectl] ?? 'kubectl', ['--kubeconfig', kubeconfig, ...args], {
      timeout: TIMEOUT_MS,
      ...(input === undefined ? { stdin: 'ignore' } : { input }),
    });
    return stdout;
  };
  return {
    kubeconfig,
    own,
    nodes: (env[ENV.nodes] ?? '').split(',').filter((name) => name !== ''),
    realNode: env[ENV.realNode] || undefined,
    image: own ? IMAGES.busybox : (env[ENV.image] ?? 'busybox:1.36'),
    kubectl,
    apply: async (items) => {
      await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    },
    namespace: async (purpose) => {
      const labels = { 'daytwo-test': `${purpose}-${randomUUID().slice(0, 8)}` };
      if (!own) {
        const name = env[ENV.namespace] ?? '';
        const selector = `daytwo-test=${labels['daytwo-test']}`;
        const remove = async (): Promise<void> => {
          await kubectl(['delete', KINDS, '-n', name, '-l', selector, '--ignore-not-found']);
        };
        return { name, labels, remove };
      }
      const name = labels['daytwo-test'];
      await kubectl(['create', 'namespace', name]);
      await accountThere(kubectl, name);
      const remove = async (): Promise<void> => {
        await kubectl(['delete', 'namespace', name, '--wait=false']);
      };
      return { name, labels, remove };
    },
  };
}

/** Pods are refused until a controller has made the namespace's service account. */
async function accountThere(kubectl: Target['kubectl'], namespace: string): Promise<void> {
  const wait = ['wait', 'serviceaccount/default', '-n', namespace, '--for=create', '--timeout=60s'];
  await kubectl(wait);
}
