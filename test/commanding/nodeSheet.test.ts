import { describe, expect, it } from 'vitest';
import { nodeBlocks } from '../../src/commanding/nodeSheet.ts';

const NOW = Date.UTC(2026, 10, 21, 3);
const YEAR_MS = 365 * 86_400_000;
const unseen = { unseen: 'not asked' };

const event = (at: number, reason: string) => ({
  ...{ namespace: 'default', type: 'Normal', about: 'Node/a', message: 'so it is', count: 1 },
  ...{ at, reason },
});
const condition = (type: string, since: number) => ({
  ...{ type, status: 'False', reason: '', message: '', heartbeat: 0 },
  since,
});

describe('the timeline of a node’s sheet', () => {
  it('has nothing that is yet to come: it would hide what was', () => {
    const blocks = nodeBlocks({
      view: {
        ...{ name: 'a', internalIPs: [], ready: 'True', unschedulable: false, roles: [], kubeletVersion: 'v1' },
        ...{ createdAt: NOW - YEAR_MS, taints: [] },
        conditions: [condition('Told', NOW - 1000), condition('Forged', NOW + YEAR_MS)],
      },
      state: unseen,
      pods: unseen,
      drain: unseen,
      events: { seen: [event(NOW + 1000, 'AlmostNow'), event(NOW + YEAR_MS, 'NeverMind')] },
      requests: [],
      past: undefined,
      now: NOW,
    });
    const told = JSON.stringify(blocks.find((block) => 'columns' in block && block.columns[0]?.label === 'When'));
    expect(told).toContain('Told is False');
    expect(told).toContain('AlmostNow');
    expect(told).not.toMatch(/Forged|NeverMind/);
  });
});
