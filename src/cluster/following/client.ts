import type { RequestContext } from '@kubernetes/client-node/dist/gen/http/http.js';
import type { requestsFor } from '../actingClient.ts';
import { Expired, exchange, exchangeStream } from '../exchange.ts';
import { type Asked, statusFault, unreadable } from '../faults.ts';
import type { Login } from '../login.ts';
import { type Page, readPages } from '../paging.ts';
import type { WireAnswer } from '../transport.ts';
import { readEvent, type WatchEvent } from './event.ts';
import { linesOf } from './lines.ts';

type Requests = ReturnType<typeof requestsFor>;

/** Objects that can be followed, and what is kept of each. */
export interface Kind<Raw, T> {
  /** As errors call it: `pods`. */
  readonly resource: string;
  list(requests: Requests, from: string | undefined, limit: number): Promise<RequestContext>;
  /** Everything after a version, bookmarks included, for so many seconds. */
  watch(requests: Requests, version: string, seconds: number): Promise<RequestContext>;
  read(raw: Raw): T;
}

/** A list as it was at a version, by uid. */
export interface Snapshot<T> {
  readonly items: Map<string, T>;
  readonly version: string;
}

/** An answer that refuses; `error` says it to people. */
export class Refused extends Error {
  readonly status: number;
  /** What the server asks to wait, ms. */
  readonly waitMs: number;
  readonly error: Error;

  constructor(status: number, waitMs: number, error: Error) {
    super(error.message, { cause: error });
    this.status = status;
    this.waitMs = waitMs;
    this.error = error;
  }
}

/** What following asks of the API. Both throw Refused | Expired | DaytwoError, and the signal's reason as it is. */
export interface FollowClient {
  snapshot<Raw, T>(kind: Kind<Raw, T>, signal: AbortSignal): Promise<Snapshot<T>>;
  /**
   * The lines of a watch as events, undefined for what is none. Ends when the server ends it. `heard` is called for the answer's head and for
   * every piece of it.
   */
  watch<Raw, T>(
    kind: Kind<Raw, T>,
    order: { readonly version: string; readonly seconds: number },
    heard: () => void,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent | undefined>;
}

/** What may be followed stands there. */
const ROLES = ['nodes'] as const;
/** Items a page: their JSON is gone before the next comes. */
const PAGE_ITEMS = 100;
/** A page, and the head of a watch's answer, come within, ms. */
const TIMEOUT_MS = 20_000;
/** etcd takes 1.5 MiB an object, which its JSON may double. */
const LINE_MAX_BYTES = 4 * 1024 * 1024;
const WAIT_MOST_MS = 60_000;

/** A client on one login. `onUnauthorized` hears of each 401. */
export function createFollowClient(login: Login, requests: Requests, onUnauthorized: () => void): FollowClient {
  const fault = (asked: Asked, { status, headers, body }: WireAnswer): Error => {
    if (status === 401) onUnauthorized();
    if (status === 410) return new Expired(login.cluster);
    const waitMs = Math.min(WAIT_MOST_MS, (Number(headers['retry-after']) || 0) * 1000);
    return new Refused(status, waitMs, statusFault(login.cluster, asked, status, body.toString()));
  };
  return {
    snapshot: async (kind, signal) => {
      const asked = { verb: 'list', resource: kind.resource, roles: ROLES } as const;
      let version = '';
      const page = async (from: string | undefined): Promise<Page<readonly [string, ReturnType<typeof kind.read>]>> => {
        const answer = await exchange(login, await kind.list(requests, from, PAGE_ITEMS), TIMEOUT_MS, signal);
        if (answer.status !== 200) throw fault(asked, answer);
        const list = listOf(answer.body);
        if (!list) throw unreadable(login.cluster, asked, undefined);
        version = list.metadata.resourceVersion;
        return {
          items: list.items.map((raw) => [raw.metadata?.uid ?? '', kind.read(raw as never)] as const),
          metadata: { _continue: list.metadata.continue },
        };
      };
      const items = await readPages(kind.resource, page, (error) => error instanceof Expired);
      return { items: new Map(items), version };
    },
    watch: async function* (kind, { version, seconds }, heard, signal) {
      const asked = { verb: 'watch', resource: kind.resource, roles: ROLES } as const;
      const request = await kind.watch(requests, version, seconds);
      const stream = await exchangeStream(login, request, TIMEOUT_MS, signal);
      if (stream.status !== 200) throw fault(asked, await stream.whole());
      heard();
      for await (const line of linesOf(listening(stream.body, heard), LINE_MAX_BYTES)) yield readEvent(line);
    },
  };
}

async function* listening(chunks: AsyncIterable<Buffer>, heard: () => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    heard();
    yield chunk;
  }
}

interface RawList {
  readonly items: readonly { readonly metadata?: { readonly uid?: string } }[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

/** Reads a list's frame; undefined for what is none. */
function listOf(body: Buffer): RawList | undefined {
  try {
    const list = JSON.parse(body.toString()) as Partial<RawList> | null;
    return Array.isArray(list?.items) && typeof list.metadata?.resourceVersion === 'string'
      ? (list as RawList)
      : undefined;
  } catch {
    return undefined;
  }
}
