import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type BotProcess, metric, spawnBot, startBot } from '../support/botProcess.ts';
import { startLoad } from './load.ts';
import { chanceOf } from './random.ts';
import { type Verdict, verify } from './verify.ts';

/** Groups that begin in each run of the process: two to three notifications each. */
const GROUPS_PER_RUN = 30;
/** So often the kill falls into the start, before anything listens. */
const DURING_START = 0.15;
/** A start takes about this long; a kill during it falls anywhere within. */
const START_MS = 700;
/** A kill under load falls anywhere within this time after readiness. */
const UNDER_LOAD_MS = 700;
/** Nothing that waits has moved for so long: it is stuck. */
const STUCK_MS = 60_000;
const WAITING = ['daytwo_inbox_waiting', 'daytwo_outbox_waiting', 'daytwo_triage_waiting'];

/** What the kills did. */
export interface KillReport extends Verdict {
  readonly runs: number;
  /** Kills before the process listened. */
  readonly duringStart: number;
  /** Starts that found notifications to work in, and messages to deliver, left by the kill before. */
  readonly foundInbox: number;
  readonly foundOutbox: number;
  readonly answers: ReadonlyMap<number, number>;
  readonly slowestStartMs: number;
}

/** Kills the real process `runs` times at random moments while 16 connections post, on one data folder; then looks at everything. */
export async function killUnderLoad({
  runs,
  seed,
  say,
}: {
  readonly runs: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}): Promise<KillReport> {
  const dir = await mkdtemp(join(tmpdir(), 'daytwo-torture-'));
  const chance = chanceOf(seed);
  const load = startLoad(seed);
  const counts = { duringStart: 0, foundInbox: 0, foundOutbox: 0, slowestStartMs: 0 };
  const faults: string[] = [];
  let isGood = false;
  try {
    for (let run = 0; run < runs; run += 1) {
      load.release(GROUPS_PER_RUN);
      const started = await spawnBot({ dir });
      if (chance.is(DURING_START)) {
        const gone = started.ready.catch(() => {});
        await wait(chance.between(0, START_MS));
        await started.kill();
        await gone;
        counts.duringStart += 1;
        continue;
      }
      const bot = await started.ready;
      counts.slowestStartMs = Math.max(counts.slowestStartMs, bot.readyMs);
      faults.push(...(await damageOf(bot)));
      if ((await metric(bot, 'daytwo_inbox_waiting')) > 0) counts.foundInbox += 1;
      if ((await metric(bot, 'daytwo_outbox_waiting')) > 0) counts.foundOutbox += 1;
      load.target = bot.url;
      await wait(chance.between(0, UNDER_LOAD_MS));
      await bot.kill();
      load.target = undefined;
      if ((run + 1) % 20 === 0) say(`  ${run + 1} kills, ${load.promised.length} groups sent`);
    }
    const bot = await startBot({ dir });
    load.target = bot.url;
    await load.drained();
    await settled(bot);
    const code = await bot.stop();
    if (code !== 0) faults.push(`SIGTERM was answered with exit code ${code}:\n${bot.output()}`);
    const verdict = await verify(join(dir, 'data'), load.promised);
    isGood = verdict.faults.length + faults.length === 0;
    return { ...verdict, ...counts, faults: [...faults, ...verdict.faults], runs, answers: load.answers };
  } finally {
    load.stop();
    if (isGood) await rm(dir, { recursive: true, force: true });
    else say(`  the state is kept in ${dir}`);
  }
}

/** What a start says of damaged state. */
export async function damageOf(bot: BotProcess): Promise<readonly string[]> {
  const readiness = (await (await fetch(`${bot.url}/readyz`)).json()) as {
    parts: readonly { readonly part: string; readonly text: string }[];
  };
  return readiness.parts.filter(({ part }) => part === 'stored state').map(({ text }) => `damage at a start: ${text}`);
}

/** Waits until nothing is left to work in, to look at or to deliver, for as long as anything moves. */
export async function settled(bot: BotProcess): Promise<void> {
  let before = '';
  let movedAt = Date.now();
  for (let quiet = 0; quiet < 5; ) {
    const left = await Promise.all(WAITING.map((name) => metric(bot, name)));
    quiet = left.every((count) => count === 0) ? quiet + 1 : 0;
    if (left.join() !== before) movedAt = Date.now();
    before = left.join();
    if (quiet === 0 && Date.now() - movedAt > STUCK_MS)
      throw new Error(`stuck with ${left.join(', ')} in inbox, outbox and triage:\n${bot.output()}`);
    await wait(100);
  }
}
