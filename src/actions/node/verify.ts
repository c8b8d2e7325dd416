import type { JournaledStep, Verdict } from '../../gate/action.ts';
import type { Outcome, Plan } from '../../gate/model.ts';
import { clip, humanDuration, inertLine } from '../../lib/text.ts';
import { beforeResult, type ControllerBefore } from './before.ts';
import { cordonResult } from './cordon.ts';
import { gaveUpResult } from './drain.ts';
import { drainEffects } from './effects.ts';
import { isEviction } from './evict.ts';
import { counted, names } from './found.ts';
import { resultOf } from './journalOf.ts';
import { createLooker, type LeftPod } from './left.ts';
import { nextOf } from './next.ts';
import type { NodeWorld } from './world.ts';

type Check = Outcome['checks'][number];

/** How long replacements and volumes may take until the drain counts as degraded, ms, and how often it is looked. */
const SETTLE_MS = 5 * 60_000;
const LOOK_MS = 3000;
/** Between the two looks for pods, ms. */
const TWICE_MS = 1000;

const check = (what: string, expected: string, actual: string, ok: boolean): Check => ({
  what,
  expected,
  actual: clip(inertLine(actual), 300),
  ok,
});

/** What must be true after a drain. Throws as `ActingCluster`: what can't be looked at now may be later. */
export async function verifyDrain(
  plan: Plan,
  journal: readonly JournaledStep[],
  world: NodeWorld,
  signal: AbortSignal,
): Promise<Verdict> {
  const effects = drainEffects(plan);
  const { name, uid } = effects.node;
  const before = resultOf(journal, 'before', beforeResult);
  const gaveUp = resultOf(journal, 'gave-up', gaveUpResult);
  const node = await world.cluster.node(name, signal);
  const same = node?.uid === uid;
  const checks: Check[] = [
    check('the node', 'the same', same ? 'the same' : node ? 'another one' : 'gone', same),
    check('cordon', 'still there', node?.unschedulable ? 'still there' : 'gone', node?.unschedulable === true),
  ];
  const looker = createLooker(effects, world);
  const first = await looker.look(signal);
  await world.clock.sleep(TWICE_MS, signal);
  const left = first.length > 0 ? first : await looker.look(signal);
  checks.push(
    check(
      'pods that had to leave',
      'none in two looks',
      left.length === 0 ? 'none' : leftWords(left),
      left.length === 0,
    ),
  );
  const hard = checks.filter(({ ok }) => !ok);
  const facts = factsOf(journal, before?.pods);
  const whose = resultOf(journal, 'cordon', cordonResult)?.whose;
  if (hard.length > 0) {
    const waits = gaveUp?.waits.map(({ what, text }) => `${what}: ${text}`) ?? [];
    const why = !node
      ? 'it is gone'
      : !same
        ? 'it is another node now'
        : gaveUp
          ? `blocked, ${gaveUp.why}`
          : 'not finished';
    const text = `${name} is not drained: ${why}. ${leftWords(left)}${waits.length > 0 ? `, waiting on: ${names(waits)}` : ''}. ${node?.unschedulable ? 'It stays cordoned.' : ''}`;
    const next = same ? nextOf(name, journal, { cordoned: node.unschedulable, remain: left.length > 0 }) : [];
    return { is: 'failed', outcome: { text: text.trim(), facts, checks, next } };
  }
  const settled = await settle(name, before, world, signal);
  checks.push(...settled);
  const doubts = settled.filter(({ ok }) => !ok);
  const back =
    whose === 'theirs'
      ? 'It was cordoned by somebody else, who lifts that.'
      : `Once it is mended, let pods onto it again: /uncordon ${name}.`;
  const text =
    doubts.length === 0
      ? `${name} is drained and cordoned. ${back}`
      : `${name} is drained and cordoned, with doubts: ${doubts.map(({ what, actual }) => `${what}: ${actual}`).join('; ')}. ${back}`;
  const next = nextOf(name, journal, { cordoned: true, remain: false });
  return { is: doubts.length === 0 ? 'succeeded' : 'degraded', outcome: { text, facts, checks, next } };
}

const leftWords = (left: readonly LeftPod[]): string =>
  left.length === 0
    ? 'No pod is left'
    : `${counted(left.length, 'pod')} left: ${names(left.map(({ workload }) => workload))}`;

function factsOf(journal: readonly JournaledStep[], pods: number | undefined): Outcome['facts'] {
  const steps = journal.filter(({ step }) => isEviction(step));
  const since = journal.find(({ step }) => step === 'cordon')?.intentAt;
  const until = Math.max(0, ...steps.map(({ result }) => result?.at ?? 0));
  return [
    ...(pods === undefined ? [] : [{ name: 'Pods before', value: String(pods) }]),
    { name: 'Evicted', value: String(steps.filter(({ result }) => result).length) },
    ...(since === undefined || until <= since ? [] : [{ name: 'Evictions took', value: humanDuration(until - since) }]),
  ];
}

/** Waits a while for controllers to be as ready as before and for volumes to let go. */
async function settle(
  node: string,
  before: { readonly controllers: readonly ControllerBefore[]; readonly volumes: readonly string[] } | undefined,
  world: NodeWorld,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const { controllers = [], volumes = [] } = before ?? {};
  const until = world.clock.now() + SETTLE_MS;
  for (;;) {
    const short = await shortOf(controllers, world, signal);
    const attached = volumes.length === 0 ? [] : await world.cluster.attached(node, signal);
    const held = volumes.filter((volume) => attached.includes(volume));
    const checks = [
      check(
        'controllers as ready as before',
        counted(controllers.length, 'controller'),
        short.length === 0 ? 'all' : names(short),
        short.length === 0,
      ),
      ...(volumes.length === 0
        ? []
        : [
            check(
              'volumes detached',
              counted(volumes.length, 'volume'),
              held.length === 0 ? 'all' : names(held),
              held.length === 0,
            ),
          ]),
    ];
    if (checks.every(({ ok }) => ok) || world.clock.now() >= until || signal.aborted) return checks;
    await world.clock.sleep(LOOK_MS, signal);
  }
}

/** Controllers with fewer ready pods than before, or than they want by now. */
async function shortOf(
  controllers: readonly ControllerBefore[],
  { cluster }: Pick<NodeWorld, 'cluster'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (controllers.length === 0) return [];
  const now = await cluster.owners(
    controllers.map(({ ready: _, ...ref }) => ref),
    signal,
  );
  return controllers.flatMap(({ kind, namespace, name, uid, ready }) => {
    const found = now.find(({ ref }) => ref.uid === uid && ref.kind === kind);
    if (found?.found !== 'yes') return [];
    const expected = Math.min(ready, found.wanted ?? ready);
    return (found.ready ?? 0) >= expected ? [] : [`${kind} ${namespace}/${name} ${found.ready ?? 0} of ${expected}`];
  });
}
