import type { EventView } from '../../cluster/port.ts';
import { clip, inertLine } from '../../lib/text.ts';
import type { Finding } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { ago, count, finding, table } from './kit.ts';

/** The API server keeps events for one hour unless told otherwise (kube-apiserver --event-ttl). */
const WINDOW_MS = 2 * 3_600_000;
const DEADLINE_MS = 12_000;
const MESSAGE_LETTERS = 120;

/** Which events to look at. `about` is `Kind/name`. */
export interface EventScope {
  readonly namespace?: string | undefined;
  readonly about?: string | undefined;
}

/** Warnings, most often said first in the summary, newest first in the table. Pure. */
function eventsFinding(all: readonly EventView[], now: number): Finding {
  const warnings = all.filter(({ type }) => type === 'Warning');
  const hours = `${WINDOW_MS / 3_600_000} h`;
  if (warnings.length === 0) {
    const normal = all.length > 0 ? ` (${count(all.length, 'ordinary event')})` : '';
    return finding('ok', `No warnings in the last ${hours}${normal}`);
  }
  const loudest = warnings.reduce((a, b) => (b.count > a.count ? b : a));
  const newest = warnings.toSorted((a, b) => b.at - a.at);
  const message = clip(inertLine(loudest.message), MESSAGE_LETTERS);
  const times = loudest.count > 1 ? ` (${loudest.count} times)` : '';
  return finding(
    'warn',
    `${count(warnings.length, 'warning')} in ${hours}; ${loudest.reason} ${loudest.about}: ${message}${times}`,
    table(
      ['Last', 'Reason', 'About', '>Times', 'Message'],
      newest.map((one) => [ago(one.at, now), one.reason, one.about, `${one.count}`, one.message]),
    ),
  );
}

/** Recent events. Source: the API server. */
export function events(scope: EventScope): Probe {
  const { namespace, about } = scope;
  return {
    id: `events:${namespace ?? ''}:${about ?? ''}`,
    title: about === undefined ? 'Events' : `Events of ${about}`,
    source: 'Kubernetes API',
    deadlineMs: DEADLINE_MS,
    look: async ({ cluster, clock }, signal) => {
      const sinceMs = clock.now() - WINDOW_MS;
      const where = {
        ...(namespace === undefined ? {} : { namespace }),
        ...(about === undefined ? {} : { about }),
        sinceMs,
      };
      const found = await cluster.events(where, signal);
      return eventsFinding(
        found.filter(({ at }) => at >= sinceMs),
        clock.now(),
      );
    },
  };
}
