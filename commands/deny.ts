import { command } from '../src/commanding/command.ts';
import { RequestAndWords } from '../src/commanding/requestWord.ts';

/** `/deny REQ-n [REASON]`. */
export const deny = command({
  name: 'deny',
  usage: '/deny REQ-n [REASON]',
  summary: 'Denies a request; that is final.',
  examples: ['/deny REQ-17 not before the release'],
  may: 'role',
  args: RequestAndWords,
  run: ({ request, words }, asking, { gate }) => gate.vote(request, asking, 'deny', words === '' ? undefined : words),
});
