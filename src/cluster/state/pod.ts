import type { Amounts, PodState, PodTerm, VolumeUse } from '../acting.ts';
import { amountsOf, most, plus } from './amounts.ts';
import {
  conditionOf,
  controllerOf,
  nodeTermsOf,
  queryOf,
  type RawCondition,
  type RawMeta,
  type RawNodeTerms,
  type RawSelector,
  timeOf,
} from './raw.ts';

interface RawContainer {
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: Readonly<Record<string, unknown>> };
  readonly ports?: readonly { readonly hostPort?: number; readonly hostIP?: string; readonly protocol?: string }[];
}

interface RawPodTerm {
  readonly topologyKey?: string;
  readonly labelSelector?: RawSelector;
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: RawSelector;
}

interface RawPodTerms {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly RawPodTerm[];
}

/** A Pod of core/v1, as JSON has it. */
export interface RawPod {
  readonly metadata?: RawMeta;
  readonly spec?: {
    readonly nodeName?: string;
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly terminationGracePeriodSeconds?: number;
    readonly overhead?: Readonly<Record<string, unknown>>;
    readonly resources?: { readonly requests?: Readonly<Record<string, unknown>> };
    readonly containers?: readonly RawContainer[];
    readonly initContainers?: readonly RawContainer[];
    readonly tolerations?: readonly {
      readonly key?: string;
      readonly operator?: string;
      readonly value?: string;
      readonly effect?: string;
    }[];
    readonly affinity?: {
      readonly nodeAffinity?: { readonly requiredDuringSchedulingIgnoredDuringExecution?: RawNodeTerms };
      readonly podAffinity?: RawPodTerms;
      readonly podAntiAffinity?: RawPodTerms;
    };
    readonly topologySpreadConstraints?: readonly {
      readonly topologyKey?: string;
      readonly maxSkew?: number;
      readonly whenUnsatisfiable?: string;
      readonly labelSelector?: RawSelector;
    }[];
    readonly volumes?: readonly {
      readonly name?: string;
      readonly emptyDir?: unknown;
      readonly hostPath?: { readonly path?: string };
      readonly persistentVolumeClaim?: { readonly claimName?: string };
      readonly ephemeral?: unknown;
    }[];
  };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly RawCondition[] };
}

/** Source: kubernetes.io/docs/reference/labels-annotations-taints, "kubernetes.io/config.mirror". */
const MIRROR = 'kubernetes.io/config.mirror';
/** The API's default of terminationGracePeriodSeconds. */
const GRACE_SECONDS = 30;

/** Reads a pod. @throws DaytwoError bad-answer for requests that are no quantities */
export function podState({ metadata = {}, spec = {}, status = {} }: RawPod): PodState {
  const namespace = metadata.namespace ?? '';
  const { nodeAffinity, podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const annotations = metadata.annotations ?? {};
  return {
    namespace,
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    labels: metadata.labels ?? {},
    annotations,
    node: spec.nodeName || undefined,
    phase: status.phase ?? 'Unknown',
    ready: conditionOf(status.conditions, 'Ready')?.status === 'True',
    deletedAt: timeOf(metadata.deletionTimestamp),
    graceSeconds: spec.terminationGracePeriodSeconds ?? GRACE_SECONDS,
    owner: controllerOf(metadata),
    mirror: Object.hasOwn(annotations, MIRROR),
    requests: requestsOf(spec),
    nodeSelector: spec.nodeSelector ?? {},
    nodeTerms: nodeTermsOf(nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    tolerations: (spec.tolerations ?? []).map(({ key = '', operator = 'Equal', value = '', effect = '' }) => ({
      key,
      operator,
      value,
      effect,
    })),
    near: podTerms(podAffinity, namespace),
    apart: podTerms(podAntiAffinity, namespace),
    spread: (spec.topologySpreadConstraints ?? [])
      .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule')
      .map(({ topologyKey = '', maxSkew = 1, labelSelector }) => ({
        topologyKey,
        maxSkew,
        query: queryOf(labelSelector),
      })),
    hostPorts: [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ ports }) =>
      (ports ?? []).flatMap(({ hostPort, hostIP = '0.0.0.0', protocol = 'TCP' }) =>
        hostPort ? [`${protocol}/${hostIP || '0.0.0.0'}/${hostPort}`] : [],
      ),
    ),
    volumes: volumesOf(spec),
  };
}

/**
 * What a pod asks for: containers and sidecars together, or the largest init container with the sidecars started before it, and its overhead;
 * pod-level requests go before the containers'. Source: k8s.io/component-helpers `resource/helpers.go`, PodRequests (1.36).
 */
function requestsOf({ containers, initContainers, overhead, resources }: NonNullable<RawPod['spec']>): Amounts {
  let running: Amounts = {};
  for (const one of containers ?? []) running = plus(running, amountsOf(one.resources?.requests));
  let sidecars: Amounts = {};
  let starting: Amounts = {};
  for (const one of initContainers ?? []) {
    const own = amountsOf(one.resources?.requests);
    if (one.restartPolicy === 'Always') sidecars = plus(sidecars, own);
    starting = most(starting, one.restartPolicy === 'Always' ? sidecars : plus(sidecars, own));
  }
  const needed = { ...most(plus(running, sidecars), starting), ...amountsOf(resources?.requests) };
  return plus(needed, amountsOf(overhead));
}

function podTerms(raw: RawPodTerms | undefined, own: string): readonly PodTerm[] {
  return (raw?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(
    ({ topologyKey = '', labelSelector, namespaces, namespaceSelector }) => ({
      topologyKey,
      query: queryOf(labelSelector),
      namespaces: namespaceSelector ? undefined : namespaces && namespaces.length > 0 ? namespaces : [own],
    }),
  );
}

/** The claim of a generic ephemeral volume is deleted with its pod. Source: kubernetes.io/docs/concepts/storage/ephemeral-volumes. */
function volumesOf({ volumes }: NonNullable<RawPod['spec']>): readonly VolumeUse[] {
  return (volumes ?? []).flatMap(({ name = '', emptyDir, hostPath, persistentVolumeClaim, ephemeral }): VolumeUse[] => {
    if (persistentVolumeClaim) return [{ kind: 'claim', name: persistentVolumeClaim.claimName ?? '' }];
    if (hostPath) return [{ kind: 'hostPath', name: hostPath.path ?? '' }];
    if (ephemeral) return [{ kind: 'ephemeral', name }];
    return emptyDir ? [{ kind: 'emptyDir', name }] : [];
  });
}
