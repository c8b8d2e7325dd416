import { DaytwoError } from '../lib/errors.ts';
import { networkFault } from '../lib/net.ts';
import { clip, inertLine } from '../lib/text.ts';

/** What was asked, for the sentence of an error: "list pods in namespace web". */
export interface Asked {
  readonly verb: 'list' | 'watch' | 'get' | 'patch' | 'create' | 'delete';
  readonly resource: string;
  readonly namespace?: string | undefined;
  /** Set where the answer comes from an aggregated API, which may not be there. */
  readonly aggregated?: 'metrics-server';
  /** The files of deploy/rbac whose roles allow it; any of them will do. */
  readonly roles?: readonly Role[];
}

/** The roles that are made for this bot, by their files in deploy/rbac. */
export type Role = 'read' | 'nodes' | 'disk';

const hint = (roles: readonly Role[]): string =>
  `apply ${roles.map((role) => `deploy/rbac/${role}.yaml`).join(' or ')}`;

/** A right that is missing where one goes on without it: `get jobs.batch`, and what to do. */
export const missing = (right: string, role: Role): string => `the bot may not ${right}; to allow it, ${hint([role])}`;

const SAID_MAX = 300;

/** An answer other than 2xx as an error; `body` is a Status object, plain text or nothing. */
export function statusFault(cluster: string, asked: Asked, status: number, body: unknown): DaytwoError {
  const what = `${asked.verb} ${asked.resource}${asked.namespace === undefined ? '' : ` in namespace ${asked.namespace}`}`;
  const said = statusMessage(body);
  const quoted = said === '' ? '' : ` It says: ${said}`;
  if (status === 401)
    return new DaytwoError(
      'forbidden',
      `Cluster ${cluster} does not know us (401). Have the credentials expired?${quoted}`,
    );
  if (status === 403)
    return new DaytwoError(
      'forbidden',
      `Cluster ${cluster} does not let us ${what}.${quoted || ' Check the RBAC role.'}${hintOf(asked, said)}`,
    );
  if (asked.aggregated !== undefined && status === 404)
    return new DaytwoError(
      'not-found',
      `metrics-server isn't there: cluster ${cluster} has no metrics.k8s.io API. Install metrics-server to see CPU and memory.`,
    );
  if (asked.aggregated !== undefined && status === 503)
    return new DaytwoError(
      'not-found',
      `metrics-server isn't there: cluster ${cluster} knows metrics.k8s.io, but nothing answers behind it (503).`,
      { retryable: true },
    );
  if (status === 404) return new DaytwoError('not-found', `Cluster ${cluster} could not ${what}: not found.${quoted}`);
  if (status === 400 || status === 422)
    return new DaytwoError('invalid', `Cluster ${cluster} refused to ${what}.${quoted}`);
  if (status === 429) return new DaytwoError('overloaded', `Cluster ${cluster} asks us to slow down (429).${quoted}`);
  if (status >= 300 && status < 400)
    return new DaytwoError(
      'bad-answer',
      `Cluster ${cluster} redirects (${status}), which is not followed. Is the server address right?`,
    );
  return new DaytwoError('failed', `Cluster ${cluster} could not ${what} (HTTP ${status}).${quoted}`, {
    retryable: status >= 500,
  });
}

/** Where it is a right that is missing (admission refuses with 403 as well): which manifest has it. */
function hintOf({ roles }: Asked, said: string): string {
  return roles !== undefined && (said === '' || /cannot \w+ resource/.test(said))
    ? ` To allow it, ${hint(roles)}.`
    : '';
}

/** A connection's end as an error. The API server was not reached, or cut the line. */
export function connectionFault(cluster: string, server: string, error: unknown): DaytwoError {
  const fault = networkFault(error);
  return new DaytwoError(
    fault?.code ?? 'unreachable',
    `Cluster ${cluster} (${server}) can't be reached: ${fault?.words ?? 'the connection failed'}.`,
    { cause: error },
  );
}

/** An answer of 2xx that the client library could not read. */
export function unreadable(cluster: string, asked: Asked, error: unknown): DaytwoError {
  return new DaytwoError(
    'bad-answer',
    `Cluster ${cluster} answered ${asked.verb} ${asked.resource} with something that is no Kubernetes object. Is the server address right?`,
    { cause: error },
  );
}

/**
 * Whether an answer says that the object isn't there: a Status whose reason is NotFound. Any other 404 (a proxy's, of an API that isn't served) says
 * nothing of it, and what is taken for gone may be deleted with its pods, or called lost.
 */
export function isAbsent({ status, body }: { readonly status: number; readonly body: Buffer }): boolean {
  if (status !== 404) return false;
  const said = objectOf(body.toString());
  return said !== undefined && 'reason' in said && said['reason'] === 'NotFound';
}

/** An answer's JSON object; undefined where it is none. */
export function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** The message of a Status object (as text or parsed), or the text itself. */
export function statusMessage(body: unknown): string {
  if (typeof body !== 'string') return '';
  let message: unknown = body;
  try {
    const status: unknown = JSON.parse(body);
    if (typeof status === 'object' && status !== null && 'message' in status) message = status.message;
  } catch {
    // Plain text: proxies and aggregated APIs answer so.
  }
  return typeof message === 'string' ? clip(inertLine(message.slice(0, 2000)), SAID_MAX) : '';
}
