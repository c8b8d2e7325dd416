import type { Sample } from '../../telemetry/port.ts';
import type { Finding } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { ago, finding, table, worst } from './kit.ts';

const DEADLINE_MS = 12_000;
/** A daily schedule with an hour of grace; what is rarer is named, not judged by this alone. */
const STALE_MS = 25 * 3_600_000;

/** Source: Velero 1.18, pkg/metrics/metrics.go. */
const QUERY =
  '{__name__=~"velero_backup_last_status|velero_backup_last_successful_timestamp|velero_backup_partial_failure_total|velero_backup_location_status_gauge"}';

/** Velero's schedules and storage locations; `schedule` is the alert's own label, "" for backups made by hand. Pure. */
function veleroFinding(samples: readonly Sample[], schedule: string | undefined, now: number): Finding {
  const of = (name: string) => samples.filter(({ labels }) => labels['__name__'] === `velero_backup_${name}`);
  const statuses = of('last_status').filter(({ labels }) => schedule === undefined || labels['schedule'] === schedule);
  const lastGood = new Map(
    of('last_successful_timestamp').map((one) => [one.labels['schedule'] ?? '', one.value * 1000]),
  );
  const away = of('location_status_gauge').filter(({ value }) => value !== 1);
  if (statuses.length === 0) {
    const what = schedule === undefined ? 'any backup' : `schedule ${schedule}`;
    return finding('unknown', `Prometheus has no Velero metrics of ${what}: is Velero scraped?`);
  }
  const rows = statuses
    .map(({ labels, value }) => {
      const name = labels['schedule'] ?? '';
      const at = lastGood.get(name);
      const status =
        value !== 1 ? ('bad' as const) : at === undefined || now - at > STALE_MS ? ('warn' as const) : ('ok' as const);
      return { name: name === '' ? 'made by hand' : name, good: value === 1, at, status };
    })
    .toSorted((a, b) => Number(a.good) - Number(b.good) || (a.at ?? 0) - (b.at ?? 0));
  const first = rows[0];
  const age = first?.at === undefined ? 'none good is known' : `last good ${ago(first.at, now)}`;
  const locations = away.map(({ labels }) => labels['backup_location_name'] ?? '').join(', ');
  const stores = away.length > 0 ? `; storage location not available: ${locations}` : '';
  return finding(
    worst([...rows.map(({ status }) => status), ...(away.length > 0 ? (['bad'] as const) : [])]),
    `${first?.name}: last backup ${first?.good ? 'good' : 'failed'}, ${age}${stores}`,
    table(
      ['Schedule', 'Last backup', 'Last good one'],
      rows.map((one) => [one.name, one.good ? 'good' : 'failed', one.at === undefined ? 'never' : ago(one.at, now)]),
    ),
  );
}

/** Velero's backups by schedule. Source: Velero's metrics in Prometheus. */
export function velero(schedule: string | undefined): Probe {
  return {
    id: `velero:${schedule ?? ''}`,
    title: schedule ? `Velero schedule ${schedule}` : 'Velero backups',
    source: 'Prometheus',
    deadlineMs: DEADLINE_MS,
    look: async ({ prometheus, clock }, signal) =>
      veleroFinding(await prometheus.query(QUERY, signal), schedule, clock.now()),
  };
}
