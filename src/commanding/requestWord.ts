import { z } from 'zod';
import { requestIdOf } from '../gate/requests.ts';
import { inertLine } from '../lib/text.ts';

/** `REQ-17` or `17`, as it was written. */
export const RequestWord = z.string().refine((word) => requestIdOf(word) !== undefined, {
  error: ({ input }) => `“${inertLine(String(input)).slice(0, 40)}” is no request; they are called REQ-1, REQ-2 …`,
});

/** A request and, perhaps, words after it. */
export const RequestAndWords = z
  .array(z.string())
  .min(1, { error: 'name a request, like REQ-17' })
  .max(200, { error: 'that is too much' })
  .transform(([request = '', ...words]) => ({ request, words: words.join(' ') }))
  .refine(({ request }) => requestIdOf(request) !== undefined, { error: 'name a request first, like REQ-17' });
