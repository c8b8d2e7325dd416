import type { KubeAnswer } from './kubeApi.ts';

/** JSON of the API, loosely: tests write it as they would write YAML. */
// biome-ignore lint/suspicious/noExplicitAny: manifests of all kinds
export type Manifest = any;

/** A request to the API server. */
export interface WorldRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly type?: string | undefined;
  readonly body?: Manifest;
}

/** A small cluster with its controllers: what the API answers, and what then happens, one tick at a time. */
export interface KubeWorld {
  /** Adds or replaces an object as `kubectl apply` would; its status comes from the controllers. */
  apply(object: Manifest): Manifest;
  /** Objects of a kind, as they are. */
  all(kind: string): Manifest[];
  get(kind: string, name: string, namespace?: string): Manifest | undefined;
  /** Takes an object away at once. */
  remove(kind: string, name: string, namespace?: string): void;
  /** Lets every controller look once: deletions end, pods are made, scheduled, become ready; budgets are worked out. */
  tick(): void;
  /** Works out the budgets only. */
  judge(): void;
  /** Answers as the API server; undefined for a path that it doesn't know. */
  handle(request: WorldRequest): KubeAnswer | undefined;
  /** Every request so far. */
  readonly requests: WorldRequest[];
  /** Called before each answer: may answer otherwise, or change the world. */
  before: (request: WorldRequest) => KubeAnswer | undefined;
  /** Evictions that took effect: `namespace/name uid`. */
  readonly evicted: string[];
}

const PATHS: Readonly<Record<string, string>> = {
  '/api/v1/nodes': 'Node',
  '/api/v1/pods': 'Pod',
  '/api/v1/namespaces': 'Namespace',
  '/api/v1/persistentvolumes': 'PersistentVolume',
  '/api/v1/persistentvolumeclaims': 'PersistentVolumeClaim',
  '/api/v1/replicationcontrollers': 'ReplicationController',
  '/apis/apps/v1/replicasets': 'ReplicaSet',
  '/apis/apps/v1/deployments': 'Deployment',
  '/apis/apps/v1/statefulsets': 'StatefulSet',
  '/apis/apps/v1/daemonsets': 'DaemonSet',
  '/apis/batch/v1/jobs': 'Job',
  '/apis/policy/v1/poddisruptionbudgets': 'PodDisruptionBudget',
  '/apis/storage.k8s.io/v1/volumeattachments': 'VolumeAttachment',
};

const status = (code: number, reason: string, message: string, details?: object): KubeAnswer => ({
  status: code,
  body: {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
    ...(details ? { details } : {}),
  },
});

const isReady = (pod: Manifest): boolean =>
  (pod.status?.conditions ?? []).some((one: Manifest) => one.type === 'Ready' && one.status === 'True');
const isOver = (pod: Manifest): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
const lives = (pod: Manifest): boolean => !pod.metadata.deletionTimestamp && !isOver(pod);

function selects(selector: Manifest, labels: Manifest = {}): boolean {
  if (!selector) return false;
  const some = (one: Manifest): boolean => {
    const has = Object.hasOwn(labels, one.key);
    if (one.operator === 'Exists') return has;
    if (one.operator === 'DoesNotExist') return !has;
    return one.operator === 'In'
      ? has && one.values.includes(labels[one.key])
      : !has || !one.values.includes(labels[one.key]);
  };
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every(some)
  );
}

const amount = (text: Manifest): number => {
  const [, figure, unit] = /^(\d+)(m|Ki|Mi|Gi)?$/.exec(String(text ?? 0)) ?? ['', '0', ''];
  return Number(figure) * ({ m: 0.001, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 }[unit ?? ''] ?? 1);
};

/** Makes an empty world. `random` (0 to 1) chooses wherever Kubernetes promises no order. */
export function createKubeWorld(random: () => number = Math.random): KubeWorld {
  const objects = new Map<string, Manifest>();
  const requests: WorldRequest[] = [];
  const evicted: string[] = [];
  let version = 1000;
  let serial = 0;

  const idOf = (kind: string, namespace: string | undefined, name: string): string =>
    `${kind}|${namespace ?? ''}|${name}`;
  const next = (): string => {
    version += 1;
    return String(version);
  };
  const of = (kind: string): Manifest[] => [...objects.values()].filter((one) => one.kind === kind);
  const touch = (object: Manifest): void => {
    object.metadata.resourceVersion = next();
  };
  const get: KubeWorld['get'] = (kind, name, namespace) => objects.get(idOf(kind, namespace, name));
  const drop = (object: Manifest): void => {
    objects.delete(idOf(object.kind, object.metadata.namespace, object.metadata.name));
  };

  const apply: KubeWorld['apply'] = (given) => {
    serial += 1;
    const object = structuredClone(given);
    const { name, namespace } = object.metadata;
    const known = get(object.kind, name, namespace);
    const same = known && JSON.stringify(known.spec) === JSON.stringify(object.spec);
    object.metadata = {
      uid: known?.metadata.uid ?? `uid-${serial}`,
      creationTimestamp: '2026-11-20T18:00:00Z',
      ...object.metadata,
      generation: known ? known.metadata.generation + (same ? 0 : 1) : 1,
      resourceVersion: next(),
    };
    object.status ??= known?.status ?? {};
    objects.set(idOf(object.kind, namespace, name), object);
    return object;
  };

  const podsOf = (owner: Manifest): Manifest[] =>
    of('Pod').filter((pod) => pod.metadata.ownerReferences?.some((one: Manifest) => one.uid === owner.metadata.uid));

  function make(owner: Manifest, name: string): void {
    const template = owner.spec.template ?? {};
    serial += 1;
    const claim = owner.spec.claimOf?.(name);
    apply({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: {
        name,
        namespace: owner.metadata.namespace,
        uid: `pod-${serial}`,
        labels: template.metadata?.labels ?? {},
        annotations: template.metadata?.annotations ?? {},
        ownerReferences: [
          {
            apiVersion: owner.apiVersion,
            kind: owner.kind,
            name: owner.metadata.name,
            uid: owner.metadata.uid,
            controller: true,
          },
        ],
      },
      spec: {
        containers: [{ name: 'c' }],
        ...template.spec,
        ...(claim ? { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }] } : {}),
      },
      status: { phase: 'Pending' },
    });
  }

  function reconcile(owner: Manifest): void {
    const own = podsOf(owner);
    if (owner.kind === 'ReplicaSet') {
      const living = own.filter(lives);
      for (let n = living.length; n < owner.spec.replicas; n += 1) {
        serial += 1;
        make(owner, `${owner.metadata.name}-${serial.toString(36)}`);
      }
    } else if (owner.kind === 'StatefulSet') {
      for (let n = 0; n < owner.spec.replicas; n += 1) {
        const name = `${owner.metadata.name}-${n}`;
        const pod = get('Pod', name, owner.metadata.namespace);
        if (!pod) make(owner, name);
        if (owner.spec.podManagementPolicy !== 'Parallel' && (!pod || !isReady(pod) || !lives(pod))) break;
      }
    }
    const ready = podsOf(owner).filter((pod) => lives(pod) && isReady(pod)).length;
    owner.status = { ...owner.status, readyReplicas: ready, replicas: podsOf(owner).filter(lives).length };
  }

  const room = (node: Manifest, pod: Manifest): boolean => {
    const there = of('Pod').filter((one) => one.spec.nodeName === node.metadata.name && !isOver(one));
    const asks = (one: Manifest, what: string): number =>
      (one.spec.containers ?? []).reduce(
        (sum: number, { resources }: Manifest) => sum + amount(resources?.requests?.[what]),
        0,
      );
    const allocatable = node.status.allocatable;
    if (there.length + 1 > Number(allocatable.pods)) return false;
    return ['cpu', 'memory'].every(
      (what) =>
        there.reduce((sum, one) => sum + asks(one, what), 0) + asks(pod, what) <= amount(allocatable[what]) + 1e-9,
    );
  };

  const suits = (node: Manifest, pod: Manifest): boolean => {
    const labels = node.metadata.labels ?? {};
    const tolerates = (taint: Manifest): boolean =>
      (pod.spec.tolerations ?? []).some(
        (one: Manifest) =>
          (one.key === undefined || one.key === taint.key) && (one.operator === 'Exists' || one.value === taint.value),
      );
    const bound = (pod.spec.volumes ?? []).every(({ persistentVolumeClaim }: Manifest) => {
      const claim =
        persistentVolumeClaim && get('PersistentVolumeClaim', persistentVolumeClaim.claimName, pod.metadata.namespace);
      const volume = claim?.spec.volumeName && get('PersistentVolume', claim.spec.volumeName);
      const terms = volume?.spec.nodeAffinity?.required?.nodeSelectorTerms;
      return !terms || terms.some((term: Manifest) => selects({ matchExpressions: term.matchExpressions }, labels));
    });
    return (
      (!node.spec?.unschedulable || tolerates({ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' })) &&
      isReady(node) &&
      Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value) &&
      (node.spec?.taints ?? []).every((taint: Manifest) => taint.effect === 'PreferNoSchedule' || tolerates(taint)) &&
      bound &&
      room(node, pod)
    );
  };

  function schedule(): void {
    for (const pod of of('Pod').filter((one) => lives(one) && !one.spec.nodeName)) {
      const fitting = of('Node').filter((node) => suits(node, pod));
      const node = fitting[Math.floor(random() * fitting.length)];
      if (!node) continue;
      pod.spec.nodeName = node.metadata.name;
      touch(pod);
    }
  }

  function run(): void {
    for (const pod of of('Pod').filter((one) => lives(one) && one.spec.nodeName)) {
      const node = get('Node', pod.spec.nodeName);
      if (pod.metadata.annotations?.sick || !node || !isReady(node) || isReady(pod)) continue;
      pod.status = { ...pod.status, phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
      touch(pod);
    }
  }

  const share = (value: number | string, total: number): number =>
    typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100);

  /** Source: kubernetes `pkg/controller/disruption/disruption.go`, getExpectedPodCount and updatePdbStatus. */
  function judge(): void {
    for (const budget of of('PodDisruptionBudget')) {
      if (budget.metadata.annotations?.frozen) continue;
      const own = of('Pod').filter(
        (pod) =>
          pod.metadata.namespace === budget.metadata.namespace &&
          !isOver(pod) &&
          selects(budget.spec.selector, pod.metadata.labels),
      );
      const { minAvailable, maxUnavailable } = budget.spec;
      const owners = new Map<string, number>();
      let scaleless = false;
      for (const pod of own) {
        const ref = pod.metadata.ownerReferences?.[0];
        const owner = ref && get(ref.kind, ref.name, pod.metadata.namespace);
        if (owner?.spec?.replicas === undefined) scaleless = true;
        else owners.set(owner.metadata.uid, owner.spec.replicas);
      }
      const scale = [...owners.values()].reduce((sum, one) => sum + one, 0);
      const byScale = maxUnavailable !== undefined || typeof minAvailable === 'string';
      const broken = byScale && scaleless;
      const expected = broken ? 0 : byScale ? scale : own.length;
      const desired = broken
        ? 0
        : maxUnavailable === undefined
          ? share(minAvailable ?? 1, expected)
          : Math.max(0, expected - share(maxUnavailable, expected));
      const disrupted = new Set(own.filter((pod) => pod.metadata.deletionTimestamp));
      const healthy = own.filter((pod) => isReady(pod) && !disrupted.has(pod)).length;
      budget.status = {
        observedGeneration: budget.metadata.generation,
        expectedPods: expected,
        desiredHealthy: desired,
        currentHealthy: healthy,
        disruptionsAllowed: broken || expected <= 0 ? 0 : Math.max(0, healthy - desired),
        conditions: [
          broken
            ? { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed' }
            : { type: 'DisruptionAllowed', status: healthy > desired ? 'True' : 'False', reason: 'SufficientPods' },
        ],
      };
      touch(budget);
    }
  }

  function tick(): void {
    for (const pod of of('Pod')) if (pod.metadata.deletionTimestamp && !pod.metadata.finalizers) drop(pod);
    for (const owner of [...of('ReplicaSet'), ...of('StatefulSet')]) reconcile(owner);
    schedule();
    run();
    for (const owner of [...of('ReplicaSet'), ...of('StatefulSet')]) reconcile(owner);
    for (const deployment of of('Deployment')) {
      const sets = of('ReplicaSet').filter((one) => one.metadata.ownerReferences?.[0]?.uid === deployment.metadata.uid);
      deployment.status = { readyReplicas: sets.reduce((sum, one) => sum + (one.status.readyReplicas ?? 0), 0) };
    }
    judge();
  }

  /** Source: kubernetes `pkg/registry/core/pod/storage/eviction.go` (1.36). */
  function evict(namespace: string, name: string, body: Manifest, query: Readonly<Record<string, string>>): KubeAnswer {
    const pod = get('Pod', name, namespace);
    const dry = query['dryRun'] === 'All' || body.deleteOptions?.dryRun?.includes('All');
    if (query['dryRun'] && !body.deleteOptions?.dryRun) return status(400, 'BadRequest', 'dryRun mismatch');
    if (body.apiVersion !== 'policy/v1' || body.kind !== 'Eviction' || body.metadata?.name !== name)
      return status(400, 'BadRequest', 'not an Eviction of this pod');
    if (!pod) return status(404, 'NotFound', `pods "${name}" not found`);
    const wanted = body.deleteOptions?.preconditions?.uid;
    if (wanted !== undefined && wanted !== pod.metadata.uid)
      return status(
        409,
        'Conflict',
        `Operation cannot be fulfilled on Pod "${name}": the UID in the precondition (${wanted}) does not match the UID in record (${pod.metadata.uid}). The object might have been deleted and then recreated`,
        { name, kind: 'Pod' },
      );
    if (!isOver(pod) && pod.status?.phase !== 'Pending' && !pod.metadata.deletionTimestamp) {
      const budgets = of('PodDisruptionBudget').filter(
        (one) => one.metadata.namespace === namespace && selects(one.spec.selector, pod.metadata.labels),
      );
      if (budgets.length > 1)
        return {
          status: 500,
          body: {
            kind: 'Status',
            status: 'Failure',
            code: 500,
            message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
          },
        };
      const [budget] = budgets;
      const refused = budget && !sparesUnready(pod, budget) ? decrement(budget, dry) : undefined;
      if (refused) return refused;
    }
    if (dry) return { status: 201, body: { kind: 'Status', status: 'Success', code: 201 } };
    if (!pod.metadata.deletionTimestamp) {
      pod.metadata.deletionTimestamp = new Date(0).toISOString();
      evicted.push(`${namespace}/${name} ${pod.metadata.uid}`);
      touch(pod);
    }
    return { status: 201, body: { kind: 'Status', status: 'Success', code: 201 } };
  }

  const sparesUnready = (pod: Manifest, { spec, status: is }: Manifest): boolean =>
    !isReady(pod) &&
    (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow' ||
      (is.currentHealthy >= is.desiredHealthy && is.desiredHealthy > 0));

  function decrement(budget: Manifest, dry: boolean): KubeAnswer | undefined {
    const { name } = budget.metadata;
    const held = (message: string): KubeAnswer =>
      status(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
        causes: [{ reason: 'DisruptionBudget', message }],
      });
    const is = budget.status;
    if ((is.observedGeneration ?? 0) < budget.metadata.generation)
      return held(`The disruption budget ${name} is still being processed by the server.`);
    if (is.disruptionsAllowed <= 0)
      return held(
        `The disruption budget ${name} needs ${is.desiredHealthy} healthy pods and has ${is.currentHealthy} currently`,
      );
    if (!dry) is.disruptionsAllowed -= 1;
    return undefined;
  }

  /** As the API server deletes a finished pod: by its uid, and at once where no finalizer holds it. */
  function deletion(pod: Manifest, body: Manifest): KubeAnswer {
    const { name, namespace, uid, finalizers } = pod.metadata;
    const wanted = body?.preconditions?.uid;
    if (wanted !== undefined && wanted !== uid)
      return status(
        409,
        'Conflict',
        `Operation cannot be fulfilled on pods "${name}": the UID in the precondition (${wanted}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
      );
    if (isOver(pod) && !(finalizers?.length > 0)) objects.delete(idOf('Pod', namespace, name));
    else pod.metadata.deletionTimestamp = new Date(0).toISOString();
    return { body: pod };
  }

  function patch(node: Manifest, type: string | undefined, body: Manifest): KubeAnswer {
    if (type !== 'application/merge-patch+json') return status(415, 'UnsupportedMediaType', `unexpected ${type}`);
    const wanted = body.metadata?.resourceVersion;
    if (wanted !== undefined && wanted !== node.metadata.resourceVersion)
      return status(
        409,
        'Conflict',
        `Operation cannot be fulfilled on nodes "${node.metadata.name}": the object has been modified; please apply your changes to the latest version and try again`,
      );
    node.metadata.annotations ??= {};
    for (const [key, value] of Object.entries(body.metadata?.annotations ?? {})) {
      if (value === null) delete node.metadata.annotations[key];
      else node.metadata.annotations[key] = value;
    }
    node.spec = { ...node.spec, ...body.spec };
    touch(node);
    return { body: node };
  }

  function matches(object: Manifest, selector: string): boolean {
    return selector.split(',').every((part) => {
      const [, path = '', sign, wanted] = /^([^!=]*)(!?=)(.*)$/.exec(part) ?? [];
      if (path === '') return true;
      const value = path.split('.').reduce((at: Manifest, key) => at?.[key], object) ?? '';
      return sign === '!=' ? value !== wanted : value === wanted;
    });
  }

  const world: KubeWorld = {
    apply,
    all: of,
    get,
    remove: (kind, name, namespace) => void objects.delete(idOf(kind, namespace, name)),
    tick,
    judge,
    requests,
    evicted,
    before: () => undefined,
    handle: (request) => {
      requests.push(request);
      const otherwise = world.before(request);
      if (otherwise) return otherwise;
      const { method, path, query, type, body } = request;
      const [, base = '', namespace, plural, name, sub] =
        /^(.*?)(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?(?:\/(eviction))?$/.exec(path) ?? [];
      const single = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(path)?.[1];
      if (single) return objectAnswer('Namespace', get('Namespace', single), single);
      const kind = PATHS[`${base}/${plural}`];
      if (!kind) return undefined;
      if (sub === 'eviction' && method === 'POST' && kind === 'Pod')
        return evict(namespace ?? '', name ?? '', body, query);
      if (name !== undefined) {
        const object = get(kind, name, namespace);
        if (method === 'PATCH' && kind === 'Node' && object) return patch(object, type, body);
        if (method === 'DELETE' && kind === 'Pod' && object) return deletion(object, body);
        return method === 'GET' || !object ? objectAnswer(kind, object, name) : status(405, 'MethodNotAllowed', method);
      }
      const all = of(kind).filter(
        (one) =>
          (namespace === undefined || one.metadata.namespace === namespace) &&
          matches(one, query['fieldSelector'] ?? ''),
      );
      const start = Number(query['continue'] ?? 0);
      const end = start + Number(query['limit'] ?? all.length);
      const more = end < all.length ? { continue: String(end) } : {};
      return {
        body: {
          kind: `${kind}List`,
          metadata: { resourceVersion: String(version), ...more },
          items: all.slice(start, end),
        },
      };
    },
  };
  const objectAnswer = (kind: string, object: Manifest | undefined, name: string): KubeAnswer =>
    object ? { body: object } : status(404, 'NotFound', `${kind.toLowerCase()}s "${name}" not found`);
  apply({ kind: 'Namespace', metadata: { name: 'kube-system', uid: 'cluster-uid' } });
  return world;
}
