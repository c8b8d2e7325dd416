import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseVersion, resticEnd } from '../../../src/actions/restic/exits.ts';
import {
  parseConfig,
  parseLine,
  parseLock,
  parseNode,
  parseSnapshots,
  parseStats,
} from '../../../src/actions/restic/parse.ts';

type Run = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

const captured = (version: string): Readonly<Record<string, Run>> =>
  JSON.parse(readFileSync(new URL(`../../captures/restic/${version}.json`, import.meta.url), 'utf8'));
const known = (text: string) => parseVersion(`restic ${text}.0 compiled`);

describe.each(['0.14', '0.18'])('what restic %s printed', (version) => {
  const runs = captured(version);
  const run = (name: string): Run => {
    const found = runs[name];
    if (!found) throw new Error(`no capture ${name}`);
    return found;
  };
  const lines = (name: string) => run(name).stdout.split('\n').map(parseLine);

  it.each<[string, string, string]>([
    ['backup', 'backup', 'ok'],
    ['restore', 'restore', 'ok'],
    ['restore-include', 'restore', 'ok'],
    ['check', 'check', 'ok'],
    ['unlock', 'unlock', 'ok'],
    // The trap: a path that isn't there is left out with exit code 0 by both.
    ['missing-path', 'backup', 'ok'],
    ['incomplete', 'backup', 'incomplete'],
    ['all-missing', 'backup', 'other'],
    ['check-damaged', 'check', 'other'],
    ['wrong-password', 'config', 'wrong-password'],
    ['wrong-password-backup', 'backup', 'wrong-password'],
    ['no-password-file', 'config', 'no-password-file'],
    ['no-repository', 'config', 'no-repository'],
    ['no-repository-backup', 'backup', 'no-repository'],
    ['locked', 'backup', 'locked'],
    ['locked-restore', 'restore', 'locked'],
    ['no-such-file', 'dump', 'other'],
  ])('%s of %s is %s', (name, job, expected) => {
    const end = resticEnd(known(version), job, run(name));
    expect(end.is === 'failed' ? end.trouble : end.is).toBe(expected);
    // Where the version could not be asked for, nothing turns good or into something else.
    const blind = resticEnd(undefined, job, run(name));
    expect(blind.is === 'failed' ? blind.trouble : blind.is).toBe(expected);
    if (end.is === 'failed') expect(end.said).toMatch(/restic ended with \d+ \(.+\)$/);
    if (end.is === 'failed') expect(end.said).not.toMatch(/message_type|\n/);
  });

  it('who holds a lock is in the sentence', () => {
    const end = resticEnd(known(version), 'backup', run('locked'));
    expect(end.is === 'failed' ? end.said : '').toMatch(/already locked exclusively by PID \d+ on vm by root/);
  });

  it('backup: its summary names the snapshot and counts', () => {
    const summary = lines('backup').find((line) => line?.message_type === 'summary');
    expect(summary).toMatchObject({ files_new: 4, total_files_processed: 4, total_bytes_processed: 200_030 });
    expect(summary).toMatchObject({ snapshot_id: expect.stringMatching(/^[0-9a-f]{8}([0-9a-f]{56})?$/) });
  });

  it('missing path: told by a line of stderr, and by the paths of the snapshot', () => {
    expect(run('missing-path').stderr).toMatch(/does not exist, skipping\n$/);
    const snapshots = parseSnapshots(run('snapshots').stdout) ?? [];
    const made = snapshots.find(({ tags }) => tags.includes('exec-2'));
    expect(made?.paths).toEqual(['/srv/lab/src']);
  });

  it('incomplete: each file that could not be read is an error line of stderr', () => {
    const errors = run('incomplete')
      .stderr.split('\n')
      .map(parseLine)
      .filter((line) => line?.message_type === 'error');
    expect(errors).toEqual([expect.objectContaining({ item: '/srv/lab/src/file-2' })]);
  });

  it('snapshots, stats, entries, config and a lock are read whole', () => {
    const snapshots = parseSnapshots(run('snapshots').stdout);
    expect(snapshots?.map(({ tags }) => tags.join())).toEqual(['exec-1', 'exec-2', 'exec-3']);
    expect(snapshots?.[0]?.sizeBytes).toBe(version === '0.14' ? undefined : 200_030);
    expect(parseStats(run('stats').stdout)).toEqual({ sizeBytes: 200_030, files: 8 });
    const entries = run('ls').stdout.split('\n').map(parseNode);
    expect(entries.filter((entry) => entry?.type === 'file')).toHaveLength(4);
    expect(entries.filter((entry) => entry?.type === 'dir')).toHaveLength(4);
    expect(parseConfig(run('config').stdout)).toMatch(/^[0-9a-f]{64}$/);
    expect(parseLock(run('cat-lock').stdout)).toMatchObject({
      exclusive: true,
      hostname: 'vm',
      pid: expect.any(Number),
    });
  });

  it('restore: 0.14 prints sentences, later ones JSON; neither is taken for something else', () => {
    const told = lines('restore').filter((line) => line !== undefined);
    expect(told.map((line) => line.message_type)).toEqual(version === '0.14' ? [] : ['summary']);
  });
});
