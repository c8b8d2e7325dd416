import { expect, it } from 'vitest';
import { nodeUncordon } from '../../../src/actions/node/action.ts';
import { CORDON_MARK } from '../../../src/actions/node/mark.ts';
import { planned } from '../kit.ts';
import { nodeWorld, threeNodes } from './kit.ts';

it.each([
  [[], false],
  [[{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }], false],
  [[{ key: 'pool', effect: 'NoSchedule' }], false],
  [[{ key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' }], true],
])('an uncordon’s plan says what keeps pods off all the same: %j', async (taints, told) => {
  const { world } = threeNodes();
  const node = world.get('Node', 'a');
  const mark = { execution: 'req-1-mine', request: 'REQ-1', at: 0, before: 'schedulable' };
  Object.assign(node.spec, { unschedulable: true, taints });
  node.metadata.annotations = { [CORDON_MARK]: JSON.stringify(mark) };
  const around = nodeWorld(world, { isOurs: async () => true });
  const { summary } = planned(await nodeUncordon.plan({ node: 'a' }, around, new AbortController().signal));
  expect(summary).toContain('nothing moves back by itself.');
  expect(summary.includes('As long as it has node.kubernetes.io/disk-pressure, Kubernetes sends none there.')).toBe(
    told,
  );
});
