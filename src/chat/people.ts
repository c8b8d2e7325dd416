import type { Mention } from './message.ts';
import type { ChatName, Identity } from './port.ts';

/** What a person may be. Any role lets one acknowledge and silence; policies name roles for the rest. */
export type Role = 'oncall' | 'admin';

/** One human, whatever chat they speak through. */
export interface Person {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly slack?: string | undefined;
  readonly telegram?: string | undefined;
}

/** The person of the console when the configuration names nobody. */
export const LOCAL: Person = { name: 'local', roles: ['oncall', 'admin'] };

/** How a chat calls the people of the configuration: by their accounts there, and nobody else. Pure. */
export function mentionIn(people: readonly Person[], chat: Exclude<ChatName, 'console'>): Mention {
  return (name) => people.find((person) => person.name === name)?.[chat];
}

/** Who is behind an identity; undefined for strangers. With no people configured only the console's `local` is known. Pure. */
export function personOf(people: readonly Person[], { chat, id }: Identity): Person | undefined {
  if (people.length === 0) return chat === 'console' && id === LOCAL.name ? LOCAL : undefined;
  return people.find((person) => {
    if (chat === 'console') return person.name === id;
    if (chat === 'slack') return person.slack !== undefined && person.slack === id;
    return person.telegram !== undefined && person.telegram === id;
  });
}
