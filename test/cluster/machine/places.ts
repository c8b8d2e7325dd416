import { createHash } from 'node:crypto';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where one cluster keeps all it has, and the name under which it is known to the kernel. */
export interface Place {
  /** Its own folder: certificates, state, logs, etcd's data, the kubelet's and containerd's. */
  readonly folder: string;
  /** Of the checkout: names its cgroup and its bridge, so that two checkouts may each have a cluster. */
  readonly id: string;
}

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
/** A bridge's name has at most 15 characters (IFNAMSIZ in linux/if.h). */
const ID_CHARS = 8;

/**
 * The folder of this checkout's cluster: DAYTWO_CLUSTER_DIR, else one below the temporary folder. Short, since sockets lie in it and
 * their paths end at 107 characters (sun_path in unix(7)).
 */
export function clusterPlace(env: NodeJS.ProcessEnv = process.env): Place {
  const { uid } = userInfo();
  const chosen = env['DAYTWO_CLUSTER_DIR'];
  const id = createHash('sha256')
    .update(`${uid}:${chosen ?? REPOSITORY}`)
    .digest('hex')
    .slice(0, ID_CHARS);
  return { id, folder: chosen ?? join(tmpdir(), `daytwo-cluster-${uid}-${id}`) };
}

/** Where built programs are kept: DAYTWO_CLUSTER_CACHE, else `~/.cache/daytwo-cluster`. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env['DAYTWO_CLUSTER_CACHE'] ?? join(homedir(), '.cache', 'daytwo-cluster');
}
