import { z } from 'zod';
import { command } from '../src/commanding/command.ts';
import { askFor } from '../src/commanding/gateActions.ts';
import { type NodePick, pickNode } from '../src/commanding/pickNode.ts';

const PICK: NodePick = {
  command: 'cordon',
  question: 'Which node shall take no new pods?',
  fits: ({ unschedulable }) => !unschedulable,
  none: 'Every node is cordoned already.',
};

/** `/cordon [NODE]`: without a node it asks which. */
export const cordon = command({
  name: 'cordon',
  usage: '/cordon [NODE]',
  summary: 'Plans to keep new pods off a node; what runs there stays.',
  examples: ['/cordon worker-1'],
  may: 'role',
  args: z.union([z.tuple([]), z.tuple([z.string()])], { error: 'name one node; /nodes lists them' }),
  run: ([node], asking, services) =>
    node === undefined ? pickNode(PICK, asking, services) : askFor('node.cordon', { node }, asking, services),
});
