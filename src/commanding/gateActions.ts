import type { Answer, Asking, Services } from './command.ts';

/** Asks the gate for an action in the asker's name; what comes back is the answer, the plan goes into the thread. */
export function askFor(action: string, args: unknown, asking: Asking, { gate }: Services): Promise<Answer> {
  const { person, chat, conversation, incident, eventId, signal } = asking;
  return gate.ask(action, args, { person, chat, conversation, incident, eventId, signal });
}
