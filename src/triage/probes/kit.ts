import type { Column } from '../../chat/message.ts';
import type { Clock } from '../../lib/clock.ts';
import { codeOf, DaytwoError, messageOf } from '../../lib/errors.ts';
import { clip, humanDuration, inertLine } from '../../lib/text.ts';
import type { EvidenceStatus, Finding, FindingPart } from '../evidence.ts';
import type { DrawnTrend } from '../pictures/model.ts';

/** Rows of a table that are shown; the rest is counted. */
const ROWS_MAX = 12;
/** Letters of a cell: a table must fit a phone. */
const CELL_LETTERS = 90;
const SUMMARY_LETTERS = 220;

const SEVERITY: Readonly<Record<EvidenceStatus, number>> = { ok: 0, unknown: 1, warn: 2, bad: 3 };

/** The worst of several states; what is unknown is worse than ok and better than a warning. `ok` of none. Pure. */
export function worst(statuses: readonly EvidenceStatus[]): EvidenceStatus {
  return statuses.reduce<EvidenceStatus>((a, b) => (SEVERITY[b] > SEVERITY[a] ? b : a), 'ok');
}

/** A finding whose summary is one inert line. */
export function finding(status: EvidenceStatus, summary: string, parts: readonly FindingPart[] = []): Finding {
  return { status, summary: clip(inertLine(summary), SUMMARY_LETTERS), parts };
}

/** A table of at most `max` rows that says how many more there are. `>` before a label aligns its column to the right. */
export function table(labels: readonly string[], rows: readonly (readonly string[])[], max = ROWS_MAX): FindingPart[] {
  if (rows.length === 0) return [];
  const columns = labels.map(
    (label): Column => (label.startsWith('>') ? { label: label.slice(1), align: 'right' } : { label }),
  );
  const cells = rows.slice(0, max).map((row) => row.map(cell));
  const more = rows.length > max ? { more: `${rows.length - max} more` } : {};
  return [{ kind: 'table', columns, rows: cells, ...more }];
}

/** One inert line that fits a table. */
function cell(text: string): string {
  return clip(inertLine(text), CELL_LETTERS);
}

/** A drawn trend as a part of a finding. */
export function picture(drawn: DrawnTrend): FindingPart {
  return { kind: 'picture', ...drawn };
}

/** `3 min ago`, `just now`; times from the future (clock skew) count as now. */
export function ago(at: number, now: number): string {
  return now - at < 1000 ? 'just now' : `${humanDuration(now - at)} ago`;
}

/** `87 %` from 0.87. */
export function percent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(ratio > 0.995 || ratio < 0.1 ? 1 : 0))} %`;
}

/** `1 pod`, `2 pods`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** What became of a part of a look that may fail without spoiling the rest. */
export type Part<T> = { readonly is: 'found'; readonly value: T } | { readonly is: 'failed'; readonly error: unknown };

/** Looks at one part; a failure is told, but a cancelled look stays cancelled. */
export async function part<T>(look: Promise<T>, signal: AbortSignal): Promise<Part<T>> {
  try {
    return { is: 'found', value: await look };
  } catch (error) {
    if (signal.aborted || codeOf(error) === 'cancelled') throw error;
    return { is: 'failed', error };
  }
}

/** The failures among parts, in words. */
export function failures(parts: Readonly<Record<string, Part<unknown>>>): string[] {
  return Object.entries(parts).flatMap(([name, one]) =>
    one.is === 'failed' ? [`${name}: ${inertLine(messageOf(one.error))}`] : [],
  );
}

/** A note under the finding; nothing where there is nothing to say. */
export function note(lines: readonly string[]): FindingPart[] {
  return lines.length === 0 ? [] : [{ kind: 'text', text: lines.join('\n') }];
}

/**
 * Runs work that may take at most `ms`; `late` where it took longer (it is then aborted).
 * @throws whatever the work throws, and DaytwoError cancelled where the outer signal ends it
 */
export async function within<T>(
  { clock, ms, signal }: { clock: Clock; ms: number; signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | 'late'> {
  const own = new AbortController();
  const both = AbortSignal.any([signal, own.signal]);
  const done = new AbortController();
  const timer = clock.sleep(ms, AbortSignal.any([done.signal, signal])).then((): 'late' => {
    if (!done.signal.aborted) own.abort();
    return 'late';
  });
  try {
    const first = await Promise.race([work(both), timer]);
    if (signal.aborted) throw new DaytwoError('cancelled', 'The look was cancelled.');
    return first;
  } catch (error) {
    if (own.signal.aborted && !signal.aborted) return 'late';
    throw error;
  } finally {
    done.abort();
  }
}
