import { z } from 'zod';
import { DaytwoError } from '../lib/errors.ts';
import { clip, inertLine } from '../lib/text.ts';
import { httpServer, parseAnswer, type ServerOptions } from './http.ts';

/** The outcome of a good run of a backup, under the names that the runbooks read. */
export interface BackupPush {
  /** The backup's name: the group's `job`. */
  readonly job: string;
  /** What an `instance` label of the group would be: the host's names. */
  readonly instances: readonly string[];
  /** When the run ended, epoch ms. */
  readonly at: number;
  readonly durationMs: number;
  readonly filesNew: number | undefined;
  readonly filesChanged: number | undefined;
}

/** What a group of the Pushgateway holds of a backup, as far as it matters here. */
export interface PushedGroup {
  readonly labels: Readonly<Record<string, string>>;
  /** Metric names with their types, in lower case. */
  readonly metrics: ReadonlyMap<string, string>;
  readonly success: number | undefined;
  /** Epoch ms, undefined where none was pushed. */
  readonly timestamp: number | undefined;
}

/** The Pushgateway, as far as a backup's outcome goes. */
export interface Pushgateway {
  /**
   * The groups under a job's name.
   * @throws DaytwoError as `httpServer`
   */
  groups(job: string, signal: AbortSignal): Promise<readonly PushedGroup[]>;
  /**
   * Tells a good run. It goes into the group that the job already has, whatever its other labels: another one beside it would leave the
   * old failure standing, and grow stale itself. Returns that group's labels.
   * @throws DaytwoError as `httpServer` | failed (the Pushgateway refused it, or it isn't clear which group it is)
   */
  pushSuccess(push: BackupPush, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
}

/** Time stamps that mean "when it last was good" or "when it last ran", in every spelling that `readBackup` knows. Seconds. */
const STAMPS = [
  'backup_timestamp',
  'backup_timestamp_seconds',
  'backup_last_success_timestamp',
  'backup_last_success_timestamp_seconds',
];

/** Shape of `GET /api/v1/metrics`. Source: github.com/prometheus/pushgateway README, "Query API". */
const family = z.object({ type: z.string(), metrics: z.array(z.object({ value: z.string().optional() })).nullish() });
const answerShape = z.object({
  data: z
    .array(z.record(z.string(), z.unknown()).and(z.object({ labels: z.record(z.string(), z.string()) })))
    .nullish(),
});

/** Speaks with a Pushgateway. @throws DaytwoError invalid when the URL is none */
export function createPushgateway(options: ServerOptions): Pushgateway {
  const server = httpServer('the Pushgateway', 'pushgateway.url', options);

  const groups = async (job: string, signal: AbortSignal): Promise<readonly PushedGroup[]> => {
    const answer = await server.call({ path: '/api/v1/metrics' }, signal);
    const { data } = parseAnswer(server, answer, answerShape, 'its list of groups');
    return (data ?? []).flatMap((group) => (group.labels['job'] === job ? [groupOf(group)] : []));
  };

  return {
    groups,
    async pushSuccess(push, signal) {
      const found = (await groups(push.job, signal)).filter(({ metrics }) => metrics.size > 0);
      const group = chooseGroup(found, push);
      if (!group)
        throw new DaytwoError(
          'failed',
          `${server.name} has ${found.length} groups under job ${push.job}, and none is known to be this host's`,
        );
      const answer = await server.call(
        { method: 'POST', path: groupPath(group.labels), text: exposition(push, group.metrics) },
        signal,
      );
      if (answer.status >= 300)
        throw new DaytwoError(
          'failed',
          `${server.name} refused the push (HTTP ${answer.status}): ${clip(inertLine(answer.text), 200)}`,
        );
      return group.labels;
    },
  };
}

function groupOf(group: Readonly<Record<string, unknown>> & { labels: Record<string, string> }): PushedGroup {
  const metrics = new Map<string, string>();
  let success: number | undefined;
  let timestamp: number | undefined;
  for (const [name, value] of Object.entries(group)) {
    const known = name.startsWith('backup_') ? family.safeParse(value) : undefined;
    if (!known?.success) continue;
    metrics.set(name, known.data.type.toLowerCase());
    const figure = Number(known.data.metrics?.[0]?.value ?? Number.NaN);
    if (name === 'backup_success') success = figure;
    if (STAMPS.includes(name) && Number.isFinite(figure)) timestamp = Math.max(timestamp ?? 0, figure * 1000);
  }
  // An empty label is no label; the answer shows `instance` always.
  const labels = Object.fromEntries(Object.entries(group.labels).filter(([, value]) => value !== ''));
  return { labels, metrics, success, timestamp };
}

/** The group to push to: the only one, or the host's own, or a new one. Undefined where it isn't clear. Pure. */
export function chooseGroup(found: readonly PushedGroup[], push: BackupPush): PushedGroup | undefined {
  if (found.length === 0)
    return { labels: { job: push.job }, metrics: new Map(), success: undefined, timestamp: undefined };
  if (found.length === 1) return found[0];
  const own = found.filter(({ labels }) => push.instances.includes(labels['instance'] ?? ''));
  return own.length === 1 ? own[0] : undefined;
}

/** `job` first; values as Base64, so that any text can be one. Source: the Pushgateway's README, "URL". Pure. */
function groupPath({ job, ...others }: Readonly<Record<string, string>>): string {
  return `/metrics${Object.entries({ job: job ?? '', ...others })
    .map(([name, value]) => `/${name}@base64/${Buffer.from(value).toString('base64url') || '='}`)
    .join('')}`;
}

/**
 * The text format, version 0.0.4. Types follow what is there already: the Pushgateway refuses one name with two types.
 * Source: prometheus.io/docs/instrumenting/exposition_formats. Pure.
 */
export function exposition(push: BackupPush, there: ReadonlyMap<string, string>): string {
  const seconds = Math.floor(push.at / 1000);
  const figures: [string, number | undefined][] = [
    ['backup_success', 1],
    ...STAMPS.filter((name) => name === 'backup_timestamp' || there.has(name)).map((name): [string, number] => [
      name,
      seconds,
    ]),
    ['backup_duration_seconds', Math.round(push.durationMs / 1000)],
    ['backup_files_new', push.filesNew],
    ['backup_files_changed', push.filesChanged],
  ];
  return figures
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`# TYPE ${name} ${there.get(name) ?? 'gauge'}\n${name} ${value}\n`],
    )
    .join('');
}
