import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { chanceOf } from './random.ts';
import { lefts, openSmall, PAIRS, rights, steps } from './storeChild.ts';

const CHILD = fileURLToPath(new URL('./storeChild.ts', import.meta.url));
const OPEN_WITHIN_MS = 30_000;
/** The kill falls anywhere within this time after the folder was opened. */
const WRITING_MS = 250;

/** What the kills of a bare store did. */
export interface StoreKillReport {
  readonly runs: number;
  readonly acknowledged: number;
  /** Kills that left an unfinished snapshot behind, or a new journal whose snapshot had not been begun or not been followed up. */
  readonly duringSnapshot: number;
  /** Kills that left a torn last record. */
  readonly torn: number;
  readonly snapshots: number;
  readonly faults: readonly string[];
}

/** Kills a process that does nothing but commit and compact, `runs` times on one folder; every acknowledged commit must be there whole. */
export async function killStore({
  runs,
  seed,
}: {
  readonly runs: number;
  readonly seed: number;
}): Promise<StoreKillReport> {
  const dir = await mkdtemp(join(tmpdir(), 'daytwo-store-'));
  const chance = chanceOf(seed);
  const faults: string[] = [];
  const promised = new Map<string, number>();
  const count = { acknowledged: 0, duringSnapshot: 0, torn: 0, snapshots: 0 };
  let newest = 0;
  try {
    for (let run = 0; run < runs && faults.length === 0; run += 1) {
      const lines = await writeAndKill(dir, chance.between(0, WRITING_MS));
      for (const line of lines) {
        if (line.startsWith('!')) faults.push(line);
        const [pair, step] = line.split(' ').map(Number);
        if (pair === undefined || step === undefined || Number.isNaN(step)) continue;
        count.acknowledged += 1;
        promised.set(`pair-${pair}`, Math.max(step, promised.get(`pair-${pair}`) ?? 0));
      }
      const left = await readdir(join(dir, 'state')).catch(() => []);
      const journal = highest(left, 'journal-');
      const begun =
        left.some((name) => name.endsWith('.part')) || (journal > newest && highest(left, 'snapshot-') < journal);
      if (begun && newest > 0) count.duringSnapshot += 1;
      newest = Math.max(newest, journal);
      count.snapshots = newest - 1;
      faults.push(...(await faultsOf(dir, promised)));
      if ((await readdir(join(dir, 'state'))).some((name) => name.endsWith('.part')))
        faults.push('an unfinished snapshot stays behind for ever');
      count.torn = (await readdir(join(dir, 'state', 'set-aside')).catch(() => [])).length;
    }
    return { runs, ...count, faults };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The highest number among state files of one kind; 0 of none. */
function highest(names: readonly string[], prefix: string): number {
  return Math.max(0, ...names.filter((name) => name.startsWith(prefix)).map((name) => Number(/\d+/.exec(name)?.[0])));
}

async function writeAndKill(dir: string, afterMs: number): Promise<readonly string[]> {
  const child = execa(process.execPath, [CHILD, dir], { buffer: false, reject: false, cleanup: true });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  let isOver = false;
  const over = child.then(() => {
    isOver = true;
  });
  const until = Date.now() + OPEN_WITHIN_MS;
  while (!output.includes('> open') && Date.now() < until && !isOver) await wait(2);
  await wait(afterMs);
  child.kill('SIGKILL');
  await over;
  if (errors.includes('Error')) return [`! the store failed under load: ${errors.slice(0, 2000)}`];
  return output.split('\n').slice(0, -1);
}

/** The two halves of each pair are of one step, and of no older one than was acknowledged. */
async function faultsOf(dir: string, promised: ReadonlyMap<string, number>): Promise<readonly string[]> {
  const faults: string[] = [];
  const store = await openSmall(dir, (text) => faults.push(text));
  try {
    for (const { text } of store.notices()) faults.push(`damage: ${text}`);
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const id = `pair-${pair}`;
      const left = (await store.get(lefts, id))?.body;
      const right = (await store.get(rights, id))?.body;
      if (left?.step !== right?.step) faults.push(`${id}: half a commit: ${left?.step} and ${right?.step}`);
      if ((left?.step ?? 0) < (promised.get(id) ?? 0))
        faults.push(`${id}: lost: ${promised.get(id)}, found ${left?.step}`);
    }
    const log = await store.find(steps, { limit: 10_000 });
    if (new Set(log.map(({ body }) => body.step)).size !== log.length) faults.push('a step stands twice in the log');
  } finally {
    await store.close();
  }
  return faults;
}
