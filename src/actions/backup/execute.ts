import type { z } from 'zod';
import type { Progress, Run } from '../../gate/action.ts';
import type { Plan } from '../../gate/model.ts';
import { codeOf, DaytwoError } from '../../lib/errors.ts';
import { resticEnd } from '../restic/exits.ts';
import { parseLine } from '../restic/parse.ts';
import { checkWords, statusWords } from '../restic/progress.ts';
import { type Repository, ResticFault, restic } from '../restic/repository.ts';
import { hostnameOf, snapshotsOf } from '../restic/snapshots.ts';
import type { BackupWorld } from '../restic/world.ts';
import {
  type BackupEffects,
  backupEffects,
  type checkResult,
  followResult,
  lookResult,
  repositoryIn,
  type runResult,
} from './effects.ts';
import { lookAtUnit } from './look.ts';
import { orTellFailure, tellFailure } from './push.ts';
import { followUnit, startUnit } from './unit.ts';

/** What `look` is given to remember of earlier snapshots; more would only fill the journal. */
const REMEMBERED = 200;

/** Runs a backup step by step, by the plan's effects alone. Throws as `Run.step`, and DaytwoError failed where the backup did. */
export async function executeBackup(plan: Plan, run: Run, world: BackupWorld): Promise<void> {
  const effects = backupEffects(plan);
  const repository = repositoryIn(effects);
  const look = lookResult.parse(
    await run.step('look', (signal) => lookBefore(effects, run.executionId, world, signal)),
  );
  if (effects.unit === undefined) {
    if (!repository) throw new DaytwoError('invalid', 'this plan names no repository');
    const what = { effects, repository, marker: look.marker };
    await run.step('backup', (signal) => {
      const since = world.clock.now();
      return orTellFailure({ name: plan.target, effects, since }, world, signal, () =>
        backup(what, run, world, signal),
      );
    });
  } else {
    const { host, unit } = effects;
    const since = await run.step('start', async (signal) => {
      const now = world.clock.now();
      await startUnit(world, { host, unit }, signal);
      return now;
    });
    const tell = { lastTookMs: plan.lastTookMs, progress: run.progress };
    const end = followResult.parse(
      await run.step('follow', async (signal) => {
        const ended = await followUnit(world, { host, unit, before: look.invocation, since }, tell, signal);
        if (ended.result !== 'failed') return ended;
        const told = await tellFailure({ name: plan.target, effects, since }, world, signal);
        return told?.ok === false
          ? { ...ended, said: `${ended.said}; nor could the Pushgateway be told: ${told.text}` }
          : ended;
      }),
    );
    if (end.result === 'failed')
      throw new DaytwoError('failed', `${unit} on ${host} failed: ${end.said}; its journal tells more`);
  }
  if (repository) await run.step('check', (signal) => check(repository, world, run.progress, signal));
}

async function lookBefore(
  { host, unit, paths, hostname, ...effects }: BackupEffects,
  marker: string,
  world: BackupWorld,
  signal: AbortSignal,
): Promise<z.output<typeof lookResult>> {
  const repository = repositoryIn({ host, paths, ...effects });
  const [own, state, all] = await Promise.all([
    hostnameOf(world, host, signal),
    unit === undefined ? undefined : lookAtUnit(world, { host, unit }, signal),
    repository ? restic(world, repository, signal).snapshots() : [],
  ]);
  // Snapshots are grouped by this name: another machine under the old address is not the one that was approved.
  if (hostname !== undefined && own !== hostname)
    throw new DaytwoError('failed', `${host} calls itself by another name than when this was planned`);
  const mine = snapshotsOf(all, { paths, hostname: own }).slice(-REMEMBERED);
  return {
    marker,
    snapshots: mine.map(({ id }) => id),
    ...(state && state.invocation !== '' ? { invocation: state.invocation } : {}),
  };
}

async function backup(
  what: { readonly effects: BackupEffects; readonly repository: Repository; readonly marker: string },
  run: Run,
  world: BackupWorld,
  signal: AbortSignal,
): Promise<z.output<typeof runResult>> {
  const { effects, repository, marker } = what;
  const { host, place } = repository;
  const hostname = effects.hostname ?? host;
  const version = await restic(world, repository, signal).version();
  let summary: Extract<ReturnType<typeof parseLine>, { message_type: 'summary' }> | undefined;
  let unread = 0;
  const hear = (line: string): void => {
    const told = parseLine(line);
    if (told?.message_type === 'status') run.progress(statusWords(told));
    else if (told?.message_type === 'summary') summary = told;
    else if (told?.message_type === 'error') unread += 1;
    // 0.14 leaves a missing path out with this sentence, and with exit code 0.
    else if (line.endsWith('does not exist, skipping')) unread += 1;
  };
  const job = { do: 'backup', marker, hostname, paths: effects.paths } as const;
  const command = { tool: 'restic', place, job } as const;
  const output = await world.hosts
    .act(host, command, { signal, onLine: hear, onErrorLine: hear })
    .catch((error: unknown) => {
      if (codeOf(error) !== 'cancelled') throw error;
      throw new DaytwoError(
        'cancelled',
        `restic on ${host} was ended; earlier snapshots are untouched, what it had uploaded stays unused until the next prune`,
        { cause: error },
      );
    });
  const end = resticEnd(version, 'backup', output);
  if (end.is === 'failed') throw new ResticFault(end, `restic backup on ${host}`);
  return {
    complete: end.is === 'ok' && unread === 0,
    unread,
    tookMs: output.tookMs,
    ...defined({
      snapshot: summary?.snapshot_id,
      files: summary?.total_files_processed,
      bytes: summary?.total_bytes_processed,
      added: summary?.data_added,
      filesNew: summary?.files_new,
      filesChanged: summary?.files_changed,
    }),
  };
}

/** Checks the repository. A failed check is a result: what was backed up is there, and verification judges. */
export async function check(
  { host, place }: Repository,
  world: Pick<BackupWorld, 'hosts'>,
  progress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<z.output<typeof checkResult>> {
  progress({ text: 'checking the repository' });
  const output = await world.hosts.act(
    host,
    { tool: 'restic', place, job: { do: 'check' } },
    {
      signal,
      onLine: (line) => {
        const told = checkWords(line);
        if (told) progress(told);
      },
    },
  );
  const end = resticEnd(undefined, 'check', output);
  return end.is === 'ok'
    ? { ok: true, text: 'no errors' }
    : { ok: false, text: end.is === 'failed' ? end.said : end.is };
}

/** Leaves out what is undefined: a journal holds JSON. */
function defined<T extends Readonly<Record<string, string | number | undefined>>>(figures: T) {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
