import { nodePasts } from '../actions/node/past/model.ts';
import { noSuchNode } from '../cluster/whichNode.ts';
import { gateRequests } from '../gate/requests.ts';
import { messageOf } from '../lib/errors.ts';
import { inertLine } from '../lib/text.ts';
import type { Services } from './command.ts';
import type { NodeSheet, Part } from './nodeSheet.ts';

/** Since when events are asked for; the API server keeps them for an hour by default. */
const EVENTS_MS = 24 * 3_600_000;
/** Requests that are looked through, newest first. */
const REQUESTS_MOST = 200;

/**
 * Looks at a node from all sides at once; where there is none of that name, says so and which may have been meant. What can't be looked at says why.
 * @throws DaytwoError as `Cluster.nodes`, where nothing can be told at all
 */
export async function lookAtNode(
  name: string,
  { cluster, nodes, store, clock }: Services,
  signal: AbortSignal,
): Promise<NodeSheet | { readonly nobody: string }> {
  const part = async <T>(look: () => Promise<T>): Promise<Part<T>> => {
    try {
      return { seen: await look() };
    } catch (error) {
      return { unseen: inertLine(signal.aborted ? 'it took too long' : messageOf(error)) };
    }
  };
  const now = clock.now();
  const absent = { unseen: 'no cluster is configured' };
  const [views, state, pods, events, drain, recent, past] = await Promise.all([
    cluster.nodes(signal),
    nodes ? part(() => nodes.cluster.node(name, signal)) : absent,
    nodes ? part(() => nodes.cluster.pods({ node: name }, signal)) : absent,
    part(() => cluster.events({ about: `Node/${name}`, sinceMs: now - EVENTS_MS }, signal)),
    nodes ? part(() => nodes.drain(name, signal)) : absent,
    store.find(gateRequests, { order: 'down', limit: REQUESTS_MOST }),
    store.get(nodePasts, name),
  ]);
  const view = views.find((one) => one.name === name);
  const requests = recent.map(({ body: { request } }) => request).filter(({ plan }) => isFor(name, plan));
  if (!view) return { nobody: noSuchNode(name, cluster.name, views) };
  return { view, state, pods, events, drain, requests, past: past?.body, now };
}

const isFor = (name: string, { action, target }: { readonly action: string; readonly target: string }): boolean =>
  target === name && (action.startsWith('node.') || action.startsWith('disk.'));
