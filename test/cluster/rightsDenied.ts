import { DaytwoError } from '../../src/lib/errors.ts';

/** What was denied, by the error's message; undefined where nothing was, be there something or not. Other errors are the test's. */
export async function denied(trying: Promise<unknown>): Promise<string | undefined> {
  try {
    await trying;
    return undefined;
  } catch (error) {
    if (error instanceof DaytwoError && error.code === 'forbidden') return error.message;
    if (error instanceof DaytwoError && error.code === 'not-found') return undefined;
    throw error;
  }
}
