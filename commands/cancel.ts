import { z } from 'zod';
import { command } from '../src/commanding/command.ts';
import { RequestWord } from '../src/commanding/requestWord.ts';

/** `/cancel REQ-n`. */
export const cancel = command({
  name: 'cancel',
  usage: '/cancel REQ-n',
  summary: 'Calls your request off; one that runs stops at its next safe point.',
  examples: ['/cancel REQ-17'],
  may: 'role',
  args: z.tuple([RequestWord], { error: 'name one request, like REQ-17' }),
  run: ([request], asking, { gate }) => gate.cancel(request, asking),
});
