import { describe, expect, it } from 'vitest';
import { nodeCordon, nodeDrain, nodeUncordon } from '../../../src/actions/node/action.ts';
import { CORDON_MARK, cordonMark } from '../../../src/actions/node/mark.ts';
import type { NodeWorld } from '../../../src/actions/node/world.ts';
import { deploy } from '../../support/manifests.ts';
import { findingsOf, planned, testRun } from '../kit.ts';
import { nodeWorld, settle, threeNodes } from './kit.ts';

const signal = new AbortController().signal;
const ARGS = { node: 'a' };
const HOUR_MS = 3_600_000;

/** Two pods on node `a`, which another daytwo has cordoned so long ago. */
function setUp(agoMs: number, isOurs: NodeWorld['isOurs'] = async ({ execution }) => execution === 'req-1-mine') {
  const { world, open } = threeNodes();
  deploy(world, { app: 'web', replicas: 2 });
  settle(world, 8);
  open();
  const around = nodeWorld(world, { isOurs });
  const cordon = (execution: string): void => {
    const node = world.get('Node', 'a');
    const mark = { execution, request: 'REQ-1', at: around.clock.now() - agoMs, before: 'schedulable' };
    node.spec.unschedulable = true;
    node.metadata.annotations = { ...node.metadata.annotations, [CORDON_MARK]: JSON.stringify(mark) };
  };
  return { world, around, cordon };
}

describe('a node that another daytwo has cordoned', () => {
  it.each([
    ['is not drained while that may be at work', HOUR_MS, 'req-1-theirs', 'BLOCK other-actor'],
    ['is drained where its mark is of days to come', -25 * HOUR_MS, 'req-1-theirs', 'NOTE already-cordoned'],
    ['is drained a day later', 25 * HOUR_MS, 'req-1-theirs', 'NOTE already-cordoned'],
    ['is drained where it was this one', HOUR_MS, 'req-1-mine', 'NOTE already-cordoned'],
  ])('%s', async (_, agoMs, execution, expected) => {
    const { around, cordon } = setUp(agoMs);
    cordon(execution);
    const plan = planned(await nodeDrain.plan(ARGS, around, signal));
    expect(findingsOf(plan)).toContain(expected);
    expect(findingsOf(plan).filter((one) => /other-actor|already-cordoned/.test(one))).toHaveLength(1);
    expect(JSON.stringify(plan.findings).includes('another daytwo (its REQ-1')).toBe(execution === 'req-1-theirs');
  });

  it('is not uncordoned', async () => {
    const { world, around, cordon } = setUp(HOUR_MS);
    cordon('req-1-mine');
    const plan = planned(await nodeUncordon.plan(ARGS, around, signal));
    expect(findingsOf(plan)).toEqual(['NOTE our-cordon']);
    cordon('req-1-theirs');
    expect(findingsOf(planned(await nodeUncordon.plan(ARGS, around, signal)))).toEqual(['BLOCK foreign-cordon']);
    const run = nodeUncordon.execute(plan, testRun('req-2-mine'), around, signal);
    await expect(run).rejects.toThrow('whose cordon is not undone');
    expect(world.get('Node', 'a').spec.unschedulable).toBe(true);
  });

  it('is somebody’s, not ours, where the mark’s time is none', async () => {
    const { around, cordon } = setUp(-1e300);
    cordon('req-1-theirs');
    expect(findingsOf(planned(await nodeDrain.plan(ARGS, around, signal)))).toContain('NOTE already-cordoned');
    expect(findingsOf(planned(await nodeUncordon.plan(ARGS, around, signal)))).toEqual(['BLOCK foreign-cordon']);
  });

  it('is not uncordoned either where that came between the look and the change', async () => {
    const { world, around, cordon } = setUp(HOUR_MS);
    cordon('req-1-mine');
    const plan = planned(await nodeUncordon.plan(ARGS, around, signal));
    const { node } = around.cluster;
    let looks = 0;
    const late = {
      ...around,
      cluster: {
        ...around.cluster,
        node: async (...of: Parameters<typeof node>) => {
          looks += 1;
          if (looks === 2) cordon('req-1-theirs');
          return node(...of);
        },
      },
    };
    await expect(nodeUncordon.execute(plan, testRun('req-2-mine'), late, signal)).rejects.toThrow('is not undone');
    expect(world.get('Node', 'a').spec.unschedulable).toBe(true);
  });

  it.each([
    ['drain', nodeDrain],
    ['cordon', nodeCordon],
  ])('ends a %s that was planned before, and moves nothing', async (_, action) => {
    const { world, around, cordon } = setUp(0);
    const plan = planned(await action.plan(ARGS, around, signal));
    cordon('req-1-theirs');
    const run = action.execute(plan, testRun('req-2-mine'), around, signal);
    await expect(run).rejects.toThrow('is cordoned by another daytwo (its REQ-1');
    expect(world.evicted).toEqual([]);
  });
});

describe('a mark that outlived its cordon', () => {
  const mark = JSON.stringify({ execution: 'req-1-x', request: 'REQ-1', at: 1, before: 'schedulable' });
  const node = { unschedulable: true, annotations: { [CORDON_MARK]: mark } };

  it.each<[string, string | undefined, boolean]>([
    ['is none where somebody else cordoned since', 'kubectl', false],
    ['is one where the same hand wrote both', 'daytwo', true],
    ['is one where nothing is recorded', undefined, true],
  ])('%s', (_, cordon, expected) => {
    const writers = cordon === undefined ? undefined : { cordon, annotations: { [CORDON_MARK]: 'daytwo' } };
    expect(cordonMark({ ...node, writers }) !== undefined).toBe(expected);
  });
});
