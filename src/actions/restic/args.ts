import { z } from 'zod';
import { repository } from '../../host/actNames.ts';
import { absolutePath, unitName } from '../../host/names.ts';
import { messageOf } from '../../lib/errors.ts';
import type { BackupSpec } from './world.ts';

/** A backup's name, as the configuration takes it. */
export const backupName = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'a name of letters, digits, dots, hyphens and underscores');

/** A snapshot: its id, or as many of its first digits as tell it apart, eight at least; or `latest`. */
export const snapshotId = z.string().regex(/^(?:latest|[0-9a-f]{8,64})$/, 'latest, or at least 8 digits of an id');

/** An absolute path that may be an argument; a trailing slash is dropped. */
export const remotePath = z.string().transform((text, context) => {
  try {
    return absolutePath(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'an absolute path, without "..", quotes or control characters' });
    return z.NEVER;
  }
});

/** Why a configured backup can't be an argument on a host, in a sentence; undefined where it can. Checked before any of it is shown. */
export function placeTrouble({ name, repository: place, passwordFile, paths, unit }: BackupSpec): string | undefined {
  try {
    if (place !== undefined) repository(place);
    if (passwordFile !== undefined) absolutePath(passwordFile);
    if (unit !== undefined) unitName(unit);
    paths.forEach(absolutePath);
    return undefined;
  } catch (error) {
    return `${name} can't be used as it is configured: ${messageOf(error)}.`;
  }
}
