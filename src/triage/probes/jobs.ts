import type { PodView } from '../../cluster/port.ts';
import type { Sample } from '../../telemetry/port.ts';
import { promSelector } from '../../telemetry/promql.ts';
import type { Finding } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { ago, count, failures, finding, note, type Part, part, table } from './kit.ts';
import { podLine } from './podsInTrouble.ts';

const DEADLINE_MS = 12_000;
const METRICS = 'kube_job_status_failed|kube_cronjob_status_last_successful_time|kube_cronjob_spec_suspend';

/** What the two sources tell of the jobs of a namespace. */
interface JobLook {
  readonly pods: Part<readonly PodView[]>;
  readonly metrics: Part<readonly Sample[]>;
}

/** Failed jobs and their pods; `name` is the Job's or the CronJob's. Pure. */
function jobsFinding({ pods, metrics }: JobLook, name: string | undefined, now: number): Finding {
  const samples = metrics.is === 'found' ? metrics.value : [];
  const of = (metric: string) => samples.filter(({ labels }) => labels['__name__'] === metric);
  const failed = of('kube_job_status_failed').filter((one) => one.value > 0 && isOf(one.labels['job_name'], name));
  const good = of('kube_cronjob_status_last_successful_time').filter(({ labels }) => belongs(name, labels['cronjob']));
  const held = of('kube_cronjob_spec_suspend').filter((one) => one.value === 1 && belongs(name, one.labels['cronjob']));
  const run = (pods.is === 'found' ? pods.value : [])
    .filter(({ owner }) => owner?.startsWith('Job/') && isOf(owner.slice('Job/'.length), name))
    .toSorted((a, b) => b.createdAt - a.createdAt);
  const broken = run.filter((pod) => pod.inTrouble || pod.phase === 'Failed');
  const said = [
    ...(broken[0] ? [podLine(broken[0], now)] : []),
    ...(failed.length > 0 ? [`${count(failed.length, 'failed job')}`] : []),
    ...good.slice(0, 1).map((one) => `${one.labels['cronjob']} last succeeded ${ago(one.value * 1000, now)}`),
    ...held.slice(0, 1).map((one) => `${one.labels['cronjob']} is suspended`),
  ];
  const seen = run.length + samples.length > 0;
  const bad = broken.length + failed.length > 0;
  const status = bad ? 'bad' : held.length > 0 ? 'warn' : seen ? 'ok' : 'unknown';
  const nothing = seen
    ? 'No failed job is left to look at'
    : `No pod or metric of ${name === undefined ? 'any job' : `job ${name}`} is left (ttlSecondsAfterFinished deletes them).`;
  return finding(status, said.length > 0 ? said.join('; ') : nothing, [
    ...table(
      ['Pod', 'Job', 'Status', 'Last end', 'Created'],
      run.map((pod) => [pod.name, pod.owner ?? '', pod.status, endOf(pod), ago(pod.createdAt, now)]),
    ),
    ...note(failures({ pods, metrics })),
  ]);
}

function endOf({ lastTermination: last }: PodView): string {
  return last ? `${last.reason} (exit code ${last.exitCode})` : '';
}

/** A Job is meant by its own name or by its CronJob's, which it carries in front. */
function isOf(job: string | undefined, name: string | undefined): boolean {
  return name === undefined || job === name || job?.startsWith(`${name}-`) === true;
}

/** A CronJob is meant by its own name or by that of a Job of it: `nightly-29384720`. */
function belongs(name: string | undefined, cronjob: string | undefined): boolean {
  return cronjob !== undefined && (name === undefined || isOf(name, cronjob));
}

/** Jobs of a namespace. Source: the API server (pods), kube-state-metrics in Prometheus. */
export function jobs(namespace: string | undefined, name?: string): Probe {
  const labels = namespace === undefined ? {} : { namespace };
  const of = promSelector(labels).slice(1, -1);
  return {
    id: `jobs:${namespace ?? ''}:${name ?? ''}`,
    title: name === undefined ? 'Jobs' : `Job ${name}`,
    source: 'Kubernetes API, Prometheus',
    deadlineMs: DEADLINE_MS,
    look: async ({ cluster, prometheus, clock }, signal) => {
      const [pods, metrics] = await Promise.all([
        part(cluster.pods(labels, signal), signal),
        part(prometheus.query(`{__name__=~"${METRICS}"${of === '' ? '' : `,${of}`}}`, signal), signal),
      ]);
      if (pods.is === 'failed' && metrics.is === 'failed') throw pods.error;
      return jobsFinding({ pods, metrics }, name, clock.now());
    },
  };
}
