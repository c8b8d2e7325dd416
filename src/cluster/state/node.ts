import type { NodeState } from '../acting.ts';
import { amountsOf } from './amounts.ts';
import { conditionOf, type RawCondition, type RawMeta } from './raw.ts';
import { type Managed, writersOf } from './writers.ts';

/** A Node of core/v1, as JSON has it. */
export interface RawNode {
  readonly metadata?: RawMeta & Managed;
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key?: string; readonly value?: string; readonly effect?: string }[];
  };
  readonly status?: {
    readonly conditions?: readonly RawCondition[];
    readonly allocatable?: Readonly<Record<string, unknown>>;
  };
}

/** Source: kubernetes.io/docs/reference/labels-annotations-taints; the second is the older form. */
const CONTROL_PLANE = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

/** Reads a node. @throws DaytwoError bad-answer for amounts that are none */
export function nodeState({ metadata = {}, spec = {}, status = {} }: RawNode): NodeState {
  const labels = metadata.labels ?? {};
  const ready = conditionOf(status.conditions, 'Ready')?.status;
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    labels,
    annotations: metadata.annotations ?? {},
    taints: (spec.taints ?? []).map(({ key = '', value = '', effect = '' }) => ({ key, value, effect })),
    unschedulable: spec.unschedulable ?? false,
    ...(spec.unschedulable ? { writers: writersOf(metadata) } : {}),
    ready: ready === 'True' || ready === 'False' ? ready : 'Unknown',
    controlPlane: CONTROL_PLANE.some((label) => Object.hasOwn(labels, label)),
    allocatable: amountsOf(status.allocatable),
  };
}
