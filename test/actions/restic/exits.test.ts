import { describe, expect, it } from 'vitest';
import { atLeast, parseVersion, type ResticVersion, resticEnd } from '../../../src/actions/restic/exits.ts';

const V14: ResticVersion = [0, 14, 0];
const V16: ResticVersion = [0, 16, 4];
const V17: ResticVersion = [0, 17, 3];
const V18: ResticVersion = [0, 18, 1];

/** As restic 0.14 wrote it. */
const LOCKED =
  'unable to create lock in backend: repository is already locked by PID 23791 on vm by root (UID 0, GID 0)\nlock was created at 2026-11-21 05:55:07 (28.144933484s ago)\nstorage ID f274036f\nthe `unlock` command can be used to remove stale locks\n';
const NO_PASSWORD = 'Fatal: wrong password or no key found\n';
const NO_REPOSITORY =
  'Fatal: unable to open config file: stat /nope/config: no such file or directory\nIs there a repository at the following location?\n/nope\n';
const NO_FILE = 'Resolving password failed: Fatal: /x does not exist\n';
const FULL = 'ignoring error for /a: write /r/a: no space left on device\nFatal: There were 385 errors\n\n';
/** As restic since 0.17 writes with --json. Source: restic 0.18 manual, "Scripting". */
const JSON_ERROR = '{"message_type":"exit_error","code":12,"message":"Fatal: wrong password or no key found"}\n';

describe('resticEnd', () => {
  it.each<[ResticVersion | undefined, string, number, string, string]>([
    [V14, 'backup', 0, '', 'ok'],
    [V18, 'backup', 0, '', 'ok'],
    [V14, 'backup', 3, 'Warning: at least one source file could not be read\n', 'incomplete'],
    [V16, 'backup', 3, '', 'incomplete'],
    [V18, 'backup', 3, '', 'incomplete'],
    [undefined, 'backup', 3, '', 'incomplete'],
    [V14, 'restore', 3, '', 'other'],
    [V18, 'forget', 3, '', 'other'],
    [V14, 'backup', 1, LOCKED, 'locked'],
    [V14, 'backup', 1, NO_PASSWORD, 'wrong-password'],
    [V14, 'backup', 1, NO_REPOSITORY, 'no-repository'],
    [V14, 'backup', 1, NO_FILE, 'no-password-file'],
    [V14, 'restore', 1, FULL, 'no-space'],
    [V14, 'backup', 1, '', 'other'],
    [V14, 'backup', 10, '', 'other'],
    [V16, 'backup', 11, '', 'other'],
    [V16, 'backup', 12, NO_PASSWORD, 'wrong-password'],
    [V17, 'backup', 10, '', 'no-repository'],
    [V17, 'backup', 11, '', 'locked'],
    [V17, 'backup', 12, '', 'wrong-password'],
    [V18, 'backup', 10, '', 'no-repository'],
    [V18, 'backup', 11, '', 'locked'],
    [V18, 'backup', 12, JSON_ERROR, 'wrong-password'],
    [undefined, 'backup', 11, '', 'locked'],
    [V14, 'backup', 130, '', 'interrupted'],
    [V18, 'backup', 130, '', 'interrupted'],
    [V14, 'backup', 143, '', 'interrupted'],
    [V14, 'backup', 2, 'panic: oh\n\ngoroutine 1 [running]:\n', 'crashed'],
    [V14, 'dump', 2, 'cannot dump file: path "/nope" not found in snapshot\n', 'other'],
    [V18, 'backup', 77, '', 'other'],
    [undefined, 'backup', 255, '', 'other'],
  ])('of %j, %s with %d (%j) is %s', (version, job, exitCode, stderr, expected) => {
    const end = resticEnd(version, job, { exitCode, stderr });
    expect(end.is === 'failed' ? end.trouble : end.is).toBe(expected);
  });

  it('repeats the telling line, inert and without secrets', () => {
    const end = resticEnd(V14, 'backup', {
      exitCode: 1,
      stderr: `x\nFatal: \u001b[31mpassword=hunter2hunter2 ${'y'.repeat(900)}\n\n`,
    });
    const said = end.is === 'failed' ? end.said : '';
    expect(said).toMatch(/^restic ended with 1 \(Fatal: /);
    expect(said).not.toContain('hunter2');
    expect(said).not.toContain('\u001b');
    expect(said.length).toBeLessThan(300);
    expect(resticEnd(V18, 'backup', { exitCode: 12, stderr: JSON_ERROR })).toMatchObject({
      said: 'the password is wrong: restic ended with 12 (Fatal: wrong password or no key found)',
    });
  });
});

describe('parseVersion', () => {
  it.each<[string, ResticVersion | undefined]>([
    ['restic 0.14.0 compiled with go1.19.8 on linux/amd64\n', [0, 14, 0]],
    ['restic 0.18.1 compiled with go1.25.1 on linux/amd64\n', [0, 18, 1]],
    ['restic 0.17.3-dev (compiled manually) compiled with go1.23 on linux/arm64\n', [0, 17, 3]],
    ['restic\n', undefined],
    ['', undefined],
  ])('reads %j', (text, version) => {
    expect(parseVersion(text)).toEqual(version);
  });

  it.each<[ResticVersion, ResticVersion, boolean]>([
    [[0, 17, 0], [0, 17, 0], true],
    [[1, 0, 0], [0, 17, 0], true],
    [[0, 16, 9], [0, 17, 0], false],
    [[0, 9, 6], [0, 14, 0], false],
  ])('%j is at least %j: %s', (version, least, expected) => {
    expect(atLeast(version, least)).toBe(expected);
  });
});
