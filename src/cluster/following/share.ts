import type { PodState } from '../acting.ts';

/** Different parts that are remembered; then it begins anew. */
const KNOWN_MAX = 20_000;

/** Makes equal parts of many objects one and the same, so that they are held once. Parts are never changed. */
export function createSharing(): <T>(part: T) => T {
  let known = new Map<string, unknown>();
  return <T>(part: T): T => {
    const key = JSON.stringify(part);
    if (key === undefined) return part;
    const found = known.get(key);
    // The same text was made of a part of the same shape.
    if (found !== undefined) return found as T;
    if (known.size >= KNOWN_MAX) known = new Map();
    known.set(key, part);
    return part;
  };
}

const NOTHING = {};

/** A pod as placement needs it, with the parts that pods have in common shared. Annotations are left out: they are large, and unread there. */
export function leanPod(pod: PodState, share: <T>(part: T) => T): PodState {
  return {
    ...pod,
    namespace: share(pod.namespace),
    node: share(pod.node),
    phase: share(pod.phase),
    labels: share(pod.labels),
    annotations: NOTHING,
    owner: share(pod.owner),
    requests: share(pod.requests),
    nodeSelector: share(pod.nodeSelector),
    nodeTerms: share(pod.nodeTerms),
    tolerations: share(pod.tolerations),
    near: share(pod.near),
    apart: share(pod.apart),
    spread: share(pod.spread),
    hostPorts: share(pod.hostPorts),
    volumes: share(pod.volumes),
  };
}
