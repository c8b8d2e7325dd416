import { acknowledge, silenced, unsilenced, wantTriage } from '../alerting/deeds.ts';
import { type Incident, incidents } from '../alerting/incident.ts';
import { DaytwoError } from '../lib/errors.ts';
import { clip, humanDuration, inertLine } from '../lib/text.ts';
import type { Matcher } from '../telemetry/port.ts';
import { privately } from './answers.ts';
import type { Answer, Asking, Services } from './command.ts';

/** What the button "Silence 2h" asks for. */
export const SILENCE_MS = 2 * 60 * 60_000;
/** The longest silence that is made from a chat; more than a week is a change of the alert's rule. */
const LONGEST_SILENCE_MS = 7 * 24 * 60 * 60_000;
/** What an answer shows of a label's value, and of all labels together, in code points. */
const VALUE_LETTERS = 120;
const LABELS_LETTERS = 800;

/** The incident, or an answer that says that there is none. */
async function incidentOf(id: string, { store }: Services): Promise<Incident> {
  const found = await store.get(incidents, id);
  if (!found) throw new DaytwoError('not-found', `There is no INC-${Number(id)}. /incidents lists the open ones.`);
  return found.body;
}

const over = (incident: Incident): Answer => privately(`${incident.name} is resolved already; there is nothing to do.`);

/** Takes an incident on, in the person's name. */
export async function ack(id: string, { person }: Asking, services: Services): Promise<Answer> {
  const before = await incidentOf(id, services);
  if (before.state === 'resolved') return over(before);
  if (before.ack?.by === person.name) return privately(`You have acknowledged ${before.name} already.`);
  await services.desk.change(id, (incident) => acknowledge(incident, person.name, services.clock.now()));
  const instead = before.ack ? `; it was ${before.ack.by}'s before` : '';
  return privately(`${before.name} is yours${instead}.`, [], 'ok');
}

/**
 * The matchers of a silence for an incident: every label that its alerts share. An empty value is a label that isn't there, as
 * Prometheus has it: alone it would match whatever lacks that label.
 */
export function silenceMatchers(incident: Incident): readonly Matcher[] {
  return Object.entries({ ...incident.groupLabels, ...incident.commonLabels })
    .filter(([, value]) => value !== '')
    .map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }));
}

/**
 * Makes a real silence in Alertmanager. The comment carries the event's id: where a crash came between the silence and its record,
 * the same event finds the silence instead of making a second one.
 */
export async function silence(id: string, ms: number, asking: Asking, services: Services): Promise<Answer> {
  const before = await incidentOf(id, services);
  if (before.state === 'resolved') return over(before);
  if (ms > LONGEST_SILENCE_MS)
    return privately(
      'The longest silence from here is 7d. For longer, change the alert’s rule or make the silence in Alertmanager.',
    );
  const matchers = silenceMatchers(before);
  if (matchers.length === 0)
    return privately(
      `The alerts of ${before.name} share no label, so a silence would mute everything. Make one in Alertmanager by hand.`,
    );
  const { alertmanager, clock, desk } = services;
  const mark = `[${asking.eventId}]`;
  const made = (await alertmanager.silences(asking.signal)).find(
    ({ comment, state }) => state !== 'expired' && comment.endsWith(mark),
  );
  const now = clock.now();
  const until = made?.endsAt ?? now + ms;
  const comment = `${before.name} ${clip(inertLine(before.alertname), VALUE_LETTERS)}, silenced through daytwo ${mark}`;
  const silenceId =
    made?.id ??
    (await alertmanager.createSilence(
      { matchers, startsAt: now, endsAt: until, createdBy: asking.person.name, comment },
      asking.signal,
    ));
  await desk.change(id, (incident) => silenced(incident, { id: silenceId, by: asking.person.name, until }));
  const labels = clip(
    matchers.map(({ name, value }) => `${inertLine(name)}=${clip(inertLine(value), VALUE_LETTERS)}`).join(', '),
    LABELS_LETTERS,
  );
  return privately(
    `${before.name} is silenced for ${humanDuration(until - now)}.`,
    [{ kind: 'quiet', text: `Alertmanager mutes what has ${labels}. Silence ${silenceId}.` }],
    'ok',
  );
}

/** Ends the silences that were made from an incident. */
export async function unsilence(id: string, asking: Asking, services: Services): Promise<Answer> {
  const before = await incidentOf(id, services);
  if (before.silences.length === 0)
    return privately(`No silence of ${before.name} was made from here. Others can be ended in Alertmanager.`);
  const ids = before.silences.map((one) => one.id);
  for (const one of ids) await services.alertmanager.expireSilence(one, asking.signal);
  await services.desk.change(id, (incident) => unsilenced(incident, ids, asking.person.name));
  return privately(`${before.name} is no longer silenced.`, [], 'ok');
}

/** Asks for a fresh round of evidence in the incident's thread; where a storm withheld the thread from this chat, it is brought first. */
export async function lookAgain(id: string, { person, chat }: Asking, services: Services): Promise<Answer> {
  const before = await incidentOf(id, services);
  const brought = await services.bring(id, chat);
  const after = await services.desk.change(id, (incident) => wantTriage(incident, person.name, services.clock.now()));
  if (brought) return privately(`The thread of ${before.name} is here now; fresh evidence comes into it.`);
  return privately(
    after.triage.round === before.triage.round
      ? `Evidence for ${before.name} is being gathered already.`
      : `Looking again; the evidence comes into the thread of ${before.name}.`,
  );
}
