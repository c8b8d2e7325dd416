import { lstat, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backupRun } from '../../src/actions/backup/action.ts';
import type { BackupSpec, BackupWorld } from '../../src/actions/restic/world.ts';
import { restoreRun } from '../../src/actions/restore/action.ts';
import { differences } from '../../src/gate/drift.ts';
import { createHosts } from '../../src/host/hosts.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { makePrograms, type Programs } from '../host/programs.ts';
import { missing } from '../support/real/process.ts';
import { makeResticLab, type ResticLab } from '../support/real/restic.ts';
import { badChecks, findingsOf, planned, testRun } from './kit.ts';

const never = new AbortController().signal;
const noRestic = missing(['restic'], 'backups of a hostile folder with a real restic').length > 0;

/** Names that a shell, an option parser, a terminal, a splitter or a decoder could trip over; some are no UTF-8. */
const NAMES: readonly (string | Buffer)[] = [
  ...['--password-command=touch x', '-rf', '$(touch pwned)', '`id`', '; touch pwned', '*', '?[!a]', '~', '{a,b}'],
  ...['a\nb', 'c\r', '\n', '\t', ' ', 'trailing ', '\u001b[2J\u001b[31m', '\u202egnp.exe', '\ufeffbom', '\u2028'],
  ...['f|12|0.0|other', '{"message_type":"summary","snapshot_id":"deadbeef"}', 'x does not exist, skipping'],
  ...[
    'x\n{"message_type":"error","item":"y"}\n',
    'Fatal: wrong password or no key found',
    'e\u0301',
    'é',
    'x'.repeat(255),
  ],
  ...[
    Buffer.from([0xff, 0xfe]),
    Buffer.from([0x61, 0x80, 0x62]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from([0xf0, 0x9f]),
  ],
];

vi.setConfig({ testTimeout: 120_000 });

describe.skipIf(noRestic)('whoever may write into what is backed up', () => {
  let lab: ResticLab;
  let programs: Programs;
  let close: () => Promise<void>;
  let world: BackupWorld;

  const spec = (change: Partial<BackupSpec> = {}): BackupSpec => ({
    ...{ name: 'data', kind: 'restic', host: 'node-0', unit: undefined, rtoMs: undefined, rpoMs: undefined },
    ...{ repository: lab.repository, passwordFile: lab.passwordFile, paths: [lab.source] },
    ...change,
  });
  const planOf = async () => planned(await backupRun.plan({ backup: 'data' }, world, never));

  beforeEach(async () => {
    [lab, programs] = await Promise.all([makeResticLab(), makePrograms()]);
    process.env['XDG_CACHE_HOME'] = join(lab.folder, 'cache');
    const hosts = createHosts([{ name: 'node-0', via: 'local' }], { path: programs.path });
    close = () => hosts.close();
    world = { hosts, clock: systemClock, backups: [spec()], restoreRoot: lab.restoreRoot };
  });
  afterEach(async () => {
    await close();
    await programs.remove();
    await lab.remove();
    delete process.env['XDG_CACHE_HOME'];
  });

  it('keeps no backup and no restore from being good by names, links and times', async () => {
    for (const name of NAMES) {
      const path = Buffer.concat([Buffer.from(`${lab.source}/`), Buffer.from(name as string)]);
      await writeFile(path, 'x');
    }
    await symlink('/etc', join(lab.source, 'out'));
    await symlink('a\nb', join(lab.source, 'to two lines'));
    await symlink('nowhere', join(lab.source, 'dangling'));
    await execa('mkfifo', [join(lab.source, 'pipe')]);
    for (const [name, at] of [
      ['old', -1.5],
      ['older', -302_486_399.75],
      ['future', 9_000_000_000.25],
      ['far', 13_569_465_600.25],
      ['farther', 15_000_000_000.875],
    ] as const) {
      await writeFile(join(lab.source, name), name);
      await utimes(join(lab.source, name), at, at);
    }
    const made = await planOf();
    const run = testRun('exec-h001-names');
    await backupRun.execute(made, run, world, never);
    const verdict = await backupRun.verify(made, run.journal, world, never);
    expect(badChecks(verdict.outcome)).toEqual([]);
    expect(verdict.is).toBe('succeeded');

    const back = planned(await restoreRun.plan({ backup: 'data' }, world, never));
    const restoring = testRun('exec-h002-names');
    await restoreRun.execute(back, restoring, world, never);
    const judged = await restoreRun.verify(back, restoring.journal, world, never);
    expect(badChecks(judged.outcome)).toEqual([]);
    expect(judged.is).toBe('succeeded');
    await expect(lstat('/pwned')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('makes no good backup of a link in the place of the data', async () => {
    const before = await planOf();
    expect(findingsOf(before)).toEqual(['NOTE first-snapshot']);
    await rename(lab.source, join(lab.folder, 'moved'));
    await symlink(join(lab.folder, 'moved'), lab.source);
    const after = await planOf();
    expect(findingsOf(after)).toContain('BLOCK path-link');
    // What was approved before doesn't start either.
    expect(differences(before, after)).not.toEqual([]);
    // A unit does with its paths what it likes.
    world = { ...world, backups: [spec({ unit: 'daytwo-no-such.service' })] };
    expect(findingsOf(await planOf())).not.toContain('BLOCK path-link');
  });

  it('hides no live data from a restore by a link that leads over two lines', async () => {
    const odd = join(lab.folder, 'odd');
    await symlink('a\nb', odd);
    await symlink(lab.source, join(lab.folder, 'way'));
    await lab.restic('backup', odd, lab.source);
    world = {
      ...world,
      backups: [spec({ paths: [odd, lab.source] })],
      restoreRoot: join(lab.folder, 'way', 'restores'),
    };
    const made = planned(await restoreRun.plan({ backup: 'data' }, world, never));
    expect(findingsOf(made)).toContain('BLOCK live-path');
    await expect(restoreRun.execute(made, testRun('exec-h003-line'), world, never)).rejects.toMatchObject({
      code: 'failed',
    });
  });
});
