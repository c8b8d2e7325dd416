import type { Block, Button, Card, Span, Tone } from '../chat/message.ts';
import { clip, humanDuration, inert, inertLine } from '../lib/text.ts';
import { firing, type Incident, severityRank } from './incident.ts';

/** What a runbook says of an incident, for its root message. */
export interface Brief {
  readonly meaning: string;
  readonly impact: string;
  readonly checklist: readonly string[];
}

/** Labels beyond these counts and lengths are not shown in the root message; the console and /triage have them. */
const MAX_LABELS = 12;
const MAX_VALUE = 120;
const MAX_MEMBERS = 8;

/** The URL if it is one of http or https, else undefined. */
function webUrl(text: string | undefined): string | undefined {
  if (!text || !URL.canParse(text)) return undefined;
  const { protocol, href } = new URL(text);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}

/** A moment for people, which stays true however old the message gets: `20 Nov 03:10 UTC`. */
export function utc(at: number): string {
  const [, day, month, , time] = /^\w+, (\d+) (\w+) (\d+) (\d+:\d+)/.exec(new Date(at).toUTCString()) ?? [];
  return `${Number(day)} ${month} ${time} UTC`;
}

/** The colour of an incident's root message. */
export function toneOf(incident: Incident): Tone {
  if (incident.state === 'resolved') return 'ok';
  const rank = severityRank(incident.severity);
  if (rank === 0) return 'critical';
  return rank <= 2 ? 'warning' : 'info';
}

/** The first line of a root message: number, alert, state. */
export function rootTitle(incident: Incident): string {
  const head = `${incident.name} ${clip(inertLine(incident.alertname), 80)}`;
  if (incident.state === 'resolved')
    return `${head} resolved after ${humanDuration((incident.resolvedAt ?? incident.openedAt) - incident.startedAt)}`;
  const count = firing(incident).length;
  return count > 1 ? `${head} (${count} firing)` : head;
}

/** Labels that tell one member of a group from another. */
function ownLabels(labels: Readonly<Record<string, string>>, common: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .filter(([name]) => common[name] === undefined && name !== 'alertname')
    .map(([name, value]) => `${inertLine(name)}=${clip(inertLine(value), MAX_VALUE)}`)
    .join(' ');
}

function stateLine(incident: Incident, now: number): readonly Span[] {
  const parts: Span[] = [];
  if (incident.state === 'open')
    parts.push({ strong: 'Firing' }, ` since ${utc(incident.lastReopenedAt ?? incident.startedAt)}`);
  else parts.push({ strong: 'Resolved' });
  if (incident.severity) parts.push(` · ${clip(inertLine(incident.severity), 20)}`);
  if (incident.ack) parts.push(' · acknowledged by ', { strong: incident.ack.by });
  const silence = incident.silences.filter(({ until }) => until > now).at(-1);
  if (silence && incident.state === 'open') parts.push(` · silenced by ${silence.by} until ${utc(silence.until)}`);
  if (incident.reopened > 0)
    parts.push(` · fired again ${incident.reopened} ${incident.reopened === 1 ? 'time' : 'times'}`);
  return parts;
}

function buttonsOf(incident: Incident, now: number): readonly Button[] {
  if (incident.state === 'resolved') return [];
  const { ack, silence, unsilence, triage } = incident.buttons;
  const silencedNow = incident.silences.some(({ until }) => until > now);
  return [
    ...(incident.ack ? [] : [{ label: 'Ack', token: ack, style: 'primary' as const }]),
    silencedNow
      ? { label: 'End silence', token: unsilence, style: 'plain' }
      : { label: 'Silence 2h', token: silence, style: 'plain' },
    { label: 'Look again', token: triage, style: 'plain' },
  ];
}

/** The root message of an incident's thread. Pure; every label and annotation in it is made inert. */
export function rootCard(incident: Incident, brief: Brief, now: number): Card {
  const { commonAnnotations: notes, commonLabels } = incident;
  const blocks: Block[] = [{ kind: 'text', text: stateLine(incident, now) }];
  const summary = notes['summary'] ?? notes['message'];
  const description = notes['description'];
  if (summary) blocks.push({ kind: 'text', text: clip(inert(summary), 600) });
  if (description && description !== summary) blocks.push({ kind: 'text', text: clip(inert(description), 1500) });
  blocks.push({
    kind: 'fields',
    fields: [
      { name: 'Means', value: brief.meaning },
      { name: 'Impact', value: brief.impact },
    ],
  });
  const labels = Object.entries(commonLabels).filter(([name]) => name !== 'alertname' && name !== 'severity');
  if (labels.length > 0) {
    const shown = labels
      .slice(0, MAX_LABELS)
      .map(([name, value]) => `${clip(inertLine(name), 60)}=${clip(inertLine(value), MAX_VALUE)}`);
    blocks.push({
      kind: 'quiet',
      text: [...shown, ...(labels.length > MAX_LABELS ? [`and ${labels.length - MAX_LABELS} more`] : [])].join(' · '),
    });
  }
  const alive = firing(incident);
  if (alive.length > 1) {
    const items = alive.slice(0, MAX_MEMBERS).map(({ labels: own }) => ownLabels(own, commonLabels) || 'same labels');
    if (alive.length > MAX_MEMBERS) items.push(`and ${alive.length - MAX_MEMBERS} more firing`);
    blocks.push({ kind: 'list', items });
  }
  if (incident.truncated > 0)
    blocks.push({ kind: 'quiet', text: `Alertmanager left ${incident.truncated} more out of its notification.` });
  if (brief.checklist.length > 0 && incident.state === 'open') {
    blocks.push({
      kind: 'section',
      tone: 'neutral',
      title: 'Checklist',
      summary: `${brief.checklist.length} questions`,
      folded: true,
      blocks: [{ kind: 'list', items: brief.checklist }],
    });
  }
  const links: Span[] = [];
  const link = (text: string, url: string | undefined): void => {
    if (url) links.push(...(links.length > 0 ? [' · '] : []), { link: text, href: url });
  };
  link('Runbook', webUrl(notes['runbook_url'] ?? notes['runbook']));
  link('Graph', webUrl(alive[0]?.generatorURL));
  link('Alertmanager', webUrl(incident.externalURL));
  if (links.length > 0) blocks.push({ kind: 'quiet', text: links });
  return { tone: toneOf(incident), title: rootTitle(incident), blocks, buttons: buttonsOf(incident, now) };
}
