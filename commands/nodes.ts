import { privately } from '../src/commanding/answers.ts';
import { noArgs } from '../src/commanding/args.ts';
import { command } from '../src/commanding/command.ts';
import { humanDuration } from '../src/lib/text.ts';

/** Rows that are shown; nodes in trouble come first. */
const MOST = 60;

/** `/nodes`. */
export const nodes = command({
  name: 'nodes',
  usage: '/nodes',
  summary: 'Lists the cluster’s nodes with their state, version and pressures.',
  examples: ['/nodes'],
  may: 'anyone',
  args: noArgs,
  run: async (_, { signal }, { cluster, clock }) => {
    const all = (await cluster.nodes(signal)).map((node) => {
      const pressures = node.conditions
        .filter(({ type, status }) => type !== 'Ready' && status === 'True')
        .map(({ type }) => type);
      return { node, pressures, trouble: node.ready !== 'True' || pressures.length > 0 };
    });
    const sorted = all.toSorted(
      (a, b) => Number(b.trouble) - Number(a.trouble) || a.node.name.localeCompare(b.node.name),
    );
    const troubled = all.filter(({ trouble }) => trouble).length;
    const rows = sorted
      .slice(0, MOST)
      .map(({ node, pressures }) => [
        node.name,
        [
          node.ready === 'True' ? 'Ready' : node.ready === 'False' ? 'NotReady' : 'Unknown',
          ...(node.unschedulable ? ['SchedulingDisabled'] : []),
          ...pressures,
        ].join(','),
        node.roles.join(',') || '–',
        node.kubeletVersion,
        humanDuration(clock.now() - node.createdAt),
      ]);
    return privately(
      `${all.length} ${all.length === 1 ? 'node' : 'nodes'} in ${cluster.name}${troubled > 0 ? `, ${troubled} in trouble` : ''}`,
      [
        {
          kind: 'table',
          columns: [
            { label: 'Node' },
            { label: 'Status' },
            { label: 'Roles' },
            { label: 'Version' },
            { label: 'Age', align: 'right' },
          ],
          rows,
          ...(all.length > MOST ? { more: `${all.length - MOST} more; those in trouble come first` } : {}),
        },
      ],
      troubled > 0 ? 'warning' : 'ok',
    );
  },
});
