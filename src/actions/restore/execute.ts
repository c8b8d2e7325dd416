import type { z } from 'zod';
import type { Progress, Run } from '../../gate/action.ts';
import type { Plan } from '../../gate/model.ts';
import { codeOf, DaytwoError } from '../../lib/errors.ts';
import { resticEnd } from '../restic/exits.ts';
import { parseLine } from '../restic/parse.ts';
import { elapsedWords, restoredWords, statusWords } from '../restic/progress.ts';
import { restic } from '../restic/repository.ts';
import type { BackupWorld } from '../restic/world.ts';
import {
  folderOf,
  folderResult,
  type RestoreEffects,
  repositoryIn,
  restoreEffects,
  type restoreResult,
} from './effects.ts';
import { lookAtRoot, rootTrouble } from './look.ts';

/** How often the folder is looked at while restic doesn't tell itself how far it is (before 0.17), ms. */
const LOOK_EVERY_MS = 5_000;
/** A look that takes long makes the next come later: it is to cost no more than this share of the time. */
const LOOK_SHARE = 0.1;

/** Restores into a fresh folder, by the plan's effects alone. Throws as `Run.step`. */
export async function executeRestore(plan: Plan, run: Run, world: BackupWorld): Promise<void> {
  const effects = restoreEffects(plan);
  const { folder, marker } = folderResult.parse(
    await run.step('folder', (signal) => freshFolder(effects, { target: plan.target, run }, world, signal)),
  );
  const telling = new AbortController();
  const since = world.clock.now();
  const last = plan.lastTookMs;
  await run.step('restore', async (signal) => {
    const tell = { told: false, progress: run.progress };
    const look = { host: effects.host, folder, sizeBytes: effects.sizeBytes };
    void keepLooking(tell, { ...look, since, last }, world, AbortSignal.any([signal, telling.signal]));
    try {
      return await restore(effects, { folder, marker }, tell, world, signal);
    } finally {
      telling.abort();
    }
  });
}

/** Makes the folder. That it wasn't there before is proven by `mkdir` itself. */
async function freshFolder(
  effects: RestoreEffects,
  { target, run }: { readonly target: string; readonly run: Run },
  world: BackupWorld,
  signal: AbortSignal,
): Promise<z.output<typeof folderResult>> {
  const { host, root } = effects;
  const folder = folderOf(effects, target, run.executionId);
  const made = await world.hosts.act(host, { tool: 'folder', path: root }, { signal });
  if (made.exitCode !== 0) throw new DaytwoError('failed', `${root} can't be made on ${host}`);
  const trouble = rootTrouble(root, await lookAtRoot(host, root, world, signal));
  if (trouble) throw new DaytwoError('failed', trouble.text);
  const fresh = await world.hosts.act(host, { tool: 'fresh-folder', path: folder }, { signal });
  if (fresh.exitCode !== 0) throw new DaytwoError('failed', `the fresh folder ${folder} can't be made on ${host}`);
  return { folder, marker: run.executionId };
}

async function restore(
  effects: RestoreEffects,
  { folder, marker }: z.output<typeof folderResult>,
  tell: { told: boolean; readonly progress: (progress: Progress) => void },
  world: BackupWorld,
  signal: AbortSignal,
): Promise<z.output<typeof restoreResult>> {
  const repository = repositoryIn(effects);
  const { snapshot: id, include, noLock, host } = effects;
  const version = await restic(world, repository, signal).version();
  const job = { do: 'restore', marker, id, target: folder, include, noLock } as const;
  const onLine = (line: string): void => {
    const told = parseLine(line);
    if (told?.message_type !== 'status') return;
    tell.told = true;
    tell.progress(statusWords(told));
  };
  const output = await world.hosts
    .act(host, { tool: 'restic', place: repository.place, job }, { signal, onLine })
    .catch((error: unknown) => {
      if (codeOf(error) !== 'cancelled') throw error;
      throw new DaytwoError(
        'cancelled',
        `restic on ${host} was ended; what it had restored by then lies in ${folder}`,
        {
          cause: error,
        },
      );
    });
  const end = resticEnd(version, 'restore', output);
  if (end.is === 'ok') return { verified: true, tookMs: output.tookMs };
  if (end.is === 'failed' && end.trouble !== 'other' && end.trouble !== 'no-space')
    throw new DaytwoError('failed', `${end.said}; the folder ${folder} holds no good restore`);
  // Some files may be good all the same: the comparison tells which part is there.
  return { verified: false, tookMs: output.tookMs, said: end.is === 'failed' ? end.said : 'incomplete' };
}

/** What is looked at while restic says nothing. */
interface Looking {
  readonly host: string;
  readonly folder: string;
  readonly sizeBytes: number | undefined;
  readonly since: number;
  readonly last: number | undefined;
}

/** Tells how much lies in the folder, as long as restic says nothing itself; where that can't be seen, how long it takes. */
async function keepLooking(
  tell: { readonly told: boolean; readonly progress: (progress: Progress) => void },
  { host, folder, sizeBytes, since, last }: Looking,
  { hosts, clock }: Pick<BackupWorld, 'hosts' | 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  const elapsed = (): Progress => elapsedWords('restoring', clock.now() - since, last);
  tell.progress(elapsed());
  for (let pause = LOOK_EVERY_MS; ; ) {
    await clock.sleep(pause, signal);
    if (signal.aborted || tell.told) return;
    const begun = clock.now();
    const bytes = await hosts.act(host, { tool: 'size', path: folder }, { signal }).then(
      // Files come and go while `du` looks: its exit code tells that, and its figure is good all the same.
      ({ stdout }) => Number(/^(\d+)\t/.exec(stdout)?.[1] ?? Number.NaN),
      () => Number.NaN,
    );
    if (signal.aborted || tell.told) return;
    tell.progress(Number.isNaN(bytes) || !sizeBytes ? elapsed() : restoredWords(bytes, sizeBytes));
    pause = Math.max(LOOK_EVERY_MS, (clock.now() - begun) / LOOK_SHARE);
  }
}
