import type { JournaledStep, Observed } from '../../gate/action.ts';
import type { Plan } from '../../gate/model.ts';
import { codeOf, messageOf } from '../../lib/errors.ts';
import { resultOf } from '../backup/effects.ts';
import { count } from '../restic/progress.ts';
import { marked, mayBeUnderWay } from '../restic/running.ts';
import type { BackupWorld } from '../restic/world.ts';
import { folderResult, restoreEffects } from './effects.ts';
import { compareTree } from './tree.ts';

/** Tells after a crash what became of a restore, by what lies in its folder. Throws only `cancelled`. */
export async function observeRestore(
  plan: Plan,
  journal: readonly JournaledStep[],
  world: BackupWorld,
  signal: AbortSignal,
): Promise<Observed> {
  const effects = restoreEffects(plan);
  const made = resultOf(journal, 'folder', folderResult);
  const begun = journal.find(({ step }) => step === 'restore');
  if (!made) return { is: 'not-done', text: 'Nothing was restored; at most an empty folder was made.' };
  if (!begun) return { is: 'not-done', text: `Nothing was restored; the empty folder ${made.folder} was made.` };
  if (begun.result) return { is: 'done', text: `restic had ended; the folder is ${made.folder}.` };
  try {
    if (await marked(world, effects.host, made.marker, signal))
      return { is: 'going-on', text: `restic still restores into ${made.folder} on ${effects.host}.` };
    if (mayBeUnderWay(world, effects.host, begun.intentAt))
      return { is: 'going-on', text: 'It was asked for a moment ago.' };
    const { alike, wanted, there } = await compareTree(effects, made.folder, world, signal);
    if (alike) return { is: 'done', text: `All of it is in ${made.folder}.` };
    return {
      is: 'not-done',
      text: `It was cut off: ${count(there.files)} of ${count(wanted.files)} files are in ${made.folder}, and can be deleted.`,
    };
  } catch (error) {
    if (signal.aborted) throw error;
    if (codeOf(error) === 'not-found') return { is: 'not-done', text: `There is no folder ${made.folder}.` };
    return { is: 'unknown', text: `It can't be told: ${messageOf(error)}.` };
  }
}
