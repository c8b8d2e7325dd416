import type { Collection } from '../../store/port.ts';
import type { ButtonInput } from '../message.ts';
import type { MessageKey } from '../port.ts';

/** How far updates were confirmed. Document id: `polling`. */
export interface Offset {
  /** The `offset` of the next getUpdates. */
  readonly next: number;
  readonly at: number;
}

/** See {@link Offset}. */
export const OFFSETS: Collection<Offset> = { kind: 'telegramoffset', keys: () => ({}) };

/** Where a group went when it was upgraded. Document id: our conversation's id, which stays. */
export const MIGRATIONS: Collection<{ readonly to: string; readonly at: number }> = {
  kind: 'telegrammigration',
  keys: () => ({}),
};

/** Which thread a posted message or a topic belongs to. Document id: `chat:message` or `chat:tN`. */
export const PLACES: Collection<{ readonly root: MessageKey; readonly at: number }> = {
  kind: 'telegramplace',
  keys: ({ root }) => ({ root }),
};

/** How far a delivery of several calls has come, so that a retry goes on from there. Document id: the delivery's. */
export interface Progress {
  /** The topic that was made for it. */
  readonly topic?: number;
  /** The message that was sent; its file is still to come. */
  readonly main?: string;
  readonly at: number;
}

/** See {@link Progress}. */
export const PROGRESS: Collection<Progress> = { kind: 'telegramprogress', keys: () => ({}) };

/** What buttons ask for before their press counts. Document id: the button's token. */
export const INPUTS: Collection<{ readonly input: ButtonInput; readonly at: number }> = {
  kind: 'telegraminput',
  keys: () => ({}),
};

/** A question that was put by a forced reply. Document id: `chat:message` of the question. */
export interface Question {
  /** Whose answer counts. */
  readonly user: string;
  readonly token: string;
  /** Longest answer, in code points. */
  readonly most: number;
  /** The command that does the same. */
  readonly instead: string;
  readonly thread?: MessageKey;
  readonly at: number;
  /** The update that answered it; no other counts. */
  readonly answeredBy?: string;
}

/** See {@link Question}. */
export const QUESTIONS: Collection<Question> = { kind: 'telegramquestion', keys: () => ({}) };

/** Presses that led to a question: the same update again asks no second time. Document id: the update's. */
export const ASKED: Collection<{ readonly at: number }> = { kind: 'telegramasked', keys: () => ({}) };

/** All collections of the Telegram chat, for the store. */
export const TELEGRAM_COLLECTIONS = [
  OFFSETS,
  MIGRATIONS,
  PLACES,
  PROGRESS,
  INPUTS,
  QUESTIONS,
  ASKED,
] as readonly Collection<never>[];
