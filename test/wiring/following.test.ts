import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/load.ts';
import { healthOf } from '../../src/wiring/health.ts';
import { createOutside } from '../../src/wiring/outside.ts';
import { probeOutside } from '../../src/wiring/probeOutside.ts';
import { type KubeApi, kubeStatus, startKubeApi } from '../support/kubeApi.ts';
import { eventually } from '../support/real/process.ts';
import { type TempStore, tempStore } from '../support/tempStore.ts';

const OPTIONS = { hasFile: true, env: {} };
const DENIED = 'pods is forbidden: User "bot" cannot watch resource "pods" in API group "" at the cluster scope';

let api: KubeApi;
let store: TempStore;

beforeEach(async () => {
  store = await tempStore();
  api = await startKubeApi();
  api.answer('/version', { body: { gitVersion: 'v1.36.3' } });
  api.list('/api/v1/pods', 'PodList', []);
  api.list('/apis/policy/v1/poddisruptionbudgets', 'PodDisruptionBudgetList', []);
  api.answer('/api/v1/pods', ({ query }) =>
    query['watch'] === 'true' ? kubeStatus(403, 'Forbidden', DENIED) : undefined,
  );
});
afterEach(async () => {
  await api.stop();
  await store.drop();
});

const config = async () =>
  readConfig(`cluster: { kubeconfig: ${await api.kubeconfig()} }`, { file: '', env: {}, base: '/' }).config;

describe('an account that may not watch', () => {
  it('is told by check-config --probe, with the verb and the manifest', async () => {
    const found = (await probeOutside(await config(), OPTIONS)).find(({ part }) => part === 'cluster');
    expect(found).toMatchObject({ state: 'works', text: expect.stringContaining('drains can’t follow it') });
    expect(found?.text).toContain('cannot watch resource "pods"');
    expect(found?.text).toContain('deploy/rbac/nodes.yaml');
  });

  it('is told in /status, and the cluster counts as up', async () => {
    const own = await config();
    const outside = createOutside(own, OPTIONS);
    outside.following?.start();
    await eventually('it is denied', () => outside.following?.state().is === 'denied');
    const parts = healthOf({
      ...{ config: own, outside, store: store.store, where: '', replicas: [], isOnDuty: true, chats: [] },
      storeFault: () => undefined,
      auditFault: () => undefined,
      clusterFault: () => undefined,
      reconciler: () => undefined,
    });
    await outside.following?.stop();
    expect(parts.find(({ part }) => part === 'cluster')).toMatchObject({
      state: 'up',
      text: expect.stringMatching(
        /plans of drains take longer: .*cannot watch resource "pods".*deploy\/rbac\/nodes\.yaml/,
      ),
    });
  });
});
