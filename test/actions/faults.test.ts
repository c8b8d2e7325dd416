import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backupRun } from '../../src/actions/backup/action.ts';
import type { BackupWorld } from '../../src/actions/restic/world.ts';
import { restoreRun } from '../../src/actions/restore/action.ts';
import { createHosts } from '../../src/host/hosts.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { makePrograms, type Programs } from '../host/programs.ts';
import { missing } from '../support/real/process.ts';
import { makeResticLab, type ResticLab } from '../support/real/restic.ts';
import { type Sshd, sshdMissing, startSshd } from '../support/real/sshd.ts';
import { badChecks, findingsOf, planned, testRun } from './kit.ts';

const never = new AbortController().signal;
const noRestic = missing(['restic'], 'faults in the midst of a backup and a restore').length > 0;
const noSshd = await sshdMissing();
const root = process.getuid?.() === 0;
if (!root) console.warn('SKIPPED: a full disk, and a mount of live data: mounting takes root');
if (noSshd) console.warn(`NOT TESTED, a host that goes away: ${noSshd}`);

vi.setConfig({ testTimeout: 120_000 });

describe.skipIf(noRestic)('what breaks in the midst', () => {
  let lab: ResticLab;
  let programs: Programs;
  let closers: (() => Promise<unknown>)[] = [];
  let world: BackupWorld;

  const backupPlan = async () => planned(await backupRun.plan({ backup: 'data' }, world, never));
  const restorePlan = async () => planned(await restoreRun.plan({ backup: 'data' }, world, never));
  /** A minute later: what was asked for before a crash is no longer on its way. */
  const later = (): BackupWorld => ({ ...world, clock: { ...systemClock, now: () => Date.now() + 60_000 } });
  /** restic over a narrow line, so that there is a midst. */
  const slow = (job: 'backup' | 'restore') =>
    programs.add(
      'restic',
      `case " $* " in *" ${job} "*) exec /usr/bin/restic --no-cache --limit-upload 700 --limit-download 700 "$@";; esac\nexec /usr/bin/restic "$@"`,
    );
  /** Large enough that it takes seconds over that line. */
  const grow = (bytes: number) => writeFile(join(lab.source, 'big'), randomBytes(bytes));
  const begun = (text: RegExp | string, said: () => readonly { text: string }[]) =>
    expect.poll(() => said().some((one) => one.text.match(text) !== null), { timeout: 30_000 }).toBe(true);

  beforeEach(async () => {
    [lab, programs] = await Promise.all([makeResticLab(), makePrograms()]);
    process.env['XDG_CACHE_HOME'] = join(lab.folder, 'cache');
    const hosts = createHosts([{ name: 'node-0', via: 'local' }], { path: programs.path });
    closers = [() => programs.remove(), () => lab.remove(), () => hosts.close()];
    world = {
      ...{ hosts, clock: systemClock, restoreRoot: lab.restoreRoot, localHosts: new Set(['node-0']) },
      backups: [
        {
          ...{ name: 'data', kind: 'restic', host: 'node-0', unit: undefined, rpoMs: undefined, rtoMs: undefined },
          ...{ repository: lab.repository, passwordFile: lab.passwordFile, paths: [lab.source] },
        },
      ],
    };
  });
  afterEach(async () => {
    for (const close of closers.reverse()) await close();
    delete process.env['XDG_CACHE_HOME'];
  });

  const away = (): string => `${lab.repository}-away`;
  /**
   * Takes the repository away in the midst. restic repeats its writes for minutes, into folders that it makes anew, and may even end with 0
   * (measured, 0.14: after 100 s); nobody waits for that here.
   */
  const vanish = async (marker: string): Promise<void> => {
    await expect.poll(() => lab.locks(), { timeout: 30_000 }).toHaveLength(1);
    await rename(lab.repository, away());
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await world.hosts.act('node-0', { tool: 'signal-marked', marker, signal: 'KILL' }, { signal: never });
  };
  const back = async (): Promise<void> => {
    await rm(lab.repository, { recursive: true, force: true });
    await rename(away(), lab.repository);
  };
  const outcomeOf = (running: Promise<void>): Promise<unknown> =>
    running.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('a repository that vanishes during a backup: not known while it is away, then no snapshot', async () => {
    await grow(3_000_000);
    await slow('backup');
    const made = await backupPlan();
    const run = testRun('exec-f001-gone');
    const ended = outcomeOf(backupRun.execute(made, run, world, never));
    await vanish('exec-f001-gone');
    expect(await ended).toMatchObject({ code: 'failed' });
    expect(await backupRun.observe(made, run.journal, later(), never)).toMatchObject({
      is: 'unknown',
      text: expect.stringMatching(/^It can't be told: restic snapshots on node-0: there is no repository: /),
    });
    // Had restic ended well all the same, the verification would not.
    const well = { at: Date.now(), value: { complete: true, unread: 0, tookMs: 1 } };
    const journal = run.journal.map(({ step, intentAt, result }) =>
      step === 'backup' ? { step, intentAt, result: well } : { step, intentAt, ...(result ? { result } : {}) },
    );
    await expect(backupRun.verify(made, journal, world, never)).rejects.toMatchObject({ code: 'failed' });
    await back();
    expect(await backupRun.observe(made, run.journal, later(), never)).toMatchObject({ is: 'not-done' });
    const verdict = await backupRun.verify(made, journal, world, never);
    expect(verdict.is).toBe('failed');
    expect(badChecks(verdict.outcome)[0]).toBe('a new snapshot: none');
  });

  it('a repository that vanishes during a restore: not known while it is away, then what is there is counted', async () => {
    await grow(4_000_000);
    await lab.restic('backup', lab.source);
    await slow('restore');
    const made = await restorePlan();
    const run = testRun('exec-f002-gone');
    const ended = outcomeOf(restoreRun.execute(made, run, world, never));
    await vanish('exec-f002-gone');
    expect(await ended).toMatchObject({ code: 'failed' });
    expect(await restoreRun.observe(made, run.journal, later(), never)).toMatchObject({ is: 'unknown' });
    await back();
    expect(await restoreRun.observe(made, run.journal, later(), never)).toMatchObject({
      is: 'not-done',
      text: expect.stringMatching(/^It was cut off: \d+ of 23 files are in .*exec-f002-gone, and can be deleted\.$/),
    });
  });

  it('a password that is changed between plan and backup: failed, and said', async () => {
    const made = await backupPlan();
    await writeFile(lab.passwordFile, 'another\n');
    await expect(backupRun.execute(made, testRun('exec-f003-password'), world, never)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/the password is wrong: restic ended with 1 \(Fatal: wrong password/),
    });
    expect(findingsOf(await backupPlan())).toEqual(['BLOCK wrong-password']);
    expect(findingsOf(await restorePlan())).toContain('BLOCK wrong-password');
  });

  it('a restic that is killed by somebody else: failed; its lock stays and is told', async () => {
    await grow(6_000_000);
    await slow('backup');
    const made = await backupPlan();
    const run = testRun('exec-f004-killed');
    const failed = expect(backupRun.execute(made, run, world, never)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('restic was killed (SIGKILL)'),
    });
    await expect.poll(() => lab.locks(), { timeout: 30_000 }).toHaveLength(1);
    await begun(/^\d/, () => run.said);
    await world.hosts.act(
      'node-0',
      { tool: 'signal-marked', marker: 'exec-f004-killed', signal: 'KILL' },
      { signal: never },
    );
    await failed;
    expect(await backupRun.observe(made, run.journal, later(), never)).toEqual({
      is: 'not-done',
      text: 'It was cut off: no process on node-0, no snapshot. It left a lock in the repository: `restic unlock` by hand, once nothing runs there.',
    });
    expect(await lab.locks()).toHaveLength(1);
    expect(findingsOf(await backupPlan())).toContain('ACKNOWLEDGE stale-lock');
  });

  it.skipIf(!root)('a disk that fills up under the repository: failed, no snapshot', async () => {
    const small = await mkdtemp(join(tmpdir(), 'small-disk-'));
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small]);
    closers.push(async () => {
      await execa('umount', [small]);
      await rm(small, { recursive: true });
    });
    await execa('cp', ['-a', lab.repository, small]);
    world = { ...world, backups: world.backups.map((one) => ({ ...one, repository: join(small, 'repository') })) };
    await grow(9_000_000);
    const made = await backupPlan();
    expect(findingsOf(made)).toContain('ACKNOWLEDGE little-space');
    const run = testRun('exec-f005-full');
    await expect(backupRun.execute(made, run, world, never)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/no space is left: restic ended with 1 \(.*no space left on device/),
    });
    expect(await backupRun.observe(made, run.journal, later(), never)).toMatchObject({ is: 'not-done' });
  });

  it.skipIf(!root)('a restore never goes to where live data is mounted a second time', async () => {
    const twin = await mkdtemp(join(tmpdir(), 'twin-'));
    await lab.restic('backup', lab.source);
    await execa('mount', ['--bind', join(lab.source, 'deep'), twin]);
    closers.push(async () => {
      await execa('umount', [twin]);
      await rm(twin, { recursive: true });
    });
    world = { ...world, restoreRoot: join(twin, 'restores') };
    const made = await restorePlan();
    expect(made.findings.find(({ code }) => code === 'live-path')).toMatchObject({
      level: 'BLOCK',
      text: `${twin}/restores shows what lies in ${lab.source}, which is live data`,
    });
    await expect(restoreRun.execute(made, testRun('exec-f006-twin'), world, never)).rejects.toMatchObject({
      code: 'failed',
    });
    // Nor the other way round: a disk that is mounted inside of live data.
    await execa('umount', [twin]);
    await execa('mount', ['--bind', lab.restoreRoot.replace(/restores$/, 'cache'), join(lab.source, 'deep')]);
    closers.push(() => execa('umount', [join(lab.source, 'deep')]));
    await execa('mount', ['--bind', twin, twin]);
    world = { ...world, restoreRoot: join(lab.folder, 'cache', 'restores') };
    expect(findingsOf(await restorePlan())).toContain('BLOCK live-path');
    expect(await readdir(join(lab.folder, 'cache'))).not.toContain('restores');
  });

  describe.skipIf(noSshd !== undefined)('on a host behind ssh', () => {
    let sshd: Sshd;
    beforeEach(async () => {
      sshd = await startSshd({ setEnv: { PATH: programs.path, XDG_CACHE_HOME: join(lab.folder, 'cache') } });
      const { address, port, identityFile, knownHostsFile } = sshd;
      const hosts = createHosts([{ name: 'node-0', via: 'ssh', address, port, identityFile, knownHostsFile }], {
        path: programs.path,
      });
      closers.push(
        () => sshd.stop(),
        () => hosts.close(),
      );
      world = { ...world, hosts, localHosts: new Set() };
    });

    it('that is down: nothing can be planned, and the plan says why', async () => {
      await sshd.stop();
      expect(findingsOf(await backupPlan())).toEqual(['BLOCK host-unreachable']);
      expect(findingsOf(await restorePlan())).toEqual(['BLOCK host-unreachable']);
    });

    it('that goes away in the midst: not known, then known when it is back', async () => {
      await grow(6_000_000);
      await slow('backup');
      const made = await backupPlan();
      const run = testRun('exec-f007-away');
      const broken = expect(backupRun.execute(made, run, world, never)).rejects.toMatchObject({ code: 'unreachable' });
      await begun(/^\d/, () => run.said);
      await sshd.stop();
      await broken;
      // That it may have gone on is not denied.
      expect(await backupRun.observe(made, run.journal, later(), never)).toMatchObject({
        is: 'unknown',
        text: expect.stringMatching(/^It can't be told: ssh node-0: /),
      });
    });
  });
});
