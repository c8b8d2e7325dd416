import { DaytwoError, messageOf } from '../lib/errors.ts';
import type { Json } from '../lib/json.ts';
import type { Logger } from '../lib/log.ts';
import type { Actor, GateFact, Refusal } from './facts.ts';
import type { StoredRequest } from './requests.ts';

/** What the gate needs of the audit: the entry is durable when it resolves. What isn't recorded isn't done. */
export interface AuditPort {
  append(entry: {
    /** `request.approved`. */
    readonly kind: string;
    /** A person's name; nobody for what the bot does by itself. */
    readonly by?: string | undefined;
    readonly chat?: string | undefined;
    /** `REQ-17`. */
    readonly request?: string | undefined;
    /** `INC-42`. */
    readonly incident?: string | undefined;
    readonly details?: Json | undefined;
  }): Promise<unknown>;
}

/** Has the audit record what the gate does, before it is done. */
export interface Recorder {
  /** Records something of a request that changes nothing in it. @throws DaytwoError failed where it can't be recorded */
  record(stored: StoredRequest, kind: string, details: unknown, by?: Actor): Promise<void>;
  /** Records what is about to be written; the plan in full where it is shown for the first time. @throws as `record` */
  facts(stored: StoredRequest, facts: readonly GateFact[], by: Actor | undefined): Promise<void>;
  /** As `record`, where the answer is owed whether the audit can be written or not: a failure is logged. */
  attempt(stored: StoredRequest, kind: string, details: unknown, by?: Actor): Promise<void>;
  /**
   * Records that somebody asked and got no request; a refusal in words is the action's own. Where that can't be recorded, it is logged:
   * nothing was done.
   */
  turnedAway(
    by: Actor,
    incident: string | undefined,
    details: { readonly action: string; readonly args: unknown; readonly refused: Refusal | string },
  ): Promise<void>;
}

/** Facts are made of what JSON holds, but for keys that are undefined. */
const toJson = (value: unknown): Json => JSON.parse(JSON.stringify(value ?? null)) as Json;

/** Builds the recorder. */
export function createRecorder(audit: AuditPort, log: Logger): Recorder {
  async function append(
    kind: string,
    details: unknown,
    { by, name, incident }: { by: Actor | undefined; name?: string; incident: string | undefined },
  ): Promise<void> {
    const entry = {
      kind: `request.${kind}`,
      by: by?.person,
      chat: by?.chat,
      request: name,
      incident: incident === undefined ? undefined : `INC-${Number(incident)}`,
      details: toJson(details),
    };
    await audit.append(entry).catch((cause: unknown) => {
      throw new DaytwoError('failed', `the audit can’t be written (${messageOf(cause)}), so nothing was done`, {
        cause,
      });
    });
  }

  const record: Recorder['record'] = (stored, kind, details, by) =>
    append(kind, details, { by, name: stored.request.name, incident: stored.request.incident });

  const unrecorded = (error: unknown): void => log.warn({ error: messageOf(error) }, 'audit could not be written');

  return {
    record,
    attempt: (...entry) => record(...entry).catch(unrecorded),
    facts: async (stored, facts, by) => {
      for (const fact of facts) {
        const { is, ...rest } = fact;
        const shown =
          is === 'asked' || is === 'drifted' ? { plan: stored.request.plan, policy: stored.request.policy } : {};
        await record(stored, is, { ...rest, ...shown }, by);
      }
    },
    turnedAway: (by, incident, details) => append('ask-refused', details, { by, incident }).catch(unrecorded),
  };
}
