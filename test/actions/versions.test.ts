import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backupRun } from '../../src/actions/backup/action.ts';
import { atLeast, parseVersion } from '../../src/actions/restic/exits.ts';
import { listSnapshots } from '../../src/actions/restic/snapshots.ts';
import type { BackupSpec, BackupWorld } from '../../src/actions/restic/world.ts';
import { restoreRun } from '../../src/actions/restore/action.ts';
import { createHosts } from '../../src/host/hosts.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { makePrograms, type Programs } from '../host/programs.ts';
import { available } from '../support/real/process.ts';
import { makeResticLab, type ResticLab } from '../support/real/restic.ts';
import { badChecks, findingsOf, planned, testRun } from './kit.ts';

const never = new AbortController().signal;

/** Debian's, and a newer one where the environment names one: `DAYTWO_TEST_RESTIC=/path/to/restic`. */
const OLD = '/usr/bin/restic';
const NEWER = process.env['DAYTWO_TEST_RESTIC'];
const versionOf = async (program: string) => parseVersion((await execa(program, ['version'])).stdout);
const newer = NEWER === undefined ? undefined : await versionOf(NEWER);
const isNewer = newer !== undefined && atLeast(newer, [0, 17, 0]);
if (!isNewer)
  console.warn(
    'SKIPPED: backup.run and restore.run with restic 0.17 or later. Name one with DAYTWO_TEST_RESTIC=/path/to/restic',
  );
if (!available('restic')) console.warn('SKIPPED: backup.run and restore.run with Debian’s restic: it is not installed');
const PROGRAMS = [...(available('restic') ? [OLD] : []), ...(isNewer && NEWER ? [NEWER] : [])];

vi.setConfig({ testTimeout: 120_000 });

describe.skipIf(!available('restic')).each(PROGRAMS)('the same way with %s', (program) => {
  let lab: ResticLab;
  let programs: Programs;
  let close: () => Promise<void>;
  let world: BackupWorld;

  const use = (change: Partial<BackupSpec>): void => {
    world = { ...world, backups: world.backups.map((one) => ({ ...one, ...change })) };
  };
  const backupPlan = async () => planned(await backupRun.plan({ backup: 'data' }, world, never));
  const restorePlan = async (paths?: readonly string[]) =>
    planned(await restoreRun.plan({ backup: 'data', ...(paths ? { paths } : {}) }, world, never));

  beforeEach(async () => {
    [lab, programs] = await Promise.all([makeResticLab(), makePrograms()]);
    process.env['XDG_CACHE_HOME'] = join(lab.folder, 'cache');
    await programs.add('restic', `exec ${program} "$@"`);
    const hosts = createHosts([{ name: 'node-0', via: 'local' }], { path: programs.path });
    close = () => hosts.close();
    const spec: BackupSpec = {
      ...{ name: 'data', kind: 'restic', host: 'node-0', unit: undefined, rpoMs: undefined, rtoMs: undefined },
      ...{ repository: lab.repository, passwordFile: lab.passwordFile, paths: [lab.source] },
    };
    world = { hosts, clock: systemClock, backups: [spec], restoreRoot: lab.restoreRoot };
  });
  afterEach(async () => {
    await close();
    await programs.remove();
    await lab.remove();
    delete process.env['XDG_CACHE_HOME'];
  });

  it('backs up, lists, restores whole and in part, and verifies each', async () => {
    const made = await backupPlan();
    const run = testRun('exec-v001-backup');
    await backupRun.execute(made, run, world, never);
    const verdict = await backupRun.verify(made, run.journal, world, never);
    expect(badChecks(verdict.outcome)).toEqual([]);
    expect(verdict.is).toBe('succeeded');
    const [listed] = await listSnapshots('data', world, never);
    expect(listed).toMatchObject({ paths: [lab.source], sizeBytes: expect.any(Number), files: expect.any(Number) });

    const whole = await restorePlan();
    const first = testRun('exec-v002-whole');
    await restoreRun.execute(whole, first, world, never);
    const good = await restoreRun.verify(whole, first.journal, world, never);
    expect(badChecks(good.outcome)).toEqual([]);
    expect(good.is).toBe('succeeded');
    // Whole paths below the folder, whichever version: nothing lands beside it.
    expect(await readFile(`${lab.restoreRoot}/data-exec-v002-whole${lab.source}/file-3`, 'utf8')).toBe('content 3\n');

    const part = await restorePlan([join(lab.source, 'deep')]);
    const second = testRun('exec-v003-part');
    await restoreRun.execute(part, second, world, never);
    expect((await restoreRun.verify(part, second.journal, world, never)).is).toBe('succeeded');
    expect(await readdir(`${lab.restoreRoot}/data-exec-v003-part${lab.source}`)).toEqual(['deep']);
  });

  it('tells how far a restore is', async () => {
    await mkdir(join(lab.source, 'more'));
    for (let file = 0; file < 8; file += 1)
      await writeFile(join(lab.source, 'more', `random-${file}`), randomBytes(2_500_000));
    await lab.restic('backup', lab.source);
    await programs.add('restic', `exec ${program} --no-cache --limit-download 2000 "$@"`);
    const made = await restorePlan([join(lab.source, 'more')]);
    expect(made.effects).toMatchObject({ sizeBytes: 20_000_000 });
    const run = testRun('exec-v004-progress');
    const running = restoreRun.execute(made, run, world, never).catch(() => undefined);
    await expect
      .poll(() => run.said.some(({ share, text }) => share !== undefined && share > 0.02 && /^\d+ %, /.test(text)), {
        timeout: 40_000,
      })
      .toBe(true);
    run.cancel();
    await running;
    expect(run.said.every(({ share = 0 }) => share <= 1)).toBe(true);
  });

  it('names a missing path, a wrong password, no password, no repository and a lock alike', async () => {
    await lab.restic('backup', lab.source);
    use({ paths: [lab.source, '/no/such/folder'] });
    expect(findingsOf(await backupPlan())).toContain('BLOCK path-missing');
    use({ paths: [lab.source], passwordFile: join(lab.source, 'file-1') });
    expect(findingsOf(await backupPlan())).toEqual(['BLOCK wrong-password']);
    use({ passwordFile: '/no/such/file' });
    expect(findingsOf(await backupPlan())).toEqual(['BLOCK password-file-missing']);
    use({ passwordFile: lab.passwordFile, repository: join(lab.folder, 'nowhere') });
    expect(findingsOf(await backupPlan())).toEqual(['BLOCK repository-missing']);
    use({ repository: lab.repository });
    await lab.leaveLock('exclusive');
    const made = await backupPlan();
    expect(findingsOf(made)).toContain('BLOCK repository-locked-stale');
    await expect(backupRun.execute(made, testRun('exec-v005-locked'), world, never)).rejects.toMatchObject({
      message: expect.stringMatching(
        /the repository is locked: restic ended with \d+ \(.*already locked exclusively by PID/,
      ),
    });
    expect(await lab.locks()).toHaveLength(1);
  });

  it('knows an incomplete backup, and a path that went missing after the plan', async () => {
    const lost = join(lab.folder, 'lost');
    await writeFile(lost, 'x');
    use({ paths: [lab.source, lost] });
    const made = await backupPlan();
    await rm(lost);
    const run = testRun('exec-v006-lost');
    await backupRun.execute(made, run, world, never);
    const verdict = await backupRun.verify(made, run.journal, world, never);
    expect(verdict.is).toBe('degraded');
    expect(badChecks(verdict.outcome).join()).toMatch(/its paths: .*everything could be read: no, 1 could not/);

    use({ paths: [lab.source] });
    const drop = 'setpriv --bounding-set -dac_override,-dac_read_search --inh-caps -dac_override,-dac_read_search';
    await programs.add('restic', `exec ${process.getuid?.() === 0 ? drop : ''} ${program} "$@"`);
    await rm(join(lab.source, 'file-3'));
    await writeFile(join(lab.source, 'file-3'), 'hidden', { mode: 0o000 });
    const again = await backupPlan();
    const second = testRun('exec-v007-partial');
    await backupRun.execute(again, second, world, never);
    const partial = await backupRun.verify(again, second.journal, world, never);
    expect(badChecks(partial.outcome)).toEqual(['everything could be read: no, 1 could not']);
  });

  it('finds damaged data by its check', async () => {
    await lab.restic('backup', lab.source);
    const made = await backupPlan();
    const run = testRun('exec-v008-damage');
    await backupRun.execute(made, run, world, never);
    for (const entry of await readdir(join(lab.repository, 'data'), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const bytes = await readFile(path);
      await rm(path);
      await writeFile(
        path,
        bytes.map((byte, at) => (at === 10 ? byte ^ 1 : byte)),
      );
    }
    const journal = run.journal.filter(({ step }) => step !== 'check');
    const verdict = await backupRun.verify(made, journal, world, never);
    expect(verdict.is).toBe('failed');
    expect(badChecks(verdict.outcome).join()).toMatch(
      /restic check: restic ended with 1 \(.*repository contains errors/,
    );
  });
});
