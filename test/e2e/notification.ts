import { createHash } from 'node:crypto';

/** What a notification of one alert may have beside its labels. */
export interface NotificationOptions {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly token?: string;
  readonly generatorURL?: string;
  readonly externalURL?: string;
}

/** Posts what Alertmanager would post for one firing alert that is a group of its own; throws unless it was stored. */
export async function notification(
  url: string,
  labels: Readonly<Record<string, string>>,
  { annotations = {}, token, generatorURL = '', externalURL = 'http://127.0.0.1:9093' }: NotificationOptions = {},
): Promise<void> {
  const fingerprint = createHash('sha256').update(JSON.stringify(labels)).digest('hex').slice(0, 16);
  const alert = {
    status: 'firing',
    labels,
    annotations,
    startsAt: new Date().toISOString(),
    generatorURL,
    fingerprint,
  };
  const body = {
    version: '4',
    status: 'firing',
    receiver: 'daytwo',
    groupKey: `{}:${JSON.stringify(labels)}`,
    truncatedAlerts: 0,
    groupLabels: { alertname: labels['alertname'] ?? '' },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL,
    alerts: [{ ...alert, endsAt: '0001-01-01T00:00:00Z' }],
  };
  const answer = await fetch(`${url}/webhooks/alertmanager`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the webhook answered ${answer.status}: ${await answer.text()}`);
}
