import { DaytwoError } from '../lib/errors.ts';
import { clip, inertLine } from '../lib/text.ts';
import { absolutePath } from './names.ts';

/** Long enough to be found among processes without doubt, short enough for a file's name. No sign means anything to a regular expression. */
const MARKER = /^[A-Za-z0-9][A-Za-z0-9_-]{7,79}$/;

/** restic's ids are SHA-256 in hexadecimal; eight digits are its short form. */
const RESTIC_ID = /^[0-9a-f]{8,64}$/;

/** What a machine may call itself. Source: RFC 1123 section 2.1, with underscores, which uname(2) allows and people use. */
const OWN_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/;

/**
 * The forms of a repository's place that restic knows, each with a first character of its host, bucket or remote that can't be an option
 * of the program that restic starts for it (ssh, rclone). Source: restic 0.18 manual, "Preparing a new repository".
 */
const REMOTE_REPOSITORY =
  /^(?:sftp:(?!.*@-)(?:\/\/)?(?:[A-Za-z_][A-Za-z0-9_.-]*@)?[A-Za-z0-9[]|rclone:[A-Za-z0-9_]|rest:https?:\/\/[A-Za-z0-9[]|(?:s3|b2|azure|gs|swift):[A-Za-z0-9_])[A-Za-z0-9_./:@+=,~[\]-]*$/;

/** `//user:password@`. */
const HOLDS_PASSWORD = /\/\/[^/@]*:[^/@]*@/;

const REPOSITORY_MAX = 1024;

/** What marks a run of restic: an execution's id. Throws `invalid`. */
export function marker(text: string): string {
  if (!MARKER.test(text)) throw invalid('a marker', text, '8 to 80 letters, digits, hyphens and underscores');
  return text;
}

/** A snapshot's or lock's id. Throws `invalid`. */
export function resticId(text: string): string {
  if (!RESTIC_ID.test(text)) throw invalid('an id of restic', text, '8 to 64 hexadecimal digits');
  return text;
}

/** A machine's name as `uname -n` tells it. Throws `invalid`. */
export function ownName(text: string): string {
  if (!OWN_NAME.test(text)) throw invalid('a machine’s name', text, 'letters, digits, dots, hyphens and underscores');
  return text;
}

/** A repository: an absolute path, or a remote place without a password in it. Throws `invalid`, without repeating a password. */
export function repository(text: string): string {
  if (HOLDS_PASSWORD.test(text)) throw new DaytwoError('invalid', 'a repository must not hold a password');
  if (text.startsWith('/')) return absolutePath(text);
  if (text.length > REPOSITORY_MAX || !REMOTE_REPOSITORY.test(text)) {
    throw invalid('a repository', text, 'an absolute path, or sftp:, rest:, s3:, b2:, azure:, gs:, swift: or rclone:');
  }
  return text;
}

/** Some absolute paths, at least one. Throws `invalid`. */
export function somePaths(paths: readonly string[], most: number): readonly string[] {
  if (paths.length === 0 || paths.length > most) {
    throw invalid('a list of paths', `${paths.length} paths`, `1 to ${most} of them`);
  }
  return paths.map(absolutePath);
}

function invalid(what: string, value: string, rule: string): DaytwoError {
  return new DaytwoError('invalid', `not ${what}: ${JSON.stringify(clip(inertLine(value), 80))} (${rule})`);
}
