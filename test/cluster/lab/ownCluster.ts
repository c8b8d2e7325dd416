import { clusterPlace } from '../machine/places.ts';
import { readState } from '../machine/state.ts';
import { clusterTarget, ENV, type Target } from '../target.ts';

/** This checkout's cluster outside of a test run, where one is up and KUBECONFIG names it. */
export async function ownCluster(): Promise<Target | { readonly skipped: string }> {
  const state = await readState(clusterPlace());
  if (!state?.ready || process.env['KUBECONFIG'] !== state.kubeconfig)
    return { skipped: 'No cluster of this checkout is named by KUBECONFIG: eval "$(npm run --silent cluster:up)"' };
  return clusterTarget({ ...process.env, [ENV.own]: 'yes' });
}
