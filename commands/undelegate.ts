import { z } from 'zod';
import { privately } from '../src/commanding/answers.ts';
import { command } from '../src/commanding/command.ts';
import { inertLine } from '../src/lib/text.ts';

/** `/undelegate [PERSON]`. */
export const undelegate = command({
  name: 'undelegate',
  usage: '/undelegate [PERSON]',
  summary: 'Ends your delegations, given and taken, or those with PERSON; admins end anybody’s.',
  examples: ['/undelegate', '/undelegate ben'],
  may: 'role',
  args: z.union([z.tuple([]), z.tuple([z.string()])], { error: 'name one person, or none' }),
  run: async ([name], { person, chat, eventId }, { delegations }) => {
    const who = name?.replace(/^@/, '');
    const { ended, kept } = await delegations.end(who, { person, chat, event: eventId });
    const about = who === undefined ? 'you' : inertLine(who).slice(0, 64);
    if (ended.length > 0) {
      const words = ended.map(({ from, to, role }) => `${to} no longer stands in for ${from} as ${role}`);
      const { card } = privately(`${words.join('; ')}.`);
      return { to: 'all', card };
    }
    return kept > 0
      ? privately('Only the two of them and admins can end that.', [], 'warning')
      : privately(`Nobody stands in for ${about}, nor ${about} for anybody.`);
  },
});
