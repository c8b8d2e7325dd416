import { z } from 'zod';
import type { Role } from '../src/chat/people.ts';
import { privately } from '../src/commanding/answers.ts';
import { command } from '../src/commanding/command.ts';
import { noDelegationWords, standInSentence } from '../src/commanding/standIns.ts';
import { parseDuration } from '../src/lib/duration.ts';
import { inertLine } from '../src/lib/text.ts';
import { USUAL_MS } from '../src/people/delegation.ts';

const roleOf = (word: string | undefined): Role | undefined =>
  word === 'oncall' || word === 'admin' ? word : undefined;

const Words = z
  .array(z.string())
  .min(1, { error: 'name who stands in for you' })
  .max(200, { error: 'that is too much' })
  .transform(([name = '', ...words]) => {
    const role = roleOf(words[0]);
    const rest = role === undefined ? words : words.slice(1);
    const ms = parseDuration(rest[0] ?? '');
    const reason = (ms === undefined ? rest : rest.slice(1)).join(' ');
    return { to: name.replace(/^@/, ''), role, ms: ms ?? USUAL_MS, reason };
  });

/** `/delegate PERSON [oncall|admin] [DURATION] REASON`. */
export const delegate = command({
  name: 'delegate',
  usage: '/delegate PERSON [oncall|admin] [DURATION] REASON',
  summary: 'Lets somebody stand in for you in a role, for 8 h or as long as you say (24 h at most); /oncall shows it.',
  examples: ['/delegate ben 4h at the dentist', '/delegate ben oncall 12h asleep after a long night'],
  may: 'role',
  args: Words,
  run: async (wanted, { person, chat, eventId }, { delegations }) => {
    const done = await delegations.make(wanted, { person, chat, event: eventId });
    if ('refused' in done) return privately(noDelegationWords(done.refused), [], 'warning');
    const { card } = privately(standInSentence(done.made), [
      { kind: 'text', text: inertLine(done.made.reason) },
      { kind: 'quiet', text: '/undelegate ends it: either of the two, or an admin' },
    ]);
    return { to: 'all', card: { ...card, tone: 'info' } };
  },
});
