import { z } from 'zod';
import { type DiskEstimates, estimate } from '../src/actions/disk/estimate.ts';
import { isObjectName } from '../src/cluster/names.ts';
import { privately } from '../src/commanding/answers.ts';
import { type Answer, command } from '../src/commanding/command.ts';
import { askFor } from '../src/commanding/gateActions.ts';
import { type NodePick, pickNode } from '../src/commanding/pickNode.ts';

/** How long the looks may take, ms; an answer is waited for 15 s. */
const LOOK_MS = 14_000;

/** `500M`, `2G` → MiB. */
const Size = z
  .string()
  .regex(/^\d{1,6}[MG]$/, { error: 'say how much of the journal stays, as 500M or 2G' })
  .transform((word) => Number(word.slice(0, -1)) * (word.endsWith('G') ? 1024 : 1));

const Words = z.union(
  [
    z.tuple([]).transform(() => undefined),
    z.tuple([z.string()]).transform(([node]) => ({ node, remedy: undefined, more: {} })),
    z
      .tuple([z.string(), z.enum(['images', 'journal', 'pods'])])
      .transform(([node, remedy]) => ({ node, remedy, more: {} })),
    z
      .tuple([z.string(), z.literal('journal'), Size])
      .transform(([node, remedy, keepMib]) => ({ node, remedy, more: { keepMib } })),
  ],
  { error: 'name a node, and perhaps images, journal (and how much stays, as 500M) or pods' },
);

const WHAT = { images: 'Unused images', journal: 'Journal', pods: 'Finished pods' } as const;

function shown(node: string, { rooms, remedies }: DiskEstimates): Answer {
  const worth = remedies.filter((one) => one.worth);
  const todo = worth.map(({ remedy }) => `/disk ${node} ${remedy}`).join(', ');
  return privately(`What could be freed on ${node}`, [
    ...(rooms.length === 0 ? [] : [{ kind: 'list', items: rooms } as const]),
    {
      kind: 'table',
      columns: [{ label: 'What' }, { label: 'Found' }],
      rows: remedies.map(({ remedy, text }) => [WHAT[remedy], text]),
    },
    {
      kind: 'quiet',
      text:
        worth.length === 0
          ? 'Nothing to free by these three, as far as can be told. /drain moves the pods elsewhere.'
          : `To plan one: ${todo}. Nothing was done yet.`,
    },
  ]);
}

const PICK: NodePick = {
  command: 'disk',
  question: 'Which node’s disk?',
  fits: () => true,
  none: 'There is no node in the cluster.',
};

/** `/disk [NODE] [images | journal [SIZE] | pods]`: without a node it asks which. */
export const disk = command({
  name: 'disk',
  usage: '/disk [NODE] [images | journal [SIZE] | pods]',
  summary:
    'Says what could be freed on a node’s disk; with a word, plans it: unused images, old journal, finished pods.',
  examples: ['/disk worker-1', '/disk worker-1 images', '/disk worker-1 journal 500M'],
  may: 'role',
  args: Words,
  run: async (words, asking, services) => {
    if (!words) return pickNode(PICK, asking, services);
    const { node, remedy, more } = words;
    if (remedy !== undefined) return askFor(`disk.${remedy}`, { node, ...more }, asking, services);
    if (!isObjectName(node)) return privately('That is no name of a node; /nodes lists them.', [], 'warning');
    const signal = AbortSignal.any([asking.signal, AbortSignal.timeout(LOOK_MS)]);
    return shown(node, await estimate(node, services.disk, signal));
  },
});
