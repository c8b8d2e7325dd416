import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import * as https from 'node:https';
import { parse } from 'yaml';
import { z } from 'zod';

const shape = z.object({
  clusters: z.array(z.object({ cluster: z.object({ server: z.string(), 'certificate-authority-data': z.string() }) })),
  users: z.array(
    z.object({ user: z.object({ 'client-certificate-data': z.string(), 'client-key-data': z.string() }) }),
  ),
});

/** What is sent. */
export interface RawRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string | undefined;
}

/** An object of the API, as JSON. Tests read what they need of it. */
// biome-ignore lint/suspicious/noExplicitAny: objects of any kind; the API server is what checks them
export type Raw = any;

/** The API server of the suite's own cluster, asked as its admin without any client library or kubectl's second of start. */
export interface RawApi {
  /** Resolves with the head of the answer; its body is to be read, or destroyed. */
  open(request: RawRequest): Promise<IncomingMessage>;
  /** Undefined for a 404. @throws Error for any other status that is no success */
  get(path: string): Promise<Raw>;
  create(path: string, object: object): Promise<Raw>;
  /** A merge patch. */
  patch(path: string, change: object): Promise<Raw>;
  /** Deletes; one that isn't there is fine. */
  remove(path: string, options?: object): Promise<void>;
  close(): void;
}

const TIMEOUT_MS = 60_000;

/** Opens it by the kubeconfig that the suite's own cluster writes. */
export async function openRawApi(kubeconfig: string): Promise<RawApi> {
  const { clusters, users } = shape.parse(parse(await readFile(kubeconfig, 'utf8')));
  const cluster = clusters[0]?.cluster;
  const user = users[0]?.user;
  if (!cluster || !user) throw new Error(`${kubeconfig} names no cluster and user`);
  const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
  const agent = new https.Agent({
    keepAlive: true,
    maxSockets: 32,
    ca: bytes(cluster['certificate-authority-data']),
    cert: bytes(user['client-certificate-data']),
    key: bytes(user['client-key-data']),
  });
  const open: RawApi['open'] = ({ method, path, headers = {}, body }) =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const out = https.request(`${cluster.server}${path}`, { method, agent, headers: { ...headers, ...length } });
      // A watch is silent for as long as nothing changes.
      if (!/[?&]watch=/.test(path)) out.setTimeout(TIMEOUT_MS, () => out.destroy(new Error(`${path}: no answer`)));
      out.on('error', reject);
      out.on('response', resolve);
      out.end(body);
    });
  const json = async (method: string, path: string, object?: object, type = 'application/json'): Promise<Raw> => {
    const body = object === undefined ? undefined : JSON.stringify(object);
    const headers = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': type }) };
    const answer = await open({ method, path, headers, body });
    const { statusCode: status = 0 } = answer;
    const said = (await answer.toArray()).join('');
    if (status === 404 && method !== 'POST') return undefined;
    if (status >= 300) throw new Error(`${method} ${path} was answered ${status}: ${said}`);
    return JSON.parse(said);
  };
  return {
    open,
    get: (path) => json('GET', path),
    create: (path, object) => json('POST', path, object),
    patch: (path, change) => json('PATCH', path, change, 'application/merge-patch+json'),
    remove: async (path, options) => void (await json('DELETE', path, options ?? {})),
    close: () => agent.destroy(),
  };
}
