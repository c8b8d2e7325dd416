import { describe, expect, it } from 'vitest';
import { absolutePath, boundedInteger, hostName, sshAddress, tcpPort, unitName } from '../../src/host/names.ts';

const refused = expect.objectContaining({ code: 'invalid' });
const HOSTILE = [
  '',
  '-x',
  '--',
  'a b',
  'a\nb',
  'a;b',
  '$(id)',
  '`id`',
  "a'b",
  'a"b',
  'a|b',
  'a>b',
  'a&b',
  'a\u0000b',
  'a\u202eb',
  '*',
  '[a]',
  '~',
];

describe('hostName', () => {
  it.each(['node-0', 'worker-1', 'a.b.example', 'N1', '10.0.0.5'])('takes %j', (name) => {
    expect(hostName(name)).toBe(name);
  });
  it.each([...HOSTILE, 'a_b', 'a/b', 'a..b', 'a-', '.a', 'x'.repeat(64), `${'a.'.repeat(130)}a`])(
    'refuses %j',
    (name) => {
      expect(() => hostName(name)).toThrow(refused);
    },
  );
});

describe('sshAddress', () => {
  it.each<[string, string | undefined, string]>([
    ['ops@10.0.0.5', 'ops', '10.0.0.5'],
    ['node-1', undefined, 'node-1'],
    ['root@node.example', 'root', 'node.example'],
    ['a.b_c@[::1]', 'a.b_c', '::1'],
    ['ops@fd00::5', 'ops', 'fd00::5'],
  ])('takes %j', (address, user, host) => {
    expect(sshAddress(address)).toEqual({ user, host });
  });
  it.each([
    ...HOSTILE,
    'ops@-oProxyCommand=id',
    '-oProxyCommand=id@host',
    'ops@',
    '@host',
    'ops@host:22',
    'ops@[10.0.0.5]',
    'ops@[::1',
    'ops@fe80::1%eth0',
    'ops@fe80::1%$(id)',
    'a@b@c',
    'ops@%h',
    'ssh://ops@host',
  ])('refuses %j', (address) => {
    expect(() => sshAddress(address)).toThrow(refused);
  });
});

describe('absolutePath', () => {
  it.each<[string, string]>([
    ['/', '/'],
    ['/var/lib/', '/var/lib'],
    ['/opt/local-path-provisioner/pvc-1_a+b@c=d:e,f~g h', '/opt/local-path-provisioner/pvc-1_a+b@c=d:e,f~g h'],
    ['/daten/bücher/日本', '/daten/bücher/日本'],
  ])('takes %j', (path, expected) => {
    expect(absolutePath(path)).toBe(expected);
  });
  it.each([
    ...HOSTILE,
    ...HOSTILE.filter((one) => !['', '-x', '--', 'a b', '~'].includes(one)).map((one) => `/x/${one}`),
    'var',
    './var',
    '/var/../etc',
    '/var/./x',
    '//var',
    '/var//x',
    '/var//',
    '/a\\b',
    '/a%b',
    `/${'x'.repeat(5000)}`,
  ])('refuses %j', (path) => {
    expect(() => absolutePath(path)).toThrow(refused);
  });
});

describe('unitName', () => {
  it.each<[string, string]>([
    ['k3s-agent', 'k3s-agent.service'],
    ['restic-k8s-backup.service', 'restic-k8s-backup.service'],
    ['backup.timer', 'backup.timer'],
    ['getty@tty1', 'getty@tty1.service'],
    ['dev-disk-by\\x2duuid.device', 'dev-disk-by\\x2duuid.device'],
    ['a.b', 'a.b.service'],
  ])('takes %j', (name, expected) => {
    expect(unitName(name)).toBe(expected);
  });
  it.each([...HOSTILE, 'a/b', 'a*.service', 'a?.service', '-.mount', 'ä.service', 'x'.repeat(250)])(
    'refuses %j',
    (name) => {
      expect(() => unitName(name)).toThrow(refused);
    },
  );
});

describe('numbers', () => {
  it.each([0, -1, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses the port %j', (port) => {
    expect(() => tcpPort(port)).toThrow(refused);
  });
  it('takes its bounds', () => {
    expect([boundedInteger('x', 1, 1, 9), boundedInteger('x', 9, 1, 9), tcpPort(65_535)]).toEqual([1, 9, 65_535]);
  });
});

it('shows what it refuses inert and short', () => {
  const hostile = `\u001b[31m\u202e${'a '.repeat(200)}`;
  expect(() => unitName(hostile)).toThrow(/^not a unit name: "[ a\ufffd…]{1,85}"/);
});
