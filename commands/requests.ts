import { z } from 'zod';
import { command } from '../src/commanding/command.ts';
import { RequestWord } from '../src/commanding/requestWord.ts';

/** `/requests [REQ-n]`. */
export const requests = command({
  name: 'requests',
  usage: '/requests [REQ-n]',
  summary: 'Lists what waits for a confirmation or an approval, what runs and what ended last; or shows one.',
  examples: ['/requests', '/requests REQ-17'],
  may: 'anyone',
  args: z.union([z.tuple([]), z.tuple([RequestWord])], { error: 'name one request, or none' }),
  run: ([request], _, { gate }) => (request === undefined ? gate.list() : gate.show(request)),
});
