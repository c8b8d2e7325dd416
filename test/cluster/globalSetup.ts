import { join } from 'node:path';
import { takeDown } from './machine/down.ts';
import { clusterPlace } from './machine/places.ts';
import { say } from './machine/say.ts';
import { readState } from './machine/state.ts';
import { bringUp } from './machine/up.ts';
import { ENV } from './target.ts';

const NODES = 3;

/**
 * Once for the whole run: the user's cluster where KUBECONFIG is set, with a namespace and nodes that they have named; else this
 * checkout's, brought up if need be and then taken down again. What was found goes to the tests by environment.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  const place = clusterPlace();
  const chosen = process.env['KUBECONFIG'];
  if (chosen !== undefined && chosen !== (await readState(place))?.kubeconfig) {
    const lacking = [ENV.namespace, ENV.nodes].filter((name) => !process.env[name]);
    if (lacking.length > 0)
      throw new Error(
        `KUBECONFIG is set, and ${lacking.join(' and ')} not. The tests touch one namespace and the named nodes only: say which, or unset KUBECONFIG.`,
      );
    delete process.env[ENV.own];
    say(`the cluster of ${chosen}: namespace ${process.env[ENV.namespace]}, nodes ${process.env[ENV.nodes]}`);
    return undefined;
  }
  const state = await bringUp({ nodes: NODES });
  process.env['KUBECONFIG'] = state.kubeconfig;
  process.env[ENV.own] = 'yes';
  process.env[ENV.kubectl] = join(state.built.kubernetes, 'kubectl');
  process.env[ENV.nodes] = Array.from({ length: state.kwokNodes }, (_, index) => `worker-${index + 1}`).join(',');
  process.env[ENV.realNode] = state.realNode ?? '';
  if (state.builder.pid !== process.pid) return undefined;
  return async () => {
    await takeDown(place);
  };
}
