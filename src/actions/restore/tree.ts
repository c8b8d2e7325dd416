import { createHash, randomInt } from 'node:crypto';
import { isRemotePath } from '../../config/leaf/paths.ts';
import { DaytwoError } from '../../lib/errors.ts';
import { groupOf, TreePrint, textOf } from '../restic/compare.ts';
import { type Entry, parseFound } from '../restic/parse.ts';
import { restic } from '../restic/repository.ts';
import { within } from '../restic/snapshots.ts';
import type { BackupWorld } from '../restic/world.ts';
import { type RestoreEffects, repositoryIn } from './effects.ts';

/** How the restored tree compares with the snapshot. */
export interface Comparison {
  readonly wanted: TreePrint;
  readonly there: TreePrint;
  readonly alike: boolean;
  /** Some paths that differ, where they do. Untrusted text. */
  readonly examples: readonly string[];
  /** Files drawn at random, for a second look at their contents. */
  readonly sample: readonly string[];
}

/** So many files are read once more, each of at most so many bytes: over ssh they come all the way here. */
const SAMPLE = 8;
const SAMPLE_FILE_BYTES = 32 * 1024 ** 2;
const EXAMPLES = 5;
/** Differing entries that are kept while examples are looked for. */
const EXAMINED = 20_000;

/**
 * Compares every file, folder and link of the snapshot that was asked for with what lies in the folder: type, path, size and mtime.
 * Memory stays constant however many there are.
 * @throws DaytwoError not-found (the folder isn't there) | failed, and as asking restic
 */
export async function compareTree(
  effects: RestoreEffects,
  folder: string,
  world: BackupWorld,
  signal: AbortSignal,
): Promise<Comparison> {
  const wanted = new TreePrint();
  const there = new TreePrint();
  const sample = new Sample();
  await eachWanted(effects, world, signal, (entry) => {
    wanted.add(entry);
    sample.offer(entry);
  });
  await eachThere(effects.host, folder, world, signal, (entry) => there.add(entry));
  const groups = wanted.differing(there);
  const alike = groups.size === 0;
  const examples = alike ? [] : await differences(effects, folder, groups, world, signal);
  return { wanted, there, alike, examples, sample: sample.paths() };
}

/** Whether an entry of the snapshot will be restored: what is asked for, and the folders on the way to it. */
function isMeant({ path, type }: Entry, include: readonly string[]): boolean {
  if (include.length === 0) return true;
  return include.some((one) => within(path, one) || (type === 'dir' && within(one, path)));
}

async function eachWanted(
  effects: RestoreEffects,
  world: BackupWorld,
  signal: AbortSignal,
  each: (entry: Entry) => void,
): Promise<void> {
  await restic(world, repositoryIn(effects), signal).list(effects.snapshot, (entry) => {
    if (isMeant(entry, effects.include)) each(entry);
  });
}

async function eachThere(
  host: string,
  folder: string,
  { hosts }: BackupWorld,
  signal: AbortSignal,
  each: (entry: Entry) => void,
): Promise<void> {
  const onLine = (record: string): void => {
    const entry = parseFound(record);
    if (entry) each(entry);
  };
  const { exitCode, stderr } = await hosts.act(host, { tool: 'files', path: folder }, { signal, onLine });
  if (exitCode === 0) return;
  if (/No such file or directory/.test(stderr) && stderr.includes(folder))
    throw new DaytwoError('not-found', `there is no folder ${folder} on ${host}`);
  throw new DaytwoError('failed', `find on ${host} ended with ${exitCode}; the restored files can't be compared`);
}

/** A second pass over the groups that differ alone. */
async function differences(
  effects: RestoreEffects,
  folder: string,
  groups: ReadonlySet<number>,
  world: BackupWorld,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const open = new Map<string, string>();
  const keep = (entry: Entry): void => {
    if (entry.type === 'other' || !groups.has(groupOf(entry))) return;
    const text = textOf(entry);
    // What is on both sides in the same form cancels out.
    if (!open.delete(text) && open.size < EXAMINED) open.set(text, entry.path);
  };
  await eachWanted(effects, world, signal, keep);
  await eachThere(effects.host, folder, world, signal, keep);
  return [...new Set(open.values())].slice(0, EXAMPLES);
}

/** Draws files evenly from a stream of unknown length (reservoir sampling, algorithm R). */
class Sample {
  readonly #kept: string[] = [];
  #seen = 0;

  offer({ type, path, sizeBytes }: Entry): void {
    // Names from the snapshot are untrusted: only harmless ones become arguments.
    if (type !== 'file' || sizeBytes === 0 || sizeBytes > SAMPLE_FILE_BYTES || !isRemotePath(path)) return;
    this.#seen += 1;
    if (this.#kept.length < SAMPLE) this.#kept.push(path);
    else {
      const at = randomInt(this.#seen);
      if (at < SAMPLE) this.#kept[at] = path;
    }
  }

  paths(): readonly string[] {
    return this.#kept;
  }
}

/**
 * Reads the sample anew from the repository and compares SHA-256 sums with those of the restored files. Returns the paths that differ.
 * Throws as asking restic.
 */
export async function compareSample(
  effects: RestoreEffects,
  folder: string,
  sample: readonly string[],
  world: BackupWorld,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (sample.length === 0) return [];
  const paths = sample.map((path) => `${folder}${path}`);
  const { stdout } = await world.hosts.act(effects.host, { tool: 'sha256', paths }, { signal });
  // "<sum> *<path>", as `-b` prints it; none of these names needs an escape.
  const sums = new Map(stdout.split('\n').map((line) => [line.slice(66), line.slice(0, 64)]));
  const ask = restic(world, repositoryIn(effects), signal);
  const different: string[] = [];
  for (const path of sample) {
    const hash = createHash('sha256');
    await ask.dump({ id: effects.snapshot, path }, (bytes) => hash.update(bytes));
    if (sums.get(`${folder}${path}`) !== hash.digest('hex')) different.push(path);
  }
  return different;
}
