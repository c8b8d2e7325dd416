import { inbox, parked } from '../../src/alerting/inbox.ts';
import { type Incident, incidents } from '../../src/alerting/incident.ts';
import { type TimelineEntry, timeline } from '../../src/alerting/timeline.ts';
import { CONSOLE_COLLECTIONS, type ConsoleMessage, MESSAGES, THREADS } from '../../src/chat/console/model.ts';
import { outbox } from '../../src/chat/outbox.ts';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import type { Collection, Store, Stored } from '../../src/store/port.ts';
import { evidenceRounds } from '../../src/triage/evidenceRound.ts';
import { all } from '../support/documents.ts';
import type { Promised } from './load.ts';

/** Faults beyond this many are counted only. */
const SHOWN = 20;

/** What a stopped bot's state says, held against what its senders were promised. */
export interface Verdict {
  readonly faults: readonly string[];
  readonly incidents: number;
  readonly alerts: number;
  readonly messages: number;
}

/** Reads the folder of a bot that has ended and holds it against the promises. */
export async function verify(dir: string, promised: readonly Promised[]): Promise<Verdict> {
  const faults: string[] = [];
  const store = await openLowdbStore({
    dir,
    collections: CONSOLE_COLLECTIONS,
    now: Date.now,
    warn: (message, fields) => faults.push(`${message}: ${JSON.stringify(fields)}`),
  });
  try {
    for (const { text } of store.notices()) faults.push(`damage: ${text}`);
    for (const collection of [inbox, parked, outbox] as readonly Collection<never>[]) {
      const left = await store.count(collection);
      if (left > 0) faults.push(`${left} left in ${collection.kind}`);
    }
    const known = await all(store, incidents);
    const facts = await all(store, timeline);
    const messages = await all(store, MESSAGES);
    incidentFaults(known, promised, faults);
    timelineFaults(known, facts, faults);
    await threadFaults(store, known, messages, faults);
    return {
      faults: faults.length > SHOWN ? [...faults.slice(0, SHOWN), `and ${faults.length - SHOWN} more`] : faults,
      incidents: known.length,
      alerts: promised.reduce((sum, { fired }) => sum + fired.size, 0),
      messages: messages.length,
    };
  } finally {
    await store.close();
  }
}

/** Every acknowledged alert belongs to exactly one incident, as one firing; what was told over is over. */
function incidentFaults(known: readonly Stored<Incident>[], promised: readonly Promised[], faults: string[]): void {
  const byGroup = Map.groupBy(known, ({ body }) => body.groupKey);
  if (byGroup.size > promised.length)
    faults.push(`${byGroup.size} groups have incidents, ${promised.length} were sent`);
  for (const { groupKey, fired, resolved } of promised) {
    if (fired.size === 0) continue;
    const [own, ...more] = byGroup.get(groupKey) ?? [];
    if (!own) {
      faults.push(`lost: ${groupKey}`);
      continue;
    }
    if (more.length > 0) faults.push(`${groupKey} has ${more.length + 1} incidents`);
    for (const [fingerprint, startsAt] of fired) {
      const member = own.body.members[fingerprint];
      if (!member) faults.push(`lost: ${fingerprint} of ${groupKey}`);
      else if (member.startsAt !== startsAt || member.firings !== 1)
        faults.push(`${fingerprint} of ${groupKey} counted as ${member.firings} firings`);
    }
    if ((own.body.state === 'resolved') !== resolved)
      faults.push(`${groupKey} is ${own.body.state}, sent resolved: ${resolved}`);
    if (own.body.reopened > 0) faults.push(`${groupKey} was reopened ${own.body.reopened} times`);
  }
  const names = new Set(known.map(({ body }) => body.name));
  if (names.size !== known.length) faults.push('two incidents share a name');
}

/** Each thing that happened is told once. */
function timelineFaults(
  known: readonly Stored<Incident>[],
  facts: readonly Stored<TimelineEntry>[],
  faults: string[],
): void {
  const byIncident = Map.groupBy(facts, ({ body }) => body.incident);
  for (const { id, body } of known) {
    const own = byIncident.get(id) ?? [];
    const count = (is: string): number => own.filter(({ body: entry }) => entry.fact.is === is).length;
    const expected = { opened: 1, resolved: body.state === 'resolved' ? 1 : 0, triaged: 1 };
    for (const [is, times] of Object.entries(expected))
      if (count(is) !== times)
        faults.push(`${body.name}: “${is}” stands ${count(is)} times in its timeline, not ${times}`);
  }
}

/** One root a thread, every message once, the evidence complete. */
async function threadFaults(
  store: Store,
  known: readonly Stored<Incident>[],
  messages: readonly Stored<ConsoleMessage>[],
  faults: string[],
): Promise<void> {
  const byThread = Map.groupBy(messages, ({ body }) => body.thread);
  const threads = (await all(store, THREADS)).filter(({ body }) => body.isIncident);
  if (threads.length !== known.length) faults.push(`${threads.length} threads of ${known.length} incidents`);
  for (const { id, body } of known) {
    const own = byThread.get(body.name) ?? [];
    const roots = own.filter(({ body: message }) => message.isRoot);
    if (roots.length !== 1) faults.push(`${body.name} has ${roots.length} roots`);
    const isGreen = roots[0]?.body.card.tone === 'ok';
    if (isGreen !== (body.state === 'resolved'))
      faults.push(`${body.name} is ${body.state} and its root says otherwise`);
    for (const [key, same] of Map.groupBy(own, ({ body: message }) => message.key))
      if (same.length > 1) faults.push(`${key} stands ${same.length} times in its thread`);
    if (body.triage.wanted) faults.push(`${body.name} never got its evidence`);
    const evidence = own.find(({ body: message }) => message.key === `${body.name}/evidence-1`);
    if (!evidence) faults.push(`${body.name} shows no evidence`);
    else if (evidence.body.card.title.includes('looking at')) faults.push(`${body.name} still looks`);
    if (!(await store.get(evidenceRounds, `${id}-1`))) faults.push(`${body.name} has no stored evidence`);
  }
}
