import type { Place } from './place.ts';

/** A controller with its pods. */
export interface Workload {
  readonly kind?: 'Deployment' | 'StatefulSet' | 'ReplicaSet' | 'DaemonSet' | 'Job';
  readonly name: string;
  readonly replicas?: number;
  /** Over what every pod of the place has. */
  readonly spec?: object;
  readonly annotations?: object;
  readonly labels?: object;
}

type Where = Pick<Place, 'confined' | 'image'>;

/** The specification of a pod that runs in the place and asks for little. */
export function podSpec({ confined, image }: Where, more: object = {}): object {
  return {
    ...confined,
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'main', image, resources: { requests: { cpu: '5m', memory: '8Mi' } } }],
    ...more,
  };
}

/** A controller, its pods labelled `app: NAME`. */
export function workload(where: Where, { kind = 'Deployment', name, replicas = 1, ...rest }: Workload): object {
  const { spec = {}, annotations = {}, labels = {} } = rest;
  const selector = { matchLabels: { app: name } };
  const template = { metadata: { labels: { app: name, ...labels }, annotations }, spec: podSpec(where, spec) };
  const batch = { restartPolicy: 'Never' };
  return {
    apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name },
    spec:
      kind === 'Job'
        ? { template: { ...template, spec: { ...template.spec, ...batch } } }
        : {
            ...(kind === 'DaemonSet' ? {} : { replicas }),
            selector,
            template,
            ...(kind === 'StatefulSet' ? { serviceName: name, podManagementPolicy: 'Parallel' } : {}),
          },
  };
}

/** A pod of its own. */
export const barePod = (where: Where, name: string, node: string, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: name } },
  spec: podSpec(where, { nodeName: node, ...more }),
});

/** A disruption budget over the pods labelled `app: APP`. */
export const budget = (name: string, app: string, rule: object): object => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name },
  spec: { ...rule, selector: { matchLabels: { app } } },
});
