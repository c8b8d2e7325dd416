import { z } from 'zod';
import { command } from '../src/commanding/command.ts';
import { askFor } from '../src/commanding/gateActions.ts';

/** `/drain NODE`. */
export const drain = command({
  name: 'drain',
  usage: '/drain NODE',
  summary:
    'Plans to empty a node: what moves where, what is lost, what holds it; nothing moves before it is confirmed and approved.',
  examples: ['/drain worker-1'],
  may: 'role',
  args: z.tuple([z.string()], { error: 'name one node; /nodes lists them' }),
  run: ([node], asking, services) => askFor('node.drain', { node }, asking, services),
});
