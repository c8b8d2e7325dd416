import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listSnapshots } from '../../src/actions/restic/snapshots.ts';
import { type BackupSpec, type BackupWorld, DEFAULT_RESTORE_ROOT } from '../../src/actions/restic/world.ts';
import { restoreRun } from '../../src/actions/restore/action.ts';
import type { RestoreArgs } from '../../src/actions/restore/plan.ts';
import { createHosts } from '../../src/host/hosts.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { makePrograms, type Programs } from '../host/programs.ts';
import { missing } from '../support/real/process.ts';
import { makeResticLab, type ResticLab } from '../support/real/restic.ts';
import { type Sshd, sshdMissing, startSshd } from '../support/real/sshd.ts';
import { badChecks, findingsOf, planned, testRun } from './kit.ts';

const never = new AbortController().signal;
const noRestic = missing(['restic'], 'restore.run with a real restic').length > 0;
const noSshd = await sshdMissing();
if (noSshd) console.warn(`NOT TESTED, restore.run over ssh: ${noSshd}`);
const VIAS = noSshd ? (['local'] as const) : (['local', 'ssh'] as const);

/** Real servers on a machine that others use as well. */
vi.setConfig({ testTimeout: 120_000 });

describe.skipIf(noRestic).each(VIAS)('restore.run, %s', (via) => {
  let lab: ResticLab;
  let programs: Programs;
  let sshd: Sshd | undefined;
  let close: () => Promise<void>;
  let world: BackupWorld;

  const spec = (change: Partial<BackupSpec> = {}): BackupSpec => ({
    ...{ name: 'data', kind: 'restic', host: 'node-0', unit: undefined, rtoMs: undefined, rpoMs: 3_600_000 },
    ...{ repository: lab.repository, passwordFile: lab.passwordFile, paths: [lab.source] },
    ...change,
  });
  const plan = async (args: Partial<RestoreArgs> = {}) =>
    planned(await restoreRun.plan({ backup: 'data', ...args }, world, never));
  const go = async (executionId: string, args: Partial<RestoreArgs> = {}) => {
    const made = await plan(args);
    const run = testRun(executionId);
    await restoreRun.execute(made, run, world, never);
    return { made, run, folder: `${lab.restoreRoot}/data-${executionId}` };
  };

  beforeEach(async () => {
    [lab, programs] = await Promise.all([makeResticLab(), makePrograms()]);
    const cache = join(lab.folder, 'cache');
    process.env['XDG_CACHE_HOME'] = cache;
    if (via === 'ssh') sshd = await startSshd({ setEnv: { PATH: programs.path, XDG_CACHE_HOME: cache } });
    const hosts = createHosts(
      [sshd ? { name: 'node-0', via: 'ssh', ...pick(sshd) } : { name: 'node-0', via: 'local' }],
      {
        path: programs.path,
      },
    );
    close = () => hosts.close();
    world = { hosts, clock: systemClock, backups: [spec()], restoreRoot: lab.restoreRoot };
    await lab.restic('backup', lab.source);
  });
  afterEach(async () => {
    await close();
    await sshd?.stop();
    await programs.remove();
    await lab.remove();
    delete process.env['XDG_CACHE_HOME'];
  });

  it('restores the latest into a fresh folder, compares every file, and measures', async () => {
    const { made, run, folder } = await go('exec-r001-good');
    expect(findingsOf(made)).toEqual(['NOTE size', 'NOTE age']);
    expect(made.args).toEqual({ backup: 'data', snapshot: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const verdict = await restoreRun.verify(made, run.journal, world, never);
    expect(badChecks(verdict.outcome)).toEqual([]);
    expect(verdict.is).toBe('succeeded');
    expect(verdict.outcome.text).toContain(folder);
    expect(verdict.outcome.checks.at(-1)).toMatchObject({ expected: '8 alike', actual: '8 alike' });
    expect(Object.fromEntries(verdict.outcome.facts.map(({ name, value }) => [name, value]))).toMatchObject({
      ...{ Folder: folder, Files: '22', 'Measured RTO': expect.stringMatching(/ s$/) },
      'Measured RPO': expect.stringMatching(/ s$/),
    });
    expect(await readFile(`${folder}${lab.source}/file-7`, 'utf8')).toBe('content 7\n');
    expect((await stat(folder)).mode & 0o077).toBe(0);
    expect((await readdir(lab.source)).length).toBe(22);
    expect(await restoreRun.observe(made, run.journal, world, never)).toMatchObject({ is: 'done' });
  });

  it('restores some paths of an older snapshot, and nothing else', async () => {
    const [older] = JSON.parse(await lab.restic('snapshots', '--json'));
    await writeFile(join(lab.source, 'file-1'), 'changed since');
    await lab.restic('backup', lab.source);
    const paths = [join(lab.source, 'deep'), join(lab.source, 'file-1')];
    const { made, run, folder } = await go('exec-r002-some', { snapshot: older.short_id, paths });
    const verdict = await restoreRun.verify(made, run.journal, world, never);
    expect(badChecks(verdict.outcome)).toEqual([]);
    expect(await readFile(`${folder}${lab.source}/file-1`, 'utf8')).toBe('content 1\n');
    expect((await readdir(`${folder}${lab.source}`)).sort()).toEqual(['deep', 'file-1']);
  });

  it('finds a file that is missing, one that is longer, one that is younger, and one more', async () => {
    const { made, run, folder } = await go('exec-r003-bad');
    const at = `${folder}${lab.source}`;
    await rm(join(at, 'file-1'));
    await writeFile(join(at, 'file-2'), 'longer than it was');
    await execa('touch', ['-d', '2020-01-01', join(at, 'file-3')]);
    await writeFile(join(at, 'more'), 'x');
    const verdict = await restoreRun.verify(made, run.journal, world, never);
    expect(verdict.is).toBe('failed');
    expect(badChecks(verdict.outcome).join()).toMatch(/names, sizes and times: different, for instance /);
    const named = badChecks(verdict.outcome).join();
    for (const name of ['file-1', 'file-2', 'file-3', 'more']) expect(named).toContain(name);
    // What was cut off in such a state is known as such.
    const cut = run.journal.map(({ step, intentAt, result }) =>
      step === 'restore' ? { step, intentAt } : { step, intentAt, ...(result ? { result } : {}) },
    );
    const later = { ...world, clock: { ...systemClock, now: () => Date.now() + 60_000 } };
    expect(await restoreRun.observe(made, cut, later, never)).toMatchObject({
      is: 'not-done',
      text: expect.stringMatching(/^It was cut off: 22 of 22 files/),
    });
  });

  it('finds a changed content of the same size and time, by its sum', async () => {
    const { made, run, folder } = await go('exec-r004-sum');
    for (const name of await readdir(lab.source)) {
      const file = `${folder}${lab.source}/${name}`;
      const { isFile, mtime } = await stat(file).then((one) => ({ isFile: one.isFile(), mtime: one.mtime }));
      if (!isFile || name === 'link') continue;
      const bytes = await readFile(file);
      bytes[0] = 0;
      await writeFile(file, bytes);
      await execa('touch', ['-d', mtime.toISOString(), file]);
    }
    const verdict = await restoreRun.verify(made, run.journal, world, never);
    expect(verdict.is).toBe('failed');
    expect(badChecks(verdict.outcome).join()).toMatch(/^SHA-256 of a random sample, read anew: \d alike, different: /);
  });

  it('is ended by a cancel, and says what lies where', async () => {
    await writeFile(join(lab.source, 'big'), randomBytes(30_000_000));
    await lab.restic('backup', lab.source);
    await programs.add(
      'restic',
      'case " $* " in *" restore "*) exec /usr/bin/restic --limit-download 2000 --no-cache "$@";; esac\nexec /usr/bin/restic "$@"',
    );
    const made = await plan();
    const run = testRun('exec-r005-cancel');
    const running = restoreRun.execute(made, run, world, never);
    const folder = `${lab.restoreRoot}/data-exec-r005-cancel`;
    const ended = expect(running).rejects.toMatchObject({
      code: 'cancelled',
      message: expect.stringContaining(folder),
    });
    await expect.poll(() => lab.locks(), { timeout: 20_000 }).toHaveLength(1);
    run.cancel();
    await ended;
    expect(await lab.locks()).toEqual([]);
    const { stdout } = await world.hosts.act(
      'node-0',
      { tool: 'marked', marker: 'exec-r005-cancel' },
      { signal: never },
    );
    expect(stdout).toBe('');
  });

  it.skipIf(via === 'ssh')('reads past a dead exclusive lock, once that is acknowledged, and leaves it', async () => {
    await lab.leaveLock('exclusive');
    const locks = await lab.locks();
    const { made, run } = await go('exec-r006-lock');
    expect(findingsOf(made)).toContain('ACKNOWLEDGE restore-without-lock');
    expect((await restoreRun.verify(made, run.journal, world, never)).is).toBe('succeeded');
    expect(await lab.locks()).toEqual(locks);
  });

  it.skipIf(via === 'ssh')('fails where the repository lost data, and says which files', async () => {
    const made = await plan();
    const data = join(lab.repository, 'data');
    for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const bytes = await readFile(path);
      await rm(path);
      await writeFile(
        path,
        bytes.map((byte, at) => (at < 400 ? byte ^ 255 : byte)),
      );
    }
    const run = testRun('exec-r007-lost');
    await restoreRun.execute(made, run, world, never);
    const verdict = await restoreRun.verify(made, run.journal, world, never);
    expect(verdict.is).toBe('failed');
    expect(badChecks(verdict.outcome).join()).toMatch(/contents, by restic restore --verify: restic ended with 1/);
  });

  it.skipIf(via === 'ssh').each<[string, () => Promise<string>, string]>([
    ['below what is backed up', async () => join(lab.source, 'restores'), 'BLOCK live-path'],
    ['in the repository', async () => join(lab.repository, 'restores'), 'BLOCK live-path'],
    [
      'where a link leads into what is backed up',
      async () => {
        await symlink(lab.source, join(lab.folder, 'way'));
        return join(lab.folder, 'way', 'restores');
      },
      'BLOCK live-path',
    ],
    [
      'in a folder that others may write to',
      async () => {
        await mkdir(join(lab.folder, 'open'), { mode: 0o777 });
        await execa('chmod', ['0777', join(lab.folder, 'open')]);
        return join(lab.folder, 'open');
      },
      'BLOCK unsafe-root',
    ],
  ])('blocks on a place %s', async (_, place, expected) => {
    world = { ...world, restoreRoot: await place() };
    const made = await plan();
    expect(findingsOf(made)).toContain(expected);
    // Nor does it execute, should the place have become so since.
    await expect(restoreRun.execute(made, testRun('exec-r008-place'), world, never)).rejects.toMatchObject({
      code: 'failed',
    });
  });

  it.skipIf(via === 'ssh' || process.getuid?.() !== 0)(
    'knows a disk that is too small, before and in the midst',
    async () => {
      const small = await mkdtemp(join(tmpdir(), 'small-disk-'));
      await execa('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', small]);
      try {
        await writeFile(join(lab.source, 'big'), Buffer.alloc(20_000_000, 'q'));
        await lab.restic('backup', lab.source);
        world = { ...world, restoreRoot: join(small, 'restores') };
        const made = await plan();
        expect(findingsOf(made)).toContain('BLOCK no-room');
        const run = testRun('exec-r009-full');
        await restoreRun.execute(made, run, world, never);
        const verdict = await restoreRun.verify(made, run.journal, world, never);
        expect(verdict.is).toBe('failed');
        expect(badChecks(verdict.outcome).join()).toMatch(/no space is left/);
      } finally {
        await execa('umount', [small]);
        await rm(small, { recursive: true, force: true });
      }
    },
  );

  it.skipIf(via === 'ssh')('refuses what isn’t there, and another machine’s data only with open eyes', async () => {
    const answer = (args: Partial<RestoreArgs>) => restoreRun.plan({ backup: 'data', ...args }, world, never);
    expect(await answer({ backup: 'other' })).toMatchObject({ refused: expect.stringMatching(/no backup other/) });
    expect(await answer({ snapshot: '00000000' })).toMatchObject({ refused: expect.stringMatching(/no snapshot/) });
    expect(await answer({ paths: ['/etc'] })).toMatchObject({ refused: expect.stringMatching(/isn't in snapshot/) });
    await lab.restic('backup', '--host', 'elsewhere', lab.source);
    const all = JSON.parse(await lab.restic('snapshots', '--json'));
    expect((await plan()).args).toMatchObject({ snapshot: all[0].id });
    const foreign = await plan({ snapshot: all[1].id });
    expect(findingsOf(foreign)).toContain('ACKNOWLEDGE other-machine');
    // Of another backup's data nothing is restored under this one's name.
    await lab.restic('backup', lab.passwordFile);
    const last = JSON.parse(await lab.restic('snapshots', '--json')).at(-1);
    expect(await answer({ snapshot: last.id })).toMatchObject({ refused: expect.stringMatching(/no snapshot/) });
  });

  it.skipIf(via === 'ssh')('stays the same plan when a newer snapshot comes', async () => {
    const made = await plan();
    await lab.restic('backup', lab.source);
    const again = planned(await restoreRun.plan(made.args as unknown as RestoreArgs, world, never));
    expect({ ...again, findings: [], summary: '' }).toEqual({ ...made, findings: [], summary: '' });
  });

  it.skipIf(via === 'ssh')('lists snapshots, newest first, with their sizes', async () => {
    await lab.restic('backup', lab.source);
    const listed = await listSnapshots('data', world, never);
    expect(listed).toHaveLength(2);
    expect(listed[0]?.time).toBeGreaterThan(listed[1]?.time ?? 0);
    expect(listed[0]).toMatchObject({ paths: [lab.source], sizeBytes: expect.any(Number), files: expect.any(Number) });
    await expect(listSnapshots('other', world, never)).rejects.toMatchObject({ code: 'not-configured' });
  });
});

describe('restore.run', () => {
  it.each<[string, object]>([
    ['a snapshot that is an option', { backup: 'data', snapshot: '--help' }],
    ['a snapshot with a subfolder', { backup: 'data', snapshot: 'latest:/etc' }],
    ['a path that climbs', { backup: 'data', paths: ['/srv/../etc'] }],
    ['a path with a pattern', { backup: 'data', paths: ['/srv/*'] }],
    ['a path that is none', { backup: 'data', paths: ['srv'] }],
    ['no path at all', { backup: 'data', paths: [] }],
    ['a target of its own', { backup: 'data', target: '/' }],
  ])('takes not %s', (_, args) => {
    expect(restoreRun.args.safeParse(args).success).toBe(false);
  });

  it('goes where no live data lies by default', () => {
    expect(DEFAULT_RESTORE_ROOT).toBe('/var/tmp/daytwo-restore');
  });
});

const pick = ({ address, port, identityFile, knownHostsFile }: Sshd) => ({
  address,
  port,
  identityFile,
  knownHostsFile,
});
