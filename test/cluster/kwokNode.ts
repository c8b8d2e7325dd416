import { randomUUID } from 'node:crypto';
import { kwokNodes } from './parts/kwok.ts';
import type { Target } from './target.ts';

/** A node of a test's own, which kwok plays. */
export interface OwnNode {
  readonly name: string;
  remove(): Promise<void>;
}

/** Makes one and waits until it is Ready; the scheduler puts pods there only where it is `open`. Own clusters only: a user's isn't given nodes. */
export async function ownNode(
  { apply, kubectl }: Target,
  purpose: string,
  { open = false }: { readonly open?: boolean } = {},
): Promise<OwnNode> {
  const name = `${purpose}-${randomUUID().slice(0, 8)}`;
  const [like] = kwokNodes(1) as [{ metadata: { annotations: object }; status: object }];
  const metadata = { name, annotations: like.metadata.annotations, labels: { 'kubernetes.io/hostname': name } };
  const taints = [{ key: 'daytwo-test', value: purpose, effect: 'NoSchedule' }];
  await apply([{ ...like, metadata, spec: open ? {} : { taints } }]);
  await kubectl(['wait', `node/${name}`, '--for=condition=Ready', '--timeout=60s']);
  return { name, remove: async () => void (await kubectl(['delete', 'node', name, '--ignore-not-found'])) };
}
