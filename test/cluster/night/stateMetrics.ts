import { join } from 'node:path';
import { freePort } from '../../support/real/ports.ts';
import { type RealServer, startReal } from '../../support/real/process.ts';
import { buildTool } from '../machine/build.ts';
import { cacheFolder } from '../machine/places.ts';
import { KUBE_STATE_METRICS } from '../machine/tools.ts';

/** Starts kube-state-metrics beside the cluster, for nodes alone; built first where the cache lacks it. */
export async function startStateMetrics(kubeconfig: string): Promise<RealServer & { readonly target: string }> {
  const folder = await buildTool(cacheFolder(), KUBE_STATE_METRICS);
  const telemetryPort = await freePort();
  const server = await startReal({
    // Go names the program after the module's path.
    program: join(folder, 'kube-state-metrics'),
    args: ({ port }) => [
      `--kubeconfig=${kubeconfig}`,
      '--resources=nodes',
      '--host=127.0.0.1',
      `--port=${port}`,
      '--telemetry-host=127.0.0.1',
      `--telemetry-port=${telemetryPort}`,
    ],
    readyPath: '/livez',
  });
  return { ...server, target: new URL(server.url).host };
}
