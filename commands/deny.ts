import { command } from '../src/commanding/command.ts';
import { RequestDigestAndWords } from '../src/commanding/requestWord.ts';

/** `/deny REQ-n [DIGEST] [REASON]`. */
export const deny = command({
  name: 'deny',
  usage: '/deny REQ-n [DIGEST] [REASON]',
  summary: 'Denies a request; that is final.',
  examples: ['/deny REQ-17 not before the release'],
  may: 'role',
  args: RequestDigestAndWords,
  run: ({ request, digest, reason }, asking, { gate }) =>
    gate.vote(request, asking, { choice: 'deny', digest, reason }),
});
