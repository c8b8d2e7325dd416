import { humanDuration } from '../../lib/text.ts';
import type { Sample } from '../../telemetry/port.ts';
import type { EvidenceStatus, Finding } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { count, finding, table, worst } from './kit.ts';

const DEADLINE_MS = 12_000;
const DAY_MS = 86_400_000;
/** cert-manager renews 30 days before the end (of 90), so 21 days left means that a renewal has been failing for a week. */
const WARN_MS = 21 * DAY_MS;
/** Less than a weekend. */
const BAD_MS = 3 * DAY_MS;

/** Gauges that hold an expiry as epoch seconds, and whose certificate it is. Source: cert-manager, blackbox and kubelet metrics. */
const EXPIRY = [
  'certmanager_certificate_expiration_timestamp_seconds',
  'probe_ssl_earliest_cert_expiry',
  'kubelet_certificate_manager_client_expiration_seconds',
  'kubelet_certificate_manager_server_expiration_seconds',
  'x509_cert_not_after',
] as const;
/** Gauges that hold the seconds left. Source: kubelet metrics. */
const TTL = [
  'kubelet_certificate_manager_client_ttl_seconds',
  'kubelet_certificate_manager_server_ttl_seconds',
] as const;
const READY = 'certmanager_certificate_ready_status';

/** Everything known of certificates in one answer. */
const CERTIFICATES_QUERY = `{__name__=~"${[...EXPIRY, ...TTL].join('|')}"} or (${READY}{condition!="True"} == 1)`;

/** One certificate. */
interface Certificate {
  readonly name: string;
  readonly kind: string;
  readonly expiresAt: number;
  readonly notReady: boolean;
}

/** Reads the certificates out of the samples, the one that ends first ahead. Pure. */
function certificatesOf(samples: readonly Sample[]): Certificate[] {
  const unready = new Set(samples.filter(({ labels }) => labels['__name__'] === READY).map(nameOf));
  return samples
    .flatMap((sample): Certificate[] => {
      const metric = sample.labels['__name__'] ?? '';
      const ttl = TTL.some((one) => one === metric);
      if ((!ttl && !EXPIRY.some((one) => one === metric)) || !Number.isFinite(sample.value)) return [];
      const name = nameOf(sample);
      const expiresAt = ttl ? sample.at + sample.value * 1000 : sample.value * 1000;
      return [{ name, kind: kindOf(metric), expiresAt, notReady: unready.has(name) && metric === EXPIRY[0] }];
    })
    .toSorted((a, b) => a.expiresAt - b.expiresAt);
}

function nameOf({ labels }: Sample): string {
  const namespace = labels['exported_namespace'] ?? labels['namespace'];
  if (labels['name'] !== undefined) return `${namespace ?? ''}/${labels['name']}`;
  return labels['subject_CN'] ?? labels['node'] ?? labels['instance'] ?? 'unnamed';
}

function kindOf(metric: string): string {
  if (metric.startsWith('certmanager')) return 'cert-manager';
  if (metric.startsWith('probe')) return 'served by the endpoint';
  if (metric.startsWith('kubelet')) return metric.includes('_client_') ? 'kubelet, client' : 'kubelet, serving';
  return 'file';
}

/** Judges a certificate by the time left and its readiness. Pure. */
function certificateStatus({ expiresAt, notReady }: Certificate, now: number): EvidenceStatus {
  const left = expiresAt - now;
  if (left < BAD_MS) return 'bad';
  return left < WARN_MS || notReady ? 'warn' : 'ok';
}

/** Certificates, the one that ends first in the summary. Pure. */
function certificatesFinding(samples: readonly Sample[], now: number): Finding {
  const all = certificatesOf(samples);
  const first = all[0];
  if (!first) {
    return finding(
      'unknown',
      'Prometheus has no certificate metrics (cert-manager, kubelet, blackbox or x509 exporter).',
    );
  }
  const unready = all.filter((one) => one.notReady).length;
  const also = unready > 0 ? `; ${count(unready, 'certificate')} not ready` : '';
  return finding(
    worst(all.map((one) => certificateStatus(one, now))),
    `${first.name} (${first.kind}) ${left(first, now)}${also}`,
    table(
      ['Certificate', 'Kind', 'Expires', 'Ready'],
      all.map((one) => [one.name, one.kind, left(one, now), one.notReady ? 'no' : '']),
    ),
  );
}

function left({ expiresAt }: Certificate, now: number): string {
  const ms = expiresAt - now;
  return ms <= 0 ? `expired ${humanDuration(-ms)} ago` : `expires in ${humanDuration(ms)}`;
}

/** Certificates and when they end. Source: Prometheus. */
export function certificates(): Probe {
  return {
    id: 'certificates:',
    title: 'Certificates',
    source: 'Prometheus',
    deadlineMs: DEADLINE_MS,
    look: async ({ prometheus, clock }, signal) =>
      certificatesFinding(await prometheus.query(CERTIFICATES_QUERY, signal), clock.now()),
  };
}
