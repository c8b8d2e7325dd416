import type { z } from 'zod';
import type { BackupWorld } from '../restic/world.ts';
import type { BackupEffects, runResult } from './effects.ts';

/** A run that was good, as its metrics tell it. */
export interface GoodRun {
  readonly name: string;
  readonly effects: BackupEffects;
  /** When it was begun, epoch ms. */
  readonly since: number;
  readonly tookMs: number | undefined;
  readonly run: z.output<typeof runResult> | undefined;
}

/**
 * Pushes a good run's metrics, unless the unit has pushed them itself; undefined where no Pushgateway is configured.
 * @throws DaytwoError as `Pushgateway.pushSuccess`
 */
export async function pushed(
  { name, effects, since, tookMs, run }: GoodRun,
  { pushgateway, clock }: Pick<BackupWorld, 'pushgateway' | 'clock'>,
  signal: AbortSignal,
): Promise<{ readonly ok: boolean; readonly text: string } | undefined> {
  if (!pushgateway) return undefined;
  if (effects.unit !== undefined) {
    const groups = await pushgateway.groups(name, signal);
    // Time stamps are whole seconds.
    const own = groups.some(({ success, timestamp }) => success === 1 && (timestamp ?? 0) >= since - 1000);
    if (own) return { ok: true, text: `yes, by ${effects.unit} itself` };
  }
  const { host, hostname } = effects;
  const labels = await pushgateway.pushSuccess(
    {
      job: name,
      instances: [host, ...(hostname === undefined ? [] : [hostname])],
      at: clock.now(),
      durationMs: tookMs ?? clock.now() - since,
      filesNew: run?.filesNew,
      filesChanged: run?.filesChanged,
    },
    signal,
  );
  const group = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
  return { ok: true, text: `yes, ${group.join(', ')}` };
}
