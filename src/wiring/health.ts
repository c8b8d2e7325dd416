import type { ReconcileHealth } from '../alerting/reconcile.ts';
import type { Chat } from '../chat/port.ts';
import type { PartHealth } from '../commanding/command.ts';
import type { Config } from '../config/schema.ts';
import type { Store } from '../store/port.ts';
import type { Outside } from './outside.ts';

/** What the state of the parts is told from. */
export interface HealthSources {
  readonly config: Config;
  readonly store: Store;
  /** Where the state is, without secrets. */
  readonly where: string;
  readonly storeFault: () => string | undefined;
  readonly outside: Outside;
  /** Why the audit can't be written; then no action is taken. */
  readonly auditFault: () => string | undefined;
  /** Why the cluster did not answer when its nodes were last looked at. */
  readonly clusterFault: () => string | undefined;
  readonly reconciler: () => ReconcileHealth | undefined;
  readonly chats: readonly Chat[];
  /** Names of all replicas at work; empty where there is only one process. */
  readonly replicas: readonly string[];
  /** Whether this process does the work in the background for all. */
  readonly isOnDuty: boolean;
}

const off = (part: string, text: string): PartHealth => ({ part, state: 'off', text });

/** A right that is missing to follow the cluster: plans of drains then list all pods, which takes longer. */
function unfollowed({ following }: Outside): string {
  const state = following?.state();
  return state?.is === 'denied' ? `; plans of drains take longer: ${state.text}` : '';
}

/** Every part with its state: what /readyz, /status and the start say. Nothing is asked; it tells what is known. */
export function healthOf({
  config,
  store,
  where,
  storeFault,
  outside,
  auditFault,
  clusterFault,
  reconciler,
  chats,
  replicas,
  isOnDuty,
}: HealthSources): readonly PartHealth[] {
  const fault = storeFault();
  const parts: PartHealth[] = [
    {
      part: 'store',
      state: fault === undefined ? 'up' : 'down',
      text: fault ?? where,
    },
  ];
  if (replicas.length > 0)
    parts.push({
      part: 'replicas',
      state: 'up',
      text: `${replicas.length}: ${replicas.join(', ')}; ${isOnDuty ? 'this one leads' : 'another one leads'}`,
    });
  for (const { text } of store.notices()) parts.push({ part: 'stored state', state: 'down', text });
  const unwritten = auditFault();
  if (unwritten !== undefined)
    parts.push({ part: 'audit', state: 'down', text: `${unwritten}; no action is taken before that is mended` });
  for (const chat of chats) {
    const { state, reason } = chat.health();
    parts.push({ part: chat.name, state, text: reason || 'on' });
  }
  const names = new Set(chats.map(({ name }) => name));
  if (!names.has('console')) parts.push(off('console', 'chats.console.enabled is false'));
  if (!names.has('slack')) parts.push(off('slack', 'chats.slack is not set'));
  if (!names.has('telegram')) parts.push(off('telegram', 'chats.telegram is not set'));
  const asked = reconciler();
  if (!asked)
    parts.push(
      off('alertmanager', 'alertmanager.url is not set: no silences, and notifications are believed as they come'),
    );
  else
    parts.push({
      part: 'alertmanager',
      state: asked.state === 'unknown' ? 'starting' : asked.state,
      text: asked.reason || (config.alertmanager.url ?? ''),
    });
  parts.push(
    outside.has.prometheus
      ? { part: 'prometheus', state: 'up', text: config.prometheus.url ?? '' }
      : off('prometheus', 'prometheus.url is not set: no trends, no backup metrics'),
  );
  const away = clusterFault();
  parts.push(
    !outside.has.cluster
      ? off('cluster', 'no kubeconfig: set cluster.kubeconfig or KUBECONFIG')
      : away !== undefined
        ? { part: 'cluster', state: 'down', text: `${away} (asked once a minute)` }
        : { part: 'cluster', state: 'up', text: `${outside.cluster.name}${unfollowed(outside)}` },
  );
  const hosts = outside.hosts.names();
  parts.push(
    hosts.length > 0
      ? { part: 'hosts', state: 'up', text: hosts.join(', ') }
      : off('hosts', 'hosts is empty: no df, du or journals'),
  );
  return parts;
}
