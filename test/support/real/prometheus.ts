import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RealServer, startReal } from './process.ts';

/** What a test's Prometheus scrapes, evaluates and tells. */
export interface PrometheusSetup {
  readonly scrape?: readonly {
    readonly job: string;
    /** `host:port`. */
    readonly targets: readonly string[];
    /** True for a Pushgateway: its `job` and `instance` stay. */
    readonly honorLabels?: boolean;
  }[];
  readonly rules?: readonly {
    readonly alert: string;
    readonly expr: string;
    /** Prometheus' duration; default none. */
    readonly for?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
  /** Base URL of the Alertmanager. */
  readonly alertmanager?: string;
  /** Of scraping and evaluation; default 500 ms. */
  readonly interval?: string;
}

/** A real Prometheus. */
export interface RealPrometheus extends RealServer {
  /** Writes a new configuration and has it read. */
  configure(setup: PrometheusSetup): Promise<void>;
}

/** Debian's package prometheus. */
export const PROMETHEUS = 'prometheus';

/** Starts Prometheus on loopback with its own empty data base. */
export async function startPrometheus(setup: PrometheusSetup = {}): Promise<RealPrometheus> {
  const server = await startReal({
    program: PROMETHEUS,
    prepare: ({ folder }) => write(folder, setup),
    args: ({ port, folder }) => [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-lifecycle',
      '--rules.alert.resend-delay=1s',
    ],
    readyPath: '/-/ready',
  });
  return {
    ...server,
    configure: async (changed) => {
      await write(server.folder, changed);
      const response = await fetch(`${server.url}/-/reload`, { method: 'POST' });
      if (!response.ok) throw new Error(`Prometheus refused its configuration: ${await response.text()}`);
    },
  };
}

/** JSON is YAML. */
async function write(folder: string, setup: PrometheusSetup): Promise<void> {
  const interval = setup.interval ?? '500ms';
  const rules = join(folder, 'rules.yml');
  await writeFile(rules, JSON.stringify({ groups: [{ name: 'test', interval, rules: setup.rules ?? [] }] }));
  const configuration = {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: [rules],
    scrape_configs: (setup.scrape ?? []).map(({ job, targets, honorLabels }) => ({
      job_name: job,
      honor_labels: honorLabels ?? false,
      static_configs: [{ targets }],
    })),
    ...(setup.alertmanager === undefined
      ? {}
      : {
          alerting: {
            alertmanagers: [{ api_version: 'v2', static_configs: [{ targets: [new URL(setup.alertmanager).host] }] }],
          },
        }),
  };
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(configuration));
}
