import { readdir, readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { DEFAULT_RESTORE_ROOT } from '../../src/actions/restic/world.ts';
import { ENDS, type GateRequest } from '../../src/gate/model.ts';
import type { ResticLab } from '../support/real/restic.ts';
import type { Left } from './actionState.ts';

/** States of an execution that has ended well, or well with doubts. */
const GOOD: ReadonlySet<string> = new Set(['succeeded', 'degraded']);

/** Holds a stopped bot's requests against what is in the repositories, in the restored folders, and in the record of restic's starts. */
export async function actionFaults(
  left: Left,
  labs: ReadonlyMap<string, ResticLab>,
  startsFile: string,
): Promise<readonly string[]> {
  const faults = [...left.faults];
  const starts = (await readFile(startsFile, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  const tags = new Map<string, string[]>();
  for (const [name, lab] of labs) {
    const found = JSON.parse((await lab.restic('--no-lock', 'snapshots', '--json')) || '[]') as {
      readonly tags?: readonly string[];
    }[];
    tags.set(
      name,
      found.flatMap((one) => one.tags ?? []),
    );
  }
  const folders: readonly string[] = await readdir(DEFAULT_RESTORE_ROOT).catch(() => []);
  const known = new Set(left.requests.flatMap(({ execution }) => (execution ? [execution.id] : [])));
  for (const tag of [...tags.values()].flat())
    if (!known.has(tag)) faults.push(`a snapshot of ${tag}, which no request stands behind`);

  for (const request of left.requests) {
    const { name, plan, execution, state, votes } = request;
    if (!execution) {
      if (!ENDS.has(state) && state !== 'planned' && state !== 'confirming' && state !== 'approving')
        faults.push(`${name} is ${state} without an execution`);
      continue;
    }
    if (!ENDS.has(state)) faults.push(`${name} is still ${state}`);
    if (!votes.some(({ choice, digest }) => choice === 'approve' && digest === request.digest))
      faults.push(`${name} was executed without an approval of its plan`);
    const lab = labs.get(plan.target);
    if (!lab) continue;
    const begun = starts.filter((line) => line.includes(execution.id)).length;
    if (begun > 1) faults.push(`${name}: restic was started ${begun} times`);
    const made = tags.get(plan.target)?.filter((tag) => tag === execution.id).length ?? 0;
    if (plan.action === 'backup.run') faults.push(...backupFaults(request, made));
    else faults.push(...(await restoreFaults(request, lab, folders.includes(`${plan.target}-${execution.id}`))));
  }
  for (const holder of left.holders) {
    const state = left.requests.find(({ execution }) => execution?.id === holder)?.state;
    if (state !== 'unknown') faults.push(`${holder} (${state}) holds a lock at the end`);
  }
  return faults;
}

function backupFaults({ name, state, outcome }: GateRequest, made: number): readonly string[] {
  if (made > 1) return [`${name}: ${made} snapshots of one execution`];
  if (GOOD.has(state) && made === 0) return [`${name} is ${state} without a snapshot`];
  if (state === 'failed' && made > 0) return [`${name} is failed (${outcome?.text}), and its snapshot is there`];
  return [];
}

async function restoreFaults(
  { name, plan, state, execution, outcome }: GateRequest,
  lab: ResticLab,
  there: boolean,
): Promise<readonly string[]> {
  if (!GOOD.has(state)) {
    const claims = /Nothing was restored; at most an empty folder|There is no folder/.test(outcome?.text ?? '');
    const folder = `${DEFAULT_RESTORE_ROOT}/${plan.target}-${execution?.id}`;
    if (claims && there && (await readdir(folder)).length > 0)
      return [`${name} is ${state} (${outcome?.text}), and its folder is not empty`];
    return [];
  }
  if (!there) return [`${name} is ${state}, and its folder isn't there`];
  const folder = `${DEFAULT_RESTORE_ROOT}/${plan.target}-${execution?.id}${lab.source}`;
  const { exitCode } = await execa('diff', ['-r', '--no-dereference', lab.source, folder], { reject: false });
  return exitCode === 0 ? [] : [`${name} is ${state}, and its folder differs from what was backed up`];
}
