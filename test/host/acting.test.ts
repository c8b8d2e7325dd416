import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actInvocation } from '../../src/host/actCommands.ts';
import { actWords } from '../../src/host/acting.ts';
import type { ActCommand, ResticJob } from '../../src/host/actPort.ts';
import { createHosts } from '../../src/host/hosts.ts';
import { stream } from '../../src/host/stream.ts';
import { allGone, makePrograms, type Programs, STUBBORN_TREE, treeUp } from './programs.ts';

const never = new AbortController().signal;
const place = { repository: '/srv/restic', passwordFile: '/etc/restic/password' };
const restic = (job: ResticJob): ActCommand => ({ tool: 'restic', place, job });
const ID = 'ab'.repeat(32);

describe('actInvocation', () => {
  it.each<[ActCommand, string]>([
    [
      restic({ do: 'backup', marker: 'exec-0001', hostname: 'node-0', paths: ['/srv/data', '/etc/'] }),
      'restic --repo /srv/restic --password-file /etc/restic/password backup --json --tag exec-0001 --host node-0 -- /srv/data /etc',
    ],
    [
      restic({
        ...{ do: 'restore', marker: 'exec-0001', id: ID, target: '/var/tmp/r/data-exec-0001' },
        ...{ include: ['/srv/data/a b'], noLock: false },
      }),
      `restic --repo /srv/restic --password-file /etc/restic/password restore --json --verify --target /var/tmp/r/data-exec-0001 --include /srv/data/a b -- ${ID}`,
    ],
    [
      restic({ do: 'check' }),
      'restic --repo /srv/restic --password-file /etc/restic/password --no-lock check --read-data-subset=64M',
    ],
    [{ tool: 'unit-start', unit: 'a' }, 'systemctl start --no-block --no-ask-password -- a.service'],
    [{ tool: 'mounts' }, 'cat /proc/self/mountinfo'],
    [{ tool: 'size', path: '/var/tmp/x' }, 'du -s -B 1 --apparent-size -- /var/tmp/x'],
    [{ tool: 'fresh-folder', path: '/var/tmp/x' }, 'mkdir -m 0700 -- /var/tmp/x'],
    [{ tool: 'signal-marked', marker: 'exec-0001', signal: 'INT' }, 'pkill -INT -f -- ^([^ ]*/)?restic .*exec-0001'],
  ])('makes of %j one command', (command, words) => {
    expect(actInvocation(command).argv.join(' ')).toBe(words);
  });

  it.each<ResticJob>([
    { do: 'config' },
    { do: 'snapshots' },
    { do: 'locks' },
    { do: 'lock', id: ID },
    { do: 'stats', id: ID },
    { do: 'ls', id: ID },
    { do: 'dump', id: ID, path: '/a' },
    { do: 'check' },
  ])('takes no lock for %j', (job) => {
    expect(actInvocation(restic(job)).argv).toContain('--no-lock');
  });

  it.each<[string, ActCommand]>([
    ['a path', restic({ do: 'backup', marker: 'exec-0001', hostname: 'a', paths: ['--stdin'] })],
    ['a path', restic({ do: 'backup', marker: 'exec-0001', hostname: 'a', paths: ['/a\n/b'] })],
    ['no path', restic({ do: 'backup', marker: 'exec-0001', hostname: 'a', paths: [] })],
    ['a marker', restic({ do: 'backup', marker: '.*.*.*.*', hostname: 'a', paths: ['/a'] })],
    ['a short marker', { tool: 'marked', marker: 'restic' }],
    ['a machine', restic({ do: 'backup', marker: 'exec-0001', hostname: '-x', paths: ['/a'] })],
    ['a snapshot', restic({ do: 'ls', id: '--json' })],
    ['a file', restic({ do: 'dump', id: ID, path: '/a/../b' })],
    ['a unit', { tool: 'unit-start', unit: '--root=/x' }],
    ['a folder', { tool: 'size', path: '-x' }],
    ['a process', { tool: 'process', pid: -1 }],
    [
      'a target without the marker',
      restic({ do: 'restore', marker: 'exec-0001', id: ID, target: '/srv', include: [], noLock: false }),
    ],
    ...[
      ...[
        'relative/path',
        'sftp:-oProxyCommand=x:/r',
        'rclone:-x:y',
        'rest:http://u:p@h/',
        'file:/x',
        's3:--x',
        '--repo',
        '/a b$(x)',
      ],
      ...['sftp:user@-host:/r', 'local:/x', ''],
    ].map((repository): [string, ActCommand] => [
      'a repository',
      { tool: 'restic', place: { ...place, repository }, job: { do: 'check' } },
    ]),
    ['a password file', { tool: 'restic', place: { ...place, passwordFile: 'x' }, job: { do: 'check' } }],
  ])('refuses %s that is none: %j', (_, command) => {
    expect(() => actInvocation(command)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });

  it.each([
    ...[
      '/srv/restic',
      'sftp:backup@10.0.0.5:/srv/restic',
      'sftp://backup@[fd00::5]:2222//srv/restic',
      'rclone:b2:bucket/x',
    ],
    ...[
      'rest:https://backup.example.com:8000/node-0/',
      's3:https://s3.example.com/bucket/path',
      's3:s3.amazonaws.com/b',
      'b2:bucket:path',
      'gs:bucket:/',
    ],
  ])('takes %s', (repository) => {
    expect(actInvocation({ tool: 'restic', place: { ...place, repository }, job: { do: 'check' } }).argv).toContain(
      repository,
    );
  });

  it('bounds the far side, gently', () => {
    expect(
      actWords({ argv: ['restic', 'version'], env: { RESTIC_PROGRESS_FPS: '1' }, timeoutMs: 1500 }).join(' '),
    ).toBe('env LC_ALL=C TZ=UTC SYSTEMD_COLORS=0 RESTIC_PROGRESS_FPS=1 timeout -s INT -k 60 2 restic version');
  });
});

describe('stream', () => {
  let programs: Programs;
  beforeEach(async () => {
    programs = await makePrograms();
  });
  afterEach(() => programs.remove());
  const run = (script: string, change: Partial<Parameters<typeof stream>[1]> = {}) =>
    programs.add('tool', script).then(() =>
      stream([join(programs.folder, 'bin', 'tool')], {
        ...{
          timeoutMs: 20_000,
          gentleMs: 300,
          maxBytes: 1000,
          delimiter: '\n',
          signal: never,
          env: { PATH: programs.path },
        },
        ...change,
      }),
    );

  it('hands over lines as they come, those without an end as well, and keeps none', async () => {
    const lines: string[] = [];
    const errors: string[] = [];
    const result = await run("printf 'one\\ntw'; sleep 0.1; printf 'o\\nthree'; echo four >&2", {
      onLine: (line) => lines.push(line),
      onErrorLine: (line) => errors.push(line),
    });
    expect(result).toMatchObject({ end: 'exited', exitCode: 0, stdout: '', stderr: 'four\n' });
    expect({ lines, errors }).toEqual({ lines: ['one', 'two', 'three'], errors: ['four'] });
  });

  it('ends gently first, and all of the group at last', async () => {
    const controller = new AbortController();
    await programs.add('tool', STUBBORN_TREE.replaceAll('TERM', 'INT TERM'));
    const running = stream([join(programs.folder, 'bin', 'tool')], {
      ...{ timeoutMs: 60_000, gentleMs: 300, maxBytes: 1000, delimiter: '\n' as const },
      ...{ signal: controller.signal, env: { PATH: programs.path } },
    });
    const pids = await treeUp(programs);
    controller.abort();
    expect(await running).toMatchObject({ end: 'aborted' });
    await allGone(pids, 2000);
  });

  it.each<[string, string, Partial<Parameters<typeof stream>[1]>, object]>([
    [
      'SIGINT heeded',
      "trap 'echo bye; exit 130' INT; echo up; while :; do sleep 0.1; done",
      { timeoutMs: 400 },
      { end: 'timeout', stdout: 'up\nbye\n' },
    ],
    ['silence', 'echo a; sleep 30', { idleMs: 300 }, { end: 'idle' }],
    ['too much', 'yes', {}, { end: 'cut' }],
    ['a death', 'kill -9 $$', {}, { end: 'killed', reason: 'SIGKILL' }],
    ['an exit code', 'echo no >&2; exit 3', {}, { end: 'exited', exitCode: 3, stderr: 'no\n' }],
  ])('tells %s', async (_, script, change, expected) => {
    expect(await run(script, change)).toMatchObject(expected);
  });

  it('waits with the signal until the program has spoken', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const result = await run("sleep 0.6; trap 'exit 130' INT; echo up; while :; do sleep 0.1; done", {
      settleMs: 5000,
      gentleMs: 3000,
      signal: controller.signal,
    });
    expect(result).toMatchObject({ end: 'aborted', stdout: 'up\n' });
  });

  it('keeps the beginning and the end of a long stderr', async () => {
    const { stderr } = await run('echo begin >&2; seq 1 20000 >&2; echo end >&2');
    expect(stderr.length).toBeLessThan(17_000);
    expect(stderr).toMatch(/^begin\n.*\n…\n.*\nend\n$/s);
  });
});

describe('acting on a host', () => {
  it('starts nothing for strangers, for the cancelled, or with wrong words', async () => {
    const hosts = createHosts([{ name: 'node-0', via: 'local' }]);
    const act = (host: string, command: ActCommand, signal = never) => hosts.act(host, command, { signal });
    await expect(act('node-9', { tool: 'hostname' })).rejects.toMatchObject({ code: 'not-configured' });
    await expect(act('node-0', { tool: 'hostname' }, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    await expect(act('node-0', { tool: 'unit-start', unit: 'a b' })).rejects.toMatchObject({ code: 'invalid' });
  });

  it('gives restic its home and nothing of the process’s secrets', async () => {
    const programs = await makePrograms();
    process.env['DAYTWO_TEST_SECRET'] = 'hunter2';
    await programs.add('restic', 'env; pwd; cat');
    const hosts = createHosts([{ name: 'node-0', via: 'local' }], { path: programs.path });
    const { stdout } = await hosts.act('node-0', restic({ do: 'snapshots' }), { signal: never });
    delete process.env['DAYTWO_TEST_SECRET'];
    await programs.remove();
    expect(stdout).toMatch(/^HOME=/m);
    expect(stdout).toMatch(/^RESTIC_PROGRESS_FPS=1$/m);
    expect(stdout).toMatch(/^LC_ALL=C$/m);
    expect(stdout).not.toContain('hunter2');
  });

  it('never reads a folder’s name as more than a name', async () => {
    const programs = await makePrograms();
    const hosts = createHosts([{ name: 'node-0', via: 'local' }]);
    const file = join(programs.folder, 'a  b');
    await writeFile(file, 'x');
    const { stdout } = await hosts.act('node-0', { tool: 'stat', paths: [file, '/no/such'] }, { signal: never });
    expect(stdout).toMatch(/^regular file\|\d+\|\d+\|.*\/a {2}b\n$/);
    await programs.remove();
  });
});
