import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeCordon, nodeUncordon } from '../../src/actions/node/action.ts';
import { nodePasts } from '../../src/actions/node/past/model.ts';
import { createNodeWatch } from '../../src/actions/node/past/watch.ts';
import type { NodeWorld } from '../../src/actions/node/world.ts';
import { createActingCluster } from '../../src/cluster/actingCluster.ts';
import { createCluster } from '../../src/cluster/cluster.ts';
import { createNodeSightings } from '../../src/cluster/sightings.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { planned, testRun } from '../actions/kit.ts';
import { type House, house } from '../commanding/house.ts';
import { type OwnNode, ownNode } from './kwokNode.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();
const { kubectl, kubeconfig } = target;
const signal = new AbortController().signal;

let home: House;
let node: OwnNode;

const status = async (change: object): Promise<void> => {
  const patch = ['patch', 'node', node.name, '--subresource=status', '--type=strategic'];
  await kubectl([...patch, '-p', JSON.stringify({ status: change })]);
};

// Nodes are made here: not in a user's.
describe.runIf(target.own)('what happened to a node of a real cluster', () => {
  beforeAll(async () => {
    home = await house({ cluster: createCluster({ kubeconfig }), clock: systemClock });
    node = await ownNode(target, 'd-past');
  });
  afterAll(async () => {
    await node?.remove();
    await home?.drop();
  });

  it('is told by /nodes NAME: versions, conditions, cordons by whom, and that another node took the name', async () => {
    const { store } = home.temp;
    const sightings = createNodeSightings({ kubeconfig, timeoutMs: 30_000 });
    const { look } = createNodeWatch({ sightings, store, clock: systemClock, log: silentLog, keepMs: 86_400_000 });
    const changes = async (): Promise<readonly object[]> =>
      (await store.get(nodePasts, node.name))?.body.entries.map(({ change }) => change) ?? [];
    const newest = async () => {
      await look(signal);
      return (await store.get(nodePasts, node.name))?.body.entries[0];
    };
    await look(signal);
    expect(await changes()).toEqual([{ is: 'first-seen', kubelet: expect.stringMatching(/^kwok-/) }]);

    await status({ nodeInfo: { kubeletVersion: 'v1.36.4' } });
    expect((await newest())?.change).toEqual({ is: 'kubelet', from: expect.stringMatching(/^kwok-/), to: 'v1.36.4' });

    const at = new Date(Math.floor(Date.now() / 1000) * 1000);
    const times = { lastTransitionTime: at.toISOString(), lastHeartbeatTime: at.toISOString() };
    const pressure = { type: 'DiskPressure', status: 'True', reason: 'KubeletHasDiskPressure', ...times };
    await status({ conditions: [pressure] });
    await look(signal);
    expect((await store.get(nodePasts, node.name))?.body.entries).toContainEqual({
      at: at.getTime(),
      change: { is: 'condition', type: 'DiskPressure', status: 'True', reason: 'KubeletHasDiskPressure', again: false },
    });

    await kubectl(['cordon', node.name]);
    await look(signal);
    expect(await changes()).toContainEqual({ is: 'cordoned', manager: expect.stringMatching(/^kubectl/) });
    await kubectl(['uncordon', node.name]);
    expect((await newest())?.change).toEqual({ is: 'uncordoned' });

    const cluster = createActingCluster({ kubeconfig });
    const world: NodeWorld = { cluster, clock: systemClock, random: Math.random };
    const args = { node: node.name };
    await nodeCordon.execute(planned(await nodeCordon.plan(args, world, signal)), testRun('req-7-ours'), world, signal);
    await look(signal);
    expect(await changes()).toContainEqual({ is: 'cordoned', request: 'REQ-7', manager: expect.any(String) });
    const back = planned(await nodeUncordon.plan(args, world, signal));
    await nodeUncordon.execute(back, testRun('req-8-ours'), world, signal);
    await look(signal);

    await kubectl(['delete', 'node', node.name]);
    expect((await newest())?.change).toEqual({ is: 'gone' });
    const { name } = node;
    const metadata = { name, annotations: { 'kwok.x-k8s.io/node': 'fake' } };
    const spec = { taints: [{ key: 'daytwo-test', value: 'd-past', effect: 'NoSchedule' }] };
    await target.apply([{ apiVersion: 'v1', kind: 'Node', metadata, spec }]);
    await look(signal);
    expect(await changes()).toContainEqual({ is: 'replaced', kubelet: expect.any(String) });

    const { card } = await home.ask(`nodes ${name}`);
    const told = card.blocks
      .flatMap((block) => (block.kind === 'table' ? block.rows : []))
      .map(([, text = '']) => text)
      .join('\n');
    for (const text of [
      /another node has its name now/,
      /gone from the cluster/,
      /cordoned by REQ-7/,
      /cordoned, not by a request here: by kubectl/,
      /uncordoned, not by a request here/,
      /DiskPressure is True \(KubeletHasDiskPressure\)/,
      /kubelet kwok-\S+ → v1\.36\.4/,
    ])
      expect(told).toMatch(text);
    console.log(told);
  }, 120_000);
});
