import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RealServer, startReal } from './process.ts';

/** How the Alertmanager of a test groups and where it sends. Times are Alertmanager's own durations ("200ms"). */
export interface AlertmanagerSetup {
  /** Where alerts go; none: nowhere. */
  readonly webhookUrl?: string;
  readonly webhookToken?: string;
  readonly groupBy?: readonly string[];
  readonly groupWait?: string;
  readonly groupInterval?: string;
  readonly repeatInterval?: string;
  /** `max_alerts` of the webhook: more are truncated. */
  readonly maxAlerts?: number;
  /** `inhibit_rules`, as in Alertmanager's configuration. */
  readonly inhibitRules?: readonly object[];
}

/** An alert as it is posted; times default to now and to Alertmanager's resolve_timeout (5 min). */
export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt?: number;
  /** In the past: the alert is resolved. */
  readonly endsAt?: number;
  readonly generatorURL?: string;
}

/** A real Alertmanager. */
export interface RealAlertmanager extends RealServer {
  post(...alerts: readonly PostedAlert[]): Promise<void>;
  /** Writes a new configuration and has it read. */
  configure(setup: AlertmanagerSetup): Promise<void>;
}

/** Debian's package prometheus-alertmanager. */
export const ALERTMANAGER = 'prometheus-alertmanager';

/** Starts Alertmanager on loopback, without a cluster, with short times unless the setup says otherwise. */
export async function startAlertmanager(setup: AlertmanagerSetup = {}): Promise<RealAlertmanager> {
  const server = await startReal({
    program: ALERTMANAGER,
    prepare: ({ folder }) => writeFile(join(folder, 'alertmanager.yml'), configuration(setup)),
    args: ({ port, folder }) => [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    readyPath: '/-/ready',
  });
  return {
    ...server,
    post: async (...alerts) => {
      const response = await fetch(`${server.url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(alerts.map(wire)),
      });
      if (!response.ok) throw new Error(`Alertmanager refused an alert: ${response.status} ${await response.text()}`);
    },
    configure: async (changed) => {
      await writeFile(join(server.folder, 'alertmanager.yml'), configuration(changed));
      const response = await fetch(`${server.url}/-/reload`, { method: 'POST' });
      if (!response.ok) throw new Error(`Alertmanager refused its configuration: ${await response.text()}`);
    },
  };
}

function wire({ startsAt, endsAt, ...alert }: PostedAlert): object {
  return {
    ...alert,
    ...(startsAt === undefined ? {} : { startsAt: new Date(startsAt).toISOString() }),
    ...(endsAt === undefined ? {} : { endsAt: new Date(endsAt).toISOString() }),
  };
}

/** JSON is YAML. */
function configuration(setup: AlertmanagerSetup): string {
  const webhook = {
    url: setup.webhookUrl,
    send_resolved: true,
    max_alerts: setup.maxAlerts ?? 0,
    ...(setup.webhookToken === undefined
      ? {}
      : { http_config: { authorization: { type: 'Bearer', credentials: setup.webhookToken } } }),
  };
  return JSON.stringify({
    route: {
      receiver: 'daytwo',
      group_by: setup.groupBy ?? ['alertname'],
      group_wait: setup.groupWait ?? '100ms',
      group_interval: setup.groupInterval ?? '300ms',
      repeat_interval: setup.repeatInterval ?? '1h',
    },
    receivers: [{ name: 'daytwo', ...(setup.webhookUrl === undefined ? {} : { webhook_configs: [webhook] }) }],
    inhibit_rules: setup.inhibitRules ?? [],
  });
}
