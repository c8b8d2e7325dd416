import { AppsV1ApiRequestFactory } from '@kubernetes/client-node/dist/gen/apis/AppsV1Api.js';
import { BatchV1ApiRequestFactory } from '@kubernetes/client-node/dist/gen/apis/BatchV1Api.js';
import { CoreV1ApiRequestFactory } from '@kubernetes/client-node/dist/gen/apis/CoreV1Api.js';
import { PolicyV1ApiRequestFactory } from '@kubernetes/client-node/dist/gen/apis/PolicyV1Api.js';
import { StorageV1ApiRequestFactory } from '@kubernetes/client-node/dist/gen/apis/StorageV1Api.js';
import { createConfiguration } from '@kubernetes/client-node/dist/gen/configuration.js';
import type { RequestContext } from '@kubernetes/client-node/dist/gen/http/http.js';
import { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js';
import { Expired, exchange } from './exchange.ts';
import { type Asked, isAbsent, type Role, statusFault, unreadable } from './faults.ts';
import type { Login } from './login.ts';
import { type Page, readPages } from './paging.ts';
import type { WireAnswer } from './transport.ts';

// The library builds the requests. Its readers turn every field of 5,000 pods into classes, which takes seconds; the JSON is read here for the
// few fields that are needed.

/** Items a page: fewer round trips than the reader's for lists of a whole cluster, some 5 MB each. */
const PAGE_ITEMS = 1000;
/** The media type of the patches made here. Source: RFC 7396. */
const MERGE_PATCH = 'application/merge-patch+json';

/** A list's JSON. */
interface RawList {
  readonly items?: unknown;
  readonly metadata?: { readonly continue?: string };
}

/** Builds requests of the library's factories for one login. */
export function requestsFor(login: Login) {
  const configuration = createConfiguration({ baseServer: new ServerConfiguration(login.server, {}) });
  return {
    core: new CoreV1ApiRequestFactory(configuration),
    apps: new AppsV1ApiRequestFactory(configuration),
    batch: new BatchV1ApiRequestFactory(configuration),
    policy: new PolicyV1ApiRequestFactory(configuration),
    storage: new StorageV1ApiRequestFactory(configuration),
  };
}

type PageRequest = (from: string | undefined, limit: number) => Promise<RequestContext>;

/** The ways to ask. All throw DaytwoError as `ActingCluster` says. */
export interface ActingClient {
  readonly requests: ReturnType<typeof requestsFor>;
  /** A whole list. With `keep` only what it makes of each item outlives the item's page. */
  list<Raw>(asked: Asked, request: PageRequest, signal: AbortSignal): Promise<readonly Raw[]>;
  list<Raw, T>(asked: Asked, request: PageRequest, signal: AbortSignal, keep: (raw: Raw) => T): Promise<readonly T[]>;
  /** One object; undefined where it isn't there. */
  get<T>(asked: Asked, request: Promise<RequestContext>, signal: AbortSignal): Promise<T | undefined>;
  /** Any answer, for those who read it themselves. */
  ask(request: Promise<RequestContext>, signal: AbortSignal): Promise<WireAnswer>;
  /** An answer as an error. */
  fault(asked: Asked, answer: WireAnswer): Error;
  /** An answer's JSON. */
  read<T>(asked: Asked, answer: WireAnswer): T;
}

/** What a client is for, and how long one call may take. */
export interface ActingClientOptions {
  readonly timeoutMs: number;
  /** The role that is meant to allow all that is asked for. */
  readonly role: Role;
  /** Hears of each 401. */
  readonly onUnauthorized: () => void;
}

/** A client on one login; every call ends within `timeoutMs`. */
export function createActingClient(
  login: Login,
  { timeoutMs, role, onUnauthorized }: ActingClientOptions,
): ActingClient {
  const ask: ActingClient['ask'] = async (request, signal) => {
    const answer = await exchange(login, await request, timeoutMs, signal);
    if (answer.status === 401) onUnauthorized();
    return answer;
  };
  const fault: ActingClient['fault'] = (asked, { status, body }) => {
    if (status === 410) return new Expired(login.cluster);
    // One of 200 that could not be read.
    if (status < 300) return unreadable(login.cluster, asked, undefined);
    return statusFault(login.cluster, { roles: [role], ...asked }, status, body.toString());
  };
  const read = <T>(asked: Asked, answer: WireAnswer): T => {
    try {
      const value: unknown = JSON.parse(answer.body.toString());
      if (typeof value === 'object' && value !== null) return value as T;
    } catch (error) {
      throw unreadable(login.cluster, asked, error);
    }
    throw unreadable(login.cluster, asked, undefined);
  };
  const good = ({ status }: WireAnswer): boolean => status >= 200 && status < 300;
  return {
    requests: requestsFor(login),
    ask,
    fault,
    read,
    list: async <Raw, T>(asked: Asked, request: PageRequest, signal: AbortSignal, keep?: (raw: Raw) => T) =>
      readPages<Raw | T>(
        asked.resource,
        async (from): Promise<Page<Raw | T>> => {
          const answer = await ask(request(from, PAGE_ITEMS), signal);
          if (!good(answer)) throw fault(asked, answer);
          const { items, metadata } = read<RawList>(asked, answer);
          if (!Array.isArray(items)) throw unreadable(login.cluster, asked, undefined);
          const found = items as Raw[];
          return { items: keep ? found.map(keep) : found, metadata: { _continue: metadata?.continue } };
        },
        (error) => error instanceof Expired,
      ),
    get: async <T>(asked: Asked, request: Promise<RequestContext>, signal: AbortSignal) => {
      const answer = await ask(request, signal);
      if (isAbsent(answer)) return undefined;
      if (answer.status === 404) throw unreadable(login.cluster, asked, undefined);
      if (!good(answer)) throw fault(asked, answer);
      return read<T>(asked, answer);
    },
  };
}

/** Makes a patch a merge patch: the generated request names the first media type it knows. */
export async function asMergePatch(request: Promise<RequestContext>): Promise<RequestContext> {
  const context = await request;
  context.setHeaderParam('Content-Type', MERGE_PATCH);
  return context;
}
