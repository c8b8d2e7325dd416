import { parseArgs } from 'node:util';
import { buildTool, buildTools } from './machine/build.ts';
import { takeDown } from './machine/down.ts';
import { cacheFolder, clusterPlace } from './machine/places.ts';
import { say } from './machine/say.ts';
import { CRICTL, KUBE_STATE_METRICS, WITH_KUBELET } from './machine/tools.ts';
import { bringUp } from './machine/up.ts';

const NODES = 3;
const NODES_MAX = 1000;
const USAGE = 'usage: npm run cluster:up [-- --nodes COUNT] | npm run cluster:down | node test/cluster/cli.ts build';

const { values, positionals } = parseArgs({
  options: { nodes: { type: 'string', default: String(NODES) } },
  allowPositionals: true,
});
const nodes = Number(values.nodes);
if (positionals[0] === 'up' && Number.isInteger(nodes) && nodes >= 1 && nodes <= NODES_MAX) {
  const { kubeconfig } = await bringUp({ nodes });
  console.log(`export KUBECONFIG=${kubeconfig}`);
} else if (positionals[0] === 'down') {
  if (!(await takeDown(clusterPlace()))) say('there is no cluster of this checkout');
} else if (positionals[0] === 'build') {
  await buildTools(cacheFolder(), WITH_KUBELET);
  await buildTool(cacheFolder(), CRICTL);
  await buildTool(cacheFolder(), KUBE_STATE_METRICS);
} else {
  say(USAGE);
  process.exitCode = 2;
}
