import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { open } from '../../src/alerting/decide.ts';
import { incidentId, incidents } from '../../src/alerting/incident.ts';
import { timeline } from '../../src/alerting/timeline.ts';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import { append, put, type Write } from '../../src/store/port.ts';
import { alert, snapshot } from '../support/alerts.ts';
import type { Promised } from './load.ts';
import { verify } from './verify.ts';

const AT = Date.UTC(2026, 0, 5, 3, 10);
const buttons = { ack: 'a', silence: 's', unsilence: 'u', triage: 't' };
const promised: readonly Promised[] = [
  { groupKey: '{}:{alertname="DiskFillingUp"}', fired: new Map([['f1', AT]]), resolved: false },
];

describe('the verdict over a tortured folder', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'daytwo-verify-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const incident = (number: number, startsAt = AT): Write[] => {
    const rules = { now: AT, reopenWithinMs: 1000, canAsk: false };
    const opened = open(snapshot([alert('f1', startsAt)]), { name: `INC-${number}`, buttons }, rules);
    return [
      put(incidents, incidentId(number), opened.incident, 0),
      append(timeline, { incident: incidentId(number), at: AT, fact: { is: 'opened' } }),
    ];
  };

  it.each<[string, readonly Write[], RegExp]>([
    ['an acknowledged alert without an incident', [], /^lost: /],
    ['an alert with two incidents', [...incident(1), ...incident(2)], /has 2 incidents/],
    ['another firing than the acknowledged one', incident(1, AT + 1), /counted as 1 firings/],
    ['an incident without a thread', incident(1), /^INC-1 has 0 roots/],
    ['an incident without its evidence', incident(1), /^INC-1 never got its evidence/],
    ['an opening that is told twice', [...incident(1), incident(1)[1] as Write], /“opened” stands 2 times/],
  ])('finds %s', async (_, writes, fault) => {
    const store = await openLowdbStore({ dir, collections: [incidents, timeline], now: Date.now, warn: () => {} });
    await store.commit(writes);
    await store.close();
    expect((await verify(dir, promised)).faults).toContainEqual(expect.stringMatching(fault));
  });
});
