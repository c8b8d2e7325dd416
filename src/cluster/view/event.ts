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

/** The events since a time (epoch ms), newest first. */
export function eventViews(events: readonly CoreV1Event[], sinceMs: number): EventView[] {
  return events
    .map(eventView)
    .filter(({ at }) => at >= sinceMs)
    .toSorted((a, b) => b.at - a.at);
}
