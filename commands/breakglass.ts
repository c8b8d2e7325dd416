import { command } from '../src/commanding/command.ts';
import { RequestAndWords } from '../src/commanding/requestWord.ts';

/** `/breakglass REQ-n REASON`. */
export const breakglass = command({
  name: 'breakglass',
  usage: '/breakglass REQ-n REASON',
  summary: 'Lets your request go without approval while you are on call, for a reason; everybody is told.',
  examples: ['/breakglass REQ-17 the disk is dying and nobody answers'],
  may: 'role',
  args: RequestAndWords,
  run: ({ request, words }, asking, { gate }) => gate.breakGlass(request, asking, words),
});
