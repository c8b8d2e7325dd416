import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Card } from '../../src/chat/message.ts';
import { createCluster } from '../../src/cluster/cluster.ts';
import { topNodes, topPods } from '../../src/cluster/top.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { tableOf } from '../cluster-reader/objects.ts';
import { type House, house } from '../commanding/house.ts';
import { eventually } from '../support/real/process.ts';
import { type OwnNode, ownNode } from './kwokNode.ts';
import { pod } from './objects.ts';
import { clusterTarget, type TestNamespace } from './target.ts';

const target = clusterTarget();
const { kubectl, kubeconfig } = target;
const cluster = createCluster({ kubeconfig, timeoutMs: 30_000 });
const signal = new AbortController().signal;

let home: House;
let node: OwnNode | undefined;
let space: TestNamespace;
beforeAll(async () => {
  home = await house({ cluster, clock: systemClock });
});
afterAll(async () => {
  await node?.remove();
  await home.drop();
});

const tableOn = ({ blocks }: Card): readonly (readonly string[])[] =>
  blocks.flatMap((block) => (block.kind === 'table' ? [block.columns.map(({ label }) => label), ...block.rows] : []));
/** kubectl's table with its head. */
const theirs = async (...args: readonly string[]): Promise<string[][]> => tableOf(await kubectl(args));
/** Two tables that are taken at the same moment: figures and nodes change between looks. */
const same = (what: string, ours: () => Promise<unknown>, other: () => Promise<unknown>): Promise<true | undefined> =>
  eventually(
    what,
    async () => {
      const [one, two] = [JSON.stringify(await ours()), JSON.stringify(await other())];
      return one === two || undefined;
    },
    90_000,
  );
/** Ages are told in other words: `5 h 2 min` for `5h2m`. */
const ageless = (rows: readonly (readonly string[])[]): readonly (readonly string[])[] =>
  rows.map((row) => row.filter((_, column) => column !== 3)).toSorted();

/** A lost node is Unknown here, and pressures stand beside. */
const inItsWords = ([name = '', status = '', ...rest]: readonly string[]): readonly string[] => [
  name,
  status
    .split(',')
    .map((word) => (word === 'Unknown' ? 'NotReady' : word))
    .filter((word) => !word.endsWith('Pressure'))
    .join(','),
  ...rest,
];

describe('side by side with kubectl', () => {
  it('/nodes has its columns, its words for the status, its roles and versions', async () => {
    if (target.own) {
      node = await ownNode(target, 'd-columns');
      const roles = ['node-role.kubernetes.io/worker=', 'node-role.kubernetes.io/db=', 'kubernetes.io/role=old'];
      await kubectl(['label', 'node', node.name, ...roles]);
      await kubectl(['cordon', node.name]);
      // Its kubelet is lost: the API server says Unknown, kubectl NotReady.
      const lost = { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' };
      const patch = JSON.stringify({ status: { conditions: [lost] } });
      await kubectl(['patch', 'node', node.name, '--subresource=status', '--type=strategic', '-p', patch]);
    }
    const wanted = node ? [...target.nodes, node.name] : target.nodes;
    const of = (rows: readonly (readonly string[])[]) => rows.filter(([name = '']) => wanted.includes(name));
    await same(
      'two tables of nodes',
      async () => ageless(of(tableOn((await home.ask('nodes')).card)).map(inItsWords)),
      async () => ageless(of(await theirs('get', 'nodes'))),
    );
    const [head = []] = tableOn((await home.ask('nodes')).card);
    expect(head).toEqual((await theirs('get', 'nodes'))[0]);
  });
});

describe.skipIf(!target.realNode)('with a real kubelet, side by side with kubectl', () => {
  beforeAll(async () => {
    space = await target.namespace('d-columns');
    await target.apply([pod(target, { namespace: space, name: 'busy' }, { node: target.realNode })]);
    await kubectl(['wait', 'pod/busy', '-n', space.name, '--for=condition=Ready', '--timeout=90s']);
    return () => space.remove();
  });

  it.each(['cpu', 'memory'] as const)('top nodes by %s', async (order) => {
    await same(
      'two tables of figures',
      async () => {
        const { columns, rows } = topNodes(await cluster.nodeUse(signal), order);
        return [columns, ...rows];
      },
      () => theirs('top', 'nodes', `--sort-by=${order}`),
    );
  });

  it.each(['cpu', 'memory'] as const)('top pods of all namespaces by %s', async (order) => {
    const ours = async () => {
      const { columns, rows } = topPods(await cluster.podUse(undefined, signal), { order });
      // kubectl leaves the order of equal ones to chance.
      return [columns, ...rows.toSorted()];
    };
    await same('two tables of figures', ours, async () => {
      const [head, ...rows] = await theirs('top', 'pods', '-A', `--sort-by=${order}`);
      return rows.length > 0 ? [head, ...rows.toSorted()] : undefined;
    });
  });
});
