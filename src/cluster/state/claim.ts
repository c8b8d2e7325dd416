import type { ClaimState } from '../acting.ts';
import { nodeTermsOf, type RawMeta, type RawNodeTerms } from './raw.ts';

/** A PersistentVolumeClaim, as JSON has it. */
export interface RawClaim {
  readonly metadata?: RawMeta;
  readonly spec?: { readonly volumeName?: string };
}

/** A PersistentVolume, as JSON has it. */
export interface RawVolume {
  readonly metadata?: RawMeta;
  readonly spec?: {
    readonly nodeAffinity?: { readonly required?: RawNodeTerms };
    readonly local?: { readonly path?: string };
    readonly hostPath?: { readonly path?: string };
    readonly csi?: unknown;
    readonly nfs?: unknown;
  };
}

/** A claim with its volume, where it is bound to one that could be read. */
export function claimState({ metadata = {}, spec = {} }: RawClaim, volume: RawVolume | undefined): ClaimState {
  const { nodeAffinity, local, hostPath, csi, nfs } = volume?.spec ?? {};
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    volume: spec.volumeName || undefined,
    nodeTerms: nodeTermsOf(nodeAffinity?.required),
    kind: local ? 'local' : hostPath ? 'hostPath' : csi ? 'csi' : nfs ? 'nfs' : 'other',
    path: local?.path ?? hostPath?.path,
  };
}
