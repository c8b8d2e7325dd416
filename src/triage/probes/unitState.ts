import { parseUnit, type UnitState } from '../../host/parse/unit.ts';
import { inertLine } from '../../lib/text.ts';
import type { EvidenceStatus, Finding } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { ago, finding, table } from './kit.ts';

const DEADLINE_MS = 12_000;

/** Judges a unit: failed or with a bad result is bad, on its way is a warning, a finished one-shot is fine. Pure. */
export function unitStatus(state: UnitState): EvidenceStatus {
  if (!state.found) return 'unknown';
  if (state.activeState === 'failed' || (state.result !== '' && state.result !== 'success')) return 'bad';
  const moving = state.activeState === 'activating' || state.activeState === 'deactivating';
  return moving && state.subState === 'auto-restart' ? 'bad' : moving ? 'warn' : 'ok';
}

/** A unit's state in one line: "failed (exit-code 1) 2 h ago". Pure. */
export function unitLine(state: UnitState, now: number): string {
  const exit = state.lastExit;
  const how =
    exit === undefined ? '' : exit.kind === 'exited' ? `, exit code ${exit.code}` : `, ended by signal ${exit.signal}`;
  const result = state.result === '' || state.result === 'success' ? '' : ` (${state.result}${how})`;
  const at = state.changedAt ?? state.exitedAt;
  const since = at === undefined ? '' : `, ${ago(at, now)}`;
  const restarts = state.restarts > 0 ? `, restarted ${state.restarts} times` : '';
  return inertLine(
    `${state.activeState} ${state.subState === '' ? '' : `[${state.subState}]`}${result}${since}${restarts}`,
  );
}

/** What systemd says of a unit. Pure. */
function unitFinding(state: UnitState, unit: string, host: string, now: number): Finding {
  if (!state.found) return finding('unknown', `${host} has no unit ${unit}.`);
  const time = (at: number | undefined) => (at === undefined ? 'never' : ago(at, now));
  return finding(
    unitStatus(state),
    `${unit}: ${unitLine(state, now)}`,
    table(
      ['Property', 'Value'],
      [
        ['State', `${state.activeState} (${state.subState})`],
        ['Result', state.result],
        ['Last start', time(state.startedAt)],
        ['Last end', time(state.exitedAt)],
        ['Enabled', state.enabled],
      ],
    ),
  );
}

/** The state of a unit. Source: `systemctl show`. */
export function unitState(host: string, unit: string): Probe {
  return {
    id: `unit:${host}:${unit}`,
    title: `Unit ${unit}`,
    source: `systemctl on ${host}`,
    deadlineMs: DEADLINE_MS,
    host,
    look: async ({ hosts, clock }, signal) => {
      const output = await hosts.run(host, { tool: 'unit', unit }, signal);
      return unitFinding(parseUnit(output.stdout), unit, host, clock.now());
    },
  };
}
