/** One alert of a notification, as far as a load needs to say it. */
export interface LoadAlert {
  readonly fingerprint: string;
  readonly startsAt: number;
  readonly resolved?: boolean;
}

/** One group's notification. */
export interface LoadGroup {
  /** Decides the groupKey and the labels that all its alerts share. */
  readonly name: string;
  readonly alertname: string;
  readonly severity: string;
  readonly alerts: readonly LoadAlert[];
  /** The node that the labels name; `worker-1` where absent. */
  readonly node?: string;
}

/** The JSON that Alertmanager would post for a group: about 1.5 kB with one alert, as recorded ones have. */
export function notification({ name, alertname, severity, alerts, node = 'worker-1' }: LoadGroup): string {
  const common = { alertname, namespace: name, severity, cluster: 'home', job: 'kube-state-metrics', node };
  const notes = alerts.map(({ fingerprint }) => ({
    summary: `Pod ${name}/app-${fingerprint} is not well`,
    description: `The container app of pod ${name}/app-${fingerprint} has been waiting for longer than 15 minutes.`,
    runbook_url: `https://runbooks.prometheus-operator.dev/runbooks/kubernetes/${alertname.toLowerCase()}`,
  }));
  return JSON.stringify({
    receiver: 'daytwo',
    status: alerts.some(({ resolved }) => !resolved) ? 'firing' : 'resolved',
    alerts: alerts.map(({ fingerprint, startsAt, resolved }, i) => ({
      status: resolved ? 'resolved' : 'firing',
      labels: { ...common, container: 'app', instance: '10.42.0.17:8080', pod: `app-${fingerprint}` },
      annotations: notes[i],
      startsAt: new Date(startsAt).toISOString(),
      endsAt: resolved ? new Date(startsAt + 60_000).toISOString() : '0001-01-01T00:00:00Z',
      generatorURL:
        'http://prometheus.example:9090/graph?g0.expr=kube_pod_container_status_waiting_reason+%3E+0&g0.tab=1',
      fingerprint,
    })),
    groupLabels: { alertname, namespace: name },
    commonLabels: common,
    commonAnnotations: notes.length === 1 ? notes[0] : {},
    externalURL: 'http://alertmanager.example:9093',
    version: '4',
    groupKey: groupKeyOf(alertname, name),
    truncatedAlerts: 0,
  });
}

/** The groupKey that `notification` gives a group. */
export function groupKeyOf(alertname: string, name: string): string {
  return `{}:{alertname="${alertname}", namespace="${name}"}`;
}
