import { verifyFile } from '../../src/audit/verify.ts';
import { type JournalEntry, journal } from '../../src/gate/journal.ts';
import { heldLocks } from '../../src/gate/locks.ts';
import type { GateRequest } from '../../src/gate/model.ts';
import { gateRequests } from '../../src/gate/requests.ts';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import { COLLECTIONS } from '../../src/wiring/collections.ts';
import { all } from '../support/documents.ts';

/** What a dead bot has left of its gate. */
export interface Left {
  readonly requests: readonly GateRequest[];
  readonly steps: readonly JournalEntry[];
  /** Executions that hold locks. */
  readonly holders: ReadonlySet<string>;
  /** What is wrong whenever it died. */
  readonly faults: readonly string[];
}

const AT_WORK: ReadonlySet<string> = new Set(['running', 'verifying']);

/** Reads the folder of a dead bot: its audit must verify, its locks must belong to what is under way. */
export async function readLeft(dir: string): Promise<Left> {
  const faults: string[] = [];
  const audit = await verifyFile(dir);
  if (!audit.ok) faults.push(`the audit is broken at entry ${audit.seq} (${audit.fault}): ${audit.text}`);
  const store = await openLowdbStore({
    dir,
    collections: COLLECTIONS,
    now: Date.now,
    warn: (message, fields) => faults.push(`${message}: ${JSON.stringify(fields)}`),
  });
  try {
    const requests = (await all(store, gateRequests)).map(({ body }) => body.request);
    const steps = (await all(store, journal)).map(({ body }) => body);
    const held = await heldLocks(store);
    const holders = new Set(held.flatMap(({ body }) => (body.holder ? [body.holder.execution] : [])));
    for (const { name, state, execution } of requests) {
      if (execution && AT_WORK.has(state) && !holders.has(execution.id))
        faults.push(`${name} is ${state} without a lock`);
      if (execution && state !== 'unknown' && !AT_WORK.has(state) && holders.has(execution.id))
        faults.push(`${name} is ${state} and still holds a lock`);
    }
    return { requests, steps, holders, faults };
  } finally {
    await store.close();
  }
}

/** Where in its way an execution was cut off: `backup.run: restic backup`. */
export function cutAt({ plan, state, execution }: GateRequest, steps: readonly JournalEntry[]): string | undefined {
  if (!execution || !AT_WORK.has(state)) return undefined;
  if (state === 'verifying') return `${plan.action} verifying`;
  const own = steps.filter((one) => one.execution === execution.id).sort((a, b) => a.number - b.number);
  const last = own.at(-1);
  if (!last) return `${plan.action} before its first step`;
  return `${plan.action} ${last.result || last.failure ? 'after' : 'in'} ${last.step}`;
}
