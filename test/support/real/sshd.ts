import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { execa } from 'execa';
import { freePort } from './ports.ts';

/** What a test may set. */
export interface SshdOptions {
  /** Environment of the sessions, PATH for instance (sshd_config's SetEnv). No blanks or quotes in the values. */
  readonly setEnv?: Readonly<Record<string, string>>;
}

/** A real sshd on loopback that knows one key. */
export interface Sshd {
  readonly port: number;
  /** `user@127.0.0.1`, for the user that runs the tests. */
  readonly address: string;
  readonly identityFile: string;
  /** Holds this sshd's host key. */
  readonly knownHostsFile: string;
  /** A known_hosts file that is empty. */
  readonly emptyKnownHostsFile: string;
  /** A known_hosts file with another key for this very address. */
  readonly wrongKnownHostsFile: string;
  /** A key that this sshd doesn't know. */
  readonly strangerFile: string;
  /** How many logins there were so far, from its log. */
  logins(): Promise<number>;
  /** Ends it, and every session of it. */
  stop(): Promise<void>;
}

const SSHD = '/usr/sbin/sshd';
const READY_MS = 10_000;

/** Says why no sshd can be started here; undefined where one can. */
export async function sshdMissing(): Promise<string | undefined> {
  for (const argv of [
    ['ssh', '-V'],
    ['ssh-keygen', '-?'],
    [SSHD, '-?'],
  ] as const) {
    const { code } = await execa(argv[0], [argv[1]], { reject: false }).then((result) => ({
      code: result.failed ? result.code : '',
    }));
    if (code === 'ENOENT') return `${argv[0]} is not installed (Debian: openssh-server, openssh-client)`;
  }
  return undefined;
}

/** Starts sshd with fresh keys in a temporary folder, on a free port of 127.0.0.1, as the user that runs the tests. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), 'sshd-'));
  const file = (name: string): string => join(folder, name);
  const keys = ['host', 'other-host', 'user', 'stranger'];
  await Promise.all(
    keys.map((name) => execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file(name)])),
  );
  const port = await freePort();
  const publicKey = async (name: string): Promise<string> => (await readFile(file(`${name}.pub`), 'utf8')).trim();
  await writeFile(file('authorized_keys'), `${await publicKey('user')}\n`);
  await writeFile(file('known_hosts'), `[127.0.0.1]:${port} ${await publicKey('host')}\n`);
  await writeFile(file('wrong_known_hosts'), `[127.0.0.1]:${port} ${await publicKey('other-host')}\n`);
  await writeFile(file('empty_known_hosts'), '');
  const environment = Object.entries(options.setEnv ?? {}).map(([key, value]) => `${key}=${value}`);
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${file('host')}`,
    `AuthorizedKeysFile ${file('authorized_keys')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'LogLevel VERBOSE',
    ...(environment.length === 0 ? [] : [`SetEnv ${environment.join(' ')}`]),
  ];
  await writeFile(file('sshd_config'), `${settings.join('\n')}\n`);
  await writeFile(file('log'), '');
  await chmod(folder, 0o700);
  // Where sshd separates its privileges; systemd makes it on machines that run it as a service.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });

  const child = execa(SSHD, ['-D', '-e', '-f', file('sshd_config')], {
    reject: false,
    stdin: 'ignore',
    stdout: 'ignore',
  });
  let ended = false;
  const end = child.then(() => {
    ended = true;
  });
  const writing: Promise<void>[] = [];
  child.stderr.on('data', (chunk: Buffer) => writing.push(appendFile(file('log'), chunk)));
  const log = async (): Promise<string> => {
    await Promise.all(writing);
    return readFile(file('log'), 'utf8');
  };
  const stop = async (): Promise<void> => {
    if (!ended && child.pid !== undefined) await killTree(child.pid);
    await end;
    await Promise.all(writing);
    await rm(folder, { recursive: true, force: true });
  };

  const until = Date.now() + READY_MS;
  while (!(await log()).includes('Server listening')) {
    if (ended || Date.now() > until) {
      const said = await log();
      await stop();
      throw new Error(`sshd did not start: ${said}`);
    }
    await wait(20);
  }
  return {
    port,
    address: `${userInfo().username}@127.0.0.1`,
    identityFile: file('user'),
    knownHostsFile: file('known_hosts'),
    emptyKnownHostsFile: file('empty_known_hosts'),
    wrongKnownHostsFile: file('wrong_known_hosts'),
    strangerFile: file('stranger'),
    logins: async () => (await log()).match(/Accepted publickey/g)?.length ?? 0,
    stop,
  };
}

/** Ends a process and all that descend from it, by their ids: sshd's sessions are in groups of their own. */
async function killTree(pid: number): Promise<void> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  for (const child of children.split(' ').filter(Boolean)) await killTree(Number(child));
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was gone already.
  }
}
