import { afterEach, describe, expect, it } from 'vitest';
import type { Card } from '../../src/chat/message.ts';
import { cardText } from '../../src/chat/plainText.ts';
import type { NodeLook } from '../../src/commanding/command.ts';
import { DaytwoError } from '../../src/lib/errors.ts';
import { type House, house } from '../commanding/house.ts';
import { fakeClock } from '../support/clock.ts';
import { createKubeWorld } from '../support/kubeWorld.ts';
import { aNode, barePod } from '../support/manifests.ts';
import { condition, fakeWorld, nodeView } from '../support/world.ts';
import { worldCluster } from '../support/worldCluster.ts';

let home: House | undefined;
afterEach(async () => {
  await home?.drop();
  home = undefined;
});
const rows = (card: Card): string[] =>
  card.blocks.flatMap((block) => (block.kind === 'table' ? block.rows.map((row) => row.join(' | ')) : []));

const plan = {
  ...{ action: 'node.drain', args: {}, target: 'a', title: '', summary: '', steps: [], effects: {}, locks: [] },
  findings: [
    { level: 'ACKNOWLEDGE', code: 'single-replica', text: 'web has one replica' },
    { level: 'BLOCK', code: 'budget-never', text: 'the budget db never lets go' },
    { level: 'NOTE', code: 'estimate', text: 'some minutes' },
  ],
} as const;

/** A node with three pods, one of them finished. */
function look(change: Partial<NodeLook> = {}): NodeLook {
  const world = createKubeWorld(() => 0);
  world.apply(aNode('a'));
  const asks = { containers: [{ name: 'c', resources: { requests: { cpu: '500m', memory: '1Gi' } } }] };
  for (const name of ['x', 'y']) barePod(world, name, 'a', { spec: asks });
  barePod(world, 'z', 'a', { spec: asks, phase: 'Succeeded' });
  return { cluster: worldCluster(world), drain: async () => plan, ...change };
}

describe('/nodes NAME', () => {
  it('tells how it is, how full, what a drain would meet, and what happened', async () => {
    const at = fakeClock().now() - 60_000;
    const event = { namespace: 'default', type: 'Normal', reason: 'NodeNotSchedulable', about: 'Node/a', count: 2, at };
    const { cluster } = fakeWorld({
      nodes: [nodeView('a', { conditions: [condition('DiskPressure', 'True')] })],
      events: [{ ...event, message: 'cordoned\u202e' }],
    });
    home = await house({ cluster, nodes: look() });
    const { card } = await home.ask('nodes a');
    expect(card.title).toBe('a: Ready, DiskPressure');
    expect(card.tone).toBe('warning');
    const told = rows(card);
    expect(told.find((row) => row.startsWith('Pods'))).toMatch(/^Pods \| 2 \| /);
    expect(told.find((row) => row.startsWith('CPU'))).toMatch(/^CPU \| 1000m \| /);
    expect(told.find((row) => row.startsWith('Memory'))).toMatch(/^Memory \| 2\.0 GiB \| /);
    expect(told.some((row) => /NodeNotSchedulable: cordoned.* \(2 times\)$/.test(row))).toBe(true);
    const text = cardText(card);
    expect(text).not.toContain('\u202e');
    expect(text).toContain('1 more have finished');
    expect(text).toContain('A drain would be blocked.');
    expect(text.indexOf('the budget db')).toBeLessThan(text.indexOf('web has one replica'));
    expect(text).not.toContain('some minutes');
  });

  it('says what can’t be told, and tells the rest', async () => {
    const fault = async (): Promise<never> => {
      throw new DaytwoError('forbidden', 'Cluster test does not let us list pods.');
    };
    const { cluster } = fakeWorld({ nodes: [nodeView('a')], events: 'timeout' });
    home = await house({ cluster, nodes: look({ cluster: { node: fault, pods: fault }, drain: fault }) });
    const text = cardText((await home.ask('nodes a')).card);
    expect(text).toContain('Its pods can’t be told: Cluster test does not let us list pods.');
    expect(text).toContain('What a drain would meet can’t be told');
    expect(text).toContain('Events can’t be told');
  });

  it.each([
    ['nodes nobody', /^There is no node nobody in /],
    ['nodes --all', /^That is no name of a node/],
    ['disk a;b', /^That is no name of a node/],
    ['disk a logs', /^\/disk: name a node/],
    ['disk a journal 5', /^\/disk: /],
    ['disk a pods', /disk\.pods|no such action|not set up|cluster/i],
  ])('%s', async (text, title) => {
    home = await house({ cluster: fakeWorld({ nodes: [nodeView('a')] }).cluster, nodes: look() });
    expect((await home.ask(text)).card.title).toMatch(title);
  });

  it('answers with a sentence where the cluster is away', async () => {
    home = await house({ cluster: fakeWorld({ nodes: 'unreachable' }).cluster, nodes: look() });
    expect((await home.ask('nodes a')).card.title).toMatch(/^That did not work: /);
  });
});

describe('/disk NODE', () => {
  it('says of each remedy why it can’t be told where nothing is set up', async () => {
    home = await house();
    const { card } = await home.ask('disk worker-1');
    expect(card.title).toBe('What could be freed on worker-1');
    expect(rows(card).map((row) => row.split(' | ')[0])).toEqual(['Unused images', 'Journal', 'Finished pods']);
    expect(cardText(card)).toContain('none of the configured hosts');
  });
});
