import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeDrain } from '../../src/actions/node/action.ts';
import type { NodeWorld } from '../../src/actions/node/world.ts';
import { createActingCluster } from '../../src/cluster/actingCluster.ts';
import type { GateFinding } from '../../src/gate/model.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { planned } from '../actions/kit.ts';
import { eventually } from '../support/real/process.ts';
import { NODE_SCENES } from './lab/nodeScenes.ts';
import { makePlace, type Place } from './lab/place.ts';
import { POD_SCENES } from './lab/podScenes.ts';
import { type Scene, type Stage, stageOf } from './lab/stage.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();
const signal = new AbortController().signal;
const SCENES = [...NODE_SCENES, ...POD_SCENES];
const POLICIES = '/apis/admissionregistration.k8s.io/v1/validatingadmission';

/** Codes that no scene here provokes, and where they are proven instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'budget-stale': 'lasts for milliseconds, until the controller has seen the change: unit tests',
  'budget-broken': 'needs a controller that Kubernetes knows and that has no scale, a custom resource: unit tests',
  'daemonset-orphan': 'lasts until the garbage collector has deleted the pod: unit tests',
  'eviction-forbidden': 'nodeRights.test.ts takes the right away',
  'right-missing': 'nodeRights.test.ts takes the right away',
  'last-node': 'drain.test.ts, which may cordon every node',
  'backup-running': 'of the gate and of units, no object of Kubernetes: unit tests',
  'backup-unknown': 'of the gate and of units, no object of Kubernetes: unit tests',
  untried: 'an API server that answers too late: unit tests',
  'control-plane': 'the only one is here; several: unit tests',
  'volume-backup': 'with volume-backup-old',
  'foreign-cordon': 'of uncordon: drainCourse.test.ts, drainTwoBots.test.ts',
  'our-cordon': 'of uncordon: drainTwoBots.test.ts, unit tests',
  'eviction-denied': 'below',
  'node-not-ready': 'below',
};

const has = (findings: readonly GateFinding[], [code, ...words]: Scene['says'][number]): boolean =>
  findings.some((one) => `${one.level} ${one.code}` === code && words.every((word) => one.text.includes(word)));

it('has a scene for every code of the documentation, or says where it is proven', async () => {
  const text = await readFile(new URL('../../docs/drain.md', import.meta.url), 'utf8');
  const section = text.slice(text.indexOf('## Findings'), text.indexOf('## While it runs'));
  const codes = [
    ...section.matchAll(/`([a-z]+(?:-[a-z]+)+|untried|unmanaged|daemonset|mirror|finished|terminating)`/g),
  ];
  const known = new Set(SCENES.flatMap(({ says }) => says.map(([code]) => code.split(' ')[1])));
  const documented = codes.map(([, code = '']) => code);
  expect(documented.length).toBeGreaterThan(40);
  expect(documented.filter((code) => !known.has(code) && ELSEWHERE[code] === undefined)).toEqual([]);
  expect([...known].filter((code) => !documented.includes(code ?? ''))).toEqual([]);
});

describe.runIf(target.own)('the plan of a drain, for real objects', () => {
  let place: Place;
  let stage: Stage;
  let world: NodeWorld;
  beforeAll(async () => {
    place = await makePlace(target);
    stage = stageOf(place);
    const cluster = createActingCluster({ kubeconfig: target.kubeconfig });
    world = { cluster, clock: systemClock, random: Math.random };
  });
  afterAll(() => place?.remove());

  const findings = async (more: Partial<NodeWorld> = {}, node = stage.node): Promise<readonly GateFinding[]> =>
    planned(await nodeDrain.plan({ node }, { ...world, ...more }, signal)).findings;

  it.each(SCENES)(
    'names $name',
    async ({ set, says, world: more = {}, isSelf }) => {
      try {
        await set(stage);
        const self = isSelf ? { self: { namespace: place.namespace, name: await stage.firstPod() } } : {};
        for (const one of says)
          await eventually(one.join(' '), async () => has(await findings({ ...more, ...self }), one), 15_000);
      } finally {
        await stage.strike();
        await place.clear();
      }
    },
    60_000,
  );

  it('names a policy of admission that refuses, with its words', async () => {
    const name = `deny-${place.namespace}`;
    const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods/eviction'] };
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': place.namespace } };
    await stage.fill(1, stage.web(1));
    try {
      await place.api.create(`${POLICIES}policies`, {
        metadata: { name },
        spec: {
          matchConstraints: { resourceRules: [rule] },
          validations: [{ expression: 'false', message: 'nobody leaves here' }],
        },
      });
      await place.api.create(`${POLICIES}policybindings`, {
        metadata: { name },
        spec: { policyName: name, validationActions: ['Deny'], matchResources: { namespaceSelector } },
      });
      const denied = ['BLOCK eviction-denied', '/web', 'nobody leaves here'] as const;
      await eventually('it refuses', async () => has(await findings(), denied), 30_000);
    } finally {
      await place.api.remove(`${POLICIES}policybindings/${name}`);
      await place.api.remove(`${POLICIES}policies/${name}`);
      await place.clear();
    }
  }, 60_000);

  it('names a node whose kubelet is silent', async () => {
    const silent = `${stage.node}-silent`;
    await place.addSilentNode(silent);
    expect(has(await findings({}, silent), ['ACKNOWLEDGE node-not-ready', silent])).toBe(true);
  });
});
