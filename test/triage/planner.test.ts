import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builtIn } from '../../alerts/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import { briefOf, createPlanner } from '../../src/triage/planner.ts';
import type { BackupTarget } from '../../src/triage/probe.ts';
import { type House, house } from '../commanding/house.ts';
import { alert, resolved, snapshot } from '../support/alerts.ts';
import { type FakeWorld, fakeWorld, nodeView } from '../support/world.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const never = new AbortController().signal;
const backup: BackupTarget = {
  name: 'restic_k8s_data',
  kind: 'restic',
  host: 'node-0',
  unit: 'restic-k8s-backup.service',
  repository: undefined,
  paths: [],
  rpoMs: DAY,
  staleAfterMs: undefined,
};

let home: House;
beforeEach(async () => {
  home = await house();
});
afterEach(() => home.drop());

function planner(fake: FakeWorld = {}, has = { cluster: false }) {
  const { temp, clock } = home;
  const world = fakeWorld(fake);
  return createPlanner({
    store: temp.store,
    clock,
    outside: { ...world, has },
    hosts: [{ name: 'node-0', via: 'local' }],
    builtIn,
    runbooks: loadConfig({ env: {} }).config.runbooks,
    backups: [backup],
    actions: new Set(['backup.run']),
  });
}
async function fire(labels: Record<string, string>, group = JSON.stringify(labels)) {
  const one = alert(group, home.clock.now(), { labels });
  const id = await home.notify(
    snapshot([one], { groupKey: group, groupLabels: { alertname: labels['alertname'] ?? '' }, commonLabels: labels }),
  );
  return home.incident(id);
}
async function end(group: string, startsAt: number): Promise<void> {
  await home.notify(snapshot([resolved(group, startsAt, home.clock.now())], { groupKey: group }));
}

describe('the planner', () => {
  it('looks at what the runbook of the alert names, on the host of the backup', async () => {
    const incident = await fire({ alertname: 'BackupFailed', exported_job: 'restic_k8s_data', job: 'pushgateway' });
    const { probes, notes } = await planner().plan(incident, never);
    expect(notes).toEqual([]);
    const ids = probes.map(({ id }) => id.split(':')[0]);
    expect(ids).toContain('backup');
    expect(ids).toContain('df');
    expect(probes.find(({ id }) => id.startsWith('journal:'))?.id).toBe('journal:node-0:restic-k8s-backup.service');
    expect(new Set(probes.map(({ id }) => id)).size).toBe(probes.length);
  });

  it('asks where the machine can’t be told, and looks at none', async () => {
    const incident = await fire({ alertname: 'DiskPressure', node: 'nobody-knows-me' });
    const { probes, notes } = await planner({ nodes: [nodeView('node-0')] }, { cluster: true }).plan(incident, never);
    expect(notes).toEqual([expect.stringContaining('nobody-knows-me')]);
    expect(probes.filter(({ id }) => id.startsWith('df:'))).toEqual([]);
  });

  it.each(['unreachable', 'forbidden', 'timeout'] as const)('goes on where the cluster is %s', async (fault) => {
    const incident = await fire({ alertname: 'DiskPressure', node: 'node-0' });
    const { probes } = await planner({ nodes: fault, pods: fault }, { cluster: true }).plan(incident, never);
    expect(probes.length).toBeGreaterThan(3);
  });

  it('has words for every alert, also for one that no runbook knows', async () => {
    for (const alertname of ['BackupFailed', 'NobodyEverWroteThis', '__proto__', '']) {
      const brief = briefOf(builtIn, [], await fire({ alertname }));
      expect(brief.meaning).not.toBe('');
      expect(brief.impact).not.toBe('');
      expect(brief.checklist.length).toBeGreaterThan(0);
    }
  });
});

describe('earlier incidents', () => {
  it('are told newest first, with what ended them', async () => {
    const labels = { alertname: 'BackupFailed', severity: 'critical' };
    const startsAt = home.clock.now();
    await fire(labels, 'first');
    await home.ask('ack INC-1');
    await home.clock.advance(10 * MINUTE);
    await end('first', startsAt);
    await home.clock.advance(DAY);
    await fire(labels, 'second');
    const past = await planner().world.past('BackupFailed', 0);
    expect(past.map(({ id, ending, resolvedAt }) => ({ id, ending, over: resolvedAt !== undefined }))).toEqual([
      { id: 'INC-2', ending: 'still open', over: false },
      { id: 'INC-1', ending: 'acknowledged by ana; resolved after 10 min', over: true },
    ]);
  });

  it('of another alert, or from before, are not told', async () => {
    await fire({ alertname: 'BackupFailed' });
    await home.clock.advance(DAY);
    const { past } = planner().world;
    expect(await past('BackupFailed', home.clock.now() - DAY + 1)).toEqual([]);
    expect(await past('BackupStale', 0)).toEqual([]);
  });

  it('do not count the incident itself, which opened at that moment', async () => {
    const labels = { alertname: 'BackupFailed', severity: 'critical' };
    const first = home.clock.now();
    await fire(labels, 'first');
    await home.clock.advance(MINUTE);
    await end('first', first);
    await home.clock.advance(DAY);
    const incident = await fire(labels, 'second');
    const plan = planner({ nodes: [], events: [], rollouts: [] }, { cluster: true });
    const { probes } = await plan.plan(incident, never);
    const changes = probes.find(({ title }) => title === 'What changed');
    const found = await changes?.look(plan.world, never);
    expect(found?.summary).toContain('1 time before in 90 days');
    expect(JSON.stringify(found?.parts)).toContain('INC-1');
    expect(JSON.stringify(found?.parts)).not.toContain('INC-2');
  });
});
