import { z } from 'zod';

/**
 * The body of Alertmanager's webhook, version 4. Fields we don't know pass. Times stay text here: Alertmanager writes RFC 3339 with
 * nanoseconds. Source: prometheus/alertmanager `template/template.go` (Data, Alert) and `notify/webhook/webhook.go` (Message).
 */
const Labels = z.record(z.string(), z.string());

const WebhookAlert = z.looseObject({
  status: z.enum(['firing', 'resolved']),
  labels: Labels,
  annotations: Labels.default({}),
  startsAt: z.string(),
  endsAt: z.string().default(''),
  generatorURL: z.string().default(''),
  // 16 hex digits from Alertmanager (prometheus/common `model/fingerprinting.go`); others may name theirs as they like, but not by
  // what every object has: members are kept by it.
  fingerprint: z
    .string()
    .min(1)
    .max(128)
    .refine((name) => !(name in Object.prototype), 'expected a fingerprint, such as 5c2ff0b3c01d0e04'),
});

const Webhook = z.looseObject({
  version: z.string().default('4'),
  groupKey: z.string().min(1),
  truncatedAlerts: z.number().int().min(0).default(0),
  status: z.enum(['firing', 'resolved']),
  receiver: z.string(),
  groupLabels: Labels.default({}),
  commonLabels: Labels.default({}),
  commonAnnotations: Labels.default({}),
  externalURL: z.string().default(''),
  alerts: z.array(WebhookAlert),
});

/** One alert of a notification. Times are epoch ms. */
export interface SnapshotAlert {
  readonly fingerprint: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: number;
  /** Undefined while it fires. */
  readonly endsAt: number | undefined;
  readonly generatorURL: string;
}

/** A group as one notification shows it: all of it, not a change. All text is untrusted. */
export interface Snapshot {
  readonly receiver: string;
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly commonLabels: Readonly<Record<string, string>>;
  readonly commonAnnotations: Readonly<Record<string, string>>;
  readonly externalURL: string;
  /** How many alerts Alertmanager left out (max_alerts). */
  readonly truncated: number;
  readonly alerts: readonly SnapshotAlert[];
}

/** What is wrong with a body: where (JSON path) and what. */
export interface Malformed {
  readonly path: string;
  readonly message: string;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`),
    '$',
  );
}

/** RFC 3339 to epoch ms; the zero time (year 1) is undefined. */
function timeOf(text: string): number | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) || ms <= 0 ? undefined : ms;
}

/** Reads a webhook's body. Pure; never throws. Alerts that share a fingerprint count once, the last one. */
export function parseWebhook(text: string): { readonly snapshot: Snapshot } | { readonly malformed: Malformed } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { malformed: { path: '$', message: 'the body is not JSON; Alertmanager sends a JSON object' } };
  }
  const parsed = Webhook.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { malformed: { path: pathText(issue?.path ?? []), message: issue?.message ?? 'invalid' } };
  }
  const { data } = parsed;
  const alerts = new Map<string, SnapshotAlert>();
  for (const [i, alert] of data.alerts.entries()) {
    const startsAt = timeOf(alert.startsAt);
    if (startsAt === undefined)
      return { malformed: { path: `$.alerts[${i}].startsAt`, message: 'expected an RFC 3339 time' } };
    const { fingerprint, status, labels, annotations, generatorURL } = alert;
    const endsAt = status === 'resolved' ? timeOf(alert.endsAt) : undefined;
    alerts.set(fingerprint, { fingerprint, status, labels, annotations, startsAt, endsAt, generatorURL });
  }
  const { receiver, groupKey, groupLabels, commonLabels, commonAnnotations, externalURL, truncatedAlerts } = data;
  return {
    snapshot: {
      receiver,
      groupKey,
      groupLabels,
      commonLabels,
      commonAnnotations,
      externalURL,
      truncated: truncatedAlerts,
      alerts: [...alerts.values()],
    },
  };
}

/** Alerts that say that alerting works, or only mute others: they own no incident. Source: kube-prometheus' runbooks. */
const META: ReadonlySet<string> = new Set(['Watchdog', 'InfoInhibitor']);

/** True for an alert that opens no incident. */
export function isMeta(labels: Readonly<Record<string, string>>): boolean {
  return META.has(labels['alertname'] ?? '');
}
