import { command } from '../src/commanding/command.ts';
import { RequestAndFinding } from '../src/commanding/requestWord.ts';

/** `/settle REQ-n done|not-done NOTE`. */
export const settle = command({
  name: 'settle',
  usage: '/settle REQ-n done|not-done NOTE',
  summary: 'Says what you found after an unknown end; what it had locked is free then.',
  examples: ['/settle REQ-17 not-done no snapshot of that night is there'],
  may: 'role',
  args: RequestAndFinding,
  run: ({ request, found, note }, asking, { gate }) => gate.settle(request, asking, found, note),
});
