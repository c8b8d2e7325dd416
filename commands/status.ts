import { firing, incidents } from '../src/alerting/incident.ts';
import { privately } from '../src/commanding/answers.ts';
import { noArgs } from '../src/commanding/args.ts';
import { command } from '../src/commanding/command.ts';
import { clip, inertLine } from '../src/lib/text.ts';

/** The longest alert name that fits a line of the list. */
const NAME_LETTERS = 80;

/** `/status`. */
export const status = command({
  name: 'status',
  usage: '/status',
  summary: 'Says how many incidents are open, and which parts of the bot work.',
  examples: ['/status'],
  may: 'anyone',
  args: noArgs,
  run: async (_, __, { store, health }) => {
    const open = await store.count(incidents, ['state', 'open']);
    const newest = await store.find(incidents, { key: ['state', 'open'], order: 'down', limit: 5 });
    const parts = health();
    const down = parts.filter(({ state }) => state === 'down');
    return privately(
      `${open === 0 ? 'No incident is open' : open === 1 ? '1 incident is open' : `${open} incidents are open`}${down.length > 0 ? `; ${down.map(({ part }) => part).join(', ')} ${down.length === 1 ? 'is' : 'are'} down` : ''}.`,
      [
        ...(newest.length > 0
          ? [
              {
                kind: 'list' as const,
                items: newest.map(
                  ({ body }) =>
                    `${body.name} ${clip(inertLine(body.alertname), NAME_LETTERS)}${firing(body).length > 1 ? ` (${firing(body).length} firing)` : ''}`,
                ),
              },
            ]
          : []),
        {
          kind: 'table',
          columns: [{ label: 'Part' }, { label: 'State' }, { label: '' }],
          rows: parts.map(({ part, state, text }) => [part, state, text]),
        },
      ],
      down.length > 0 ? 'warning' : open > 0 ? 'info' : 'ok',
    );
  },
});
