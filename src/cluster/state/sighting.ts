import type { NodeSighting } from '../sighting.ts';
import { type RawCondition, type RawMeta, timeOf } from './raw.ts';

/** A Node of core/v1, as JSON has it. */
export interface RawSeenNode {
  readonly metadata?: RawMeta & {
    readonly managedFields?: readonly {
      readonly manager?: string;
      readonly time?: string;
      readonly fieldsV1?: { readonly 'f:spec'?: Readonly<Record<string, unknown>> };
    }[];
  };
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: {
    readonly nodeInfo?: { readonly kubeletVersion?: string };
    readonly conditions?: readonly (RawCondition & { readonly lastTransitionTime?: string })[];
  };
}

/** Kubernetes itself has five types of conditions; add-ons bring some more. */
const CONDITIONS_MAX = 30;
const TEXT_MAX = 100;
const MARK_MAX = 1000;

const short = (text: string | undefined): string => (text ?? '').slice(0, TEXT_MAX);

/**
 * Reads what is kept of a node. Who set a cordon is told by the entry of managedFields that owns the field; who took one away by none, since
 * the field goes with it. Source: kubernetes.io/docs/reference/using-api/server-side-apply, "Field management".
 */
export function nodeSighting(
  { metadata = {}, spec = {}, status = {} }: RawSeenNode,
  marks: readonly string[],
): NodeSighting {
  const { annotations = {}, managedFields = [] } = metadata;
  const owner = managedFields.find(({ fieldsV1 }) => Object.hasOwn(fieldsV1?.['f:spec'] ?? {}, 'f:unschedulable'));
  const wanted = marks.flatMap((mark) =>
    Object.hasOwn(annotations, mark) ? [[mark, annotations[mark]?.slice(0, MARK_MAX) ?? ''] as const] : [],
  );
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    kubelet: short(status.nodeInfo?.kubeletVersion),
    conditions: (status.conditions ?? [])
      .slice(0, CONDITIONS_MAX)
      .map(({ type, status: is, reason, lastTransitionTime }) => ({
        type: short(type),
        status: short(is),
        reason: short(reason),
        since: timeOf(lastTransitionTime) ?? 0,
      })),
    cordon: spec.unschedulable
      ? { manager: short(owner?.manager), at: timeOf(owner?.time), annotations: Object.fromEntries(wanted) }
      : undefined,
  };
}
