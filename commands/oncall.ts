import { privately } from '../src/commanding/answers.ts';
import { noArgs } from '../src/commanding/args.ts';
import { command } from '../src/commanding/command.ts';

/** `/oncall`. */
export const oncall = command({
  name: 'oncall',
  usage: '/oncall',
  summary: 'Says who is on call now, and until when.',
  examples: ['/oncall'],
  may: 'anyone',
  args: noArgs,
  run: async (_, { signal }, { onCall }) => {
    const answer = await onCall(signal);
    if (!answer.known)
      return privately('Who is on call can’t be told.', [{ kind: 'text', text: answer.reason }], 'warning');
    const until =
      answer.until === undefined
        ? ''
        : ` until ${new Date(answer.until).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    const who =
      answer.people.length === 0
        ? 'Nobody is on call'
        : `${answer.people.join(', ')} ${answer.people.length === 1 ? 'is' : 'are'} on call`;
    return privately(`${who}${until}.`, [{ kind: 'quiet', text: answer.source }]);
  },
});
