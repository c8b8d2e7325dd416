import type { NodeSighting } from '../../../cluster/sighting.ts';
import type { Collection } from '../../../store/port.ts';

/** Something that changed about a node. Texts are the cluster's: bounded, and made inert where they are shown. */
export type NodeChange =
  | { readonly is: 'first-seen'; readonly kubelet: string }
  /** Another node has the name now. */
  | { readonly is: 'replaced'; readonly kubelet: string }
  | { readonly is: 'gone' }
  | { readonly is: 'back' }
  | { readonly is: 'kubelet'; readonly from: string; readonly to: string }
  /** `again`: it was something else in between, which nobody saw. */
  | {
      readonly is: 'condition';
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly again: boolean;
    }
  /** By a request of ours, or by a program: `kubectl`, empty where it isn't known. */
  | { readonly is: 'cordoned'; readonly request?: string; readonly manager: string }
  | { readonly is: 'uncordoned' };

/** An entry of a node's past. */
export interface PastEntry {
  /** When, epoch ms; where only noticing tells, when it was noticed. */
  readonly at: number;
  /** It was noticed, not told: it happened after this look, epoch ms, or at any time before where that isn't known. */
  readonly noticed?: { readonly after: number | undefined };
  readonly change: NodeChange;
}

/** What is kept of a node: how it was last, and what changed, newest first. Document id: its name. */
export interface NodePast {
  readonly seen: NodeSighting;
  /** Since when it isn't there any more, epoch ms. */
  readonly goneAt?: number;
  readonly entries: readonly PastEntry[];
}

/** What happened to nodes. Written when something changed, never otherwise. */
export const nodePasts: Collection<NodePast> = { kind: 'nodepast', keys: () => ({}) };
