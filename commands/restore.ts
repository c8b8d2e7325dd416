import { z } from 'zod';
import { command } from '../src/commanding/command.ts';
import { askFor } from '../src/commanding/gateActions.ts';

/** `/restore NAME [SNAPSHOT [PATH …]]`. */
export const restore = command({
  name: 'restore',
  usage: '/restore NAME [SNAPSHOT [PATH …]]',
  summary:
    'Plans a restore of the latest snapshot, or of that one, or of some of its paths, into a fresh folder; never over live data.',
  examples: ['/restore restic_k8s_data', '/restore restic_k8s_data 4f3c2a1b'],
  may: 'role',
  args: z
    .array(z.string())
    .min(1, { error: 'name one backup; /backups lists them' })
    .max(12, { error: 'give it at most ten paths' }),
  run: ([backup, snapshot, ...paths], asking, services) =>
    askFor(
      'restore.run',
      { backup, ...(snapshot === undefined ? {} : { snapshot }), ...(paths.length > 0 ? { paths } : {}) },
      asking,
      services,
    ),
});
