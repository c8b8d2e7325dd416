import type { NodeWorld } from '../../../src/actions/node/world.ts';
import type { Place } from './place.ts';
import type { Raw } from './rawApi.ts';
import { localVolume } from './volumes.ts';
import { barePod, workload } from './workloads.ts';

/** A scene of real objects, and what the plan of the node's drain must say of it. */
export interface Scene {
  readonly name: string;
  readonly set: (stage: Stage) => Promise<unknown>;
  /** Level and code, and what the sentence must name. */
  readonly says: readonly (readonly [string, ...string[]])[];
  /** What isn't in the cluster: the clock, backups. */
  readonly world?: Partial<NodeWorld>;
  /** The first pod of the node is the bot's own. */
  readonly isSelf?: true;
}

/** Where scenes are set: the node that is drained, and what they are made of. */
export interface Stage {
  readonly place: Place;
  readonly node: string;
  web(replicas: number, more?: object): object;
  /** Fills the node with workloads and their budgets. */
  fill(pods: number, ...objects: readonly object[]): Promise<void>;
  /** A pod's specification that binds it to the node. */
  readonly bound: { readonly spec: object };
  patchNode(change: object): Promise<unknown>;
  taint(key: string): Promise<unknown>;
  status(pod: string, change: object): Promise<unknown>;
  firstPod(): Promise<string>;
  /** A StatefulSet whose volume is on the node. */
  localDb(): Promise<void>;
  /** A pod whose deletion its finalizer holds up. */
  dying(): Promise<void>;
  /** A pod `owned` whose controller is a Service: of no kind that makes pods. */
  odd(): Promise<void>;
  /** Lets an object go that a finalizer holds. */
  releaseLater(path: string): void;
  /** Takes away what outlives the namespace. */
  strike(): Promise<void>;
}

/** Kept by whoever made an object, so that its deletion takes until it is let go. */
export const HELD = { finalizers: ['daytwo.dev/test'] };

/** Sets the stage up. */
export function stageOf(place: Place): Stage {
  const [node] = place.nodes;
  const later: (() => Promise<unknown>)[] = [];
  const pods = `/api/v1/namespaces/${place.namespace}/pods`;
  const stage: Stage = {
    place,
    node,
    web: (replicas, more = {}) => workload(place, { name: 'web', replicas, ...more }),
    fill: (count, ...objects) => place.fill(objects, count),
    bound: { spec: { nodeSelector: { ...place.confined.nodeSelector, 'kubernetes.io/hostname': node } } },
    patchNode: (change) => place.api.patch(`/api/v1/nodes/${node}`, change),
    taint: async (key) => {
      const { spec } = await place.node();
      return stage.patchNode({ spec: { taints: [...spec.taints, { key, effect: 'PreferNoSchedule' }] } });
    },
    status: (pod, change) => place.api.patch(`${pods}/${pod}/status`, { status: change }),
    firstPod: async () => (await place.pods(node))[0].metadata.name,
    localDb: async () => {
      const { mount, remove } = await localVolume(place, 'data', node);
      later.push(remove);
      await place.fill([workload(place, { kind: 'StatefulSet', name: 'db', spec: mount })], 1);
    },
    dying: async () => {
      const pod: Raw = barePod(place, 'solo', node);
      await place.make([{ ...pod, metadata: { ...pod.metadata, ...HELD } }]);
      stage.releaseLater(`${pods}/solo`);
      await place.api.remove(`${pods}/solo`);
    },
    odd: async () => {
      const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'odd' }, spec: { ports: [{ port: 80 }] } };
      const { metadata } = await place.api.create(`/api/v1/namespaces/${place.namespace}/services`, service);
      const pod: Raw = barePod(place, 'owned', node);
      const owner = { apiVersion: 'v1', kind: 'Service', name: 'odd', uid: metadata.uid, controller: true };
      await place.make([{ ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } }]);
    },
    releaseLater: (path) => void later.push(() => place.api.patch(path, { metadata: { finalizers: null } })),
    strike: async () => {
      for (const undo of later.splice(0)) await undo();
    },
  };
  return stage;
}
