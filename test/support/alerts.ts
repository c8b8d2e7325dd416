import type { Snapshot, SnapshotAlert } from '../../src/alerting/webhook.ts';

/** An alert as a notification has it. */
export function alert(fingerprint: string, startsAt: number, more: Partial<SnapshotAlert> = {}): SnapshotAlert {
  return {
    fingerprint,
    status: 'firing',
    labels: { alertname: 'DiskFillingUp', severity: 'warning', node: fingerprint },
    annotations: {},
    startsAt,
    endsAt: undefined,
    generatorURL: '',
    ...more,
  };
}

/** The same alert, over. */
export function resolved(fingerprint: string, startsAt: number, endsAt: number): SnapshotAlert {
  return alert(fingerprint, startsAt, { status: 'resolved', endsAt });
}

/** A notification of one group. */
export function snapshot(alerts: readonly SnapshotAlert[], more: Partial<Snapshot> = {}): Snapshot {
  return {
    receiver: 'daytwo',
    groupKey: '{}:{alertname="DiskFillingUp"}',
    groupLabels: { alertname: 'DiskFillingUp' },
    commonLabels: { alertname: 'DiskFillingUp', severity: 'warning' },
    commonAnnotations: {},
    externalURL: 'http://alertmanager:9093',
    truncated: 0,
    alerts,
    ...more,
  };
}

/** The JSON that Alertmanager would post for a snapshot. */
export function webhookBody(from: Snapshot): string {
  return JSON.stringify({
    version: '4',
    receiver: from.receiver,
    groupKey: from.groupKey,
    status: from.alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    groupLabels: from.groupLabels,
    commonLabels: from.commonLabels,
    commonAnnotations: from.commonAnnotations,
    externalURL: from.externalURL,
    truncatedAlerts: from.truncated,
    alerts: from.alerts.map((one) => ({
      ...one,
      startsAt: new Date(one.startsAt).toISOString(),
      endsAt: one.endsAt === undefined ? '0001-01-01T00:00:00Z' : new Date(one.endsAt).toISOString(),
    })),
  });
}
