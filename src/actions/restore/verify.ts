import type { JournaledStep, Verdict } from '../../gate/action.ts';
import type { Outcome, Plan } from '../../gate/model.ts';
import { codeOf } from '../../lib/errors.ts';
import { clip, humanBytes, humanDuration, inertLine } from '../../lib/text.ts';
import { resultOf } from '../backup/effects.ts';
import { count } from '../restic/progress.ts';
import type { BackupWorld } from '../restic/world.ts';
import { folderResult, type RestoreEffects, restoreEffects, restoreResult } from './effects.ts';
import { type Comparison, compareSample, compareTree } from './tree.ts';

type Check = Outcome['checks'][number];
type Weighed = Check & { readonly weight: 'failed' | 'degraded' };

/**
 * What must be true after a restore: each file of the snapshot is in the folder, as it was.
 * @throws DaytwoError as asking restic: what can't be looked at now may be later
 */
export async function verifyRestore(
  plan: Plan,
  journal: readonly JournaledStep[],
  world: BackupWorld,
  signal: AbortSignal,
): Promise<Verdict> {
  const effects = restoreEffects(plan);
  const folder = resultOf(journal, 'folder', folderResult)?.folder;
  const begun = journal.find(({ step }) => step === 'folder')?.intentAt;
  if (folder === undefined || begun === undefined) return nothing(plan.target, 'no folder was made');
  const compared = await compareTree(effects, folder, world, signal).catch((error: unknown) => {
    if (codeOf(error) === 'not-found') return undefined;
    throw error;
  });
  if (!compared) return nothing(plan.target, `the folder ${folder} isn't there`);
  const run = resultOf(journal, 'restore', restoreResult);
  // A file that isn't there at all has been told by the comparison.
  const different = compared.alike ? await compareSample(effects, folder, compared.sample, world, signal) : [];
  const checks = [
    ...treeChecks(compared),
    weighed(
      'degraded',
      'contents, by restic restore --verify',
      'no difference',
      run?.verified ? 'no difference' : (run?.said ?? 'not known: the end of the run was not seen'),
      run?.verified === true,
    ),
    ...sampleChecks(compared, different),
  ];
  return verdict({ plan, effects, folder, begun }, checks, compared, world.clock.now());
}

function treeChecks({ wanted, there, alike, examples }: Comparison): readonly Weighed[] {
  const numbers: [string, number, number][] = [
    ['files', wanted.files, there.files],
    ['folders', wanted.folders, there.folders],
    ['links', wanted.links, there.links],
  ];
  return [
    ...numbers.map(([what, expected, actual]) =>
      weighed('failed', what, count(expected), count(actual), expected === actual),
    ),
    weighed('failed', 'size', humanBytes(wanted.bytes), humanBytes(there.bytes), wanted.bytes === there.bytes),
    weighed(
      'failed',
      'names, sizes and times',
      'as in the snapshot',
      alike ? 'as in the snapshot' : `different, for instance ${examples.map((path) => clip(path, 80)).join(', ')}`,
      alike,
    ),
    ...(wanted.files === 0 ? [weighed('degraded', 'anything to compare', 'yes', 'no file', false)] : []),
  ];
}

function sampleChecks({ alike, sample }: Comparison, different: readonly string[]): readonly Weighed[] {
  if (!alike || sample.length === 0) return [];
  const good = sample.length - different.length;
  return [
    weighed(
      'failed',
      'SHA-256 of a random sample, read anew',
      `${sample.length} alike`,
      `${good} alike${different.length === 0 ? '' : `, different: ${different.map((path) => clip(path, 80)).join(', ')}`}`,
      different.length === 0,
    ),
  ];
}

function weighed(weight: Weighed['weight'], what: string, expected: string, actual: string, ok: boolean): Weighed {
  return { weight, what, expected, actual: clip(inertLine(actual), 400), ok };
}

function nothing(target: string, why: string): Verdict {
  const check = { what: 'the restored folder', expected: 'there', actual: why, ok: false };
  return { is: 'failed', outcome: { text: `${target} was not restored: ${why}.`, facts: [], checks: [check] } };
}

function verdict(
  { plan, effects, folder, begun }: { plan: Plan; effects: RestoreEffects; folder: string; begun: number },
  checks: readonly Weighed[],
  { there }: Comparison,
  now: number,
): Verdict {
  const bad = checks.filter(({ ok }) => !ok);
  const is = bad.some(({ weight }) => weight === 'failed') ? 'failed' : bad.length > 0 ? 'degraded' : 'succeeded';
  const why = bad.map(({ what, actual }) => `${what}: ${actual}`).join('; ');
  const where = `${folder} on ${effects.host}`;
  const text = {
    succeeded: `${plan.target} is restored into ${where}, and every file compared.`,
    degraded: `${plan.target} is restored into ${where}, with doubts: ${why}.`,
    failed: `The restore of ${plan.target} in ${where} is not whole: ${why}.`,
  }[is];
  return {
    is,
    outcome: {
      text,
      facts: [
        { name: 'Folder', value: folder },
        { name: 'Snapshot', value: effects.snapshot.slice(0, 8) },
        { name: 'Files', value: count(there.files) },
        { name: 'Size', value: humanBytes(there.bytes) },
        { name: 'Measured RTO', value: humanDuration(now - begun) },
        { name: 'Measured RPO', value: humanDuration(begun - effects.snapshotTime) },
      ],
      checks: checks.map(({ weight: _, ...check }) => check),
    },
  };
}
