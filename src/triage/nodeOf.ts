import { clip, inertLine } from '../lib/text.ts';
import type { Exporter } from './exporter.ts';
import { endpointOf, isDnsSubdomain, isLoopback } from './grammar.ts';
import type { AskReason, Unresolved } from './runbook.ts';

/** A node of the cluster. */
export interface KnownNode {
  readonly name: string;
  readonly internalIPs: readonly string[];
}

/** A pod, for the node it runs on. */
export interface KnownPod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string | undefined;
}

/** A configured host. `address` is `user@host` or `host` for ssh. */
export interface KnownHost {
  readonly name: string;
  readonly via: string;
  readonly address?: string | undefined;
}

/** The machine concerned, or why it can't be told. */
export interface Place {
  readonly node: string | undefined;
  readonly host: string | undefined;
  readonly unresolved: Unresolved | undefined;
}

interface Clues {
  readonly labels: Readonly<Record<string, string>>;
  readonly exporter: Exporter;
  readonly backupHost: string | undefined;
}

interface Places {
  readonly nodes: readonly KnownNode[] | undefined;
  readonly pods: readonly KnownPod[];
  readonly hosts: readonly KnownHost[];
}

/** Labels that can only mean the node concerned: if one is there and unknown, nothing else is tried. */
const NODE_LABELS = ['exported_node', 'node', 'kubernetes_node', 'k8s_node_name'];
/** Labels that often hold a machine's name; tried, and passed over if they don't. */
const MAYBE_LABELS = ['nodename', 'hostname', 'host'];
const SHOWN_LETTERS = 60;

type Hit = { readonly node: string } | { readonly ask: AskReason; readonly named: string } | undefined;

/**
 * Finds the machine: a label that names the node; the host of the backup concerned; `instance` as an exact node name, then without its
 * port as a node's InternalIP or a host's name or address; the node of the pod (the exporter's or the subject's); the only host where
 * nothing names another machine. The first clue that names a machine decides; none is overruled by a weaker one. Pure.
 */
export function resolveNode(clues: Clues, places: Places): Place {
  const hit =
    byNodeLabel(clues.labels, places) ??
    (clues.backupHost === undefined ? undefined : named(clues.backupHost, places)) ??
    byMaybeLabel(clues.labels, places) ??
    byInstanceOrPod(clues, places) ??
    byOnlyHost(clues.labels, places);
  if (hit && 'node' in hit) return { node: hit.node, host: hostOf(hit.node, places), unresolved: undefined };
  const ask = hit ?? nothing(clues);
  return { node: undefined, host: undefined, unresolved: { reason: ask.ask, text: question(ask.ask, ask.named) } };
}

function byNodeLabel(labels: Readonly<Record<string, string>>, places: Places): Hit {
  const value = NODE_LABELS.map((name) => labels[name]).find(
    (candidate) => candidate !== undefined && candidate !== '',
  );
  if (value === undefined) return undefined;
  return machine(value, places) ?? { ask: places.nodes ? 'unknown-name' : 'nodes-unknown', named: value };
}

function byMaybeLabel(labels: Readonly<Record<string, string>>, places: Places): Hit {
  for (const name of MAYBE_LABELS) {
    const hit = labels[name] === undefined ? undefined : machine(labels[name], places);
    if (hit && 'node' in hit) return hit;
  }
  return undefined;
}

function byInstanceOrPod({ labels, exporter }: Clues, places: Places): Hit {
  const ownInstance = exporter === 'state' || exporter === 'push';
  const instance = labels['exported_instance'] ?? (ownInstance ? undefined : labels['instance']);
  const hit = instance === undefined ? undefined : machine(instance, places);
  if (hit && 'node' in hit) return hit;
  const onPod = byPod(labels, exporter, instance, places);
  if (onPod) return onPod;
  if (hit) return hit;
  if (instance !== undefined && endpointOf(instance)) {
    return { ask: places.nodes ? 'unknown-name' : 'nodes-unknown', named: instance };
  }
  return undefined;
}

/** Nothing was found: says whether at least the exporter was named. */
function nothing({ labels, exporter }: Clues): { readonly ask: AskReason; readonly named: string } {
  const own = exporter === 'state' || exporter === 'push' ? (labels['instance'] ?? '') : '';
  return own === '' ? { ask: 'no-label', named: '' } : { ask: 'exporter-own', named: own };
}

/** The pod of the labels, or the pod that `instance` names. Two pods of one name in different namespaces are no clue. */
function byPod(
  labels: Readonly<Record<string, string>>,
  exporter: Exporter,
  instance: string | undefined,
  places: Places,
): Hit {
  const pod = labels['exported_pod'] ?? (exporter === 'push' ? undefined : labels['pod']);
  const namespace = labels['exported_namespace'] ?? labels['namespace'];
  const names = [pod, instance === undefined ? undefined : (endpointOf(instance)?.host ?? instance)];
  for (const name of names) {
    const fits = places.pods.filter(
      (one) => one.name === name && (namespace === undefined || one.namespace === namespace || name !== pod),
    );
    const node = fits.length === 1 ? fits[0]?.node : undefined;
    if (node !== undefined) return named(node, places);
  }
  return undefined;
}

/** One host, at most one node, and nothing that names another machine: it is this one. */
function byOnlyHost(labels: Readonly<Record<string, string>>, places: Places): Hit {
  const [only, second] = places.hosts;
  if (!only || second || places.nodes === undefined || places.nodes.length > 1) return undefined;
  const other = places.nodes[0];
  const same = !other || other.name === only.name || hostOf(other.name, places) === only.name;
  return same && !labels['pod'] ? { node: other?.name ?? only.name } : undefined;
}

/** A node's or a host's exact name, else an endpoint whose host is a name, an InternalIP or a host's address. */
function machine(value: string, places: Places): Hit {
  const exact = named(value, places);
  if (exact) return exact;
  const endpoint = endpointOf(value);
  if (!endpoint) return undefined;
  if (isLoopback(endpoint.host)) return byLoopback(value, places);
  const byName = named(endpoint.host, places);
  if (byName) return byName;
  const nodes = (places.nodes ?? []).filter((node) => node.internalIPs.includes(endpoint.host));
  if (nodes.length > 1) return { ask: 'ambiguous', named: value };
  if (nodes[0]) return { node: nodes[0].name };
  const hosts = places.hosts.filter((host) => addressOf(host) === endpoint.host);
  if (hosts.length > 1) return { ask: 'ambiguous', named: value };
  return hosts[0] ? { node: nodeOfHost(hosts[0], places) } : undefined;
}

/** localhost is the machine of whoever wrote it: known only where there is one machine, this one. */
function byLoopback(value: string, places: Places): Hit {
  const [only, second] = places.hosts;
  if (only && !second && only.via === 'local') return { node: nodeOfHost(only, places) };
  return { ask: 'loopback', named: value };
}

function named(value: string, places: Places): { readonly node: string } | undefined {
  if (!isDnsSubdomain(value)) return undefined;
  if (places.nodes?.some((node) => node.name === value)) return { node: value };
  const host = places.hosts.find((one) => one.name === value);
  return host ? { node: nodeOfHost(host, places) } : undefined;
}

/** The node that a host is, by name or by address; else the host's own name stands for it. */
function nodeOfHost(host: KnownHost, places: Places): string {
  const nodes = places.nodes ?? [];
  if (nodes.some((node) => node.name === host.name)) return host.name;
  const address = addressOf(host);
  const fits = address === undefined ? [] : nodes.filter((node) => node.internalIPs.includes(address));
  return fits.length === 1 && fits[0] ? fits[0].name : host.name;
}

function hostOf(node: string, places: Places): string | undefined {
  return places.hosts.find((host) => host.name === node || nodeOfHost(host, places) === node)?.name;
}

function addressOf(host: KnownHost): string | undefined {
  return host.address === undefined
    ? undefined
    : endpointOf(host.address.slice(host.address.lastIndexOf('@') + 1))?.host;
}

function question(reason: AskReason, raw: string): string {
  const it = `"${clip(inertLine(raw), SHOWN_LETTERS)}"`;
  switch (reason) {
    case 'no-label':
      return 'The alert names no machine.';
    case 'exporter-own':
      return `The alert names no machine: ${it} is the exporter's own address.`;
    case 'loopback':
      return `${it} could be any machine: name the node in the scrape configuration.`;
    case 'unknown-name':
      return `${it} is neither a node of the cluster nor a configured host.`;
    case 'ambiguous':
      return `${it} fits several machines.`;
    case 'nodes-unknown':
      return `${it} is no configured host, and the cluster could not be asked for its nodes.`;
  }
}
