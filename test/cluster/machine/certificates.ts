import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** Paths of a certificate and its key. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** All that the parts show each other. */
export interface Certificates {
  readonly ca: Pair;
  /** Signs the aggregator alone (kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer). */
  readonly frontProxyCa: Pair;
  readonly frontProxy: Pair;
  readonly apiServer: Pair;
  readonly kubeletServing: Pair;
  /** The API server as the kubelet's client. */
  readonly kubeletClient: Pair;
  readonly serviceAccount: { readonly privateKey: string; readonly publicKey: string };
  readonly users: Readonly<Record<User, Pair>>;
}

/** Who has a kubeconfig. */
export type User = 'admin' | 'controller-manager' | 'scheduler' | 'kubelet' | 'metrics-server';

const DAYS = '30';
/** Ours: the machine's adds extensions of its own, a second time. */
const CONFIG = 'openssl.cnf';
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Subjects that Kubernetes gives rights to by itself (kubernetes.io/docs/setup/best-practices/certificates). */
function subjects(realNode: string): Readonly<Record<User, string>> {
  return {
    admin: '/O=system:masters/CN=daytwo-test-admin',
    'controller-manager': '/CN=system:kube-controller-manager',
    scheduler: '/CN=system:kube-scheduler',
    kubelet: `/O=system:nodes/CN=system:node:${realNode}`,
    // Its own ClusterRole would do; the cluster ends with the test.
    'metrics-server': '/O=system:masters/CN=daytwo-test-metrics-server',
  };
}

/** Makes a certificate authority and everything below it in `folder/pki`, by openssl. */
export async function makeCertificates(folder: string, realNode: string): Promise<Certificates> {
  const pki = join(folder, 'pki');
  await mkdir(pki, { mode: 0o700 });
  await writeFile(join(pki, CONFIG), '[req]\ndistinguished_name = subject\n[subject]\n');
  const ca = await authority(pki, 'ca');
  const frontProxyCa = await authority(pki, 'front-proxy-ca');
  const serving = 'extendedKeyUsage=serverAuth';
  const client = 'extendedKeyUsage=clientAuth';
  const names = subjects(realNode);
  const user = (name: User) => issue(pki, ca, { name: `user-${name}`, subject: names[name], extensions: [client] });
  return {
    ca,
    frontProxyCa,
    frontProxy: await issue(pki, frontProxyCa, {
      name: 'front-proxy',
      subject: '/CN=front-proxy-client',
      extensions: [client],
    }),
    apiServer: await issue(pki, ca, {
      name: 'apiserver',
      subject: '/CN=kube-apiserver',
      extensions: [serving, 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default.svc'],
    }),
    kubeletServing: await issue(pki, ca, {
      name: 'kubelet-serving',
      subject: `/CN=${realNode}`,
      extensions: [serving, `subjectAltName=DNS:${realNode},IP:127.0.0.1`],
    }),
    kubeletClient: await issue(pki, ca, {
      name: 'kubelet-client',
      subject: '/O=system:masters/CN=kube-apiserver-kubelet-client',
      extensions: [client],
    }),
    serviceAccount: await signingKeys(pki),
    users: {
      admin: await user('admin'),
      'controller-manager': await user('controller-manager'),
      scheduler: await user('scheduler'),
      kubelet: await user('kubelet'),
      'metrics-server': await user('metrics-server'),
    },
  };
}

/** A kubeconfig that holds its certificates itself; JSON is YAML. */
export async function writeKubeconfig(path: string, server: string, ca: Pair, user: Pair): Promise<void> {
  const inline = async (file: string) => (await readFile(file)).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'daytwo-test',
    clusters: [{ name: 'daytwo-test', cluster: { server, 'certificate-authority-data': await inline(ca.cert) } }],
    contexts: [{ name: 'daytwo-test', context: { cluster: 'daytwo-test', user: 'daytwo-test' } }],
    users: [
      {
        name: 'daytwo-test',
        user: { 'client-certificate-data': await inline(user.cert), 'client-key-data': await inline(user.key) },
      },
    ],
  };
  await writeFile(path, JSON.stringify(config, null, 2), { mode: 0o600 });
}

function pair(pki: string, name: string): Pair {
  return { cert: join(pki, `${name}.crt`), key: join(pki, `${name}.key`) };
}

async function authority(pki: string, name: string): Promise<Pair> {
  const made = pair(pki, name);
  const subject = `/CN=daytwo-test-${name}`;
  await request(
    pki,
    subject,
    ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'],
    out(made),
  );
  return made;
}

async function issue(
  pki: string,
  by: Pair,
  { name, subject, extensions }: { name: string; subject: string; extensions: readonly string[] },
): Promise<Pair> {
  const made = pair(pki, name);
  const all = ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature', ...extensions];
  await request(pki, subject, all, ['-CA', by.cert, '-CAkey', by.key, ...out(made)]);
  return made;
}

async function signingKeys(pki: string): Promise<Certificates['serviceAccount']> {
  const keys = { privateKey: join(pki, 'service-account.key'), publicKey: join(pki, 'service-account.pub') };
  await openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-out', keys.privateKey]);
  await openssl(['pkey', '-in', keys.privateKey, '-pubout', '-out', keys.publicKey]);
  return keys;
}

async function request(
  pki: string,
  subject: string,
  extensions: readonly string[],
  rest: readonly string[],
): Promise<void> {
  const added = extensions.flatMap((extension) => ['-addext', extension]);
  const config = ['-config', join(pki, CONFIG)];
  await openssl(['req', '-x509', ...config, ...KEY, '-days', DAYS, '-subj', subject, ...added, ...rest]);
}

function out({ cert, key }: Pair): readonly string[] {
  return ['-keyout', key, '-out', cert];
}

async function openssl(args: readonly string[]): Promise<void> {
  await execa('openssl', args, { timeout: 30_000 });
}
