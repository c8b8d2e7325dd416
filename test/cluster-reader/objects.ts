import { readFileSync } from 'node:fs';
import { ObjectSerializer } from '@kubernetes/client-node/dist/gen/models/ObjectSerializer.js';
import type { V1Pod } from '@kubernetes/client-node/dist/gen/models/V1Pod.js';

/** A recorded file of test/captures/cluster. */
export function recorded(name: string): string {
  return readFileSync(new URL(`../captures/cluster/${name}`, import.meta.url), 'utf8');
}

/** The items of a recorded list, as JSON. */
export function recordedItems(name: string): Record<string, unknown>[] {
  const list: { items: Record<string, unknown>[] } = JSON.parse(recorded(name));
  return list.items;
}

/** JSON as the client library would give it: times are Dates. */
export function asModel<T>(type: string, json: unknown): T {
  return ObjectSerializer.deserialize(json, type, '');
}

/** A pod of the API as JSON says it. */
export function asPod(json: unknown): V1Pod {
  return asModel<V1Pod>('V1Pod', json);
}

/** Lines of words, as kubectl prints tables; two or more spaces are between columns. */
export function tableOf(text: string): string[][] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd().split(/\s{2,}/));
}
