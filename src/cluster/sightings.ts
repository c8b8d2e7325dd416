import type { ActingClient } from './actingClient.ts';
import type { ClusterOptions } from './cluster.ts';
import { createDoor } from './door.ts';
import type { NodeSightings } from './sighting.ts';

interface Behind {
  readonly client: ActingClient;
  readonly sighting: typeof import('./state/sighting.ts').nodeSighting;
}

type RawNode = import('./state/sighting.ts').RawSeenNode;

/** Per page of the list, ms. */
const TIMEOUT_MS = 20_000;

/** Looks at a cluster's nodes. As with the reader, nothing is read or loaded before the first question. */
export function createNodeSightings(options: ClusterOptions = {}): NodeSightings {
  const { open } = createDoor((shut) => openDoor(options, shut));
  return {
    seen: async (marks, signal) => {
      const { client, sighting } = await open();
      const { core } = client.requests;
      const found = await client.list<RawNode>(
        { verb: 'list', resource: 'nodes' },
        (from, limit) => core.listNode(undefined, undefined, from, undefined, undefined, limit),
        signal,
      );
      return found.map((node) => sighting(node, marks));
    },
  };
}

async function openDoor(options: ClusterOptions, onUnauthorized: () => void): Promise<Behind> {
  const [config, login, acting, states] = await Promise.all([
    import('./kubeconfig.ts'),
    import('./login.ts'),
    import('./actingClient.ts'),
    import('./state/sighting.ts'),
  ]);
  const way = await login.createLogin(await config.findTarget(options, options.env ?? process.env));
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  return {
    client: acting.createActingClient(way, { timeoutMs, role: 'read', onUnauthorized }),
    sighting: states.nodeSighting,
  };
}
