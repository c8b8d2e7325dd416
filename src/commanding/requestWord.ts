import { z } from 'zod';
import { requestIdOf } from '../gate/requests.ts';
import { digestWord } from '../gate/seen.ts';
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

/** A request, perhaps the digest of its plan as it was seen, and perhaps words after it. */
export const RequestDigestAndWords = RequestAndWords.transform(({ request, words }) => {
  const [first] = words.split(' ');
  const digest = digestWord(first);
  const reason = (digest === undefined ? words : words.slice(first?.length ?? 0)).trim();
  return { request, digest, reason: reason === '' ? undefined : reason };
});

/** A request, what was found, and what was seen. */
export const RequestAndFinding = RequestAndWords.transform(({ request, words }, context) => {
  const found = /^(done|not-done)\b(.*)$/is.exec(words);
  const said = found?.[1]?.toLowerCase();
  if (said === 'done' || said === 'not-done') return { request, found: said, note: (found?.[2] ?? '').trim() } as const;
  context.addIssue({ code: 'custom', message: 'say done or not-done after the request, and what you saw' });
  return z.NEVER;
});
