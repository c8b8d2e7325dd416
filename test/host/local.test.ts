import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exec } from '../../src/host/exec.ts';
import { createHosts } from '../../src/host/hosts.ts';
import type { HostSpec } from '../../src/host/port.ts';
import { hostsContract } from './contract.ts';
import { allGone, makePrograms, type Programs, STUBBORN_TREE, treeUp } from './programs.ts';

const never = new AbortController().signal;

hostsContract('a local host', async (journalDirectory) => {
  const hosts = createHosts([{ name: 'node-0', via: 'local', journalDirectory }]);
  return { hosts, name: 'node-0', end: () => hosts.close() };
});

describe('createHosts', () => {
  it.each<[string, HostSpec[]]>([
    ['a name that is none', [{ name: '$(id)', via: 'local' }]],
    [
      'a name twice',
      [
        { name: 'a', via: 'local' },
        { name: 'a', via: 'local' },
      ],
    ],
    ['ssh without an address', [{ name: 'a', via: 'ssh' }]],
    ['an address that is an option', [{ name: 'a', via: 'ssh', address: '-oProxyCommand=id' }]],
    ['a user that is an option', [{ name: 'a', via: 'ssh', address: '-l@host' }]],
    ['a port that is none', [{ name: 'a', via: 'ssh', address: 'h', port: 0 }]],
    ['a key file that is not absolute', [{ name: 'a', via: 'ssh', address: 'h', identityFile: 'id' }]],
    ['a key file with one of ssh’s own tokens', [{ name: 'a', via: 'ssh', address: 'h', identityFile: '/keys/%h' }]],
    ['a known_hosts file with a quote', [{ name: 'a', via: 'ssh', address: 'h', knownHostsFile: '/a" "/b' }]],
    ['a journal folder that is an option', [{ name: 'a', via: 'local', journalDirectory: '--file=/x' }]],
  ])('refuses %s', (_, specs) => {
    expect(() => createHosts(specs)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});

describe('a local host', () => {
  let programs: Programs;
  beforeEach(async () => {
    programs = await makePrograms();
  });
  afterEach(() => programs.remove());

  const hostsHere = () => createHosts([{ name: 'node-0', via: 'local' }], { path: programs.path });
  const environment = () => ({ PATH: programs.path });

  it('says which program is missing', async () => {
    const hosts = createHosts([{ name: 'node-0', via: 'local' }], { path: programs.folder });
    await expect(hosts.run('node-0', { tool: 'journal', unit: 'k3s', lines: 1 }, never)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/^node-0: the program journalctl is not installed/),
    });
  });

  it('gives the program nothing of its own environment, and no stdin', async () => {
    process.env['DAYTWO_TEST_SECRET'] = 'hunter2';
    await programs.add('df', 'env; cat; pwd');
    const { stdout } = await hostsHere().run('node-0', { tool: 'df' }, never);
    delete process.env['DAYTWO_TEST_SECRET'];
    expect(stdout).not.toContain('hunter2');
    expect(
      stdout
        .split('\n')
        .filter((line) => /^[A-Z_]+=/.test(line) && !/^(PWD|OLDPWD|SHLVL|_)=/.test(line))
        .sort(),
    ).toEqual(['LC_ALL=C', `PATH=${programs.path}`, 'SYSTEMD_COLORS=0', 'TZ=UTC']);
  });

  it('ends the whole tree on time-out, even one that ignores SIGTERM', async () => {
    await programs.add('df', STUBBORN_TREE);
    const running = exec(['df'], { timeoutMs: 1500, maxBytes: 1024, env: environment(), signal: never });
    const tree = await treeUp(programs);
    expect(await running).toMatchObject({ end: 'timeout' });
    await allGone(tree, 3000);
  });

  it('ends what a program that went at SIGTERM leaves behind', async () => {
    await programs.add(
      'df',
      "(trap '' TERM; while :; do sleep 0.2; done) &\necho $! >> $HERE/tree\necho $$ >> $HERE/tree\nsleep 60",
    );
    const running = exec(['df'], { timeoutMs: 1000, maxBytes: 1024, env: environment(), signal: never });
    const tree = await treeUp(programs);
    expect(await running).toMatchObject({ end: 'timeout' });
    await allGone(tree, 3000);
  });

  it('does not wait for what a program leaves in the background with its output open', async () => {
    await programs.add('df', 'sleep 8 & echo /dev/a 100 40 50 45% /');
    const { stdout, tookMs } = await hostsHere().run('node-0', { tool: 'df' }, never);
    expect(stdout).toBe('/dev/a 100 40 50 45% /\n');
    expect(tookMs).toBeLessThan(5000);
  });

  it('ends the whole tree on abort', async () => {
    await programs.add('df', STUBBORN_TREE);
    const leaving = new AbortController();
    const running = hostsHere().run('node-0', { tool: 'df' }, leaving.signal);
    const refused = expect(running).rejects.toMatchObject({ code: 'cancelled' });
    const tree = await treeUp(programs);
    leaving.abort();
    await refused;
    await allGone(tree, 3000);
  });

  it('cuts endless output, keeps its head, and ends the program', async () => {
    await programs.add('df', 'echo $$ > $HERE/pid; while :; do echo "/dev/a 100 40 50 45% /ä"; done');
    const { stdout, truncated } = await hostsHere().run('node-0', { tool: 'df' }, never);
    expect(truncated).toBe(true);
    expect(Buffer.byteLength(stdout)).toBeLessThanOrEqual(256 * 1024);
    expect(stdout).not.toContain('\ufffd');
    expect(stdout.startsWith('/dev/a 100 40 50 45% /ä\n')).toBe(true);
    await allGone(await programs.pids('pid'), 3000);
  });

  it('lets a program be as noisy on stderr as it likes', async () => {
    await programs.add(
      'du',
      'i=0; while [ $i -lt 20000 ]; do echo "du: cannot read /x/$i" >&2; i=$((i+1)); done; echo "4\t/var"; exit 1',
    );
    const { stdout, stderr, exitCode } = await hostsHere().run('node-0', { tool: 'du', path: '/var' }, never);
    expect({ stdout, exitCode }).toEqual({ stdout: '4\t/var\n', exitCode: 1 });
    expect(stderr.length).toBe(16 * 1024);
  });

  it('runs two at once, lets the third wait, and lets it go when its caller leaves', async () => {
    await programs.add('uptime', 'echo $$ >> $HERE/started; while [ ! -e $HERE/go ]; do sleep 0.05; done; echo up');
    const hosts = hostsHere();
    const leaving = new AbortController();
    const two = [1, 2].map(() => hosts.run('node-0', { tool: 'uptime' }, never));
    await expect.poll(() => programs.pids('started'), { timeout: 5000 }).toHaveLength(2);
    const third = hosts.run('node-0', { tool: 'uptime' }, leaving.signal);
    const fourth = hosts.run('node-0', { tool: 'uptime' }, never);
    const left = expect(third).rejects.toMatchObject({ code: 'cancelled' });
    leaving.abort();
    await left;
    expect(await programs.pids('started')).toHaveLength(2);
    await writeFile(join(programs.folder, 'go'), '');
    expect((await Promise.all([...two, fourth])).map(({ stdout }) => stdout)).toEqual(['up\n', 'up\n', 'up\n']);
    expect(await programs.pids('started')).toHaveLength(3);
  });

  it('never shows a secret from stderr in an error', async () => {
    await programs.add(
      'df',
      'echo "df: //ana:hunter2@nas: postgres://u:hunter2@h password=hunter2 \u001b[31m" >&2; exit 3',
    );
    const refused = await hostsHere()
      .run('node-0', { tool: 'df' }, never)
      .catch((error: unknown) => String(error));
    expect(refused).toContain('exit code 3');
    expect(refused).not.toMatch(/u:hunter2|=hunter2/);
    expect(refused).not.toContain('\u001b');
  });

  it.each([
    '$(touch CANARY)',
    '`touch CANARY`',
    '; touch CANARY',
    '| touch CANARY',
    '\ntouch CANARY',
    "'; touch CANARY; '",
    '&& touch CANARY',
  ])('starts nothing at all for the hostile %j', async (template) => {
    const hostile = template.replace('CANARY', programs.canary);
    for (const name of ['df', 'du', 'journalctl', 'systemctl', 'uptime'])
      await programs.add(name, `touch ${programs.canary}`);
    const hosts = hostsHere();
    const tries = [
      hosts.run('node-0', { tool: 'unit', unit: hostile }, never),
      hosts.run('node-0', { tool: 'unit', unit: `k3s${hostile}.service` }, never),
      hosts.run('node-0', { tool: 'journal', unit: hostile, lines: 5 }, never),
      hosts.run('node-0', { tool: 'du', path: `/var/${hostile}` }, never),
      hosts.run(hostile, { tool: 'df' }, never),
    ];
    const results = await Promise.allSettled(tries);
    expect(results.map(({ status }) => status)).toEqual(tries.map(() => 'rejected'));
    await expect(access(programs.canary)).rejects.toThrow('ENOENT');
  });
});
