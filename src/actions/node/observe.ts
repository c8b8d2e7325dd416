import type { JournaledStep, Observed } from '../../gate/action.ts';
import type { Plan } from '../../gate/model.ts';
import { drainEffects } from './effects.ts';
import { counted } from './found.ts';
import { createLooker } from './left.ts';
import { nextOf } from './next.ts';
import type { NodeWorld } from './world.ts';

/**
 * Tells what became of a drain that was cut off. It can always go on while the node is the same: an eviction that names a uid does nothing twice.
 * Throws as `ActingCluster`: what can't be looked at now may be later.
 */
export async function observeDrain(
  plan: Plan,
  journal: readonly JournaledStep[],
  world: NodeWorld,
  signal: AbortSignal,
): Promise<Observed> {
  const effects = drainEffects(plan);
  const { name, uid } = effects.node;
  if (!journal.some(({ step }) => step === 'cordon')) return { is: 'not-done', text: 'It had not begun.' };
  if (journal.some(({ step, result }) => step === 'gave-up' && result)) return { is: 'done', text: 'It had given up.' };
  const node = await world.cluster.node(name, signal);
  if (!node) return { is: 'not-done', text: `There is no node ${name} any more.` };
  if (node.uid !== uid) return { is: 'not-done', text: `${name} is another node now.` };
  const left = await createLooker(effects, world).look(signal);
  const cordoned = node.unschedulable ? `${name} stays cordoned` : `${name} is not cordoned`;
  if (left.length === 0 && node.unschedulable) return { is: 'done', text: `${cordoned}; no pod is left.` };
  const going = left.filter(({ fate }) => fate.is === 'ends').length;
  const ending = going > 0 ? `, ${going} of them being deleted already` : '';
  const remain = left.length === 1 ? 'remains' : 'remain';
  const next = nextOf(name, journal, { cordoned: node.unschedulable, remain: left.length > 0 });
  return { is: 'resumable', text: `${cordoned}; ${counted(left.length, 'pod')} ${remain}${ending}.`, next };
}
