import { z } from 'zod';
import { DurationWord, IncidentWord } from '../src/commanding/args.ts';
import { command } from '../src/commanding/command.ts';
import { silence as mute, SILENCE_MS } from '../src/commanding/incidentActions.ts';
import { inThread } from '../src/commanding/inThread.ts';

const Words = z.union(
  [
    z.tuple([]).transform(() => ({ id: undefined, ms: SILENCE_MS })),
    z.tuple([DurationWord]).transform(([ms]) => ({ id: undefined, ms })),
    z.tuple([IncidentWord]).transform(([id]) => ({ id, ms: SILENCE_MS })),
    z.tuple([IncidentWord, DurationWord]).transform(([id, ms]) => ({ id, ms })),
  ],
  { error: 'name an incident and for how long, like INC-42 2h' },
);

/** `/silence [INC-n] [DURATION]`. */
export const silence = command({
  name: 'silence',
  usage: '/silence [INC-n] [DURATION]',
  summary:
    'Makes a silence in Alertmanager for what the incident’s alerts share, in your name; two hours unless you say otherwise.',
  examples: ['/silence INC-42 2h', '/silence 30m'],
  may: 'role',
  args: Words,
  run: ({ id, ms }, asking, services) => inThread(id, asking, (one) => mute(one, ms, asking, services)),
});
