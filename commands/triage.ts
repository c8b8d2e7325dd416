import { z } from 'zod';
import { IncidentWord } from '../src/commanding/args.ts';
import { command } from '../src/commanding/command.ts';
import { lookAgain } from '../src/commanding/incidentActions.ts';
import { inThread } from '../src/commanding/inThread.ts';

/** `/triage [INC-n]`. */
export const triage = command({
  name: 'triage',
  usage: '/triage [INC-n]',
  summary: 'Gathers the evidence of an incident anew, into its thread.',
  examples: ['/triage INC-42'],
  may: 'anyone',
  args: z.union([z.tuple([]), z.tuple([IncidentWord])], { error: 'name one incident, like INC-42' }),
  run: ([id], asking, services) => inThread(id, asking, (one) => lookAgain(one, asking, services)),
});
