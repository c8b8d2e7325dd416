import type { z } from 'zod';
import { codeOf, DaytwoError, type ErrorCode, messageOf } from '../../lib/errors.ts';
import { inertLine } from '../../lib/text.ts';
import type { BackupWorld } from '../restic/world.ts';
import type { BackupEffects, runResult } from './effects.ts';

type Teller = Pick<BackupWorld, 'pushgateway' | 'clock'>;

/** A run as its metrics tell it. */
export interface ToldRun {
  readonly name: string;
  readonly effects: BackupEffects;
  /** When it was begun, epoch ms. */
  readonly since: number;
}

/** A run that was good. */
export interface GoodRun extends ToldRun {
  readonly tookMs: number | undefined;
  readonly run: z.output<typeof runResult> | undefined;
}

/** Whether the metrics were pushed, and the words for it. */
export interface Told {
  readonly ok: boolean;
  readonly text: string;
}

/**
 * Pushes a good run's metrics, unless the unit has pushed them itself; undefined where no Pushgateway is configured. A push that fails is
 * an answer, too: it makes no backup bad. Throws only `cancelled`.
 */
export async function tellSuccess(good: GoodRun, world: Teller, signal: AbortSignal): Promise<Told | undefined> {
  const { name, effects, since, tookMs, run } = good;
  const { pushgateway, clock } = world;
  if (!pushgateway) return undefined;
  return answered(signal, async () => {
    // Time stamps are whole seconds.
    const own = await ownGroup(good, world, signal);
    if (own?.success === 1 && (own.timestamp ?? 0) >= since - 1000) return `yes, by ${effects.unit} itself`;
    const labels = await pushgateway.pushSuccess(
      {
        ...backupOf(name, effects),
        at: clock.now(),
        durationMs: tookMs ?? clock.now() - since,
        filesNew: run?.filesNew,
        filesChanged: run?.filesChanged,
      },
      signal,
    );
    return `yes, ${groupWords(labels)}`;
  });
}

/**
 * Pushes that a run failed, unless the unit has; the time stamps of the last success stay. Undefined where no Pushgateway is configured.
 * Throws only `cancelled`.
 */
export async function tellFailure(failed: ToldRun, world: Teller, signal: AbortSignal): Promise<Told | undefined> {
  const { pushgateway } = world;
  if (!pushgateway) return undefined;
  return answered(signal, async () => {
    const own = await ownGroup(failed, world, signal);
    if (own?.success === 0) return `yes, by ${failed.effects.unit} itself`;
    return `yes, ${groupWords(await pushgateway.pushFailure(backupOf(failed.name, failed.effects), signal))}`;
  });
}

/** What says for sure that the run itself is over and was no good. What only the way to it says (unreachable, cancelled) doesn't. */
const OVER: ReadonlySet<ErrorCode> = new Set(['failed', 'timeout']);

/** Does the run; where it fails the Pushgateway is told before anybody else. Throws as the run does, with what became of the telling. */
export async function orTellFailure<T>(
  what: ToldRun,
  world: Teller,
  signal: AbortSignal,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (signal.aborted || !OVER.has(codeOf(error))) throw error;
    const told = await tellFailure(what, world, signal);
    if (!told || told.ok) throw error;
    const text = `${messageOf(error)}; nor could the Pushgateway be told: ${told.text}`;
    throw new DaytwoError(codeOf(error), text, { cause: error });
  }
}

/** The group that the unit itself has pushed to since the run began. */
async function ownGroup({ name, effects, since }: ToldRun, { pushgateway }: Teller, signal: AbortSignal) {
  if (effects.unit === undefined) return undefined;
  const groups = (await pushgateway?.groups(name, signal)) ?? [];
  return groups.find(({ success, pushedAt }) => success !== undefined && (pushedAt ?? 0) >= since - 1000);
}

function backupOf(job: string, { host, hostname }: BackupEffects) {
  return { job, instances: [host, ...(hostname === undefined ? [] : [hostname])] };
}

function groupWords(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}=${inertLine(value)}`)
    .join(', ');
}

async function answered(signal: AbortSignal, push: () => Promise<string>): Promise<Told> {
  try {
    return { ok: true, text: await push() };
  } catch (error) {
    if (signal.aborted) throw error;
    return { ok: false, text: messageOf(error) };
  }
}
