import { z } from 'zod';
import { command } from '../src/commanding/command.ts';
import { askFor } from '../src/commanding/gateActions.ts';

/** `/backup NAME`. */
export const backup = command({
  name: 'backup',
  usage: '/backup NAME',
  summary: 'Plans a backup now; nothing runs before it is confirmed and approved.',
  examples: ['/backup restic_k8s_data'],
  may: 'role',
  args: z.tuple([z.string()], { error: 'name one backup; /backups lists them' }),
  run: ([name], asking, services) => askFor('backup.run', { backup: name }, asking, services),
});
