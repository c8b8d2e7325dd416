import { z } from 'zod';

/**
 * One line of a watch. Source: kubernetes.io/docs/reference/using-api/api-concepts, "Efficient detection of changes".
 * - `put`: added or changed, `gone`: deleted, or no longer what the selector means
 * - `mark`: a bookmark; nothing changed up to this version
 * - `expired`: the version is forgotten, the list is to be read again
 * - `fault`: the server ends the watch for another reason
 */
export type WatchEvent =
  | { readonly is: 'put' | 'gone'; readonly uid: string; readonly version: string; readonly raw: unknown }
  | { readonly is: 'mark'; readonly version: string }
  | { readonly is: 'expired' }
  | { readonly is: 'fault'; readonly code: number; readonly text: string };

const line = z.object({ type: z.string(), object: z.record(z.string(), z.unknown()) });
const metadata = z.object({ uid: z.string().min(1).optional(), resourceVersion: z.string().min(1) });
const status = z.object({ code: z.number().optional(), message: z.string().optional() });

const GONE = 410;

/** Reads a line; undefined for one that is no event. Only its frame is checked: the object is read by who knows its kind. */
export function readEvent(text: string): WatchEvent | undefined {
  const found = line.safeParse(jsonOf(text)).data;
  if (!found) return undefined;
  const { type, object } = found;
  if (type === 'ERROR') {
    const { code = 500, message = '' } = status.safeParse(object).data ?? {};
    return code === GONE ? { is: 'expired' } : { is: 'fault', code, text: message };
  }
  const meta = metadata.safeParse(object['metadata']).data;
  if (!meta) return undefined;
  const { uid, resourceVersion: version } = meta;
  if (type === 'BOOKMARK') return { is: 'mark', version };
  if (uid === undefined) return undefined;
  if (type === 'ADDED' || type === 'MODIFIED') return { is: 'put', uid, version, raw: object };
  return type === 'DELETED' ? { is: 'gone', uid, version, raw: object } : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
