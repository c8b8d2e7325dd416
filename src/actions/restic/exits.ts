import { redact } from '../../lib/redact.ts';
import { clip, inertLine } from '../../lib/text.ts';

/** A version of restic: major, minor, patch. */
export type ResticVersion = readonly [number, number, number];

/** Why restic failed, as far as it can be told apart. */
export type ResticTrouble =
  | 'no-repository'
  | 'locked'
  | 'wrong-password'
  | 'no-password-file'
  | 'no-space'
  | 'interrupted'
  | 'crashed'
  | 'other';

/** How a run of restic ended. */
export type ResticEnd =
  | { readonly is: 'ok' }
  /** A snapshot was made, and something could not be read. */
  | { readonly is: 'incomplete' }
  | { readonly is: 'failed'; readonly trouble: ResticTrouble; readonly said: string };

/** Since when 10, 11 and 12 have their meaning. Source: restic changelog 0.17.0, "Exit with code 10/11/12". */
const TELLING_CODES_SINCE: ResticVersion = [0, 17, 0];

/** Source: restic 0.18 manual, "Exit codes"; before 0.17 the same conditions end with 1 (0.14 measured). */
const TELLING_CODES: ReadonlyMap<number, ResticTrouble> = new Map([
  [10, 'no-repository'],
  [11, 'locked'],
  [12, 'wrong-password'],
]);

/** SIGINT: restic's own since 0.12. 143 and 137: a death by signal as shells and `timeout` tell it. */
const INTERRUPTED: ReadonlySet<number> = new Set([130, 137, 143]);
/** Go's runtime, when a program panics. Source: Go's package runtime. `dump` and others also use it for nothing else. */
const CRASHED = 2;
const SAID_MAX = 240;

/** What restic before 0.17 tells by its words alone; the first match wins. Source: restic 0.14 cmd/restic/global.go, internal/restic/lock.go. */
const WORDS: readonly (readonly [RegExp, ResticTrouble])[] = [
  [/repository is already locked/, 'locked'],
  [/wrong password or no key found/, 'wrong-password'],
  [/Resolving password failed/, 'no-password-file'],
  [/no space left on device|disk quota exceeded/i, 'no-space'],
  [
    /unable to open config file|Is there a repository at the following location|repository does not exist/,
    'no-repository',
  ],
];

/** Reads `restic version`: "restic 0.14.0 compiled with …". Undefined where it is something else. */
export function parseVersion(text: string): ResticVersion | undefined {
  const [, major, minor, patch] = /^restic (\d{1,4})\.(\d{1,4})\.(\d{1,4})/.exec(text) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

/** Whether `version` is at least `least`. */
export function atLeast(version: ResticVersion, least: ResticVersion): boolean {
  for (const at of [0, 1, 2] as const) {
    if (version[at] !== least[at]) return version[at] > least[at];
  }
  return true;
}

/**
 * What an exit code means in a version. Pure. A code that the version doesn't know is a failure; 3 is an incomplete snapshot for a
 * backup alone. Where the version is unknown only 0 is good, and codes are read as the newest would mean them.
 */
export function resticEnd(
  version: ResticVersion | undefined,
  job: string,
  output: { readonly exitCode: number; readonly stderr: string },
): ResticEnd {
  const { exitCode, stderr } = output;
  if (exitCode === 0) return { is: 'ok' };
  if (exitCode === 3 && job === 'backup') return { is: 'incomplete' };
  const telling = version === undefined || atLeast(version, TELLING_CODES_SINCE);
  const trouble =
    (telling ? TELLING_CODES.get(exitCode) : undefined) ??
    (INTERRUPTED.has(exitCode) ? 'interrupted' : undefined) ??
    WORDS.find(([pattern]) => pattern.test(stderr))?.[1] ??
    (exitCode === CRASHED && /goroutine \d+ \[/.test(stderr) ? 'crashed' : 'other');
  return { is: 'failed', trouble, said: `${MEANING[trouble]}restic ended with ${exitCode}${said(stderr)}` };
}

const MEANING: Readonly<Record<ResticTrouble, string>> = {
  'no-repository': 'there is no repository: ',
  locked: 'the repository is locked: ',
  'wrong-password': 'the password is wrong: ',
  'no-password-file': "the password's file can't be read: ",
  'no-space': 'no space is left: ',
  interrupted: 'it was interrupted: ',
  crashed: 'it crashed: ',
  other: '',
};

/** The telling line of what restic wrote: its "Fatal:", else the last. Redacted, inert, short. */
function said(stderr: string): string {
  const lines = stderr.split('\n').map(plainLine).filter(Boolean);
  const line = lines.findLast((one) => one.includes('Fatal:') || one.includes('already locked')) ?? lines.at(-1);
  return line === undefined ? '' : ` (${clip(redact(inertLine(line)).text, SAID_MAX)})`;
}

/** Since 0.17 errors come as JSON where `--json` was asked. Source: restic 0.18 manual, "Scripting", exit_error. */
function plainLine(line: string): string {
  if (!line.startsWith('{')) return line.trim();
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'message' in value ? String(value.message).trim() : '';
  } catch {
    return line.trim();
  }
}
