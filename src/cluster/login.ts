import { readFile } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import type { Authenticator } from '@kubernetes/client-node/dist/auth.js';
import type { User } from '@kubernetes/client-node/dist/config_types.js';
import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js';
import { FileAuth } from '@kubernetes/client-node/dist/file_auth.js';
import { DaytwoError } from '../lib/errors.ts';
import type { Target } from './kubeconfig.ts';
import type { Endpoint } from './transport.ts';

/** A way into one cluster. Holds credentials: never logged. */
export interface Login {
  readonly cluster: string;
  /** `https://10.0.0.5:6443`, without credentials. */
  readonly server: string;
  /** Headers that say who we are, and the connections to use with them. Tokens are renewed as the kubeconfig's method does it. */
  authenticate(): Promise<{ readonly headers: Readonly<Record<string, string>>; readonly endpoint: Endpoint }>;
}

/** Connections to one API server; more requests wait. */
const SOCKETS_MAX = 8;
/** Idle connections are given up before load balancers (AWS: 60 s) do it silently. */
const IDLE_MS = 45_000;
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Prepares the way into a cluster: certificates are read, an agent keeps connections.
 * @throws DaytwoError not-configured (a certificate file is missing) | invalid (a method that isn't supported, credentials over plain http)
 */
export async function createLogin(target: Target): Promise<Login> {
  const { cluster, user, name } = target;
  const address = new URL(cluster.server);
  const server = address.origin;
  const secure = address.protocol === 'https:';
  const authenticator = await authenticatorOf(user, name);
  if (!secure && !cluster.skipTLSVerify && !LOOPBACK.test(address.hostname) && hasCredentials(user))
    throw new DaytwoError(
      'invalid',
      `Cluster ${name} is reached over plain http: credentials are not sent that way. Use https.`,
    );
  const tls: https.AgentOptions = {
    ...present('ca', await material(cluster.caFile, cluster.caData)),
    ...present('cert', await material(user.certFile, user.certData)),
    ...present('key', await material(user.keyFile, user.keyData)),
    ...present('servername', cluster.tlsServerName),
    ...(cluster.skipTLSVerify ? { rejectUnauthorized: false } : {}),
  };
  const proxy = proxyOf(cluster.proxyUrl, name);
  const agents = new Map<string, Pick<Endpoint, 'agent' | 'streams'>>();
  const agentsFor = (extra: https.AgentOptions): Pick<Endpoint, 'agent' | 'streams'> => {
    const key = `${String(extra.cert ?? '')}`;
    const known = agents.get(key);
    if (known) return known;
    // A credential command may hand out a new client certificate; connections made with the old one are not used any more.
    for (const [old, { agent, streams }] of agents) {
      agent.destroy();
      streams.destroy();
      agents.delete(old);
    }
    const agentWith = (options: http.AgentOptions): http.Agent =>
      secure ? new https.Agent({ ...options, ...proxy, ...tls, ...extra }) : new http.Agent({ ...options, ...proxy });
    const made = {
      agent: agentWith({ keepAlive: true, maxSockets: SOCKETS_MAX, timeout: IDLE_MS }),
      // One for all pods, two for each node that is being drained; none is used twice.
      streams: agentWith({ keepAlive: false }),
    };
    agents.set(key, made);
    return made;
  };
  return {
    cluster: name,
    server,
    authenticate: async () => {
      const options: https.RequestOptions & { headers: Record<string, string> } = { headers: {} };
      if (user.username) options.headers['Authorization'] = `Basic ${basic(user.username, user.password ?? '')}`;
      if (user.token) options.headers['Authorization'] = `Bearer ${user.token}`;
      if (user.impersonateUser) options.headers['Impersonate-User'] = user.impersonateUser;
      await authenticator?.applyAuthentication(user, options).catch((error: unknown) => {
        // What a credential command or a token endpoint says may hold secrets; only its kind is told.
        const why = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
        throw new DaytwoError('forbidden', `The credentials for cluster ${name} could not be obtained${why}.`);
      });
      const own = agentsFor({ ...present('cert', options.cert), ...present('key', options.key) });
      const headers = { ...options.headers, ...trimmed(options.headers['Authorization']) };
      return { headers, endpoint: { cluster: name, server, ...own } };
    },
  };
}

/** The library's own methods; OpenID Connect costs 40 MB and comes only when asked for. */
async function authenticatorOf(user: User, name: string): Promise<Authenticator | undefined> {
  const methods: Authenticator[] = [new ExecAuth(), new FileAuth()];
  const method = methods.find((one) => one.isAuthProvider(user));
  if (method || !user.authProvider) return method;
  const provider: unknown = user.authProvider.name;
  if (provider === 'oidc') {
    const { OpenIDConnectAuth } = await import('@kubernetes/client-node/dist/oidc_auth.js');
    return new OpenIDConnectAuth();
  }
  throw new DaytwoError(
    'invalid',
    `The context ${name} signs in by auth-provider ${String(provider)}, which Kubernetes has removed (1.26). Use an exec plugin.`,
  );
}

function hasCredentials(user: User): boolean {
  return Boolean(user.token || user.username || user.exec || user.authProvider);
}

/** A file's bytes, or what stands in the kubeconfig itself. */
async function material(file: string | undefined, data: string | undefined): Promise<Buffer | undefined> {
  if (file) {
    return await readFile(file).catch(() => {
      throw new DaytwoError('not-configured', `${file}, which the kubeconfig names, can't be read.`);
    });
  }
  return data ? Buffer.from(data, 'base64') : undefined;
}

/** Node's agents speak with HTTP proxies themselves. Source: nodejs.org/api/http.html, "Built-in Proxy Support" (24.5). */
function proxyOf(url: string | undefined, name: string): Pick<http.AgentOptions, 'proxyEnv'> {
  if (!url) return {};
  if (!/^https?:/.test(url))
    throw new DaytwoError(
      'invalid',
      `Cluster ${name} is behind a proxy of a kind that isn't supported; http and https are.`,
    );
  return { proxyEnv: { HTTP_PROXY: url, HTTPS_PROXY: url } };
}

function basic(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64');
}

/** Token files end in a newline, which no header may hold. */
function trimmed(authorization: string | undefined): Record<string, string> {
  return authorization === undefined ? {} : { Authorization: authorization.trim() };
}

function present<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
