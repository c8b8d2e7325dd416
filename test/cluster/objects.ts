import type { Target, TestNamespace } from './target.ts';

/** Where an object is put and what it is called. */
interface Place {
  readonly namespace: TestNamespace;
  readonly name: string;
}

/** What a pod shall run, and where. */
interface Running {
  /** Of a node; none: where the scheduler puts it. */
  readonly node?: string | undefined;
  readonly command?: readonly string[];
  readonly image?: string;
}

/** A pod that sleeps unless told otherwise; on a user's cluster the image is DAYTWO_TEST_IMAGE, else Docker Hub's busybox. */
export function pod(target: Target, place: Place, running: Running = {}): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: metadata(place), spec: podSpec(target, running) };
}

/** A deployment, its pods labelled `app: NAME`. */
export function deployment(
  target: Target,
  place: Place,
  { replicas, ...running }: Running & { replicas: number },
): object {
  const labels = { ...place.namespace.labels, app: place.name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(place),
    spec: {
      replicas,
      selector: { matchLabels: { app: place.name } },
      template: { metadata: { labels }, spec: podSpec(target, running) },
    },
  };
}

/** A disruption budget over the pods labelled `app: APP`. */
export function budget(place: Place, app: string, rule: { minAvailable: number } | { maxUnavailable: number }): object {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(place),
    spec: { ...rule, selector: { matchLabels: { app } } },
  };
}

function metadata({ namespace, name }: Place): object {
  return { name, namespace: namespace.name, labels: { ...namespace.labels, app: name } };
}

function podSpec(target: Target, { node, command, image }: Running): object {
  return {
    terminationGracePeriodSeconds: 1,
    ...(node === undefined ? {} : { nodeSelector: { 'kubernetes.io/hostname': node } }),
    containers: [
      {
        name: 'main',
        image: image ?? target.image,
        imagePullPolicy: 'IfNotPresent',
        command: command ?? ['sleep', '1000000'],
        resources: { requests: { cpu: '5m', memory: '8Mi' } },
      },
    ],
  };
}
