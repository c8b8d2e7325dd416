import { z } from 'zod';

/** What the house knows of a value beyond zod: for messages, for the reference, and for what happens before validation. */
export interface Note {
  /** The type's name in the reference. */
  readonly type: string;
  /** What a message says after "expected". */
  readonly expected: string;
  /** Whether a wrong value may be repeated in a message. */
  readonly shown: boolean;
  /**
   * `path`: a path on this machine, relative to the file's folder, `~` allowed. `secret`: never shown. `secretFile`: such a path, whose
   * content becomes the value of the key without `File`.
   */
  readonly role?: 'path' | 'secret' | 'secretFile';
}

/** Notes by schema. */
export const notes = z.registry<Note>();

/** Why a text is wrong, where the note's `expected` doesn't say enough. `offset` counts from the text's start. */
interface Wrong {
  readonly message?: string;
  readonly offset?: number;
  readonly meant?: string;
}

/** The params of the issues that leaves raise. */
export interface LeafParams {
  readonly offset?: number;
  readonly meant?: string;
  /** The message says it all: nothing is to be added. */
  readonly whole: boolean;
}

const READ = Symbol('read');
/** A value that was read. */
export const good = <T>(value: T) => ({ [READ]: value });

/** A leaf that is read from a text. */
export function text<T>(note: Note, read: (text: string) => { [READ]: T } | Wrong) {
  return z
    .string()
    .transform((value, context): T => {
      const found = read(value);
      if (READ in found) return found[READ];
      const { message, ...rest } = found;
      const params: LeafParams = { ...rest, whole: message !== undefined };
      context.addIssue({ code: 'custom', message: message ?? `expected ${note.expected}`, params });
      return z.NEVER;
    })
    .register(notes, note);
}

/** Wrong, and the note says what was expected. */
export const NO_TEXT: Wrong = {};

/** Values on one line, without control characters. */
export const isLine = (value: string) => value.trim() !== '' && !/\p{Cc}/u.test(value);

/** A leaf of one line, up to `length` characters, that holds what is asked. */
export const line = (note: Note, holds: (value: string) => boolean, length: number) =>
  text(note, (value) => (isLine(value) && value.length <= length && holds(value) ? good(value) : NO_TEXT));

/** Text for people: some lines, no bound but the file's. */
export const prose = () =>
  text({ type: 'text', expected: 'a text', shown: false }, (value) => (value.trim() ? good(value) : NO_TEXT));

/** One of a few words. */
export const choice = <const T extends readonly [string, ...string[]]>(words: T) =>
  z
    .enum(words)
    .register(notes, { type: words.map((one) => `\`${one}\``).join(' or '), expected: oneOf(words), shown: true });

/** The word that tells the forms of a section apart. */
export function form<const T extends string>(name: T) {
  const schema = z.literal(name);
  notes.add(schema, { type: `\`${name}\``, expected: name, shown: true });
  return schema;
}

/** "one of a, b or c". */
export function oneOf(words: readonly string[]): string {
  if (words.length === 1) return words[0] ?? '';
  return `one of ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** true or false. */
export const flag = () =>
  z.boolean().register(notes, { type: 'true or false', expected: 'true or false', shown: true });
