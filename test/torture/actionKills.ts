import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DEFAULT_RESTORE_ROOT } from '../../src/actions/restic/world.ts';
import type { GateRequest } from '../../src/gate/model.ts';
import { type BotOptions, type BotProcess, spawnBot, startBot } from '../support/botProcess.ts';
import { available } from '../support/real/process.ts';
import { makeResticLab, type ResticLab } from '../support/real/restic.ts';
import { cutAt, type Left, readLeft } from './actionState.ts';
import { actionFaults } from './actionVerify.ts';
import { makePeople } from './people.ts';
import { type Chance, chanceOf } from './random.ts';

/** Backups of a bot, each with a repository of its own: one process executes four at once, so that some always wait. */
const BACKUPS = 6;
/** A kill falls anywhere within this time after the first approval. An execution takes about half of it on an idle machine. */
const UNDER_WORK_MS = 5000;
/** So often it falls within this time after a restic that writes has begun: that takes but a small part of an execution. */
const AIMED = 0.5;
const IN_RESTIC_MS = 600;
const AIM_WITHIN_MS = 8000;
/** So often the kill falls anywhere within the start instead, and so long is that. */
const DURING_START = 0.1;
const START_MS = 1500;
/** So many locks of dead processes are left in a repository before somebody unlocks it by hand. */
const STALE_LOCKS = 2;
/** So many starts in a row may take too long on a busy machine. */
const SLOW_STARTS = 5;
/** How long the last start may take to end all that was cut off. */
const SETTLE_MS = 180_000;
const WAITING_STATES: ReadonlySet<string> = new Set(['planned', 'confirming', 'approving']);

/** What the kills did. */
export interface ActionKillReport {
  readonly kills: number;
  readonly duringStart: number;
  /** Executions that were under way when the bot was killed; one may have been cut off several times. */
  readonly cuts: number;
  /** Where they were, with how often. */
  readonly where: ReadonlyMap<string, number>;
  /** Requests by action and end. */
  readonly ends: ReadonlyMap<string, number>;
  readonly executions: number;
  readonly audited: number;
  readonly faults: readonly string[];
}

/** Kills the real process until `runs` executions of real backups and restores were cut off; then looks at everything. */
export async function killActions({
  runs,
  seed,
  say,
}: {
  readonly runs: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}): Promise<ActionKillReport | { readonly skipped: string }> {
  if (!available('restic')) return { skipped: 'restic is not installed' };
  const dir = await mkdtemp(join(tmpdir(), 'daytwo-actions-'));
  const data = join(dir, 'data');
  const startsFile = join(dir, 'starts');
  const labs = new Map<string, ResticLab>();
  for (let at = 0; at < BACKUPS; at += 1) labs.set(`torture-${seed}-${at}`, await makeResticLab());
  const options = await botOptions(dir, labs, startsFile);
  const chance = chanceOf(seed);
  const people = makePeople();
  const where = new Map<string, number>();
  const faults: string[] = [];
  const count = { kills: 0, duringStart: 0, cuts: 0 };
  let left: Left = { requests: [], steps: [], holders: new Set(), faults: [] };
  let isGood = false;
  let slow = 0;

  /** Carries a backup's open request on, or asks for another; resolves once it was approved, or the bot died. */
  async function push(bot: BotProcess, backup: string): Promise<void> {
    const open = left.requests.findLast(({ plan, state }) => plan.target === backup && WAITING_STATES.has(state));
    if (open?.state === 'planned') await people.say(bot, 'ana', `/cancel ${open.name}`);
    const name = open && open.state !== 'planned' ? open.name : await ask(bot, backup);
    if (name === undefined) return;
    if (open?.state !== 'approving') await people.say(bot, 'ana', `/confirm ${name}`);
    await people.say(bot, 'ben', `/approve ${name}`);
  }
  async function ask(bot: BotProcess, backup: string): Promise<string | undefined> {
    const hasOne = left.requests.some(({ plan, state }) => plan.target === backup && state === 'succeeded');
    const word = hasOne && chance.is(0.5) ? 'restore' : 'backup';
    return /REQ-\d+/.exec((await people.say(bot, 'ana', `/${word} ${backup}`)) ?? '')?.[0];
  }
  async function look(): Promise<void> {
    left = await readLeft(data);
    faults.push(...left.faults);
    for (const request of left.requests) {
      const at = cutAt(request, left.steps);
      if (at === undefined) continue;
      count.cuts += 1;
      where.set(at, (where.get(at) ?? 0) + 1);
    }
    for (const lab of labs.values()) if ((await lab.locks()).length > STALE_LOCKS) await lab.restic('unlock');
  }

  try {
    while (count.cuts < runs && faults.length === 0) {
      const started = await spawnBot(options);
      count.kills += 1;
      if (count.kills > 1 && chance.is(DURING_START)) {
        const gone = started.ready.catch(() => {});
        await wait(chance.between(0, START_MS));
        await started.kill();
        await gone;
        count.duringStart += 1;
      } else {
        const bot = await started.ready.catch(() => undefined);
        if (!bot) {
          // A machine that is too busy: it was ended before it was ready.
          slow += 1;
          count.duringStart += 1;
          if (slow > SLOW_STARTS) throw new Error(`${slow} starts were not ready in time`);
          continue;
        }
        slow = 0;
        await people.signIn(bot);
        const pushes = [...labs.keys()].map((backup) => push(bot, backup));
        await Promise.race(pushes);
        await wait(await midst(startsFile, chance));
        await bot.kill();
        await Promise.all(pushes);
      }
      await look();
      if (count.kills % 10 === 0) say(`  ${count.kills} kills, ${count.cuts} executions cut off`);
    }
    const bot = await startBot(options);
    await settled(bot);
    const code = await bot.stop();
    if (code !== 0) faults.push(`SIGTERM was answered with exit code ${code}:\n${bot.output()}`);
    left = await readLeft(data);
    faults.push(...(await actionFaults(left, labs, startsFile)));
    isGood = faults.length === 0;
    const ends = new Map<string, number>();
    for (const { plan, state } of left.requests) bump(ends, `${plan.action} ${state}`);
    const executions = left.requests.filter(({ execution }) => execution !== undefined).length;
    return { ...count, where, ends, executions, audited: count.kills + 1, faults };
  } finally {
    if (isGood) {
      await tidy(left.requests);
      for (const lab of labs.values()) await lab.remove();
      await rm(dir, { recursive: true, force: true });
    } else say(`  the state is kept in ${dir}`);
  }
}

/** How long to wait with the kill, ms; where it is aimed, it has waited until a restic began already. */
async function midst(starts: string, chance: Chance): Promise<number> {
  if (!chance.is(AIMED)) return chance.between(0, UNDER_WORK_MS);
  const afterMs = chance.between(0, IN_RESTIC_MS);
  const size = async (): Promise<number> => (await stat(starts).catch(() => undefined))?.size ?? 0;
  const before = await size();
  for (let waited = 0; waited < AIM_WITHIN_MS && (await size()) === before; waited += 10) await wait(10);
  return afterMs;
}

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The bot's options: its PATH begins with a restic that notes each backup and restore before it becomes the real one. */
async function botOptions(dir: string, labs: ReadonlyMap<string, ResticLab>, starts: string): Promise<BotOptions> {
  const bin = join(dir, 'bin');
  await mkdir(bin, { recursive: true });
  const script = `#!/bin/sh\ncase " $* " in *" backup --json "*|*" restore --json "*) echo "$*" >> ${starts};; esac\nexec /usr/bin/restic "$@"\n`;
  await writeFile(join(bin, 'restic'), script);
  await chmod(join(bin, 'restic'), 0o755);
  const backups = [...labs].map(
    ([name, { repository, passwordFile, source }]) =>
      `  - { name: ${name}, kind: restic, host: node-0, repository: ${repository}, passwordFile: ${passwordFile}, paths: [${source}] }`,
  );
  const yaml = `
people:
  - { name: ana, roles: [oncall] }
  - { name: ben, roles: [oncall, admin] }
hosts: [{ name: node-0, via: local }]
policies:
  - { actions: [backup.*, restore.*], request: [oncall], confirm: button, approvals: 1, approve: [oncall, admin], ttl: 4h }
backups:
${backups.join('\n')}
`;
  return { dir, yaml, env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, XDG_CACHE_HOME: join(dir, 'cache') } };
}

/** Waits until nothing is ready or at work any more. */
async function settled(bot: BotProcess): Promise<void> {
  const until = Date.now() + SETTLE_MS;
  for (let quiet = 0; quiet < 4; ) {
    const text = await (await fetch(`${bot.url}/metrics`)).text();
    const busy = [...text.matchAll(/^daytwo_gate_requests_open\{state="(?:ready|running|verifying)"\} (\d+)$/gm)];
    if (busy.length < 3) throw new Error(`/metrics tells nothing of requests at work:\n${text.slice(0, 500)}`);
    quiet = busy.every(([, open]) => open === '0') ? quiet + 1 : 0;
    if (Date.now() > until) throw new Error(`something is still at work:\n${bot.output()}`);
    await wait(250);
  }
}

/** Removes what was restored, folder by folder. */
async function tidy(requests: readonly GateRequest[]): Promise<void> {
  for (const { plan, execution } of requests)
    if (execution && plan.action === 'restore.run')
      await rm(join(DEFAULT_RESTORE_ROOT, `${plan.target}-${execution.id}`), { recursive: true, force: true });
}
