import { command } from '../src/commanding/command.ts';
import { RequestDigestAndWords } from '../src/commanding/requestWord.ts';

/** `/approve REQ-n [DIGEST] [REASON]`. */
export const approve = command({
  name: 'approve',
  usage: '/approve REQ-n [DIGEST] [REASON]',
  summary: 'Approves somebody else’s request as its card shows it; with the plan’s digest, that very plan.',
  examples: ['/approve REQ-17', '/approve REQ-17 3fa9-81c0'],
  may: 'role',
  args: RequestDigestAndWords,
  run: ({ request, digest, reason }, asking, { gate }) =>
    gate.vote(request, asking, { choice: 'approve', digest, reason }),
});
