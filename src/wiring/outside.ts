import { existsSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import type { ActingCluster } from '../cluster/acting.ts';
import { createActingCluster } from '../cluster/actingCluster.ts';
import type { CleaningCluster } from '../cluster/cleaning.ts';
import { createCleaningCluster } from '../cluster/cleaningCluster.ts';
import { clusterNotConfigured, createCluster } from '../cluster/cluster.ts';
import { createFollowing, type StartedFollowing } from '../cluster/following/following.ts';
import type { Cluster } from '../cluster/port.ts';
import type { NodeSightings } from '../cluster/sighting.ts';
import { createNodeSightings } from '../cluster/sightings.ts';
import type { Config } from '../config/schema.ts';
import type { Secret } from '../config/secret.ts';
import type { ActingHosts } from '../host/actPort.ts';
import { createHosts } from '../host/hosts.ts';
import type { HostSpec, Hosts } from '../host/port.ts';
import { alertmanagerNotConfigured, createAlertmanager } from '../telemetry/alertmanager.ts';
import type { ServerAuth } from '../telemetry/http.ts';
import type { Alertmanager, Prometheus } from '../telemetry/port.ts';
import { createPrometheus, prometheusNotConfigured } from '../telemetry/prometheus.ts';

/** The world outside as the configuration names it. What isn't set up is there too, and says so when asked. */
export interface Outside {
  readonly hosts: Hosts & ActingHosts;
  /** What `hosts` was built of. */
  readonly specs: readonly HostSpec[];
  readonly cluster: Cluster;
  /** Absent where none is named. */
  readonly actingCluster?: ActingCluster | undefined;
  /** Absent where none is named. */
  readonly following?: StartedFollowing | undefined;
  /** Absent where none is named. */
  readonly cleaningCluster?: CleaningCluster | undefined;
  /** Absent where none is named. */
  readonly sightings?: NodeSightings | undefined;
  readonly prometheus: Prometheus;
  readonly alertmanager: Alertmanager;
  readonly has: { readonly cluster: boolean; readonly prometheus: boolean; readonly alertmanager: boolean };
}

interface Credentials {
  readonly bearerToken?: Secret | undefined;
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
}

/** How to sign in at a server, as the configuration says. */
export function authOf({ bearerToken, username, password }: Credentials): ServerAuth | undefined {
  if (bearerToken) return { token: bearerToken.reveal() };
  return username !== undefined && password ? { username, password: password.reveal() } : undefined;
}

/** The hosts of the configuration; this very machine where no file names any, so that a first start shows something real. */
export function hostSpecs(config: Config, hasFile: boolean): readonly HostSpec[] {
  if (config.hosts.length > 0 || hasFile) return config.hosts;
  const name = hostname().toLowerCase();
  return [
    {
      name: /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(name) ? name : 'localhost',
      via: 'local',
    },
  ];
}

/** Whether a cluster is named anywhere: in the file, by KUBECONFIG, in the usual place, or by running inside one. */
export function hasCluster(config: Config, env: Readonly<Record<string, string | undefined>>): boolean {
  const { kubeconfig, inCluster } = config.cluster;
  if (kubeconfig !== undefined || inCluster || env['KUBECONFIG'] || env['KUBERNETES_SERVICE_HOST']) return true;
  return existsSync(join(env['HOME'] ?? homedir(), '.kube', 'config'));
}

/** Builds the clients. Nothing is asked yet, and the heavy libraries aren't loaded before somebody asks. */
export function createOutside(
  config: Config,
  options: { readonly hasFile: boolean; readonly env: Readonly<Record<string, string | undefined>> },
): Outside {
  const { prometheus, alertmanager } = config;
  const specs = hostSpecs(config, options.hasFile);
  return {
    hosts: createHosts(specs),
    specs,
    cluster: hasCluster(config, options.env) ? createCluster(config.cluster) : clusterNotConfigured(),
    actingCluster: hasCluster(config, options.env) ? createActingCluster(config.cluster) : undefined,
    following: hasCluster(config, options.env) ? createFollowing(config.cluster) : undefined,
    cleaningCluster: hasCluster(config, options.env) ? createCleaningCluster(config.cluster) : undefined,
    sightings: hasCluster(config, options.env) ? createNodeSightings(config.cluster) : undefined,
    prometheus:
      prometheus.url === undefined
        ? prometheusNotConfigured()
        : createPrometheus({ url: prometheus.url, auth: authOf(prometheus) }),
    alertmanager:
      alertmanager.url === undefined
        ? alertmanagerNotConfigured()
        : createAlertmanager({ url: alertmanager.url, auth: authOf(alertmanager) }),
    has: {
      cluster: hasCluster(config, options.env),
      prometheus: prometheus.url !== undefined,
      alertmanager: alertmanager.url !== undefined,
    },
  };
}
