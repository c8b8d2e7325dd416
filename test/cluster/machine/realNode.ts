import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { available } from '../../support/real/process.ts';
import { cgroupMounts } from '../parts/cgroups.ts';
import { CNI_FOLDER } from '../parts/containerd.ts';
import { REAL_NODE } from '../parts/ground.ts';
import { BUSYBOX } from '../parts/images.ts';

const HOSTS = '/etc/hosts';

/** Why no kubelet can run pods here, each with what helps; none where one can. */
export function obstacles(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const found: string[] = [];
  if (env['DAYTWO_CLUSTER_KWOK_ONLY']) return ['DAYTWO_CLUSTER_KWOK_ONLY is set'];
  if (process.platform !== 'linux') return ['this is no Linux'];
  if (userInfo().uid !== 0) found.push('pods need root');
  const mounts = cgroupMounts();
  if (mounts.length === 0) found.push('no cgroups are mounted');
  else if (!mounts.every(writable)) found.push('the cgroups are read-only');
  if (!available('runc')) found.push('runc is not installed (Debian: runc)');
  if (!existsSync(join(CNI_FOLDER, 'bridge')))
    found.push(`${CNI_FOLDER} has no plugins (Debian: containernetworking-plugins)`);
  if (!existsSync(BUSYBOX)) found.push(`${BUSYBOX} is not there (Debian: busybox-static)`);
  if (!named() && !writable(HOSTS)) found.push(`${HOSTS} is read-only and does not know ${REAL_NODE}`);
  return found;
}

/**
 * Adds a line to /etc/hosts, once, and leaves it there: the API server reaches the kubelet by the node's name, and a kubelet's
 * --node-ip can't be loopback.
 */
export async function nameRealNode(): Promise<void> {
  if (!named()) await appendFile(HOSTS, `127.0.0.1 ${REAL_NODE} # daytwo: npm run cluster:up\n`);
}

function named(): boolean {
  return readFileSync(HOSTS, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .some(([address, ...names]) => address === '127.0.0.1' && names.includes(REAL_NODE));
}

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
