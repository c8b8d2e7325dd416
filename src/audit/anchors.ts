import type { Target } from '../alerting/desk.ts';
import type { Card } from '../chat/message.ts';
import { say } from '../chat/outbox.ts';
import type { Clock } from '../lib/clock.ts';
import { codeOf, messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { inertLine } from '../lib/text.ts';
import { type Collection, put, type Store } from '../store/port.ts';
import type { Audit } from './audit.ts';
import { BEGINNING, type Link } from './record.ts';
import { type Anchor, shortAnchor } from './verify.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Between looks whether a day has passed, ms. */
const LOOK_MS = 10 * 60_000;

/** The head that was posted last, zeros before the first. `at`, epoch ms: when it was looked at last. */
export interface PostedAnchor extends Anchor {
  readonly at: number;
}

/** The one that was posted last; one document, so that of several processes one posts. */
const postedAnchors: Collection<PostedAnchor> = { kind: 'auditanchor', keys: () => ({}) };

/** What the anchors keep in the store. */
export const ANCHOR_COLLECTIONS: readonly Collection<never>[] = [postedAnchors];

const LAST = 'last';

/** The head that the chats were told of last; undefined before the first. @throws DaytwoError store-unavailable */
export async function lastAnchor(store: Store): Promise<PostedAnchor | undefined> {
  const last = (await store.get(postedAnchors, LAST))?.body;
  return last && last.seq > 0 ? last : undefined;
}

/** Once a day tells the chats' homes, and the log, where the audit ends: whoever rewrites it can't rewrite those. */
export interface Anchors {
  start(): void;
  stop(): Promise<void>;
  /** One look, now: posts where a day has passed and the audit went on since. */
  look(): Promise<void>;
}

function headCard({ seq }: Link, short: string): Card {
  return {
    tone: 'neutral',
    title: `The audit holds ${seq} entries`,
    blocks: [
      { kind: 'text', text: ['Its head today: ', { code: short }] },
      { kind: 'quiet', text: ['Whether it is still this record: ', { code: `daytwo audit verify --head ${short}` }] },
    ],
    buttons: [],
  };
}

function brokenCard(seq: number, text: string): Card {
  return {
    tone: 'critical',
    title: `The audit is BROKEN at entry ${seq}`,
    blocks: [{ kind: 'text', text: `What it says there is not what was written: ${inertLine(text)}.` }],
    buttons: [],
  };
}

/** Builds them. `targets` are the chats' homes. */
export function createAnchors(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: Pick<Audit, 'verify'>;
  readonly targets: readonly Target[];
}): Anchors {
  const { store, clock, log, audit, targets } = options;
  const homes = targets.map(({ conversation }) => conversation);
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  /** Notes what is known from now on, with a message beside it. False: another process was faster, and tells of it. */
  async function note(anchor: PostedAnchor, expect: number, card?: Card): Promise<boolean> {
    const message = `notice/audit/${anchor.at}`;
    try {
      await store.commit([
        put(postedAnchors, LAST, anchor, expect),
        ...(card ? say(homes, { do: 'post', message, root: message, card }, anchor.at) : []),
      ]);
      return true;
    } catch (error) {
      if (codeOf(error) === 'store-conflict') return false;
      throw error;
    }
  }

  /** The audit is read as a whole, and held against the head posted last, before a new one vouches for it. */
  async function look(): Promise<void> {
    const at = clock.now();
    const last = await store.get(postedAnchors, LAST);
    if (!last) {
      // The first day begins now.
      await note({ ...BEGINNING, at }, 0);
      return;
    }
    const { seq, hash, at: lastAt } = last.body;
    // Either way round: a clock that once stood a year ahead must not silence this for a year.
    if (Math.abs(at - lastAt) < DAY_MS) return;
    const found = await audit.verify([{ seq, hash }]);
    if (found.ok) {
      const { head } = found;
      const card = head.seq === seq ? undefined : headCard(head, shortAnchor(head));
      if ((await note({ ...head, at }, last.version, card)) && card) log.info({ ...head }, 'audit head of the day');
    } else if (found.fault === 'nothing-there' && seq === 0) {
      await note({ ...BEGINNING, at }, last.version);
    } else if (await note({ seq, hash, at }, last.version, brokenCard(found.seq, found.text))) {
      log.error({ seq: found.seq, fault: found.fault, text: found.text }, 'audit is broken');
    }
  }

  return {
    look,
    start: () => {
      running = (async () => {
        while (!stopping.signal.aborted) {
          await look().catch((error: unknown) =>
            log.warn({ error: messageOf(error) }, 'audit head could not be posted, will retry'),
          );
          await clock.sleep(LOOK_MS, stopping.signal);
        }
      })();
    },
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
