import { parseUnit, type UnitState } from '../../host/parse/unit.ts';
import { humanBytes, humanDuration, inertLine } from '../../lib/text.ts';
import { type BackupState, backupQuery, lastSuccessQuery, readBackup } from '../../telemetry/backupMetrics.ts';
import type { EvidenceStatus, Finding } from '../evidence.ts';
import type { BackupTarget, Probe, World } from '../probe.ts';
import { ago, failures, finding, note, type Part, part, table, worst } from './kit.ts';
import { unitLine, unitStatus } from './unitState.ts';

const DEADLINE_MS = 15_000;

/** Which backup: the configured one, or at least the job that pushes. */
export interface BackupScope {
  readonly backup: BackupTarget | undefined;
  readonly job: string | undefined;
}

const STATUS: Readonly<Record<BackupState['verdict'], EvidenceStatus>> = {
  ok: 'ok',
  stale: 'bad',
  failed: 'bad',
  unknown: 'unknown',
};

/** What metrics and unit tell together; either may be away. Pure. */
function backupFinding(
  parts: { readonly metrics: Part<BackupState>; readonly unit: Part<UnitState> | undefined },
  rpoMs: number | undefined,
  now: number,
): Finding {
  const state = parts.metrics.is === 'found' ? parts.metrics.value : undefined;
  const unit = parts.unit?.is === 'found' ? parts.unit.value : undefined;
  const statuses = [state ? STATUS[state.verdict] : 'unknown', ...(unit ? [unitStatus(unit)] : [])] as const;
  // A unit that ended well says nothing about the age of the last good backup: `unknown` stays.
  const said = [
    state ? stateLine(state, rpoMs, now) : 'no metrics',
    ...(unit?.found ? [`unit ${unitLine(unit, now)}`] : []),
  ];
  const { metrics, unit: ofUnit } = parts;
  return finding(worst(statuses), said.join('; '), [
    ...table(['Figure', 'Value'], state ? rows(state, now) : []),
    ...note([...(state?.reasons ?? []), ...failures({ metrics, ...(ofUnit ? { unit: ofUnit } : {}) })]),
  ]);
}

/** "last good backup 46 h ago against an RPO of 24 h; the last run failed 2 h ago". Pure. */
function stateLine(state: BackupState, rpoMs: number | undefined, now: number): string {
  const rpo = rpoMs === undefined ? '' : ` against an RPO of ${humanDuration(rpoMs)}`;
  const good =
    state.lastSuccessAt === undefined
      ? 'no good backup known'
      : `last good backup ${ago(state.lastSuccessAt, now)}${rpo}`;
  const run = state.lastRunAt === undefined ? '' : ` ${ago(state.lastRunAt, now)}`;
  if (state.lastRunOk === false) return `${good}; the last run failed${run}`;
  return state.lastRunOk === undefined ? `${good}; ${inertLine(state.reasons[0] ?? '')}` : good;
}

function rows(state: BackupState, now: number): string[][] {
  const all: [string, string | undefined][] = [
    ['Last good backup', state.lastSuccessAt === undefined ? 'not known' : ago(state.lastSuccessAt, now)],
    ['Last run', state.lastRunAt === undefined ? 'not known' : ago(state.lastRunAt, now)],
    ['Last run was good', state.lastRunOk === undefined ? 'not known' : state.lastRunOk ? 'yes' : 'no'],
    ['Duration', state.durationMs === undefined ? undefined : humanDuration(state.durationMs)],
    ['Size', state.sizeBytes === undefined ? undefined : humanBytes(state.sizeBytes)],
    ['New files', state.filesNew?.toString()],
    ['Changed files', state.filesChanged?.toString()],
  ];
  return all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

async function metricsOf(
  job: string,
  rpoMs: number | undefined,
  world: World,
  signal: AbortSignal,
): Promise<BackupState> {
  const { prometheus, clock } = world;
  const [samples, history] = await Promise.all([
    prometheus.query(backupQuery(job), signal),
    part(prometheus.query(lastSuccessQuery(job), signal), signal),
  ]);
  const earlier = history.is === 'found' ? { history: history.value } : {};
  return readBackup({ samples, ...earlier, now: clock.now(), rpoMs });
}

async function unitOf(host: string, unit: string, { hosts }: World, signal: AbortSignal): Promise<UnitState> {
  return parseUnit((await hosts.run(host, { tool: 'unit', unit }, signal)).stdout);
}

/**
 * State of a backup against its RPO. Source: pushed metrics in Prometheus, and the unit that makes it.
 * The age that `staleAfter` tolerates stands in where no RPO is set.
 */
export function backupState({ backup, job }: BackupScope): Probe {
  const name = job ?? backup?.name;
  const { host, unit } = backup ?? {};
  const rpoMs = backup?.rpoMs ?? backup?.staleAfterMs;
  const withUnit = host !== undefined && unit !== undefined;
  return {
    id: `backup:${backup?.name ?? ''}:${job ?? ''}`,
    title: name === undefined ? 'Backup' : `Backup ${name}`,
    source: withUnit ? `Prometheus, systemctl on ${host}` : 'Prometheus',
    deadlineMs: DEADLINE_MS,
    look: async (world, signal) => {
      if (name === undefined) {
        return finding('unknown', 'The alert names no backup: neither a job label nor a backup of the configuration.');
      }
      const [metrics, state] = await Promise.all([
        part(metricsOf(name, rpoMs, world, signal), signal),
        withUnit ? part(unitOf(host, unit, world, signal), signal) : undefined,
      ]);
      if (metrics.is === 'failed' && state?.is !== 'found') throw metrics.error;
      return backupFinding({ metrics, unit: state }, rpoMs, world.clock.now());
    },
  };
}
