import { z } from 'zod';
import { IncidentWord } from '../src/commanding/args.ts';
import { command } from '../src/commanding/command.ts';
import { unsilence as unmute } from '../src/commanding/incidentActions.ts';
import { inThread } from '../src/commanding/inThread.ts';

/** `/unsilence [INC-n]`. */
export const unsilence = command({
  name: 'unsilence',
  usage: '/unsilence [INC-n]',
  summary: 'Ends the silences that were made from an incident.',
  examples: ['/unsilence INC-42'],
  may: 'role',
  args: z.union([z.tuple([]), z.tuple([IncidentWord])], { error: 'name one incident, like INC-42' }),
  run: ([id], asking, services) => inThread(id, asking, (one) => unmute(one, asking, services)),
});
