import { presses } from '../alerting/desk.ts';
import { incidentIdOf } from '../alerting/incident.ts';
import type { Card } from '../chat/message.ts';
import { say } from '../chat/outbox.ts';
import { type Person, personOf } from '../chat/people.ts';
import type { Identity, InboundEvent, Press } from '../chat/port.ts';
import { DaytwoError, messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';
import { nearest } from '../lib/nearest.ts';
import { inertLine } from '../lib/text.ts';
import type { Write } from '../store/port.ts';
import { offerPresses } from '../triage/offerPresses.ts';
import { privately } from './answers.ts';
import type { Answer, Asking, Services } from './command.ts';
import { askFor } from './gateActions.ts';
import { ack, lookAgain, SILENCE_MS, silence, unsilence } from './incidentActions.ts';
import { pickedLine } from './picks.ts';

/** An answer is given within this time, be it that something did not answer. */
const ANSWER_MS = 14_000;

/** The words of a command line: split at white space, `"two words"` kept together. Bounded. */
export function wordsOf(text: string): readonly string[] {
  const words = text.slice(0, 2000).match(/"[^"]*"|\S+/g) ?? [];
  return words.map((word) =>
    word.length > 1 && word.startsWith('"') && word.endsWith('"') ? word.slice(1, -1) : word,
  );
}

/** The incident whose thread a message key belongs to. */
function incidentOf(thread: string | undefined): string | undefined {
  return thread === undefined ? undefined : incidentIdOf(thread.split('/')[0] ?? '');
}

const STRANGER = privately(
  'I don’t know you yet. Whoever runs this bot can add you under `people` in its configuration.',
);
const NO_ROLE = privately('You may look, but not act: your entry under `people` has no role.');

async function runCommand(text: string, asking: Asking, services: Services): Promise<Answer> {
  const [first = '', ...rest] = wordsOf(text.trim());
  const name = first.replace(/^\//, '').toLowerCase();
  const { person } = asking;
  const command = services.commands.find((one) => one.name === name);
  if (!command) {
    const near = nearest(
      name,
      services.commands.map((one) => one.name),
    );
    const shown = inertLine(name).slice(0, 40);
    return privately(
      name === ''
        ? 'Say /help to see what you can do here.'
        : `There is no /${shown}${near ? `; did you mean /${near}?` : '. /help lists what there is.'}`,
    );
  }
  if (command.may === 'role' && person.roles.length === 0) return NO_ROLE;
  const prepared = command.prepare(rest);
  if ('problem' in prepared) {
    const example = command.examples[0] ?? command.usage;
    return privately(
      `/${command.name}: ${prepared.problem}.`,
      [{ kind: 'text', text: ['Usage: ', { code: command.usage }, ' · for example ', { code: example }] }],
      'warning',
    );
  }
  return prepared.run(asking, services);
}

async function runPress({ token, typed }: Press, asking: Asking, services: Services): Promise<Answer> {
  const gated = await services.gate.press(token, asking, typed);
  if (gated) return gated;
  const offered = await services.store.get(offerPresses, token);
  if (offered && asking.person.roles.length === 0) return NO_ROLE;
  if (offered)
    return askFor(
      offered.body.action,
      offered.body.args,
      { ...asking, incident: offered.body.incident ?? asking.incident },
      services,
    );
  const picked = await pickedLine(services.store, token);
  if (picked !== undefined) return runCommand(picked, asking, services);
  const press = await services.store.get(presses, token);
  if (!press)
    return privately('That button is out of date; nothing was done. Use the newest message of the thread, or /help.');
  const { what, incident } = press.body;
  if (what === 'triage') return lookAgain(incident, asking, services);
  if (asking.person.roles.length === 0) return NO_ROLE;
  switch (what) {
    case 'ack':
      return ack(incident, asking, services);
    case 'silence':
      return silence(incident, SILENCE_MS, asking, services);
    case 'unsilence':
      return unsilence(incident, asking, services);
  }
}

/** What a failed answer says: the reason in words, and whether anything was done is for the timeline to tell. */
function failure(error: unknown, log: Logger, event: InboundEvent): Answer {
  if (error instanceof DaytwoError)
    return privately(`That did not work: ${inertLine(messageOf(error))}`, [], 'warning');
  log.error({ event: event.id, chat: event.identity.chat, error: messageOf(error) }, 'command failed');
  return privately('That did not work, through a fault of the bot’s own. Its log says more.', [], 'warning');
}

/** Turns events into answers. Rights are decided here, at the moment of the click, for every chat alike. */
export function createDispatch(options: {
  readonly services: Services;
  readonly people: readonly Person[];
  readonly log: Logger;
  readonly answered: (kind: string, tookMs: number) => void;
}): (event: InboundEvent, signal: AbortSignal) => Promise<readonly Write[]> {
  const { services, people, log } = options;

  async function answer(event: InboundEvent, signal: AbortSignal): Promise<Answer> {
    const person = personOf(people, event.identity);
    if (!person) return STRANGER;
    const asking: Asking = {
      person,
      chat: event.identity.chat,
      conversation: event.conversation,
      incident: incidentOf(event.thread),
      eventId: `${event.identity.chat}:${event.id}`,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    };
    const work = async (): Promise<Answer> => {
      // With the roles of this moment: somebody may stand in for somebody else.
      const now = { ...asking, person: await services.delegations.asOfNow(person) };
      return event.what.kind === 'command'
        ? runCommand(event.what.text, now, services)
        : runPress(event.what, now, services);
    };
    return work().catch((error: unknown) => {
      // The bot is being stopped: the event waits for the next start.
      if (signal.aborted) throw error;
      // The store is what everything rests upon: without it there is no answer to record either, so the event waits.
      if (error instanceof DaytwoError && (error.code === 'store-unavailable' || error.code === 'store-conflict'))
        throw error;
      return failure(error, log, event);
    });
  }

  return async (event, signal) => {
    const began = services.clock.now();
    const { to, card } = await answer(event, signal);
    options.answered(event.what.kind, services.clock.now() - began);
    const message = `reply/${event.identity.chat}/${event.id}`;
    return say(
      [event.conversation],
      {
        do: 'post',
        message,
        root: event.thread ?? message,
        card,
        ...(to === 'asker' && !event.isPrivate ? { onlyFor: event.identity.id } : {}),
        ...(event.replyTo === undefined ? {} : { replyTo: event.replyTo }),
      },
      services.clock.now(),
    );
  };
}

/** What a person sees of the whole without asking: what is open, who is on call, which parts work. Strangers see one sentence. */
export function createHomeTab(options: {
  readonly services: Services;
  readonly people: readonly Person[];
}): (identity: Identity) => Promise<readonly Card[]> {
  const { services, people } = options;
  return async (identity) => {
    const person = personOf(people, identity);
    if (!person) return [STRANGER.card];
    const asking: Asking = {
      person,
      chat: identity.chat,
      incident: undefined,
      conversation: { chat: identity.chat, id: 'home' },
      eventId: 'home',
      signal: AbortSignal.timeout(ANSWER_MS),
    };
    return Promise.all(
      ['incidents', 'oncall', 'status'].map(async (name) => {
        const answer = await runCommand(name, asking, services).catch((error: unknown) =>
          privately(`/${name} did not work: ${inertLine(messageOf(error))}`),
        );
        return answer.card;
      }),
    );
  };
}
