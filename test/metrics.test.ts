import { describe, expect, it } from 'vitest';
import type { GateFact } from '../src/gate/facts.ts';
import type { GateRequest } from '../src/gate/model.ts';
import { createMetrics } from '../src/metrics.ts';
import { approved, T } from './gate/requests.ts';

const HASH = 'ffee00112233'.padEnd(64, '9');
const build = (isUnwritable = false) =>
  createMetrics({
    incidentsOpen: async () => 3,
    inbox: () => ({ entries: 0, bytes: 0 }),
    outbox: async () => 0,
    triage: async () => 0,
    requests: async (state) => (state === 'approving' ? 2 : 0),
    audit: () => ({ head: { seq: 17, hash: HASH }, isUnwritable }),
    parts: () => [{ part: 'audit', state: 'up' }],
  });
const lines = async (metrics: ReturnType<typeof build>, name: string) =>
  (await metrics.scrape()).text.split('\n').filter((line) => line.startsWith(name));

describe('the gate’s metrics', () => {
  const running: GateRequest = { ...approved(), state: 'running', execution: { id: 'e', startedAt: T + 42_000 } };
  const started: GateFact = { is: 'started', execution: 'e', digest: running.digest, approvers: ['ben'] };
  const finished: GateFact = { is: 'finished', state: 'succeeded', execution: 'e', tookMs: 61_000 };

  it('tell ends by action, and how long people and the work took', async () => {
    const metrics = build();
    metrics.gate.facts(running, [started]);
    metrics.gate.facts({ ...running, state: 'succeeded' }, [finished]);
    metrics.gate.facts({ ...running, state: 'denied' }, [{ is: 'denied', by: 'ben', chat: 'slack', digest: 'd' }]);
    expect(await lines(metrics, 'daytwo_gate_requests_total')).toEqual([
      'daytwo_gate_requests_total{action="node.drain",end="succeeded"} 1',
      'daytwo_gate_requests_total{action="node.drain",end="denied"} 1',
    ]);
    expect(await lines(metrics, 'daytwo_gate_wait_seconds_sum')).toEqual([
      'daytwo_gate_wait_seconds_sum{action="node.drain"} 42',
    ]);
    expect(await lines(metrics, 'daytwo_gate_running_seconds_sum')).toEqual([
      'daytwo_gate_running_seconds_sum{action="node.drain",end="succeeded"} 61',
    ]);
  });

  it('count an end once: not what comes before it, nor the settling after it', async () => {
    const metrics = build();
    const unknown: GateRequest = { ...running, state: 'unknown' };
    metrics.gate.facts(running, [started]);
    metrics.gate.facts(unknown, [{ ...finished, state: 'unknown' }]);
    metrics.gate.facts(unknown, [{ is: 'settled', by: 'ben', chat: 'slack', found: 'done', note: 'it is there' }]);
    metrics.gate.facts(unknown, []);
    expect(await lines(metrics, 'daytwo_gate_requests_total')).toEqual([
      'daytwo_gate_requests_total{action="node.drain",end="unknown"} 1',
    ]);
  });

  it('count what was turned away, by reason alone', async () => {
    const metrics = build();
    for (const why of ['requester', 'frozen', 'requester'] as const) metrics.gate.refused(why);
    expect(await lines(metrics, 'daytwo_gate_refusals_total')).toEqual([
      'daytwo_gate_refusals_total{why="requester"} 2',
      'daytwo_gate_refusals_total{why="frozen"} 1',
    ]);
  });

  it('tell open requests by state, each state always', async () => {
    const found = await lines(build(), 'daytwo_gate_requests_open');
    expect(found).toHaveLength(6);
    expect(found).toContain('daytwo_gate_requests_open{state="approving"} 2');
  });
});

describe('the audit’s metrics', () => {
  it('anchor its head: the entries, and the hash’s first twelve digits as an exact number', async () => {
    const metrics = build();
    expect(await lines(metrics, 'daytwo_audit_entries')).toEqual(['daytwo_audit_entries 17']);
    const [line = ''] = await lines(metrics, 'daytwo_audit_head');
    expect(Number(line.split(' ')[1]).toString(16)).toBe('ffee00112233');
  });

  it.each([
    [true, 1],
    [false, 0],
  ])('say whether it can be written: unwritable %s', async (isUnwritable, value) => {
    expect(await lines(build(isUnwritable), 'daytwo_audit_unwritable')).toEqual([`daytwo_audit_unwritable ${value}`]);
  });
});
