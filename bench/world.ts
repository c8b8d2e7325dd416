import { readFileSync } from 'node:fs';
import { type App, createApp } from '../src/app.ts';
import { clusterNotConfigured } from '../src/cluster/cluster.ts';
import { readConfig } from '../src/config/load.ts';
import type { CommandOutput, HostCommand, Hosts } from '../src/host/port.ts';
import { systemClock } from '../src/lib/clock.ts';
import { DaytwoError } from '../src/lib/errors.ts';
import { alertmanagerNotConfigured } from '../src/telemetry/alertmanager.ts';
import { prometheusNotConfigured } from '../src/telemetry/prometheus.ts';
import type { Outside } from '../src/wiring/outside.ts';

const captured = (name: string): string =>
  readFileSync(new URL(`../test/captures/host/${name}`, import.meta.url), 'utf8');

/** What real hosts said to each command. */
const OUTPUTS: Readonly<Record<HostCommand['tool'], string>> = {
  df: captured('df-Pk.txt'),
  inodes: captured('df-i.txt'),
  du: '4194304\t/var/lib/containerd/overlayfs\n1048576\t/var/lib/containerd/blobs\n5242880\t/var/lib/containerd\n',
  journal: captured('journalctl-nginx.jsonl'),
  unit: captured('unit-failed.txt'),
  uptime: ' 03:10:00 up 41 days,  2:11,  1 user,  load average: 0.84, 1.39, 2.08\n',
};

/** Hosts that answer what real ones did, each command after its own time. */
export function recordedHosts(names: readonly string[], tookMs: (command: HostCommand) => number): Hosts {
  return {
    names: () => names,
    run: async (_host, command, signal): Promise<CommandOutput> => {
      const waitMs = tookMs(command);
      if (waitMs > 0) await systemClock.sleep(waitMs, signal);
      return { stdout: OUTPUTS[command.tool], stderr: '', exitCode: 0, truncated: false, tookMs: waitMs };
    },
    close: async () => {},
  };
}

/** The whole bot in this process, on a free port, with the console and hosts that answer as recorded. */
export async function appWith(dir: string, hosts: Hosts): Promise<{ readonly app: App; readonly url: string }> {
  const { config } = readConfig('server: { listen: "127.0.0.1:0" }\n', { file: '', env: {}, base: dir });
  const outside: Outside = {
    hosts: {
      ...hosts,
      act: () => Promise.reject(new DaytwoError('not-configured', 'nothing is acted upon in a benchmark')),
    },
    specs: hosts.names().map((name) => ({ name, via: 'local' })),
    cluster: clusterNotConfigured(),
    prometheus: prometheusNotConfigured(),
    alertmanager: alertmanagerNotConfigured(),
    has: { cluster: false, prometheus: false, alertmanager: false },
  };
  const log = {
    info: () => {},
    warn: () => {},
    error: (fields: object, message: string) => console.error(message, fields),
  };
  const app = await createApp(
    { ...config, store: { ...config.store, dir } },
    { hasFile: true, env: {} },
    { outside, log },
  );
  return { app, url: await app.start() };
}
