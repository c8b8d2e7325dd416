import { z } from 'zod';
import { command } from '../src/commanding/command.ts';
import { askFor } from '../src/commanding/gateActions.ts';

/** `/cordon NODE`. */
export const cordon = command({
  name: 'cordon',
  usage: '/cordon NODE',
  summary: 'Plans to keep new pods off a node; what runs there stays.',
  examples: ['/cordon worker-1'],
  may: 'role',
  args: z.tuple([z.string()], { error: 'name one node; /nodes lists them' }),
  run: ([node], asking, services) => askFor('node.cordon', { node }, asking, services),
});
