import { join } from 'node:path';
import { freePort } from '../../support/real/ports.ts';
import type { Built } from '../machine/build.ts';
import { type Certificates, makeCertificates, type User, writeKubeconfig } from '../machine/certificates.ts';
import type { Place } from '../machine/places.ts';
import type { Program, Recorded } from '../machine/processes.ts';

/** What every part of the cluster is told. */
export interface Ground {
  readonly place: Place;
  readonly built: Built;
  readonly certificates: Certificates;
  /** Paths, by who they are for. */
  readonly kubeconfigs: Readonly<Record<User, string>>;
  readonly ports: Ports;
  /** Starts a program and writes it down before anything else happens: what was begun can be ended. */
  readonly start: (program: Program) => Promise<Recorded>;
}

/** Of 127.0.0.1. */
export type Ports = Readonly<
  Record<'etcd' | 'etcdPeer' | 'apiServer' | 'controllers' | 'scheduler' | 'kubelet' | 'kwok' | 'metricsServer', number>
>;

/** How the real node is called. The API server reaches its kubelet by this name: it has to be loopback's in /etc/hosts. */
export const REAL_NODE = 'node-0';

/** Makes the certificates, the kubeconfigs and the choice of ports in the cluster's new folder. */
export async function layGround(place: Place, built: Built, start: Ground['start']): Promise<Ground> {
  const certificates = await makeCertificates(place.folder, REAL_NODE);
  const ports = await choosePorts();
  const server = `https://127.0.0.1:${ports.apiServer}`;
  const kubeconfig = async (user: User): Promise<string> => {
    const path = join(place.folder, `${user}.kubeconfig`);
    await writeKubeconfig(path, server, certificates.ca, certificates.users[user]);
    return path;
  };
  return {
    place,
    built,
    certificates,
    ports,
    start,
    kubeconfigs: {
      admin: await kubeconfig('admin'),
      'controller-manager': await kubeconfig('controller-manager'),
      scheduler: await kubeconfig('scheduler'),
      kubelet: await kubeconfig('kubelet'),
      'metrics-server': await kubeconfig('metrics-server'),
    },
  };
}

async function choosePorts(): Promise<Ports> {
  const [etcd, etcdPeer, apiServer, controllers, scheduler, kubelet, kwok, metricsServer] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  return { etcd, etcdPeer, apiServer, controllers, scheduler, kubelet, kwok, metricsServer };
}
