import { z } from 'zod';
import type { NodeWriters } from '../acting.ts';

/** What a Node's metadata tells of its writers. */
export interface Managed {
  readonly managedFields?: readonly { readonly manager?: string; readonly fieldsV1?: unknown }[];
}

/** Sets of fields are trees of `f:NAME`. Source: kubernetes.io/docs/reference/using-api/server-side-apply, "Field management". */
const fields = z.object({
  'f:metadata': z.object({ 'f:annotations': z.record(z.string(), z.unknown()).optional() }).optional(),
  'f:spec': z.record(z.string(), z.unknown()).optional(),
});

/** Who wrote a node's cordon and its annotations last; undefined where nobody is recorded for the cordon. Pure. */
export function writersOf({ managedFields = [] }: Managed): NodeWriters | undefined {
  let cordon: string | undefined;
  const annotations: Record<string, string> = {};
  for (const { manager = '', fieldsV1 } of managedFields) {
    const own = fields.safeParse(fieldsV1).data;
    if (own?.['f:spec'] && Object.hasOwn(own['f:spec'], 'f:unschedulable')) cordon = manager;
    for (const key of Object.keys(own?.['f:metadata']?.['f:annotations'] ?? {}))
      if (key.startsWith('f:')) annotations[key.slice(2)] = manager;
  }
  return cordon === undefined ? undefined : { cordon, annotations };
}
