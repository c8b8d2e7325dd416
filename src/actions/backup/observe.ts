import type { JournaledStep, Observed } from '../../gate/action.ts';
import type { Plan } from '../../gate/model.ts';
import { messageOf } from '../../lib/errors.ts';
import { judgeLocks } from '../restic/locks.ts';
import { type Repository, restic } from '../restic/repository.ts';
import { marked, mayBeUnderWay, UNDER_WAY_MS } from '../restic/running.ts';
import type { BackupWorld } from '../restic/world.ts';
import { type BackupEffects, backupEffects, lookResult, repositoryIn, resultOf } from './effects.ts';
import { lookAtUnit } from './look.ts';
import { isRunning, judgeUnit } from './unit.ts';
import { type BackupTrace, madeBy, traceOf } from './verify.ts';

/** Tells after a crash what became of a run, by what is there. Throws only `cancelled`. */
export async function observeBackup(
  plan: Plan,
  journal: readonly JournaledStep[],
  world: BackupWorld,
  signal: AbortSignal,
): Promise<Observed> {
  const effects = backupEffects(plan);
  const begun = journal.find(({ step }) => step === (effects.unit === undefined ? 'backup' : 'start'));
  if (!begun) return { is: 'not-done', text: 'It had not begun.' };
  const trace = traceOf(journal);
  try {
    if (effects.unit !== undefined) return await observeUnit(effects, effects.unit, journal, world, signal);
    if (begun.result) return { is: 'done', text: 'restic had ended well.' };
    const repository = repositoryIn(effects);
    if (!repository || trace.marker === undefined)
      return { is: 'unknown', text: 'The journal names no mark to look for.' };
    return await observeRestic({ effects, repository, marker: trace.marker, trace }, world, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    return { is: 'unknown', text: `It can't be told: ${messageOf(error)}.` };
  }
}

async function observeRestic(
  what: {
    readonly effects: BackupEffects;
    readonly repository: Repository;
    readonly marker: string;
    readonly trace: BackupTrace;
  },
  world: BackupWorld,
  signal: AbortSignal,
): Promise<Observed> {
  const { effects, repository, marker, trace } = what;
  const { host } = repository;
  if (await marked(world, host, marker, signal)) return { is: 'going-on', text: `restic still works on ${host}.` };
  const ask = restic(world, repository, signal);
  // After the look at the processes: one that ended in between has left its snapshot by now.
  const made = madeBy(await ask.snapshots(), effects, trace);
  if (made) return { is: 'done', text: `Its snapshot ${made.id.slice(0, 8)} is there.` };
  if (mayBeUnderWay(world, host, trace.since)) return { is: 'going-on', text: 'It was asked for a moment ago.' };
  const at = { host, hostname: effects.hostname ?? host };
  const left = (await judgeLocks(await ask.locks(), at, world, signal)).filter(
    ({ here, alive, time }) => here && !alive && time >= trace.since - UNDER_WAY_MS,
  );
  const lock =
    left.length === 0 ? '' : ' It left a lock in the repository: `restic unlock` by hand, once nothing runs there.';
  return { is: 'not-done', text: `It was cut off: no process on ${host}, no snapshot.${lock}` };
}

async function observeUnit(
  effects: BackupEffects,
  unit: string,
  journal: readonly JournaledStep[],
  world: BackupWorld,
  signal: AbortSignal,
): Promise<Observed> {
  const { host } = effects;
  const trace = traceOf(journal);
  const run = { host, unit, before: resultOf(journal, 'look', lookResult)?.invocation, since: trace.since };
  const state = await lookAtUnit(world, run, signal);
  if (isRunning(state)) return { is: 'going-on', text: `${unit} runs on ${host}.` };
  const ours = state.invocation !== run.before && state.invocation !== '' ? state.invocation : undefined;
  const end = await judgeUnit(world, { ...run, ours }, state, signal);
  if (end === undefined) return { is: 'going-on', text: `${unit} was asked to start a moment ago.` };
  if (end.result === 'success') return { is: 'done', text: `${unit} ended well.` };
  if (end.result === 'failed') return { is: 'not-done', text: `${unit} ran and failed: ${end.said}.` };
  const repository = repositoryIn(effects);
  const made = repository && madeBy(await restic(world, repository, signal).snapshots(), effects, trace);
  if (made) return { is: 'done', text: `A new snapshot ${made.id.slice(0, 8)} is there.` };
  return { is: 'unknown', text: `systemd on ${host} tells nothing of a run of ${unit}, and there is no new snapshot.` };
}
