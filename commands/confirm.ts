import { command } from '../src/commanding/command.ts';
import { RequestAndWords } from '../src/commanding/requestWord.ts';

/** `/confirm REQ-n [TARGET]`. */
export const confirm = command({
  name: 'confirm',
  usage: '/confirm REQ-n [TARGET]',
  summary: 'Confirms your request; where its policy says typed, with the name of what it acts on.',
  examples: ['/confirm REQ-17', '/confirm REQ-17 restic_k8s_data'],
  may: 'role',
  args: RequestAndWords,
  run: ({ request, words }, asking, { gate }) => gate.confirm(request, asking, words === '' ? undefined : words),
});
