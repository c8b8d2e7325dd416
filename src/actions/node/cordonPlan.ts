import type { NodeState } from '../../cluster/acting.ts';
import type { JournaledStep, Observed, Refusal, Run, Verdict } from '../../gate/action.ts';
import type { Plan } from '../../gate/model.ts';
import { inertLine } from '../../lib/text.ts';
import { nodeFindings } from './actors.ts';
import { cordon, sameNode, uncordon } from './cordon.ts';
import { nodeIn } from './effects.ts';
import { found } from './found.ts';
import { cordonMark } from './mark.ts';
import { nextOf } from './next.ts';
import { nobody } from './nobody.ts';
import { strangeMark, strangerWords } from './strangers.ts';
import type { NodeWorld } from './world.ts';

/** Keeps new pods off a node. */
export const NODE_CORDON = 'node.cordon';
/** Lets them on again. */
export const NODE_UNCORDON = 'node.uncordon';

/** Plans a cordon. Others at work, and the last open node, don't stop it: nothing is moved. Throws as `ActingCluster`. */
export async function planCordon(name: string, world: NodeWorld, signal: AbortSignal): Promise<Plan | Refusal> {
  const nodes = await world.cluster.nodes(signal);
  const node = nodes.find((one) => one.name === name);
  if (!node) return nobody(name, world, nodes);
  if (node.unschedulable) return { refused: `${name} is cordoned already.` };
  const softer = nodeFindings({ node, nodes, here: [], ...NOTHING })
    .filter(({ code }) => code !== 'single-control-plane')
    .map((finding) => (finding.level === 'BLOCK' ? { ...finding, level: 'ACKNOWLEDGE' as const } : finding));
  return {
    ...planOf(NODE_CORDON, node),
    title: `Cordon ${name}`,
    summary: `No new pod is scheduled on ${name}; what runs there stays.`,
    steps: [{ id: 'cordon', text: `Mark ${name} unschedulable, and read that back.` }],
    findings: softer,
  };
}

const NOTHING = {
  elsewhere: [],
  budgets: [],
  owners: [],
  claims: [],
  tries: new Map(),
  untried: 0,
  volumes: [],
  busy: { running: [], unknown: [] },
  self: undefined,
};

/** Plans an uncordon. A cordon of somebody else's is theirs to undo. Throws as `ActingCluster`. */
export async function planUncordon(name: string, world: NodeWorld, signal: AbortSignal): Promise<Plan | Refusal> {
  const node = await world.cluster.node(name, signal);
  if (!node) return nobody(name, world, await world.cluster.nodes(signal));
  if (!node.unschedulable) return { refused: `${name} is not cordoned.` };
  const mark = cordonMark(node);
  const stranger = await strangeMark(node, world);
  return {
    ...planOf(NODE_UNCORDON, node),
    title: `Uncordon ${name}`,
    summary: `New pods may be scheduled on ${name} again; nothing moves back by itself.${stillOff(node)}`,
    steps: [{ id: 'uncordon', text: `Mark ${name} schedulable, and read that back.` }],
    findings: [
      mark && !stranger
        ? found('NOTE', 'our-cordon', `it was cordoned by ${mark.request}`)
        : found(
            'BLOCK',
            'foreign-cordon',
            `${name} was cordoned by ${stranger ? strangerWords(stranger) : 'somebody else'}, whose cordon is not undone from here; they may: kubectl uncordon ${name}`,
          ),
      ...(node.ready === 'True' ? [] : [found('ACKNOWLEDGE', 'node-not-ready', `${name} is not Ready`)]),
    ],
  };
}

/** What Kubernetes itself keeps pods off for, however schedulable the node is. Source: kubernetes.io/docs/reference/labels-annotations-taints. */
function stillOff({ taints }: NodeState): string {
  const keys = taints.flatMap(({ key, effect }) =>
    key.startsWith('node.kubernetes.io/') && key !== 'node.kubernetes.io/unschedulable' && effect !== 'PreferNoSchedule'
      ? [inertLine(key)]
      : [],
  );
  const left = [...new Set(keys)];
  return left.length === 0 ? '' : ` As long as it has ${left.join(' and ')}, Kubernetes sends none there.`;
}

function planOf(action: string, { name, uid }: { readonly name: string; readonly uid: string }) {
  return { action, args: { node: name }, target: name, effects: { node: { name, uid } }, locks: [`node/${name}`] };
}

/** Cordons or uncordons, as the plan says. Throws as `Run.step`, and DaytwoError failed where it didn't take. */
export async function executeCordon(plan: Plan, run: Run, world: NodeWorld): Promise<void> {
  const wanted = nodeIn(plan);
  if (plan.action === NODE_CORDON) await run.step('cordon', (signal) => cordon(wanted, run.executionId, world, signal));
  else await run.step('uncordon', (signal) => uncordon(wanted, world, signal));
}

/** Tells after a crash how the node is. Throws as `ActingCluster`. */
export async function observeCordon(
  plan: Plan,
  _: readonly JournaledStep[],
  world: NodeWorld,
  signal: AbortSignal,
): Promise<Observed> {
  const wanted = nodeIn(plan);
  const node = await world.cluster.node(wanted.name, signal);
  if (node?.uid !== wanted.uid) return { is: 'not-done', text: `There is no such node ${wanted.name} any more.` };
  const is = node.unschedulable ? 'cordoned' : 'not cordoned';
  const done = node.unschedulable === (plan.action === NODE_CORDON);
  return { is: done ? 'done' : 'resumable', text: `${wanted.name} is ${is}.` };
}

/** Reads the node once more. Throws as `ActingCluster`. */
export async function verifyCordon(
  plan: Plan,
  journal: readonly JournaledStep[],
  world: NodeWorld,
  signal: AbortSignal,
): Promise<Verdict> {
  const wanted = nodeIn(plan);
  const expected = plan.action === NODE_CORDON;
  const node = await sameNode(wanted, world, signal);
  const word = (cordoned: boolean): string => (cordoned ? 'cordoned' : 'schedulable');
  const ok = node.unschedulable === expected;
  return {
    is: ok ? 'succeeded' : 'failed',
    outcome: {
      text: `${wanted.name} is ${word(node.unschedulable)}${ok ? '' : `, not ${word(expected)}: somebody else changed it`}.`,
      facts: [],
      checks: [{ what: wanted.name, expected: word(expected), actual: word(node.unschedulable), ok }],
      next: nextOf(wanted.name, journal, { cordoned: node.unschedulable, remain: false }),
    },
  };
}
