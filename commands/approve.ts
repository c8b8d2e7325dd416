import { command } from '../src/commanding/command.ts';
import { RequestAndWords } from '../src/commanding/requestWord.ts';

/** `/approve REQ-n [REASON]`. */
export const approve = command({
  name: 'approve',
  usage: '/approve REQ-n [REASON]',
  summary: 'Approves somebody else’s request as its card shows it.',
  examples: ['/approve REQ-17'],
  may: 'role',
  args: RequestAndWords,
  run: ({ request, words }, asking, { gate }) =>
    gate.vote(request, asking, 'approve', words === '' ? undefined : words),
});
