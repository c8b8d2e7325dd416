import type { CoreV1Event } from '@kubernetes/client-node/dist/gen/models/CoreV1Event.js';
import type { EventView } from '../port.ts';
import { epochMs } from './time.ts';

/**
 * An event as triage needs it. Older sources fill count and lastTimestamp; those of events.k8s.io leave both empty and fill
 * eventTime, and series once it repeats. The newest of all times counts.
 */
export function eventView(event: CoreV1Event): EventView {
  const times = [
    event.series?.lastObservedTime,
    event.lastTimestamp,
    event.eventTime,
    event.firstTimestamp,
    event.metadata?.creationTimestamp,
  ].map((time) => epochMs(time) ?? 0);
  return {
    namespace: event.metadata?.namespace ?? '',
    type: event.type ?? '',
    reason: event.reason ?? '',
    about: `${event.involvedObject?.kind ?? ''}/${event.involvedObject?.name ?? ''}`,
    message: event.message ?? '',
    count: Math.max(event.series?.count ?? 0, event.count ?? 0, 1),
    at: Math.max(...times),
  };
}

/**
 * Whether an event may be of the object it names. Whoever may write events in a namespace may name a node there, but only with that namespace: those
 * that nodes' own programs write name none. Source: kubernetes `pkg/apis/core/validation/events.go`.
 */
function isCredible({ involvedObject: about }: CoreV1Event): boolean {
  return about?.kind !== 'Node' || (about.namespace ?? '') === '' || about.namespace === 'default';
}

/** The events since a time (epoch ms), newest first; without those that are said of a node from some other namespace. */
export function eventViews(events: readonly CoreV1Event[], sinceMs: number): EventView[] {
  return events
    .filter(isCredible)
    .map(eventView)
    .filter(({ at }) => at >= sinceMs)
    .toSorted((a, b) => b.at - a.at);
}
