import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCluster } from '../../src/cluster/cluster.ts';
import { type KubeApi, kubeStatus, serveRecorded, startKubeApi } from '../support/kubeApi.ts';
import { missing } from '../support/real/process.ts';

const never = new AbortController().signal;
let api: KubeApi;
let folder: string;
const file = async (name: string, text: string, mode = 0o600): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text, { mode });
  return path;
};

beforeAll(async () => {
  api = await startKubeApi();
  folder = await mkdtemp(join(tmpdir(), 'daytwo-login-'));
});
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  api.reset();
  await serveRecorded(api);
});

const authorization = () => api.requests.at(-1)?.headers.authorization;

describe('a kubeconfig', () => {
  it.each<[string, string | undefined, string, RegExp]>([
    ['that is not there', undefined, 'not-configured', /isn't there\. Check cluster\.kubeconfig/],
    ['that is no YAML', 'a: [1\nb: "x', 'invalid', /is no YAML \(line \d\)/],
    ['that is something else', 'just text', 'invalid', /is no kubeconfig/],
    ['without contexts', '{"clusters": [], "contexts": []}', 'invalid', /no current context.*it has: none/],
    [
      'whose cluster has no server',
      '{"clusters": [{"name": "a", "cluster": {}}], "contexts": []}',
      'invalid',
      /server is missing/,
    ],
    [
      'whose context names an unknown cluster',
      '{"clusters": [], "contexts": [{"name": "a", "context": {"cluster": "b"}}], "current-context": "a"}',
      'invalid',
      /names the cluster b/,
    ],
  ])('%s is told at the first question, not before', async (_, text, code, message) => {
    const path = text === undefined ? join(folder, 'nowhere') : await file('odd', text);
    const cluster = createCluster({ kubeconfig: path });
    await expect(cluster.nodes(never)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('never shows what is in it', async () => {
    const kubeconfig = await file('secret', 'users: [{name: a, user: {token: s3cr3t-t0ken}}\nclusters: [');
    const error: unknown = await createCluster({ kubeconfig })
      .nodes(never)
      .catch((thrown: unknown) => thrown);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('s3cr3t');
    expect(error).not.toHaveProperty('cause');
  });

  it('that appears later is used by the next question', async () => {
    const path = join(folder, 'later');
    const cluster = createCluster({ kubeconfig: path });
    await expect(cluster.version(never)).rejects.toMatchObject({ code: 'not-configured' });
    await writeFile(path, await readFile(await api.kubeconfig(), 'utf8'));
    expect(await cluster.version(never)).toBe('v1.36.3');
  });

  it('without the wanted context names those that it has', async () => {
    const kubeconfig = await api.kubeconfig({ context: 'home' });
    await expect(createCluster({ kubeconfig, context: 'work' }).nodes(never)).rejects.toMatchObject({
      code: 'invalid',
      message: 'The kubeconfig has no context work. Check cluster.context; it has: home.',
    });
  });

  it('is found by KUBECONFIG, several of them, and in the home folder', async () => {
    const first = await api.kubeconfig({ context: 'one' });
    const second = await api.kubeconfig({ context: 'two' });
    const env = { KUBECONFIG: `${first}:${join(folder, 'nowhere')}:${second}`, HOME: folder };
    const one = createCluster({ env });
    await one.version(never);
    expect(one.name).toBe('one');
    expect(await createCluster({ env, context: 'two' }).version(never)).toBe('v1.36.3');
    await writeFile(join(folder, 'kubeconfig-home'), await readFile(first));
    expect(await createCluster({ env: { HOME: folder }, kubeconfig: '~/kubeconfig-home' }).version(never)).toBe(
      'v1.36.3',
    );
    await expect(createCluster({ env: { HOME: folder } }).version(never)).rejects.toMatchObject({
      code: 'not-configured',
      message: expect.stringMatching(/No cluster is set up: there is no .*\.kube\/config/),
    });
  });

  it('inCluster outside a pod is told', async () => {
    await expect(createCluster({ inCluster: true, env: {} }).version(never)).rejects.toMatchObject({
      code: 'not-configured',
      message: expect.stringMatching(/does not run in a pod/),
    });
  });
});

describe('credentials', () => {
  it.each<[string, object, string]>([
    ['a token', { token: 't0' }, 'Bearer t0'],
    ['a name and password', { username: 'ana', password: 'x' }, `Basic ${Buffer.from('ana:x').toString('base64')}`],
  ])('are sent: %s', async (_, user, expected) => {
    await createCluster({ kubeconfig: await api.kubeconfig({ user }) }).version(never);
    expect(authorization()).toBe(expected);
  });

  it('are sent as somebody else', async () => {
    await createCluster({ kubeconfig: await api.kubeconfig({ user: { token: 't', as: 'viewer' } }) }).version(never);
    expect(api.requests.at(-1)?.headers['impersonate-user']).toBe('viewer');
  });

  it.each(['tokenFile', 'token-file'])('are read from a file, without its newline: %s', async (key) => {
    const path = await file('token', 'from-file\n');
    await createCluster({ kubeconfig: await api.kubeconfig({ user: { [key]: path } }) }).version(never);
    expect(authorization()).toBe('Bearer from-file');
  });

  it('are read anew after a 401', async () => {
    const kubeconfig = await api.kubeconfig({ user: { token: 'old' } });
    const cluster = createCluster({ kubeconfig });
    api.answer('/version', ({ headers }) =>
      headers.authorization === 'Bearer old' ? kubeStatus(401, 'Unauthorized', 'x') : { body: { gitVersion: 'v1' } },
    );
    await expect(cluster.version(never)).rejects.toMatchObject({ code: 'forbidden' });
    await writeFile(kubeconfig, (await readFile(kubeconfig, 'utf8')).replace('"old"', '"new"'));
    expect(await cluster.version(never)).toBe('v1');
  });

  it('are taken from OpenID Connect', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = [part({ alg: 'none' }), part({ exp: Math.floor(Date.now() / 1000) + 3600 }), 'x'].join('.');
    const provider = { name: 'oidc', config: { 'id-token': token } };
    await createCluster({ kubeconfig: await api.kubeconfig({ user: { 'auth-provider': provider } }) }).version(never);
    expect(authorization()).toBe(`Bearer ${token}`);
  });

  it('are asked of a command', async () => {
    const credential = {
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1',
      status: { token: 'from-command' },
    };
    const command = await file('plugin', `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`);
    await chmod(command, 0o700);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command };
    await createCluster({ kubeconfig: await api.kubeconfig({ user: { exec } }) }).version(never);
    expect(authorization()).toBe('Bearer from-command');
  });

  it.each<[string, string, string, RegExp]>([
    ['fails', 'echo s3cr3t >&2; exit 1', 'forbidden', /could not be obtained/],
    ['says nonsense', 'echo s3cr3t', 'forbidden', /could not be obtained/],
    ['hangs', 'exec sleep 3', 'timeout', /within 0\.3 s/],
  ])('of a command that %s are told without what it said', async (_, body, code, message) => {
    const command = await file('plugin-bad', `#!/bin/sh\n${body}\n`);
    await chmod(command, 0o700);
    const kubeconfig = await api.kubeconfig({ user: { exec: { command } } });
    const error: unknown = await createCluster({ kubeconfig, timeoutMs: 300 })
      .version(never)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('s3cr3t');
  });

  it.each<[string, { user?: object; cluster?: object }, RegExp]>([
    [
      'over plain http to another machine',
      { user: { token: 't' }, cluster: { server: 'http://192.0.2.1:8080' } },
      /plain http/,
    ],
    [
      'by a method that Kubernetes has removed',
      { user: { 'auth-provider': { name: 'gcp' } } },
      /auth-provider gcp.*exec plugin/,
    ],
    [
      'through a SOCKS proxy',
      { cluster: { 'proxy-url': 'socks5://127.0.0.1:1' } },
      /proxy of a kind that isn't supported/,
    ],
  ])('are not sent %s', async (_, more, message) => {
    await expect(createCluster({ kubeconfig: await api.kubeconfig(more) }).version(never)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(message),
    });
    expect(api.requests).toEqual([]);
  });
});

const absent = missing(['openssl'], 'the cluster over TLS: authority, client certificate, server name');

describe.skipIf(absent.length > 0)('TLS', () => {
  let secure: KubeApi;
  let ca: string;
  let client: { cert: string; key: string };

  const openssl = (...args: string[]) => execa('openssl', args, { cwd: folder });
  const certificate = async (name: string, subject: string, extension: string) => {
    await openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      subject,
    );
    await file(`${name}.ext`, extension);
    await openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '1',
      '-out',
      `${name}.crt`,
      '-extfile',
      `${name}.ext`,
    );
    return {
      cert: await readFile(join(folder, `${name}.crt`), 'utf8'),
      key: await readFile(join(folder, `${name}.key`), 'utf8'),
    };
  };

  beforeAll(async () => {
    await openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
      '-days',
      '1',
      '-subj',
      '/CN=test authority',
    );
    ca = await readFile(join(folder, 'ca.crt'), 'utf8');
    const server = await certificate('server', '/CN=kube', 'subjectAltName=IP:127.0.0.1,DNS:kube.test');
    client = await certificate('client', '/O=system:masters/CN=ana', 'extendedKeyUsage=clientAuth');
    secure = await startKubeApi({ ...server, ca, requestCert: true, rejectUnauthorized: false });
  });
  beforeEach(async () => {
    secure?.reset();
    if (secure) await serveRecorded(secure);
  });
  afterAll(() => secure?.stop());

  const base64 = (text: string) => Buffer.from(text).toString('base64');

  it('trusts the kubeconfig’s authority, by data and by a file beside it, and shows the client certificate', async () => {
    const user = { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) };
    const inside = await secure.kubeconfig({ user, cluster: { 'certificate-authority-data': base64(ca) } });
    expect(await createCluster({ kubeconfig: inside }).version(never)).toBe('v1.36.3');
    const files = { 'client-certificate': join(folder, 'client.crt'), 'client-key': join(folder, 'client.key') };
    const beside = await secure.kubeconfig({ user: files, cluster: { 'certificate-authority': 'ca.crt' } });
    const moved = await file('kubeconfig-beside', await readFile(beside, 'utf8'));
    expect(await createCluster({ kubeconfig: moved }).version(never)).toBe('v1.36.3');
  });

  it.each<[string, () => object, RegExp]>([
    ['an authority that is not trusted', () => ({}), /not trusted here/],
    [
      'another name',
      () => ({ 'certificate-authority-data': base64(ca), 'tls-server-name': 'other.test' }),
      /certificate is for another name/,
    ],
  ])('refuses %s', async (_, cluster, message) => {
    const kubeconfig = await secure.kubeconfig({ user: { token: 't' }, cluster: cluster() });
    await expect(createCluster({ kubeconfig }).version(never)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(message),
    });
    expect(secure.requests).toEqual([]);
  });

  it.each<[string, () => object]>([
    ['a server name', () => ({ 'certificate-authority-data': base64(ca), 'tls-server-name': 'kube.test' })],
    ['insecure-skip-tls-verify', () => ({ 'insecure-skip-tls-verify': true })],
  ])('honours %s', async (_, cluster) => {
    expect(await createCluster({ kubeconfig: await secure.kubeconfig({ cluster: cluster() }) }).version(never)).toBe(
      'v1.36.3',
    );
  });

  it('goes through an HTTP proxy, end to end', async () => {
    const tunnels: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, down) => {
      tunnels.push(request.url ?? '');
      const up = connect(Number(new URL(secure.url).port), '127.0.0.1', () => {
        down.write('HTTP/1.1 200 OK\r\n\r\n');
        up.pipe(down).pipe(up);
      });
      up.on('error', () => down.destroy());
      down.on('error', () => up.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const cluster = { 'certificate-authority-data': base64(ca), 'proxy-url': `http://127.0.0.1:${port}` };
    expect(await createCluster({ kubeconfig: await secure.kubeconfig({ cluster }) }).version(never)).toBe('v1.36.3');
    expect(tunnels).toEqual([new URL(secure.url).host]);
    proxy.closeAllConnections();
    proxy.close();
  });

  it('says that a plain server speaks no TLS', async () => {
    const kubeconfig = await api.kubeconfig({ cluster: { server: api.url.replace('http:', 'https:') } });
    await expect(createCluster({ kubeconfig }).version(never)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/http rather than https/),
    });
  });
});
