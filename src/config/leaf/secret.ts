import type { z } from 'zod';
import { Secret } from '../secret.ts';
import { good, isLine, line, text } from './leaf.ts';

/** Secrets are printable, on one line, and short of a file. */
const MAX_SECRET = 8192;

/**
 * Two keys for one secret, `name` and `nameFile`, both optional; by the time of validation a file's content stands under `name`.
 * `wrong` finds what is surely mistaken and returns the sentence for it, without the value.
 */
export function secret<const N extends string>(
  name: N,
  meaning: string,
  wrong: (value: string) => string | undefined = () => undefined,
) {
  const value = text(
    { type: 'secret', expected: 'a secret: text on one line', shown: false, role: 'secret' },
    (given) => {
      if (given === '') return { message: 'the secret is empty' };
      if (!isLine(given) || given.length > MAX_SECRET) return { message: 'the secret is not text on one line' };
      const message = wrong(given);
      return message === undefined ? good(new Secret(given)) : { message };
    },
  );
  const file = line({ type: 'path', expected: 'a path', shown: true, role: 'secretFile' }, () => true, 4096);
  type Shape = { [K in N]: z.ZodOptional<typeof value> } & { [K in `${N}File`]: z.ZodOptional<typeof file> };
  return {
    [name]: value.describe(meaning).optional(),
    [`${name}File`]: file.describe(`A file that holds ${name}; read at start, its last line break dropped.`).optional(),
  } as Shape;
}
