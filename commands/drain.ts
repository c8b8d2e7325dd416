import { z } from 'zod';
import { command } from '../src/commanding/command.ts';
import { askFor } from '../src/commanding/gateActions.ts';
import { type NodePick, pickNode } from '../src/commanding/pickNode.ts';

const PICK: NodePick = {
  command: 'drain',
  question: 'Which node shall be drained?',
  fits: () => true,
  none: 'There is no node in the cluster.',
};

/** `/drain [NODE]`: without a node it asks which. */
export const drain = command({
  name: 'drain',
  usage: '/drain [NODE]',
  summary:
    'Plans to empty a node: what moves where, what is lost, what holds it; nothing moves before it is confirmed and approved.',
  examples: ['/drain worker-1'],
  may: 'role',
  args: z.union([z.tuple([]), z.tuple([z.string()])], { error: 'name one node; /nodes lists them' }),
  run: ([node], asking, services) =>
    node === undefined ? pickNode(PICK, asking, services) : askFor('node.drain', { node }, asking, services),
});
