import { utc } from '../src/alerting/cards.ts';
import type { Block } from '../src/chat/message.ts';
import { privately } from '../src/commanding/answers.ts';
import { noArgs } from '../src/commanding/args.ts';
import { command } from '../src/commanding/command.ts';
import { standInBlocks } from '../src/commanding/standIns.ts';
import { turnsOf } from '../src/people/delegation.ts';

/** `/oncall`. */
export const oncall = command({
  name: 'oncall',
  usage: '/oncall',
  summary: 'Says who is on call now, until when, who is next, and who stands in for whom.',
  examples: ['/oncall'],
  may: 'anyone',
  args: noArgs,
  run: async (_, { signal }, { onCall, delegations, clock }) => {
    const [answer, following, standIns] = await Promise.all([
      onCall.who(signal),
      onCall.next(signal),
      delegations.standIns(clock.now()),
    ]);
    const inStead = standInBlocks(standIns);
    if (answer.is === 'unknown')
      return privately('Who is on call can’t be told.', [{ kind: 'text', text: answer.reason }, ...inStead], 'warning');
    const people = turnsOf(answer.people, standIns);
    const next = turnsOf(following, standIns);
    const taken = standIns.filter(({ from, role }) => role === 'oncall' && answer.people.includes(from));
    const ends = [answer.until, ...taken.map(({ until }) => until)].filter((at) => at !== undefined);
    const until = ends.length === 0 ? '' : ` until ${utc(Math.min(...ends))}`;
    const source: Block = {
      kind: 'quiet',
      text: `by ${answer.source}${next.length > 0 ? `; next: ${next.join(', ')}` : ''}`,
    };
    return privately(`${people.join(', ')} ${people.length === 1 ? 'is' : 'are'} on call${until}.`, [
      source,
      ...inStead,
    ]);
  },
});
