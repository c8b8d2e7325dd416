import { describe, expect, it } from 'vitest';
import { nodeUses, podUses } from '../../src/cluster/metrics.ts';
import { type TopTable, topNodes, topPods } from '../../src/cluster/top.ts';
import { recorded, tableOf } from './objects.ts';

/** kubectl's layout: every cell is padded to its column's width and three spaces. */
function print({ columns, rows }: TopTable): string {
  const all = [columns, ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => (row[index] ?? '').length)) + 3);
  return `${all.map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('')).join('\n')}\n`;
}

const node = JSON.parse(recorded('node-real.json'));
const unmeasured = ['worker-1', 'worker-2', 'worker-3'].map((name) => ({ name, cpu: '32', memory: '256Gi' }));
const nodes = [{ name: node.metadata.name, ...node.status.allocatable }, ...unmeasured];

describe('topNodes', () => {
  it('prints what kubectl prints, byte for byte', () => {
    const printed = print(topNodes(nodeUses(JSON.parse(recorded('metrics-nodes.json')), nodes)));
    // kubectl gives nodes without figures in random order; ours are by name.
    const [head, first, ...others] = recorded('kubectl-top-nodes.txt').slice(0, -1).split('\n');
    expect(printed).toBe(`${[head, first, ...others.toSorted()].join('\n')}\n`);
  });

  it.each([
    ['cpu', ['b', 'a', 'c', 'new']],
    ['memory', ['c', 'a', 'b', 'new']],
    ['name', ['a', 'b', 'c', 'new']],
  ] as const)('orders by %s, unknown ones last', (order, names) => {
    const use = (name: string, cpuMilli: number | undefined, memoryBytes: number | undefined) => ({
      name,
      cpuMilli,
      memoryBytes,
      cpuAllocatableMilli: 1000,
      memoryAllocatableBytes: 1000,
    });
    const table = topNodes([use('new', undefined, undefined), use('c', 1, 9), use('b', 9, 1), use('a', 5, 5)], order);
    expect(table.rows.map(([name]) => name)).toEqual(names);
  });

  it('says nothing of a share of nothing', () => {
    const [row] = topNodes([
      { name: 'a', cpuMilli: 1, memoryBytes: 1, cpuAllocatableMilli: 0, memoryAllocatableBytes: 0 },
    ]).rows;
    expect(row).toEqual(['a', '1m', '<unknown>', '0Mi', '<unknown>']);
  });
});

describe('topPods', () => {
  // The recorded API answer is of the namespace default; kubectl's table has one pod more, of scratch.
  const scratch = { namespace: 'scratch', name: 'bb', cpuMilli: 2, memoryBytes: 500_000 };
  const uses = [...podUses(JSON.parse(recorded('metrics-pods.json'))), scratch];

  it('prints what kubectl prints, byte for byte', () => {
    expect(print(topPods(uses, { order: 'cpu' }))).toBe(recorded('kubectl-top-pods.txt'));
  });

  it('orders by namespace and name otherwise, and can leave the namespace out', () => {
    const names = topPods(uses).rows.map((row) => row.slice(0, 2).join('/'));
    expect(names).toEqual(names.toSorted());
    expect(topPods(uses, { withNamespace: false }).columns).toEqual(
      tableOf(recorded('kubectl-top-pods.txt'))[0]?.slice(1),
    );
  });
});

describe('podUses', () => {
  it('sums containers before it rounds', () => {
    const container = { usage: { cpu: '400000n', memory: '1Ki' } };
    const item = { metadata: { name: 'a', namespace: 'b' }, containers: [container, container] };
    expect(podUses({ items: [item] })).toEqual([{ namespace: 'b', name: 'a', cpuMilli: 1, memoryBytes: 2048 }]);
  });

  it.each([[null], [{}], [{ items: [{ metadata: { name: 'a' } }] }], ['x']])('refuses %j', (answer) => {
    expect(() => podUses(answer)).toThrowError(expect.objectContaining({ code: 'bad-answer' }));
  });
});
