import { z } from 'zod';
import type { JournaledStep, Observed, Refusal, Run, Verdict } from '../../gate/action.ts';
import type { GateFinding, Plan } from '../../gate/model.ts';
import { parseJournalUse, parseVacuumed } from '../../host/parse/journalUse.ts';
import { DaytwoError } from '../../lib/errors.ts';
import { clip, humanBytes, inertLine } from '../../lib/text.ts';
import { found } from '../node/found.ts';
import { type DiskEffects, diskEffects, resultOf } from './effects.ts';
import { nodefsOf, type Place, type Room, roomAt, roomsAt, roomWords } from './room.ts';
import { hostOf, hostTrouble } from './trouble.ts';
import { verdictOf } from './verdict.ts';
import { type DiskHost, type DiskWorld, KUBELET_FOLDER, runtimeFolderOf } from './world.ts';

/** The action's id. */
export const DISK_JOURNAL = 'disk.journal';

/** How much of a journal stays where nobody says, MiB: some days of a node's messages. */
export const KEEP_MIB = 200;

const MIB = 1024 * 1024;
/** Where journald keeps what survives a restart; without the folder it writes to memory. Source: journald.conf(5), "Storage=". */
const JOURNAL_FOLDER = '/var/log/journal';
/** The file that is written stays, whatever is asked: 128 MiB at most by journald's defaults. Source: journald.conf(5), "SystemMaxFileSize=". */
const ACTIVE_MOST = 128 * MIB;

/** What the step `free` leaves in the journal of the execution. */
const freeResult = z.object({ freedBytes: z.number().optional() });

/** What a host's journal takes. */
export interface JournalLook {
  readonly bytes: number;
  readonly folder: string;
  readonly root: boolean;
}

/** Looks at a journal. @throws DaytwoError not-found (no journalctl, no journal on the disk) | failed, and as `ActingHosts.act` */
export async function lookAtJournal(host: DiskHost, world: DiskWorld, signal: AbortSignal): Promise<JournalLook> {
  const folder = host.journalDirectory ?? JOURNAL_FOLDER;
  const used = await world.hosts.act(host.name, { tool: 'journal-use' }, { signal });
  const bytes = parseJournalUse(used.stdout);
  if (used.exitCode !== 0 || bytes === undefined) {
    const said = clip(inertLine(used.stderr.trim().split('\n').at(-1) ?? ''), 200);
    throw new DaytwoError('failed', `journalctl on ${host.name} tells no size${said && `: ${said}`}`);
  }
  const there = await roomAt(host.name, { name: 'journal', path: folder }, world, signal);
  if (!there)
    throw new DaytwoError(
      'not-found',
      `there is no ${folder} on ${host.name}: its journal lies in memory and takes no disk`,
    );
  const user = await world.hosts.act(host.name, { tool: 'user-id' }, { signal });
  return { bytes, folder, root: user.stdout.trim() === '0' };
}

/** Plans to shorten a host's journal to a size. Nothing to remove: a refusal. Throws only `cancelled`. */
export async function planJournal(
  { node, keepMib }: { readonly node: string; readonly keepMib: number },
  world: DiskWorld,
  signal: AbortSignal,
): Promise<Plan | Refusal> {
  const host = hostOf(node, world);
  if ('refused' in host) return host;
  const bare: DiskEffects = { host: node, keepMib, places: [] };
  const theirs = host.journalDirectory === undefined ? undefined : runtimeFolderOf(host.journalDirectory);
  if (theirs !== undefined) {
    const text = `the journal’s folder ${host.journalDirectory} lies in ${theirs}, which is the container runtime’s: nothing is removed there`;
    return journalPlan(node, bare, [found('BLOCK', 'runtime-folder', text)]);
  }
  try {
    const look = await lookAtJournal(host, world, signal);
    if (look.bytes <= keepMib * MIB)
      return {
        refused: `The journal of ${node} takes ${humanBytes(look.bytes)}, no more than the ${keepMib} MiB that stay; there is nothing to free.`,
      };
    const nodefs = await nodefsOf(node, world, world.kubeletFolder ?? KUBELET_FOLDER, signal);
    const places: readonly Place[] = [{ name: 'journal', path: look.folder }, nodefs];
    const rooms = await roomsAt(node, places, world, signal);
    const lastTookMs = await world.lastTookMs?.(DISK_JOURNAL, node);
    return {
      ...journalPlan(node, { ...bare, places: [...places] }, journalFindings(look, keepMib, { rooms, places }), look),
      ...(lastTookMs === undefined ? {} : { lastTookMs }),
    };
  } catch (error) {
    return journalPlan(node, bare, [hostTrouble(error, 'tool-missing', signal)]);
  }
}

function journalPlan(node: string, effects: DiskEffects, findings: readonly GateFinding[], look?: JournalLook): Plan {
  const keep = `${effects.keepMib} MiB`;
  const much = look ? `; it takes ${humanBytes(look.bytes)} now` : '';
  return {
    action: DISK_JOURNAL,
    args: { node, keepMib: effects.keepMib },
    target: node,
    title: `Shorten the journal on ${node} to ${keep}`,
    summary: `journalctl removes the oldest archived journal files of ${node} until ${keep} are left${much}.`,
    steps: [
      { id: 'before', text: 'Note how much is free.' },
      { id: 'free', text: `On ${node}, \`journalctl --vacuum-size=${effects.keepMib}M\`.` },
      { id: 'verify', text: 'Look how much the journal takes, and measure what became free.' },
    ],
    findings,
    effects,
    locks: [`node/${node}`],
  };
}

function journalFindings(
  { bytes, root }: JournalLook,
  keepMib: number,
  { rooms, places }: { readonly rooms: readonly Room[]; readonly places: readonly Place[] },
): readonly GateFinding[] {
  return [
    found(
      'ACKNOWLEDGE',
      'messages-lost',
      'the oldest messages of every unit are gone then, of the kernel’s and of logins as well',
    ),
    ...(root
      ? []
      : [
          found(
            'ACKNOWLEDGE',
            'not-root',
            'commands run there as an ordinary user, who can remove only journal files that are theirs',
          ),
        ]),
    found(
      'NOTE',
      'estimate',
      `the journal takes ${humanBytes(bytes)}: at most ${humanBytes(bytes - keepMib * MIB)} become free; the files that are being written stay`,
    ),
    ...rooms.map((one) => found('NOTE', 'room', roomWords(one, places.find(({ name }) => name === one.name)?.least))),
  ];
}

/** Vacuums, as the plan says. Throws as `Run.step` and `ActingHosts.act`, and DaytwoError failed. */
export async function executeJournal(plan: Plan, run: Run, world: DiskWorld): Promise<void> {
  const { host, keepMib, places } = diskEffects(plan);
  if (host === undefined || keepMib === undefined) throw new DaytwoError('invalid', 'this plan names no journal');
  await run.step('before', async (signal) => ({ rooms: await roomsAt(host, places, world, signal) }));
  await run.step('free', async (signal) => {
    const { exitCode, stderr, stdout } = await world.hosts.act(host, { tool: 'journal-vacuum', keepMib }, { signal });
    const said = clip(inertLine(stderr.trim().split('\n').at(-1) ?? ''), 200);
    if (exitCode !== 0)
      throw new DaytwoError('failed', `journalctl on ${host} ended with ${exitCode}${said && `: ${said}`}`);
    return { freedBytes: parseVacuumed(`${stderr}\n${stdout}`) };
  });
}

/** Tells after a crash what became of it: what is gone is gone, and doing it again does no harm. Throws as the look does. */
export async function observeJournal(
  plan: Plan,
  journal: readonly JournaledStep[],
  world: DiskWorld,
  signal: AbortSignal,
): Promise<Observed> {
  const free = journal.find(({ step }) => step === 'free');
  if (!free) return { is: 'not-done', text: 'It had not begun.' };
  if (free.result) return { is: 'done', text: 'journalctl had ended its work.' };
  const bytes = await usedBytes(plan, world, signal);
  const { keepMib = KEEP_MIB } = diskEffects(plan);
  const is = bytes <= keepMib * MIB ? 'done' : 'resumable';
  return { is, text: `The journal takes ${humanBytes(bytes)} now; what is gone is gone.` };
}

/** No more than was asked may be left, and the files being written. Throws as the look does. */
export async function verifyJournal(
  plan: Plan,
  journal: readonly JournaledStep[],
  world: DiskWorld,
  signal: AbortSignal,
): Promise<Verdict> {
  const { keepMib = KEEP_MIB } = diskEffects(plan);
  const bytes = await usedBytes(plan, world, signal);
  const { freedBytes } = resultOf(journal, 'free', freeResult) ?? {};
  const freed = freedBytes === undefined ? undefined : humanBytes(freedBytes);
  const left = {
    check: {
      what: 'the journal',
      expected: `${keepMib} MiB, and the files being written`,
      actual: humanBytes(bytes),
      ok: bytes <= keepMib * MIB + ACTIVE_MOST,
    },
    facts: freed === undefined ? [] : [{ name: 'freed, by journalctl', value: freed }],
    done: `The journal takes ${humanBytes(bytes)} now${freed === undefined ? '' : `, ${freed} less by journalctl’s count`}`,
  };
  return verdictOf({ plan, journal, left }, world, signal);
}

async function usedBytes({ target }: Plan, world: DiskWorld, signal: AbortSignal): Promise<number> {
  const host = hostOf(target, world);
  if ('refused' in host) throw new DaytwoError('not-configured', host.refused);
  return (await lookAtJournal(host, world, signal)).bytes;
}
