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
    const answer = await onCall.who(signal);
    if (answer.is === 'unknown')
      return privately('Who is on call can’t be told.', [{ kind: 'text', text: answer.reason }], 'warning');
    const until =
      answer.until === undefined
        ? ''
        : ` until ${new Date(answer.until).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    const people = answer.people.join(', ');
    return privately(`${people} ${answer.people.length === 1 ? 'is' : 'are'} on call${until}.`, [
      { kind: 'quiet', text: `by ${answer.source}` },
    ]);
  },
});
