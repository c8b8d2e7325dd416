import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskImages, diskJournal } from '../../../src/actions/disk/action.ts';
import { estimate } from '../../../src/actions/disk/estimate.ts';
import type { DiskWorld } from '../../../src/actions/disk/world.ts';
import { bindAction } from '../../../src/gate/bound.ts';
import { createHosts } from '../../../src/host/hosts.ts';
import { parseJournalUse, parseVacuumed } from '../../../src/host/parse/journalUse.ts';
import type { HostSpec } from '../../../src/host/port.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { makePrograms, type Programs } from '../../host/programs.ts';
import { type JournalFolder, journalMissing, writeJournal } from '../../support/real/journal.ts';
import { sshdMissing, startSshd } from '../../support/real/sshd.ts';
import { badChecks, findingsOf, planned, testRun } from '../kit.ts';
import { addRuntime, calls, IMAGES, writeImages } from './runtime.ts';

const never = new AbortController().signal;
const MIB = 1024 * 1024;
const noJournal = await journalMissing();
if (noJournal) console.warn(`NOT TESTED, vacuum of a real journal: ${noJournal}`);
const noSshd = await sshdMissing();
if (noSshd) console.warn(`NOT TESTED, disks over ssh: ${noSshd}`);

let programs: Programs;
const closing: (() => Promise<void>)[] = [];
beforeEach(async () => {
  programs = await makePrograms();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await programs.remove();
});

function worldOf(change: Partial<HostSpec> = {}): DiskWorld {
  const spec: HostSpec = { name: 'worker-1', via: 'local', ...change };
  const hosts = createHosts([spec], { path: programs.path });
  closing.push(() => hosts.close());
  return {
    hosts,
    known: [{ name: spec.name, journalDirectory: spec.journalDirectory }],
    clock: systemClock,
    kubeletFolder: programs.folder,
  };
}

const images = (world: DiskWorld) => bindAction(diskImages, world);
const textOf = (plan: { findings: readonly { code: string; text: string }[] }, code: string): string =>
  plan.findings.find((one) => one.code === code)?.text ?? '';

describe('disk.images', () => {
  it('plans with the runtime’s figures: used by digest or by tag, ended or not, and pinned ones stay', async () => {
    await addRuntime(programs);
    const plan = planned(await images(worldOf()).plan({ node: 'worker-1' }, never));
    expect(textOf(plan, 'estimate')).toMatch(/^1 of 4 images are used by no container: about 300 MiB/);
    expect(textOf(plan, 'largest')).toContain('docker.io/library/web:1 (300 MiB)');
    expect(findingsOf(plan)).toContain('ACKNOWLEDGE pulled-again');
    expect(plan.findings.filter(({ level }) => level === 'BLOCK')).toEqual([]);
    expect(plan.findings.filter(({ code }) => code === 'room')).toHaveLength(2);
    expect((await calls(programs)).some((call) => call.includes('prune'))).toBe(false);
    expect(plan.locks).toEqual(['node/worker-1']);
  });

  it('prunes, measures and verifies; what differs from time to time is no drift', async () => {
    await addRuntime(programs);
    const action = images(worldOf());
    const plan = planned(await action.plan({ node: 'worker-1' }, never));
    const again = planned(await action.plan({ node: 'worker-1' }, never));
    expect(again.effects).toEqual(plan.effects);
    const run = testRun('exec-00000001');
    await action.execute(plan, run, never);
    expect(await calls(programs)).toContain('crictl --timeout=120s rmi --prune');
    const { outcome } = await action.verify(plan, run.journal, never);
    expect(outcome.checks.find(({ what }) => what === 'unused images')).toMatchObject({ actual: 'none', ok: true });
    expect(outcome.facts.map(({ name }) => name)).toEqual(expect.arrayContaining(['freed, by df', 'free on imagefs']));
    expect(outcome.checks.map(({ expected }) => expected)).toEqual(['none', '15 % or more', '10 % or more']);
    expect(await action.plan({ node: 'worker-1' }, never)).toEqual({
      refused: 'Every one of the 3 images on worker-1 is used by a container or pinned; there is nothing to free.',
    });
  });

  it('ends degraded where images stay', async () => {
    await addRuntime(programs);
    const action = images(worldOf());
    const plan = planned(await action.plan({ node: 'worker-1' }, never));
    const run = testRun('exec-00000001');
    await action.execute(plan, run, never);
    await writeImages(programs, IMAGES);
    const { is, outcome } = await action.verify(plan, run.journal, never);
    expect(is).toBe('degraded');
    expect(badChecks(outcome)).toContain('unused images: 1: docker.io/library/web:1');
  });

  it('asks k3s where there is no crictl, and names both where there is neither', async () => {
    const action = images(worldOf());
    const none = planned(await action.plan({ node: 'worker-1' }, never));
    expect(findingsOf(none)).toEqual(['BLOCK crictl-missing']);
    expect(textOf(none, 'crictl-missing')).toContain('neither crictl nor k3s is installed on worker-1');
    await addRuntime(programs, 'k3s');
    const plan = planned(await action.plan({ node: 'worker-1' }, never));
    expect(plan.effects).toMatchObject({ by: 'k3s' });
    await action.execute(plan, testRun('exec-00000001'), never);
    expect(await calls(programs)).toContain('k3s crictl --timeout=120s rmi --prune');
  });

  it.each([
    ['says no', 'echo "permission denied" >&2; exit 1', /permission denied.*takes root/],
    ['speaks nonsense', 'echo nonsense', /can’t be read/],
  ])('blocks where the runtime %s', async (_, script, words) => {
    await programs.add('crictl', script);
    const plan = planned(await images(worldOf()).plan({ node: 'worker-1' }, never));
    expect(findingsOf(plan)).toEqual(['BLOCK look-failed']);
    expect(textOf(plan, 'look-failed')).toMatch(words);
  });

  it.each([{ node: 'worker-9' }, { node: '--all' }, { node: 'a;b' }, { node: 'worker-1', more: 1 }])(
    'is refused for %j',
    async (args) => {
      await addRuntime(programs);
      expect(await images(worldOf()).plan(args, never)).toHaveProperty('refused');
      expect(await calls(programs)).toEqual([]);
    },
  );

  it('tells after a crash: not begun, cut off with images left, done', async () => {
    await addRuntime(programs);
    const action = images(worldOf());
    const plan = planned(await action.plan({ node: 'worker-1' }, never));
    const before = { step: 'before', intentAt: 1, result: { at: 2, value: { rooms: [] } } };
    expect(await action.observe(plan, [before], never)).toMatchObject({ is: 'not-done' });
    const cut = [before, { step: 'free', intentAt: 3 }];
    expect(await action.observe(plan, cut, never)).toMatchObject({ is: 'resumable' });
    await writeImages(programs, IMAGES.slice(0, 3));
    expect(await action.observe(plan, cut, never)).toMatchObject({ is: 'done' });
  });

  it.skipIf(noSshd)('works over ssh', async () => {
    await addRuntime(programs);
    const sshd = await startSshd({ setEnv: { PATH: programs.path } });
    closing.push(() => sshd.stop());
    const { address, port, identityFile, knownHostsFile } = sshd;
    const action = images(worldOf({ via: 'ssh', address, port, identityFile, knownHostsFile }));
    const plan = planned(await action.plan({ node: 'worker-1' }, never));
    expect(textOf(plan, 'estimate')).toContain('300 MiB');
    const run = testRun('exec-00000001');
    await action.execute(plan, run, never);
    const { outcome } = await action.verify(plan, run.journal, never);
    expect(outcome.checks[0]).toMatchObject({ ok: true });
    await sshd.stop();
    const away = planned(await action.plan({ node: 'worker-1' }, never));
    expect(findingsOf(away)).toEqual(['BLOCK host-unreachable']);
  });
});

/** A folder of real journal files, each of some MiB, all of them archived. */
async function archived(files: number): Promise<{ readonly path: string }> {
  const parts: JournalFolder[] = [];
  const path = join(programs.folder, 'journal');
  await mkdir(path);
  for (let n = 0; n < files; n += 1) {
    const fields = (i: number) => ({ MESSAGE: Buffer.alloc(40_000, `${n} ${i} `).toString(), PRIORITY: '6' });
    const part = await writeJournal(
      Array.from({ length: 300 }, (_, i) => ({ at: 1_700_000_000_000 + n * 1_000_000 + i, fields: fields(i) })),
    );
    parts.push(part);
    const hex = (value: number) => value.toString(16).padStart(16, '0');
    const name = `system@${'0'.repeat(31)}${n}-${hex(n * 1000 + 1)}-${hex(1_700_000_000_000_000 + n)}.journal`;
    await execa('cp', [join(part.path, 'test.journal'), join(path, name)]);
    await part.remove();
  }
  return { path };
}

const folderBytes = async (path: string): Promise<number> => {
  const sizes = await Promise.all(
    (await readdir(path)).map(async (name) => (await stat(join(path, name))).blocks * 512),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

describe('disk.journal', () => {
  it.skipIf(noJournal)('shortens a real journal, frees what it said, and has nothing more to do', async () => {
    const { path } = await archived(5);
    const action = bindAction(diskJournal, worldOf({ journalDirectory: path }));
    const before = await folderBytes(path);
    expect(before).toBeGreaterThan(32 * MIB);
    const plan = planned(await action.plan({ node: 'worker-1', keepMib: 16 }, never));
    expect(textOf(plan, 'estimate')).toMatch(/^the journal takes \d+(\.\d)? MiB: at most \d+(\.\d)? MiB become free/);
    expect(findingsOf(plan)).toContain('ACKNOWLEDGE messages-lost');
    expect(await folderBytes(path)).toBe(before);
    const run = testRun('exec-00000001');
    await action.execute(plan, run, never);
    const after = await folderBytes(path);
    expect(after).toBeLessThanOrEqual(16 * MIB);
    const said = run.journal.find(({ step }) => step === 'free')?.result?.value as { freedBytes: number };
    expect(Math.abs(said.freedBytes - (before - after))).toBeLessThan(MIB);
    const { outcome } = await action.verify(plan, run.journal, never);
    expect(outcome.checks[0]).toMatchObject({ what: 'the journal', ok: true });
    expect(outcome.text).toMatch(
      /^The journal takes [\d.]+ MiB now, [\d.]+ MiB less by journalctl’s count; freed, by df: /,
    );
    // Both lie on one file system here: it is told once.
    expect(outcome.text.match(/ has [\d.]+ \w+ free/g)).toHaveLength(1);
    expect(await action.observe(plan, [{ step: 'free', intentAt: 1 }], never)).toMatchObject({ is: 'done' });
    expect(await action.plan({ node: 'worker-1', keepMib: 16 }, never)).toMatchObject({
      refused: expect.stringContaining('nothing to free'),
    });
  });

  it.each(['/var/lib/rancher/k3s/agent/containerd/journal', '/var/lib/containerd'])(
    'never works in %s',
    async (journalDirectory) => {
      await programs.add('journalctl', 'touch $HERE/canary');
      const plan = planned(
        await bindAction(diskJournal, worldOf({ journalDirectory })).plan({ node: 'worker-1' }, never),
      );
      expect(findingsOf(plan)).toEqual(['BLOCK runtime-folder']);
      await expect(stat(programs.canary)).rejects.toThrow();
    },
  );

  it.each([15, 0, -1, 1.5, 2 ** 31, '16', Number.NaN])('refuses to keep %s MiB', async (keepMib) => {
    const action = bindAction(diskJournal, worldOf());
    expect(await action.plan({ node: 'worker-1', keepMib }, never)).toHaveProperty('refused');
  });

  it('says so where the journal lies in memory', async () => {
    await programs.add('journalctl', 'echo "Archived and active journals take up 900.0M in the file system."');
    const world = worldOf({ journalDirectory: join(programs.folder, 'nowhere') });
    const plan = planned(await bindAction(diskJournal, world).plan({ node: 'worker-1' }, never));
    expect(textOf(plan, 'tool-missing')).toContain('lies in memory');
  });

  it.each([
    ['Archived and active journals take up 24.0M in the file system.', 24 * MIB],
    ['Archived and active journals take up 1.5G in the file system.', 1.5 * 1024 * MIB],
    ['Archived and active journals take up 0B in the file system.', 0],
    ['No journal files were found.', undefined],
  ])('reads “%s”', (text, bytes) => {
    expect(parseJournalUse(text)).toBe(bytes);
  });

  it('sums what journalctl freed in several folders', () => {
    const line = (size: string) => `Vacuuming done, freed ${size} of archived journals from /var/log/journal/x.`;
    expect(parseVacuumed([line('8.0M'), line('0B'), line('512.0K')].join('\n'))).toBe(8.5 * MIB);
  });
});

describe('estimate', () => {
  it('tells each remedy apart, and why one can’t be told', async () => {
    await addRuntime(programs);
    await programs.add('journalctl', 'echo "Archived and active journals take up 900.0M in the file system."');
    const { rooms, remedies } = await estimate('worker-1', worldOf({ journalDirectory: programs.folder }), never);
    expect(rooms).toHaveLength(2);
    expect(remedies).toEqual([
      { remedy: 'images', text: '1 of 4 images unused, about 300 MiB', worth: true },
      { remedy: 'journal', text: 'takes 900 MiB, at most 700 MiB to free', worth: true },
      { remedy: 'pods', text: 'can’t be told: no cluster is configured', worth: false },
    ]);
  });
});
