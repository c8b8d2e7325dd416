import { z } from 'zod';
import { command } from '../src/commanding/command.ts';
import { askFor } from '../src/commanding/gateActions.ts';

/** `/uncordon NODE`. */
export const uncordon = command({
  name: 'uncordon',
  usage: '/uncordon NODE',
  summary: 'Plans to let pods onto a node again that was cordoned from here; nobody else’s cordon is undone.',
  examples: ['/uncordon worker-1'],
  may: 'role',
  args: z.tuple([z.string()], { error: 'name one node; /nodes lists them' }),
  run: ([node], asking, services) => askFor('node.uncordon', { node }, asking, services),
});
