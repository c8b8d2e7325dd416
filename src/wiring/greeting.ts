import type { PartHealth } from '../commanding/command.ts';
import type { Config } from '../config/schema.ts';

/** What the first lines tell from. */
export interface Greeting {
  readonly version: string;
  readonly url: string;
  readonly config: Config;
  readonly parts: readonly PartHealth[];
  readonly incidentsOpen: number;
  readonly notices: readonly string[];
}

const list = (parts: readonly PartHealth[]): string =>
  parts
    .map(({ part, state, text }) =>
      state === 'off' ? `${part} off (${text})` : `${part} ${state === 'down' ? 'DOWN ' : ''}${text}`,
    )
    .join('; ');

function onCallSource({ rotation, ical, slackUsergroup }: Config['oncall']): string {
  if (rotation) return 'by rotation';
  if (ical) return 'by calendar';
  return slackUsergroup === undefined ? 'everybody with the role (oncall is not set)' : 'by Slack user group';
}

/** Five lines at the start: where it listens, what it keeps, whom it speaks through, what it sees, who may act. Pure. */
export function greeting({ version, url, config, parts, incidentsOpen, notices }: Greeting): readonly string[] {
  const { alertmanager, people, oncall } = config;
  const of = (...names: string[]): readonly PartHealth[] => parts.filter(({ part }) => names.includes(part));
  const door =
    alertmanager.webhookToken || alertmanager.webhookUser !== undefined
      ? 'with credentials'
      : 'open, for this machine only';
  const source = onCallSource(oncall);
  const who =
    people.length === 0
      ? 'the console’s “local”, with every role (people is empty)'
      : people.map(({ name, roles }) => `${name} (${roles.join(', ') || 'looks only'})`).join(', ');
  return [
    `daytwo ${version} listens on ${url}, webhook at ${url}/webhooks/alertmanager (${door})`,
    `keeps: ${list(of('store', 'stored state'))}; ${incidentsOpen} open ${incidentsOpen === 1 ? 'incident' : 'incidents'}`,
    `speaks: ${list(of('console', 'slack', 'telegram'))}`,
    `sees: ${list(of('hosts', 'cluster', 'prometheus', 'alertmanager'))}`,
    `people: ${who}; on call: ${source}${notices.length > 0 ? `; without effect: ${notices.join(', ')}` : ''}`,
  ];
}
