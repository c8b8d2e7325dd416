import { z } from 'zod';
import { isObjectName } from '../src/cluster/names.ts';
import { privately } from '../src/commanding/answers.ts';
import { type Answer, command, type Services } from '../src/commanding/command.ts';
import { lookAtNode } from '../src/commanding/lookAtNode.ts';
import { nodeBlocks, pressuresOf, statusOf } from '../src/commanding/nodeSheet.ts';
import { codeOf, DaytwoError } from '../src/lib/errors.ts';
import { humanDuration, inertLine } from '../src/lib/text.ts';

/** Rows that are shown; nodes in trouble come first. */
const MOST = 60;
/** How long all looks at one node may take, ms: an answer is waited for 15 s. */
const LOOK_MS = 13_000;

async function one(name: string, services: Services, asked: AbortSignal): Promise<Answer> {
  if (!isObjectName(name)) return privately('That is no name of a node; /nodes lists them.', [], 'warning');
  const limit = AbortSignal.timeout(LOOK_MS);
  try {
    const sheet = await lookAtNode(name, services, AbortSignal.any([asked, limit]));
    if ('nobody' in sheet) return privately(sheet.nobody, [], 'warning');
    const { view } = sheet;
    const well = view.ready === 'True' && pressuresOf(view).length === 0;
    return privately(`${inertLine(view.name)}: ${statusOf(view)}`, nodeBlocks(sheet), well ? 'ok' : 'warning');
  } catch (error) {
    if (codeOf(error) !== 'cancelled' || !limit.aborted || asked.aborted) throw error;
    throw new DaytwoError('timeout', `${services.cluster.name} did not answer within ${LOOK_MS / 1000} s.`);
  }
}

/** `/nodes [NODE]`: kubectl’s columns; beside its status stand pressures, and a node that is lost is Unknown rather than NotReady. */
export const nodes = command({
  name: 'nodes',
  usage: '/nodes [NODE]',
  summary:
    'Lists the cluster’s nodes; with a name, how it is, how full, what a drain would meet, and what happened to it.',
  examples: ['/nodes', '/nodes worker-1'],
  may: 'anyone',
  args: z.union([z.tuple([]), z.tuple([z.string()])], { error: 'name one node, or none' }),
  run: async ([name], { signal }, services) => {
    if (name !== undefined) return one(name, services, signal);
    const { cluster, clock } = services;
    const all = (await cluster.nodes(signal)).map((node) => {
      return { node, trouble: node.ready !== 'True' || pressuresOf(node).length > 0 };
    });
    const sorted = all.toSorted(
      (a, b) => Number(b.trouble) - Number(a.trouble) || a.node.name.localeCompare(b.node.name),
    );
    const troubled = all.filter(({ trouble }) => trouble).length;
    const rows = sorted
      .slice(0, MOST)
      .map(({ node }) => [
        node.name,
        statusOf(node).replaceAll(', ', ','),
        node.roles.join(',') || '<none>',
        humanDuration(clock.now() - node.createdAt),
        node.kubeletVersion,
      ]);
    return privately(
      `${all.length} ${all.length === 1 ? 'node' : 'nodes'} in ${cluster.name}${troubled > 0 ? `, ${troubled} in trouble` : ''}`,
      [
        {
          kind: 'table',
          columns: [
            { label: 'NAME' },
            { label: 'STATUS' },
            { label: 'ROLES' },
            { label: 'AGE', align: 'right' },
            { label: 'VERSION' },
          ],
          rows,
          ...(all.length > MOST ? { more: `${all.length - MOST} more; those in trouble come first` } : {}),
        },
      ],
      troubled > 0 ? 'warning' : 'ok',
    );
  },
});
