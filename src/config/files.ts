import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { factsOf, formFor, isMapping, shapeOf } from './introspect.ts';

/** A wrong file or a wrong pair of keys, by path. */
export interface FileProblem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Secrets are short; whatever is larger was named by mistake. */
const MAX_SECRET_FILE_BYTES = 64 * 1024;

/** A path as the operator wrote it, made absolute: `~` is the user's home, all else is relative to `base`. */
export function absolute(path: string, base: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : resolve(base, path);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'the file may not be read by this user',
  EPERM: 'the file may not be read by this user',
  ELOOP: 'its links go in a circle',
  ENAMETOOLONG: 'the name is too long',
};

/** Why a file operation failed, in words; never repeats content. */
export function fileReason(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return (typeof code === 'string' ? (REASONS[code] ?? code) : undefined) ?? 'it can not be read';
}

function readSecret(path: string): { readonly secret: string } | { readonly reason: string } {
  try {
    const found = statSync(path);
    // Neither a folder nor a pipe, which would be waited for.
    if (!found.isFile()) return { reason: 'it is no file' };
    if (found.size > MAX_SECRET_FILE_BYTES) return { reason: 'it is too large for a secret' };
    const secret = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return secret === '' ? { reason: 'it is empty' } : { secret };
  } catch (error) {
    return { reason: fileReason(error) };
  }
}

/**
 * Before validation: makes the paths of this machine absolute and puts the content of `xFile` under `x`, in place. Goes by the schema,
 * so a path on another host stays as it is.
 */
export function resolveFiles(schema: z.core.$ZodType, raw: unknown, base: string): readonly FileProblem[] {
  const problems: FileProblem[] = [];
  const visit = (at: z.core.$ZodType, value: unknown, path: readonly PropertyKey[]): void => {
    const shape = shapeOf(at);
    if (shape.is === 'list' && Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(shape.element, item, [...path, index]);
    } else if (shape.is === 'forms') {
      const form = formFor(shape, value);
      if (form) visit(form, value, path);
    } else if (shape.is === 'object' && isMapping(value)) {
      for (const [key, below] of Object.entries(shape.keys)) {
        if (!Object.hasOwn(value, key)) continue;
        const given = value[key];
        const role = factsOf(below).note?.role;
        if (typeof given !== 'string' || role === undefined || role === 'secret') visit(below, given, [...path, key]);
        else if (role === 'secretFile') problems.push(...takeSecret(value, key, given, [...path, key], base));
        else if (given !== '' && !/^https?:\/\//.test(given)) value[key] = absolute(given, base);
      }
    }
  };
  visit(schema, raw, []);
  return problems;
}

function takeSecret(
  section: Record<string, unknown>,
  key: string,
  given: string,
  path: readonly PropertyKey[],
  base: string,
): readonly FileProblem[] {
  const name = key.slice(0, -'File'.length);
  if (given === '' || given.includes('${')) return [];
  const file = absolute(given, base);
  section[key] = file;
  if (Object.hasOwn(section, name)) return [{ path, message: `give either ${name} or ${key}, not both` }];
  const found = readSecret(file);
  if ('reason' in found) return [{ path, message: `${file}: ${found.reason}` }];
  section[name] = found.secret;
  return [];
}
