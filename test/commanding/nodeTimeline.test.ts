import { describe, expect, it } from 'vitest';
import type { PastEntry } from '../../src/actions/node/past/model.ts';
import { type TimelineParts, timeline } from '../../src/commanding/nodeTimeline.ts';
import type { GateRequest } from '../../src/gate/model.ts';

const T = Date.parse('2026-11-21T03:10:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function request(action: string, change: Partial<GateRequest> = {}): GateRequest {
  const plan = { action, target: 'a', args: {}, title: `Do ${action}`, summary: '', steps: [], findings: [] };
  return {
    ...{
      name: 'REQ-3',
      state: 'succeeded',
      digest: '',
      requester: 'ana',
      requestedAt: T - HOUR,
      votes: [],
      approveBy: 0,
    },
    plan: { ...plan, effects: {}, locks: [] },
    policy: { request: [], confirm: 'button', approvals: 0, approve: [], ttlMs: 0, source: 'default' },
    ...change,
  };
}
const seen = { name: 'a', uid: 'u', kubelet: 'v1', conditions: [], cordon: undefined };
const told = (parts: Partial<TimelineParts> & { readonly entries?: readonly PastEntry[] }): readonly string[] => {
  const { entries, ...rest } = parts;
  const past = entries && { seen, entries };
  const block = timeline({ view: { conditions: [] }, past, events: [], requests: [], ...rest });
  return block.kind === 'table' ? block.rows.map(([, text = '']) => text) : [];
};
const condition = { type: 'DiskPressure', status: 'True', reason: 'KubeletHasDiskPressure', again: false } as const;

describe('a node’s timeline', () => {
  it.each<[string, PastEntry]>([
    ['kubelet v1 → v2', { at: T, noticed: { after: T - MINUTE }, change: { is: 'kubelet', from: 'v1', to: 'v2' } }],
    [
      'kubelet v1 → v2 (within 2 h before)',
      { at: T, noticed: { after: T - 2 * HOUR }, change: { is: 'kubelet', from: 'v1', to: 'v2' } },
    ],
    [
      'kubelet v1 → v2 (noticed then; when it was isn’t known)',
      { at: T, noticed: { after: undefined }, change: { is: 'kubelet', from: 'v1', to: 'v2' } },
    ],
    ['DiskPressure is True (KubeletHasDiskPressure)', { at: T, change: { is: 'condition', ...condition } }],
    ['cordoned, not by a request here: by kubectl', { at: T, change: { is: 'cordoned', manager: 'kubectl' } }],
    ['cordoned, not by a request here', { at: T, change: { is: 'cordoned', manager: '' } }],
    ['cordoned by REQ-9', { at: T, change: { is: 'cordoned', request: 'REQ-9', manager: 'x' } }],
    ['uncordoned, not by a request here; Kubernetes keeps no name', { at: T, change: { is: 'uncordoned' } }],
    ['another node has its name now, with kubelet –', { at: T, change: { is: 'replaced', kubelet: '' } }],
    ['gone from the cluster', { at: T, change: { is: 'gone' } }],
  ])('%s', (text, entry) => {
    expect(told({ entries: [entry] })).toEqual([text]);
  });

  it('tells a drain with who asked for it and how it ended', () => {
    const outcome = { text: 'Drained: 12 pods moved', facts: [], checks: [] };
    expect(told({ requests: [request('node.drain', { outcome, endedAt: T })] })).toEqual([
      'REQ-3: Do node.drain, asked by ana: succeeded. Drained: 12 pods moved',
    ]);
  });

  it('tells what a request did once', () => {
    const cordoned: PastEntry = { at: T, change: { is: 'cordoned', request: 'REQ-3', manager: 'daytwo' } };
    expect(told({ entries: [cordoned], requests: [request('node.cordon')] })).toHaveLength(1);
    const uncordoned = (after: number | undefined): PastEntry => ({
      at: T,
      noticed: { after },
      change: { is: 'uncordoned' },
    });
    const ours = [request('node.uncordon', { endedAt: T - 30_000 })];
    expect(told({ entries: [uncordoned(T - MINUTE)], requests: ours })).toHaveLength(1);
    // Ours was long before: this one was somebody else's.
    expect(told({ entries: [uncordoned(T - 20_000)], requests: ours })).toHaveLength(2);
    expect(
      told({
        entries: [uncordoned(T - MINUTE)],
        requests: [request('node.uncordon', { state: 'failed', endedAt: T })],
      }),
    ).toHaveLength(2);
    const now = { since: T, message: '', heartbeat: 0, type: 'DiskPressure', status: 'True', reason: '' };
    const entries: PastEntry[] = [{ at: T, change: { is: 'condition', ...condition } }];
    expect(told({ entries, view: { conditions: [now] } })).toHaveLength(1);
    expect(told({ entries, view: { conditions: [{ ...now, since: T + 1 }] } })).toHaveLength(2);
  });

  it('tells what a request waits for in words, and conditions that stand since one moment in one row', () => {
    expect(told({ requests: [request('node.drain', { state: 'confirming' })] })).toEqual([
      'REQ-3: Do node.drain, asked by ana: ana must confirm',
    ]);
    const one = (type: string, status = 'False') => ({ since: T, message: '', heartbeat: 0, type, status, reason: '' });
    const conditions = [one('Ready', 'True'), one('MemoryPressure'), one('PIDPressure')];
    expect(told({ view: { conditions } })).toEqual(['Ready is True', 'MemoryPressure, PIDPressure are False']);
  });

  it('shows the newest 15, and every text inert and short', () => {
    const hostile = `kubectl\u202e\u0007\n<!channel> ${'x'.repeat(500)}`;
    const entries: PastEntry[] = Array.from({ length: 40 }, (_, n) => ({
      at: T + n * MINUTE,
      change: { is: 'cordoned', manager: `${n} ${hostile}` },
    }));
    const rows = told({ entries });
    expect(rows).toHaveLength(15);
    expect(rows[0]).toContain(': by 39 kubectl');
    for (const row of rows) {
      for (const hidden of ['\u202e', '\u0007', '\n']) expect(row).not.toContain(hidden);
      expect([...row].length).toBeLessThanOrEqual(160);
    }
  });
});
