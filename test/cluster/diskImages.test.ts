import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diskImages } from '../../src/actions/disk/action.ts';
import { lookAtImages } from '../../src/actions/disk/runtime.ts';
import type { DiskWorld } from '../../src/actions/disk/world.ts';
import { createHosts } from '../../src/host/hosts.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { findingsOf, planned, testRun } from '../actions/kit.ts';
import { makePrograms, type Programs } from '../host/programs.ts';
import { eventually } from '../support/real/process.ts';
import { buildTool } from './machine/build.ts';
import { cacheFolder, clusterPlace } from './machine/places.ts';
import { readState } from './machine/state.ts';
import { CRICTL } from './machine/tools.ts';
import { pod } from './objects.ts';
import { containerdSocket } from './parts/containerd.ts';
import { IMAGES, packImage } from './parts/images.ts';
import { clusterTarget, type TestNamespace } from './target.ts';

const target = clusterTarget();
const { kubectl, realNode = 'none' } = target;
const signal = new AbortController().signal;
const place = clusterPlace();
const MIB = 1024 * 1024;
const BALLAST = 24 * MIB;
/** Nobody uses the first two; the third is pinned, the fourth an ended container's. */
const [unused, other, pinned, ended] = ['unused', 'other', 'pinned', 'ended'].map((n) => `cluster.local/d-${n}:1`) as [
  string,
  string,
  string,
  string,
];
const isReal = target.own && target.realNode !== undefined && existsSync(containerdSocket(place));
if (!isReal) console.warn('NOT TESTED, images of a real containerd: there is none of the suite’s own');

/** What was there before. */
let before: readonly string[] = [];
let folder: string;
let programs: Programs;
let world: DiskWorld;
let space: TestNamespace;
let closeHosts: () => Promise<void>;
let ctr: (...args: readonly string[]) => Promise<string>;

async function load(image: string, ballast?: Buffer): Promise<void> {
  const archive = await packImage(join(folder, image.replaceAll(/\W/g, '-')), image, ballast);
  await ctr('images', 'import', archive);
}

const named = async (): Promise<readonly string[]> => (await ctr('images', 'list', '-q')).split('\n');

describe.runIf(isReal)('disk.images by a real crictl on a real containerd', () => {
  beforeAll(async () => {
    const state = await readState(place);
    const crictl = join(await buildTool(cacheFolder(), CRICTL), 'crictl');
    ctr = async (...args) => {
      const address = ['--address', containerdSocket(place), '-n', 'k8s.io'];
      const { stdout } = await execa(join(state?.built.containerd ?? '', 'ctr'), [...address, ...args], {
        timeout: 60_000,
      });
      return stdout;
    };
    folder = await mkdtemp(join(tmpdir(), 'daytwo-images-'));
    programs = await makePrograms();
    // What an admin's /etc/crictl.yaml says.
    await programs.add('crictl', `exec ${crictl} --runtime-endpoint unix://${containerdSocket(place)} "$@"`);
    const hosts = createHosts([{ name: realNode, via: 'local' }], { path: programs.path });
    closeHosts = () => hosts.close();
    const kubeletFolder = join(place.folder, 'kubelet');
    world = { hosts, known: [{ name: realNode }], clock: systemClock, kubeletFolder };
    before = await named();
    space = await target.namespace('d-images');
    // Keeps the image that everybody's pods here are made of.
    const ends = { node: realNode, image: ended, command: ['true'] };
    await load(ended, randomBytes(MIB));
    const finished = pod(target, { namespace: space, name: 'ended' }, ends) as { spec: object };
    await target.apply([
      pod(target, { namespace: space, name: 'keeps' }, { node: realNode }),
      { ...finished, spec: { ...finished.spec, restartPolicy: 'Never' } },
    ]);
    await kubectl(['wait', 'pod/keeps', '-n', space.name, '--for=condition=Ready', '--timeout=90s']);
    await kubectl(['wait', 'pod/ended', '-n', space.name, '--for=jsonpath={.status.phase}=Succeeded', '--timeout=90s']);
    for (const image of [unused, other, pinned]) await load(image, randomBytes(BALLAST));
    await ctr('images', 'label', pinned, 'io.cri-containerd.pinned=pinned');
  }, 300_000);
  afterAll(async () => {
    await space?.remove();
    const left = await named();
    // The runtime keeps each under its id as well.
    for (const image of left.filter((name) => /^sha256:|\/d-/.test(name) && !before.includes(name)))
      await ctr('images', 'remove', image);
    if (!left.includes(IMAGES.busybox)) await load(IMAGES.busybox);
    await closeHosts?.();
    await programs?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('frees what no container uses, about as much as it said; what is used, ended or pinned stays', async () => {
    // The runtime hears of images by their events, a moment later.
    const look = await eventually('crictl knows all four', async () => {
      const seen = await lookAtImages(realNode, world, signal);
      return seen.unused.length >= 2 && seen.pinned >= 2 && seen.all >= 5 ? seen : undefined;
    });
    expect(look.unused.map(({ name }) => name)).toEqual(expect.arrayContaining([unused, other]));
    for (const image of [pinned, ended, ...Object.values(IMAGES)])
      expect(look.unused.map(({ name }) => name)).not.toContain(image);
    const estimated = look.unused.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(estimated).toBeGreaterThan(2 * BALLAST);

    const plan = planned(await diskImages.plan({ node: realNode }, world, signal));
    expect(findingsOf(plan).filter((one) => one.startsWith('BLOCK'))).toEqual([]);
    expect(findingsOf(plan)).toContain('NOTE pinned');
    const run = testRun('req-1-images');
    await diskImages.execute(plan, run, world, signal);
    const left = await named();
    for (const image of [unused, other]) expect(left).not.toContain(image);
    for (const image of [pinned, ended, ...Object.values(IMAGES)]) expect(left).toContain(image);
    const deleted = run.journal.find(({ step }) => step === 'free')?.result?.value;
    expect(deleted).toMatchObject({ deleted: expect.any(Number) });

    const { outcome } = await diskImages.verify(plan, run.journal, world, signal);
    expect(outcome.checks.find(({ what }) => what === 'unused images')).toMatchObject({ actual: 'none', ok: true });
    console.log(JSON.stringify({ estimated, deleted, text: outcome.text, facts: outcome.facts }));
    expect(await diskImages.plan({ node: realNode }, world, signal)).toMatchObject({
      refused: expect.stringContaining('there is nothing to free'),
    });
    await kubectl(['wait', 'pod/keeps', '-n', space.name, '--for=condition=Ready', '--timeout=10s']);
  }, 120_000);
});
