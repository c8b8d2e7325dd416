import type { Progress } from '../../gate/action.ts';
import { humanBytes, humanDuration } from '../../lib/text.ts';
import type { ResticLine } from './parse.ts';

type Status = Extract<ResticLine, { message_type: 'status' }>;

const COUNT = new Intl.NumberFormat('en-US');

/** 1,204. */
export const count = (value: number): string => COUNT.format(value);

/** "12 %, 1,204 of 8,930 files, about 3 min left". Pure. */
export function statusWords(status: Status): Progress {
  const share = Math.min(1, Math.max(0, status.percent_done));
  const done = status.files_done ?? status.files_restored;
  const total = status.total_files === undefined ? '' : ` of ${count(status.total_files)}`;
  const left = status.seconds_remaining;
  return {
    share,
    text: [
      `${Math.floor(share * 100)} %`,
      ...(done === undefined ? [] : [`${count(done)}${total} files`]),
      ...(left === undefined || left === 0 ? [] : [`about ${humanDuration(left * 1000)} left`]),
    ].join(', '),
  };
}

/** "[0:12] 45.00%  9 / 20 snapshots", as a check reports. Undefined for all other lines. Source: restic 0.14. */
export function checkWords(line: string): Progress | undefined {
  const [, percent, done, total, what] = /^\[[\d:]+\] +([\d.]+)% +(\d+) \/ (\d+) ([a-z]+)/.exec(line) ?? [];
  if (percent === undefined) return undefined;
  return { text: `checking the repository: ${done} of ${total} ${what}` };
}

/** "38 %, 1.2 GiB of 3.1 GiB": how much of a restore lies in its folder. Folders count a little, so it is never full before the end. */
export function restoredWords(bytes: number, sizeBytes: number): Progress {
  const share = Math.min(0.99, bytes / sizeBytes);
  const there = Math.min(bytes, sizeBytes);
  return { share, text: `${Math.floor(share * 100)} %, ${humanBytes(there)} of ${humanBytes(sizeBytes)}` };
}

/** Where nothing tells how far it is: how long it has run, against the last time. */
export function elapsedWords(what: string, elapsedMs: number, lastTookMs: number | undefined): Progress {
  const last = lastTookMs === undefined ? '' : ` (the last time took ${humanDuration(lastTookMs)})`;
  return {
    text: `${what} for ${humanDuration(elapsedMs)}${last}`,
    // Never full before it is.
    ...(lastTookMs === undefined || lastTookMs === 0 ? {} : { share: Math.min(0.95, elapsedMs / lastTookMs) }),
  };
}
