import { z } from 'zod';
import { isNamespace } from '../src/cluster/names.ts';
import { type TopTable, topNodes, topPods } from '../src/cluster/top.ts';
import { privately } from '../src/commanding/answers.ts';
import { type Answer, command } from '../src/commanding/command.ts';

/** Rows that are shown; the busiest come first. */
const MOST = 40;

const Words = z.union(
  [
    z.tuple([]).transform(() => ({ what: 'nodes' as const, namespace: undefined })),
    z.tuple([z.enum(['nodes', 'node', 'no'])]).transform(() => ({ what: 'nodes' as const, namespace: undefined })),
    z.tuple([z.enum(['pods', 'pod', 'po'])]).transform(() => ({ what: 'pods' as const, namespace: undefined })),
    z
      .tuple([z.enum(['pods', 'pod', 'po']), z.string().refine(isNamespace)])
      .transform(([, namespace]) => ({ what: 'pods' as const, namespace })),
  ],
  { error: 'say nodes, or pods and perhaps a namespace' },
);

function shown(title: string, { columns, rows }: TopTable): Answer {
  const left = rows.length - MOST;
  return privately(title, [
    {
      kind: 'table',
      columns: columns.map((label) =>
        label === 'NAME' || label === 'NAMESPACE' ? { label } : { label, align: 'right' as const },
      ),
      rows: rows.slice(0, MOST),
      ...(left > 0 ? { more: `${left} more; name a namespace to see its pods alone` } : {}),
    },
  ]);
}

/** `/top [nodes | pods [NAMESPACE]]`. */
export const top = command({
  name: 'top',
  usage: '/top [nodes | pods [NAMESPACE]]',
  summary: 'Shows CPU and memory of nodes or pods, as kubectl top does, the busiest first.',
  examples: ['/top nodes', '/top pods kube-system'],
  may: 'anyone',
  args: Words,
  run: async ({ what, namespace }, { signal }, { cluster }) => {
    if (what === 'nodes') return shown(`Nodes of ${cluster.name}`, topNodes(await cluster.nodeUse(signal), 'cpu'));
    const pods = await cluster.podUse(namespace, signal);
    const where = namespace === undefined ? cluster.name : `${namespace} in ${cluster.name}`;
    return shown(`Pods of ${where}`, topPods(pods, { order: 'cpu', withNamespace: namespace === undefined }));
  },
});
