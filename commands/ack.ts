import { z } from 'zod';
import { IncidentWord } from '../src/commanding/args.ts';
import { command } from '../src/commanding/command.ts';
import { ack as acknowledge } from '../src/commanding/incidentActions.ts';
import { inThread } from '../src/commanding/inThread.ts';

/** `/ack [INC-n]`. */
export const ack = command({
  name: 'ack',
  usage: '/ack [INC-n]',
  summary: 'Takes an incident on, in your name.',
  examples: ['/ack INC-42'],
  may: 'role',
  args: z.union([z.tuple([]), z.tuple([IncidentWord])], { error: 'name one incident, like INC-42' }),
  run: ([id], asking, services) => inThread(id, asking, (one) => acknowledge(one, asking, services)),
});
