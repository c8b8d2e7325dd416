import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import {
  type Cluster as ClusterEntry,
  type Context,
  newClusters,
  newContexts,
  newUsers,
  type User,
} from '@kubernetes/client-node/dist/config_types.js';
import { parse, YAMLParseError } from 'yaml';
import { DaytwoError, messageOf } from '../lib/errors.ts';
import { UNNAMED } from './names.ts';

/** Where the cluster's address and credentials come from. All undefined: as kubectl looks for them. */
export interface ClusterSettings {
  /** Path of a kubeconfig; `~/` is the home folder. */
  readonly kubeconfig?: string | undefined;
  /** A context of it; none: its current one. */
  readonly context?: string | undefined;
  /** The pod's own service account. */
  readonly inCluster?: boolean | undefined;
}

/** One context, resolved. Files are absolute paths; nothing of it may be logged. */
export interface Target {
  /** How people call the cluster. */
  readonly name: string;
  readonly cluster: ClusterEntry;
  readonly user: User;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Source: kubernetes.io/docs/tasks/run-application/access-api-from-pod. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Finds the cluster: inCluster, else the given kubeconfig, else KUBECONFIG, else ~/.kube/config, else the pod's service account.
 * @throws DaytwoError not-configured (nothing there, or the file can't be read) | invalid (no kubeconfig, no such context)
 */
export async function findTarget(settings: ClusterSettings, env: Env): Promise<Target> {
  const host = env['KUBERNETES_SERVICE_HOST'];
  if (settings.inCluster) {
    if (host) return inClusterTarget(host, env);
    throw new DaytwoError('not-configured', 'cluster.inCluster is set, but this process does not run in a pod.');
  }
  const fallback = join(env['HOME'] ?? homedir(), '.kube', 'config');
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  const explicit = settings.kubeconfig === undefined ? listed : [expandHome(settings.kubeconfig, env)];
  const files = await Promise.all((explicit.length > 0 ? explicit : [fallback]).map(readKubeconfig));
  const found = files.filter((file) => file !== undefined);
  if (found.length > 0) return contextOf(merge(found), settings.context);
  if (explicit.length === 0 && host) return inClusterTarget(host, env);
  throw new DaytwoError(
    'not-configured',
    explicit.length > 0
      ? `The kubeconfig ${explicit.join(', ')} isn't there. Check cluster.kubeconfig.`
      : `No cluster is set up: there is no ${fallback}. Set cluster.kubeconfig.`,
  );
}

function inClusterTarget(host: string, env: Env): Target {
  const address = host.includes(':') ? `[${host}]` : host;
  return {
    name: UNNAMED,
    cluster: {
      name: UNNAMED,
      server: `https://${address}:${env['KUBERNETES_SERVICE_PORT'] ?? '443'}`,
      caFile: join(SERVICE_ACCOUNT, 'ca.crt'),
      skipTLSVerify: false,
    },
    user: { name: UNNAMED, authProvider: tokenFile(join(SERVICE_ACCOUNT, 'token')) },
  };
}

interface Kubeconfig {
  readonly clusters: readonly ClusterEntry[];
  readonly contexts: readonly Context[];
  readonly users: readonly User[];
  readonly currentContext: string | undefined;
}

/** Undefined when the file isn't there. */
async function readKubeconfig(path: string): Promise<Kubeconfig | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new DaytwoError('not-configured', `The kubeconfig ${path} can't be read: ${messageOf(error)}.`);
  }
  return parseKubeconfig(text, path);
}

/** Neither the parser's messages nor its errors go further: they quote the file, and the file holds credentials. */
function parseKubeconfig(text: string, path: string): Kubeconfig {
  let file: unknown;
  try {
    file = parse(text);
  } catch (error) {
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
    throw new DaytwoError(
      'invalid',
      `The kubeconfig ${path} is no YAML${line === undefined ? '' : ` (line ${line})`}.`,
    );
  }
  if (typeof file !== 'object' || file === null || !('clusters' in file) || !('contexts' in file))
    throw new DaytwoError('invalid', `${path} is no kubeconfig: it has no clusters and contexts.`);
  const base = dirname(resolve(path));
  const current = 'current-context' in file ? file['current-context'] : undefined;
  const users: unknown = 'users' in file ? file.users : [];
  try {
    return {
      clusters: newClusters(file.clusters).map((one) => ({ ...one, ...absolute(base, 'caFile', one.caFile) })),
      contexts: newContexts(file.contexts),
      users: newUsers(withTokenFiles(users, base)).map((one) => ({
        ...one,
        ...absolute(base, 'certFile', one.certFile),
        ...absolute(base, 'keyFile', one.keyFile),
      })),
      currentContext: typeof current === 'string' && current !== '' ? current : undefined,
    };
  } catch (error) {
    throw new DaytwoError('invalid', `The kubeconfig ${path} is incomplete: ${messageOf(error)}.`);
  }
}

/**
 * The library knows `token-file` only and reads it once; kubectl's word is `tokenFile`, and it is read again as it changes. Both
 * become the provider that does so.
 */
function withTokenFiles(users: unknown, base: string): unknown {
  if (!Array.isArray(users)) return users;
  return users.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('user' in entry)) return entry;
    const user = entry.user;
    if (typeof user !== 'object' || user === null) return entry;
    const { tokenFile: ours, 'token-file': theirs, ...others } = user as Record<string, unknown>;
    const path = ours ?? theirs;
    if (typeof path !== 'string') return entry;
    return { ...entry, user: { ...others, token: undefined, 'auth-provider': tokenFile(absolutePath(base, path)) } };
  });
}

/** The shape that the library's FileAuth reads. */
function tokenFile(path: string): object {
  return { name: 'tokenFile', config: { tokenFile: path } };
}

/** kubectl's rule for several files: of equal names the first wins. */
function merge(files: readonly Kubeconfig[]): Kubeconfig {
  return {
    clusters: files.flatMap(({ clusters }) => clusters),
    contexts: files.flatMap(({ contexts }) => contexts),
    users: files.flatMap(({ users }) => users),
    currentContext: files.find(({ currentContext }) => currentContext !== undefined)?.currentContext,
  };
}

function contextOf(file: Kubeconfig, wanted: string | undefined): Target {
  const names = file.contexts.map(({ name }) => name).join(', ') || 'none';
  const name = wanted ?? file.currentContext;
  if (name === undefined)
    throw new DaytwoError('invalid', `The kubeconfig has no current context. Set cluster.context; it has: ${names}.`);
  const context = file.contexts.find((one) => one.name === name);
  if (!context)
    throw new DaytwoError('invalid', `The kubeconfig has no context ${name}. Check cluster.context; it has: ${names}.`);
  const cluster = file.clusters.find((one) => one.name === context.cluster);
  if (!cluster || !URL.canParse(cluster.server))
    throw new DaytwoError(
      'invalid',
      `The context ${name} names the cluster ${context.cluster}, which has no valid entry.`,
    );
  const user = file.users.find((one) => one.name === context.user) ?? { name: '' };
  return { name, cluster, user };
}

function expandHome(path: string, env: Env): string {
  return path.startsWith('~/') ? join(env['HOME'] ?? homedir(), path.slice(2)) : path;
}

function absolutePath(base: string, path: string): string {
  return isAbsolute(path) ? path : join(base, path);
}

function absolute<K extends string>(base: string, key: K, path: string | undefined): Partial<Record<K, string>> {
  return path ? ({ [key]: absolutePath(base, path) } as Record<K, string>) : {};
}
