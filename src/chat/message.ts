/**
 * The message model: what a thread can say, free of any chat's markup. Every string in it is plain text and is shown as such:
 * no chat may parse it for mentions, links or formatting, so nothing that came from a label or a log can do anything there.
 * People are called by spans of their own, which name them as the configuration does.
 */

/**
 * A run of text. A string is plain; the rest says how it looks. A link's URL must be http or https, or it is shown as text. A person is
 * called by their chat where the configuration knows that name and their account there; else the name is text like any other.
 */
export type Span =
  | string
  | { readonly strong: string }
  | { readonly code: string }
  | { readonly person: string }
  | { readonly link: string; readonly href: string };

/** What a chat calls a person by the name of the configuration; undefined for every other text. */
export type Mention = (name: string) => string | undefined;

/** Runs of text on one or more lines. */
export type Inline = string | readonly Span[];

/** Colour and sign of a card or a section. */
export type Tone = 'critical' | 'warning' | 'info' | 'ok' | 'neutral';

/** A column of a table. Numbers go to the right. */
export interface Column {
  readonly label: string;
  readonly align?: 'left' | 'right';
}

/** One picture in both colour schemes; blob ids of PNGs. `alt` tells what the picture tells. */
export interface Picture {
  readonly light: string;
  readonly dark: string;
  readonly alt: string;
  readonly width: number;
  readonly height: number;
}

/** A part of a card, top to bottom. */
export type Block =
  | { readonly kind: 'text'; readonly text: Inline }
  /** Verbatim, monospaced: logs, command output. */
  | { readonly kind: 'pre'; readonly text: string }
  | { readonly kind: 'fields'; readonly fields: readonly { readonly name: string; readonly value: Inline }[] }
  | { readonly kind: 'list'; readonly items: readonly Inline[] }
  /** `more` says what was left out and how to see it. */
  | {
      readonly kind: 'table';
      readonly columns: readonly Column[];
      readonly rows: readonly (readonly string[])[];
      readonly more?: string;
    }
  | { readonly kind: 'picture'; readonly picture: Picture }
  /** Small print. */
  | { readonly kind: 'quiet'; readonly text: Inline }
  /** A titled part with a state of its own: a piece of evidence. Where a chat can fold, `folded` ones start closed. */
  | {
      readonly kind: 'section';
      readonly tone: Tone;
      readonly title: string;
      readonly summary: string;
      readonly folded: boolean;
      /** It has no state: its tone says nothing, and no chat shows a sign for it. Steps, small print. */
      readonly stateless?: true;
      readonly blocks: readonly Block[];
    };

/** One line that is asked for before a press counts. Chats shorten what is longer than they can show; what is typed they never judge. */
export interface ButtonInput {
  /** Heads the dialog, 24 letters at most: `Confirm REQ-17`. */
  readonly title: string;
  /** What the press is about: the plan in a sentence. */
  readonly about: string;
  /** What to type. */
  readonly label: string;
  /** Small print below the line. */
  readonly hint: string;
  /** An empty line will do. A chat without dialogs doesn't ask then: the press acts at once. */
  readonly optional: boolean;
  /** Longest text, in code points: 1 to 3,000. */
  readonly maxLength: number;
  /** The command that does the same where nothing can be asked: `/confirm REQ-17 worker-1`. */
  readonly instead: string;
}

/** A button. `token` is opaque, random and persisted; it alone says what a press means. */
export interface Button {
  readonly label: string;
  readonly token: string;
  readonly style: 'primary' | 'danger' | 'plain';
  /** What is asked for before the press counts; it comes with the press. */
  readonly input?: ButtonInput;
}

/** One message. `title` is also what a notification shows. */
export interface Card {
  readonly tone: Tone;
  readonly title: string;
  readonly blocks: readonly Block[];
  readonly buttons: readonly Button[];
}

/** The words of a span. */
export function wordsOf(span: Span): string {
  if (typeof span === 'string') return span;
  if ('strong' in span) return span.strong;
  if ('code' in span) return span.code;
  return 'person' in span ? span.person : span.link;
}

/** The plain text of a run. */
export function plain(inline: Inline): string {
  return typeof inline === 'string' ? inline : inline.map(wordsOf).join('');
}

/** People one after the other: "ana, ben", each of them called where a chat can. `names` are names of the configuration. Pure. */
export function calling(names: readonly string[]): readonly Span[] {
  return names.flatMap((person, at): Span[] => (at === 0 ? [{ person }] : [', ', { person }]));
}
