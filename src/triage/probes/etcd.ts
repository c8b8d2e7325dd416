import { humanBytes } from '../../lib/text.ts';
import type { Sample } from '../../telemetry/port.ts';
import type { EvidenceStatus, Finding } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { finding, percent, table, worst } from './kit.ts';

const DEADLINE_MS = 12_000;
/** p99 of the WAL's fsync, seconds. Source: etcd mixin, etcdHighFsyncDurations: warning at 0.5, critical at 1. */
const FSYNC_WARN = 0.5;
const FSYNC_BAD = 1;
/** Part of the quota. Source: etcd mixin, etcdDatabaseQuotaLowSpace fires at 95 %. */
const QUOTA_BAD = 0.95;
const QUOTA_WARN = 0.8;
/** Leader changes in an hour. Source: etcd mixin, etcdHighNumberOfLeaderChanges. */
const CHANGES_WARN = 4;

const GAUGES = '{__name__=~"etcd_server_has_leader|etcd_mvcc_db_total_size_in_bytes|etcd_server_quota_backend_bytes"}';
const FSYNC =
  'histogram_quantile(0.99, sum by (instance, le) (rate(etcd_disk_wal_fsync_duration_seconds_bucket[10m])))';
const CHANGES = 'increase(etcd_server_leader_changes_seen_total[1h])';

/** The three answers that a look at etcd is made of. */
interface EtcdLook {
  readonly gauges: readonly Sample[];
  readonly fsync: readonly Sample[];
  readonly changes: readonly Sample[];
}

interface Member {
  readonly instance: string;
  readonly leader: boolean | undefined;
  readonly bytes: number | undefined;
  readonly ofQuota: number | undefined;
  readonly fsync: number | undefined;
  readonly changes: number | undefined;
}

/** Members of etcd, the one in trouble ahead. Pure. */
function etcdFinding({ gauges, fsync, changes }: EtcdLook): Finding {
  const names = [...new Set([...gauges, ...fsync].map(({ labels }) => labels['instance'] ?? ''))];
  const value = (samples: readonly Sample[], instance: string, name?: string) =>
    samples.find(
      ({ labels, value: is }) =>
        labels['instance'] === instance && (name === undefined || labels['__name__'] === name) && Number.isFinite(is),
    )?.value;
  const members = names.map((instance): Member => {
    const bytes = value(gauges, instance, 'etcd_mvcc_db_total_size_in_bytes');
    const quota = value(gauges, instance, 'etcd_server_quota_backend_bytes');
    const leader = value(gauges, instance, 'etcd_server_has_leader');
    return {
      instance,
      leader: leader === undefined ? undefined : leader === 1,
      bytes,
      ofQuota: bytes !== undefined && quota !== undefined && quota > 0 ? bytes / quota : undefined,
      fsync: value(fsync, instance),
      changes: value(changes, instance),
    };
  });
  const rank = (member: Member) => ['bad', 'warn', 'unknown', 'ok'].indexOf(memberStatus(member));
  const sorted = members.toSorted((a, b) => rank(a) - rank(b));
  const first = sorted[0];
  if (!first)
    return finding(
      'unknown',
      'Prometheus has no etcd metrics (k3s on SQLite has no etcd; kubeadm binds them to loopback).',
    );
  const led = first.leader === false ? 'has no leader' : first.leader ? 'has a leader' : 'leader not known';
  const sync = first.fsync === undefined ? '' : `, fsync p99 ${Math.round(first.fsync * 1000)} ms`;
  const size = first.ofQuota === undefined ? '' : `, database ${percent(first.ofQuota)} of its quota`;
  return finding(
    worst(members.map(memberStatus)),
    `${first.instance} ${led}${sync}${size}`,
    table(
      ['Member', 'Leader', '>Database', '>Of quota', '>fsync p99', '>Leader changes, 1 h'],
      sorted.map((one) => [
        one.instance,
        one.leader === undefined ? '' : one.leader ? 'yes' : 'none',
        one.bytes === undefined ? '' : humanBytes(one.bytes),
        one.ofQuota === undefined ? '' : percent(one.ofQuota),
        one.fsync === undefined ? '' : `${Math.round(one.fsync * 1000)} ms`,
        one.changes === undefined ? '' : `${Math.round(one.changes)}`,
      ]),
    ),
  );
}

function memberStatus({ leader, ofQuota = 0, fsync = 0, changes = 0 }: Member): EvidenceStatus {
  if (leader === false || fsync >= FSYNC_BAD || ofQuota >= QUOTA_BAD) return 'bad';
  if (fsync >= FSYNC_WARN || ofQuota >= QUOTA_WARN || changes >= CHANGES_WARN) return 'warn';
  return leader === undefined ? 'unknown' : 'ok';
}

/** Health of etcd's members. Source: etcd's metrics in Prometheus. */
export function etcd(): Probe {
  return {
    id: 'etcd:',
    title: 'etcd',
    source: 'Prometheus',
    deadlineMs: DEADLINE_MS,
    look: async ({ prometheus }, signal) => {
      const [gauges, fsync, changes] = await Promise.all(
        [GAUGES, FSYNC, CHANGES].map((query) => prometheus.query(query, signal)),
      );
      return etcdFinding({ gauges: gauges ?? [], fsync: fsync ?? [], changes: changes ?? [] });
    },
  };
}
