import { z } from 'zod';
import type { OwnerState } from '../../cluster/acting.ts';
import { claimsOf } from './board.ts';
import type { Looker } from './left.ts';
import type { NodeWorld } from './world.ts';

const controller = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  ready: z.number(),
});

/** Step `before`: what was there, how ready the controllers were, and which attached volumes must let go. */
export const beforeResult = z.object({
  controllers: z.array(controller),
  volumes: z.array(z.string()),
  pods: z.number(),
  /** Of all pods that were there. */
  uids: z.array(z.string()).optional(),
});

/** A controller before the drain. */
export type ControllerBefore = z.output<typeof controller>;

/** The topmost controllers that count ready pods: a Deployment rather than its ReplicaSet, which a rollout replaces. */
function tops(owners: readonly OwnerState[]): readonly OwnerState[] {
  return owners.filter(
    ({ ref, ready, parent, found }) =>
      found === 'yes' &&
      ready !== undefined &&
      ref.kind !== 'DaemonSet' &&
      !owners.some((other) => other.ref.uid === parent?.uid && other.ready !== undefined),
  );
}

/** Remembers what verification compares with, by a look of this looker's. */
export async function rememberBefore(
  looker: Looker,
  world: Pick<NodeWorld, 'cluster'>,
  signal: AbortSignal,
): Promise<z.output<typeof beforeResult>> {
  const left = await looker.look(signal);
  const controllers = tops(looker.owners()).map(({ ref, ready = 0 }) => ({ ...ref, ready }));
  const wanted = left.flatMap(({ pod }) =>
    pod.volumes.filter(({ kind }) => kind === 'claim').map(({ name }) => ({ namespace: pod.namespace, name })),
  );
  const claims = await world.cluster.claims(wanted, signal);
  const volumes = left.flatMap(({ pod }) =>
    claimsOf(pod, claims).flatMap(({ kind, volume }) => (kind === 'csi' && volume !== undefined ? [volume] : [])),
  );
  const uids = left.map(({ pod }) => pod.uid);
  return { controllers, volumes: [...new Set(volumes)], pods: left.length, uids };
}
