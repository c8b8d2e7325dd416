import { z } from 'zod';
import { command } from '../src/commanding/command.ts';
import { askFor } from '../src/commanding/gateActions.ts';
import { type NodePick, pickNode } from '../src/commanding/pickNode.ts';

const PICK: NodePick = {
  command: 'uncordon',
  question: 'Which node shall take pods again?',
  fits: ({ unschedulable }) => unschedulable,
  none: 'No node is cordoned.',
};

/** `/uncordon [NODE]`: without a node it asks which. */
export const uncordon = command({
  name: 'uncordon',
  usage: '/uncordon [NODE]',
  summary: 'Plans to let pods onto a node again that was cordoned from here; nobody else’s cordon is undone.',
  examples: ['/uncordon worker-1'],
  may: 'role',
  args: z.union([z.tuple([]), z.tuple([z.string()])], { error: 'name one node; /nodes lists them' }),
  run: ([node], asking, services) =>
    node === undefined ? pickNode(PICK, asking, services) : askFor('node.uncordon', { node }, asking, services),
});
