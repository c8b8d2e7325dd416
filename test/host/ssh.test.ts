import { access, mkdir, readdir, stat } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHosts } from '../../src/host/hosts.ts';
import type { HostSpec } from '../../src/host/port.ts';
import { createSshHost, remoteWords, SocketFolder, sshArguments } from '../../src/host/ssh.ts';
import { freePort } from '../support/real/ports.ts';
import { type Sshd, sshdMissing, startSshd } from '../support/real/sshd.ts';
import { hostsContract } from './contract.ts';
import { allGone, makePrograms, type Programs, STUBBORN_TREE, treeUp } from './programs.ts';

const never = new AbortController().signal;
const missing = await sshdMissing();
if (missing) console.warn(`NOT TESTED, hosts over ssh: ${missing}`);

/** The specification of the sshd as `worker-1`. */
function spec(sshd: Sshd, change: Partial<HostSpec> = {}): HostSpec {
  const { address, port, identityFile, knownHostsFile } = sshd;
  return { name: 'worker-1', via: 'ssh', address, port, identityFile, knownHostsFile, ...change };
}

const socketFolders = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('daytwo-ssh-'));

describe('sshArguments', () => {
  const of = (change: Partial<HostSpec>) =>
    sshArguments({ name: 'a', via: 'ssh', address: 'ops@10.0.0.5', ...change }, '/run/s').options;

  it('leaves out every ssh_config, and ends with the host behind --', () => {
    const options = of({});
    expect(options.slice(0, 2)).toEqual(['-F', '/dev/null']);
    expect(options.slice(-2)).toEqual(['--', '10.0.0.5']);
    expect(options).toContain('User=ops');
  });

  it.each([
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'ForwardAgent=no',
    'ForwardX11=no',
    'PasswordAuthentication=no',
    'ControlPath="/run/s"',
  ])('sets %s', (setting) => {
    expect(of({})).toContain(setting);
  });

  it('believes the named known_hosts file alone, and the named key alone', () => {
    const options = of({ knownHostsFile: '/my keys/known', identityFile: '/my keys/id' });
    expect(options).toContain('UserKnownHostsFile="/my keys/known"');
    expect(options).toContain('GlobalKnownHostsFile=/dev/null');
    expect(options).toContain('IdentitiesOnly=yes');
    expect(of({}).join(' ')).not.toMatch(/KnownHostsFile|Identit/);
  });

  it('bounds the command on the far side', () => {
    expect(remoteWords({ argv: ['df', '-P'], timeoutMs: 1500, maxBytes: 1, accept: [0] })).toEqual([
      ...['env', 'LC_ALL=C', 'TZ=UTC', 'SYSTEMD_COLORS=0', 'timeout', '-k', '2', '2', 'df', '-P'],
    ]);
  });
});

describe.skipIf(missing !== undefined)('over a real sshd', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  hostsContract('an ssh host', async (journalDirectory) => {
    const hosts = createHosts([spec(sshd, { journalDirectory })]);
    return { hosts, name: 'worker-1', end: () => hosts.close() };
  });

  it('opens one connection for all commands, in a private folder, and leaves nothing behind', async () => {
    const loginsBefore = await sshd.logins();
    const foldersBefore = await socketFolders();
    const hosts = createHosts([spec(sshd)]);
    const looks = Array.from({ length: 8 }, () => hosts.run('worker-1', { tool: 'uptime' }, never));
    await Promise.all(looks);
    await hosts.run('worker-1', { tool: 'df' }, never);
    expect((await sshd.logins()) - loginsBefore).toBe(1);
    const made = (await socketFolders()).filter((name) => !foldersBefore.includes(name));
    expect(made).toHaveLength(1);
    const folder = join(tmpdir(), made[0] ?? '');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await hosts.close();
    await expect(access(folder)).rejects.toThrow('ENOENT');
  });

  it.each<[what: string, change: (sshd: Sshd) => Partial<HostSpec>, code: string, message: RegExp]>([
    [
      'an unknown host key',
      (one) => ({ knownHostsFile: one.emptyKnownHostsFile }),
      'forbidden',
      /^ssh worker-1: the host key of .*127\.0\.0\.1 isn't in .*empty_known_hosts; add it with ssh-keyscan after checking/,
    ],
    [
      'a host key that has changed',
      (one) => ({ knownHostsFile: one.wrongKnownHostsFile }),
      'forbidden',
      /^ssh worker-1: the host key has changed since it was put into .*wrong_known_hosts/,
    ],
    [
      'a key that sshd doesn’t know',
      (one) => ({ identityFile: one.strangerFile }),
      'forbidden',
      /^ssh worker-1: permission denied for /,
    ],
    ['no key at all', () => ({ identityFile: '/no/such/key' }), 'forbidden', /^ssh worker-1: permission denied for /],
    [
      'a stranger',
      () => ({ address: 'nobody-here@127.0.0.1' }),
      'forbidden',
      /permission denied for nobody-here@127\.0\.0\.1/,
    ],
    [
      'a name that isn’t known',
      () => ({ address: 'no-such-host.invalid' }),
      'unreachable',
      /the name in no-such-host\.invalid can't be resolved/,
    ],
  ])('tells %s', async (_, change, code, message) => {
    const hosts = createHosts([spec(sshd, change(sshd))]);
    await expect(hosts.run('worker-1', { tool: 'df' }, never)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    await hosts.close();
  });

  it('tells a refused connection', async () => {
    const hosts = createHosts([spec(sshd, { port: await freePort() })]);
    await expect(hosts.run('worker-1', { tool: 'df' }, never)).rejects.toMatchObject({
      code: 'unreachable',
      retryable: true,
      message: expect.stringMatching(/^ssh worker-1: connection refused/),
    });
    await hosts.close();
  });

  it('learns of a dead connection, and opens a new one', async () => {
    const other = await startSshd();
    const hosts = createHosts([spec(other)]);
    await hosts.run('worker-1', { tool: 'uptime' }, never);
    await other.stop();
    await expect(hosts.run('worker-1', { tool: 'uptime' }, never)).rejects.toMatchObject({ code: 'unreachable' });
    await hosts.close();
  });

  it('says that ssh itself is missing', async () => {
    const hosts = createHosts([spec(sshd)], { path: '/no/such/folder' });
    await expect(hosts.run('worker-1', { tool: 'df' }, never)).rejects.toMatchObject({
      code: 'not-found',
      message: /ssh is not installed/,
    });
    await hosts.close();
  });
});

describe.skipIf(missing !== undefined)('towards something that is no sshd', () => {
  const sockets = new Set<Socket>();
  let connections = 0;
  let port = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket.on('error', () => undefined));
  });
  beforeAll(async () => {
    port = await freePort();
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('gives up after the connect time-out, once for all who wait, and lets each go when its caller leaves', async () => {
    const hosts = createHosts([{ name: 'worker-1', via: 'ssh', address: '127.0.0.1', port }]);
    const started = performance.now();
    const early = hosts.run('worker-1', { tool: 'df' }, AbortSignal.timeout(300));
    const waiting = [1, 2, 3, 4, 5].map(() => hosts.run('worker-1', { tool: 'df' }, never));
    const all = Promise.allSettled(waiting);
    await expect(early).rejects.toMatchObject({ code: 'cancelled' });
    expect(performance.now() - started).toBeLessThan(3000);
    for (const end of await all) {
      expect(end).toMatchObject({
        status: 'rejected',
        reason: { code: 'unreachable', message: /no answer within 5 s/ },
      });
    }
    expect(connections).toBe(1);
    expect(performance.now() - started).toBeLessThan(9000);
    await hosts.close();
  });

  it('ends an attempt at once on close', async () => {
    const hosts = createHosts([{ name: 'worker-1', via: 'ssh', address: '127.0.0.1', port }]);
    const started = performance.now();
    const run = expect(hosts.run('worker-1', { tool: 'df' }, never)).rejects.toMatchObject({ code: 'cancelled' });
    await hosts.close();
    await run;
    expect(performance.now() - started).toBeLessThan(4000);
  });
});

describe.skipIf(missing !== undefined)('what runs on the far side', () => {
  let programs: Programs;
  let sshd: Sshd;
  let folder: SocketFolder;
  beforeEach(async () => {
    programs = await makePrograms();
    sshd = await startSshd({ setEnv: { PATH: programs.path } });
    folder = new SocketFolder();
  });
  afterEach(async () => {
    await folder.remove();
    await sshd.stop();
    await programs.remove();
  });

  const remote = () =>
    createSshHost(spec(sshd), { folder, index: 0, environment: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } });
  const command = { argv: ['df'], timeoutMs: 2000, maxBytes: 64 * 1024, accept: [0] } as const;

  it('is ended as a whole tree on time-out, even if it ignores SIGTERM', async () => {
    await programs.add('df', STUBBORN_TREE);
    const host = remote();
    await host.open(never);
    const running = host.exec(command, never);
    const tree = await treeUp(programs);
    expect(await running).toMatchObject({ end: 'timeout' });
    await allGone(tree, 4000);
    await host.close();
  });

  it('is left at once on abort, and ended by its own bound', async () => {
    await programs.add('df', STUBBORN_TREE);
    const host = remote();
    await host.open(never);
    const leaving = new AbortController();
    const running = host.exec(command, leaving.signal);
    const tree = await treeUp(programs);
    const started = performance.now();
    leaving.abort();
    expect(await running).toMatchObject({ end: 'aborted' });
    expect(performance.now() - started).toBeLessThan(1800);
    await allGone(tree, 6000);
    await host.close();
  });

  it('is cut when it floods, and ends of it', async () => {
    await programs.add('df', 'echo $$ > $HERE/pid; while :; do echo 0123456789; done');
    const host = remote();
    await host.open(never);
    const result = await host.exec(command, never);
    expect(result).toMatchObject({ end: 'cut' });
    expect(result.stdout).toHaveLength(64 * 1024);
    await allGone(await programs.pids('pid'), 4000);
    await host.close();
  });

  it('may be missing, and is named', async () => {
    const hosts = createHosts([spec(sshd)]);
    await programs.add('journalctl', 'exit 127');
    await expect(hosts.run('worker-1', { tool: 'journal', unit: 'k3s', lines: 1 }, never)).rejects.toMatchObject({
      code: 'not-found',
      message: 'ssh worker-1: the program journalctl is not installed there',
    });
    await hosts.close();
  });

  it('never sees a hostile word', async () => {
    for (const name of ['du', 'journalctl', 'systemctl']) await programs.add(name, `touch ${programs.canary}`);
    const hosts = createHosts([spec(sshd)]);
    const hostile = `x$(touch ${programs.canary})`;
    const results = await Promise.allSettled([
      hosts.run('worker-1', { tool: 'unit', unit: hostile }, never),
      hosts.run('worker-1', { tool: 'journal', unit: `'; touch ${programs.canary} #`, lines: 1 }, never),
      hosts.run('worker-1', { tool: 'du', path: `/var/${hostile}` }, never),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await sshd.logins()).toBe(0);
    await expect(access(programs.canary)).rejects.toThrow('ENOENT');
    await hosts.close();
  });

  it('gets words that a shell would read as more as they are', async () => {
    await programs.add('du', 'for word; do printf "<%s>" "$word"; done');
    await programs.add('systemctl', 'for word; do printf "<%s>" "$word"; done');
    const path = join(programs.folder, 'a  b ~ =c');
    await mkdir(path);
    const hosts = createHosts([spec(sshd)]);
    const du = await hosts.run('worker-1', { tool: 'du', path }, never);
    expect(du.stdout).toBe(`<-x><-k><-d><1><--><${path}>`);
    const unit = await hosts.run('worker-1', { tool: 'unit', unit: 'dev-disk-by\\x2duuid.device' }, never);
    expect(unit.stdout).toMatch(/<--><dev-disk-by\\x2duuid\.device>$/);
    await hosts.close();
  });
});
