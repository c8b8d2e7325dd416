import { z } from 'zod';
import { DaytwoError } from '../lib/errors.ts';
import { clip, inertLine } from '../lib/text.ts';
import { httpServer, parseAnswer, type ServerOptions } from './http.ts';

/** Which backup is told of. */
export interface PushedBackup {
  /** The backup's name: the group's `job`. */
  readonly job: string;
  /** What an `instance` label of the group would be: the host's names. */
  readonly instances: readonly string[];
}

/** The outcome of a good run of a backup, under the names that the runbooks read. */
export interface BackupPush extends PushedBackup {
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
  /** When anything was last pushed to it, epoch ms, by the Pushgateway's own clock. */
  readonly pushedAt: number | undefined;
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
  /**
   * Tells that a run failed, into the same group; every time stamp stays, for they tell of the last success. Throws as `pushSuccess`.
   */
  pushFailure(backup: PushedBackup, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
}

/** Time stamps that mean "when it last was good" or "when it last ran", in every spelling that `readBackup` knows. Seconds. */
const STAMPS: readonly string[] = [
  'backup_timestamp',
  'backup_timestamp_seconds',
  'backup_last_success_timestamp',
  'backup_last_success_timestamp_seconds',
];

/** Pushed by every good run; the other spellings only where a group has them already. */
const OWN_STAMPS: ReadonlySet<string> = new Set(['backup_timestamp', 'backup_last_success_timestamp_seconds']);

/** The Pushgateway's own. Source: github.com/prometheus/pushgateway README, "About the job and instance labels". */
const PUSHED_AT = 'push_time_seconds';

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

  const push = async (
    backup: PushedBackup,
    body: (group: PushedGroup) => string,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>> => {
    const found = (await groups(backup.job, signal)).filter(({ metrics }) => metrics.size > 0);
    const group = chooseGroup(found, backup);
    if (!group)
      throw new DaytwoError(
        'failed',
        `${server.name} has ${found.length} groups under job ${backup.job}, and none is known to be this host's`,
      );
    const call = { method: 'POST', path: groupPath(group.labels), text: body(group) } as const;
    const answer = await server.call(call, signal);
    if (answer.status >= 300)
      throw new DaytwoError(
        'failed',
        `${server.name} refused the push (HTTP ${answer.status}): ${clip(inertLine(answer.text), 200)}`,
      );
    return group.labels;
  };

  return {
    groups,
    pushSuccess: (told, signal) =>
      push(told, ({ metrics }) => exposition(successFigures(told, metrics), metrics), signal),
    pushFailure: (backup, signal) =>
      push(backup, ({ metrics }) => exposition([['backup_success', 0]], metrics), signal),
  };
}

function groupOf(group: Readonly<Record<string, unknown>> & { labels: Record<string, string> }): PushedGroup {
  const metrics = new Map<string, string>();
  let success: number | undefined;
  let timestamp: number | undefined;
  let pushedAt: number | undefined;
  for (const [name, value] of Object.entries(group)) {
    const known = name.startsWith('backup_') || name === PUSHED_AT ? family.safeParse(value) : undefined;
    if (!known?.success) continue;
    const figure = Number(known.data.metrics?.[0]?.value ?? Number.NaN);
    if (name === PUSHED_AT) {
      if (figure > 0) pushedAt = figure * 1000;
      continue;
    }
    metrics.set(name, known.data.type.toLowerCase());
    if (name === 'backup_success') success = figure;
    if (STAMPS.includes(name) && Number.isFinite(figure)) timestamp = Math.max(timestamp ?? 0, figure * 1000);
  }
  // An empty label is no label; the answer shows `instance` always.
  const labels = Object.fromEntries(Object.entries(group.labels).filter(([, value]) => value !== ''));
  return { labels, metrics, success, timestamp, pushedAt };
}

/** The group to push to: the only one, or the host's own, or a new one. Undefined where it isn't clear. Pure. */
function chooseGroup(found: readonly PushedGroup[], { job, instances }: PushedBackup): PushedGroup | undefined {
  if (found.length === 0)
    return { labels: { job }, metrics: new Map(), success: undefined, timestamp: undefined, pushedAt: undefined };
  if (found.length === 1) return found[0];
  const own = found.filter(({ labels }) => instances.includes(labels['instance'] ?? ''));
  return own.length === 1 ? own[0] : undefined;
}

/** `job` first; values as Base64, so that any text can be one. Source: the Pushgateway's README, "URL". Pure. */
function groupPath({ job, ...others }: Readonly<Record<string, string>>): string {
  return `/metrics${Object.entries({ job: job ?? '', ...others })
    .map(([name, value]) => `/${name}@base64/${Buffer.from(value).toString('base64url') || '='}`)
    .join('')}`;
}

type Figure = readonly [name: string, value: number | undefined];

function successFigures(push: BackupPush, there: ReadonlyMap<string, string>): readonly Figure[] {
  const seconds = Math.floor(push.at / 1000);
  return [
    ['backup_success', 1],
    ...STAMPS.filter((name) => OWN_STAMPS.has(name) || there.has(name)).map((name): Figure => [name, seconds]),
    ['backup_duration_seconds', Math.round(push.durationMs / 1000)],
    ['backup_files_new', push.filesNew],
    ['backup_files_changed', push.filesChanged],
  ];
}

/**
 * The text format, version 0.0.4. Types follow what is there already: the Pushgateway refuses one name with two types.
 * Source: prometheus.io/docs/instrumenting/exposition_formats. Pure.
 */
function exposition(figures: readonly Figure[], there: ReadonlyMap<string, string>): string {
  return figures
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`# TYPE ${name} ${there.get(name) ?? 'gauge'}\n${name} ${value}\n`],
    )
    .join('');
}
