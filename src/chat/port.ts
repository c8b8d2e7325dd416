import type { Card } from './message.ts';

/** The chats there are. */
export type ChatName = 'console' | 'slack' | 'telegram';

/** Where messages go: a channel, a group, a private chat. `id` is the vendor's. */
export interface Conversation {
  readonly chat: ChatName;
  readonly id: string;
}

/** Our own name of a message, stable over restarts: `INC-42`, `INC-42/evidence`. A root's name is its thread's name. */
export type MessageKey = string;

/** What the vendor calls a posted message: opaque outside its chat's folder. */
export type VendorRef = string;

/** One thing to deliver. A post has no `ref`; an edit has the ref of the post. */
export interface Delivery {
  /** The outbox entry: unique for ever, the same on every try. Chats that can, attach it to find a doubtful post again. */
  readonly id: string;
  readonly do: 'post' | 'edit';
  readonly conversation: Conversation;
  readonly message: MessageKey;
  readonly card: Card;
  /** In which thread; undefined for a root message. */
  readonly thread?: { readonly root: MessageKey; readonly ref: VendorRef | undefined };
  readonly ref?: VendorRef;
  /** For whom alone (a chat's own user id), where the chat can show a message to one person. */
  readonly onlyFor?: string;
  /** What it answers, as the chat's inbound event gave it. */
  readonly replyTo?: string;
  /** How often it was tried before. A try after an ambiguous one must look before it posts, where the chat can. */
  readonly tries: number;
  readonly ambiguous: boolean;
  /** Somebody waits for it: a chat that must ration its messages keeps some room for such ones. */
  readonly urgent: boolean;
}

/** How a try ended. `refused` is final; the others are tried again. */
export type DeliveryOutcome =
  | { readonly is: 'delivered'; readonly ref: VendorRef }
  /** It surely did not arrive: safe to send again. */
  | { readonly is: 'not-arrived'; readonly reason: string }
  /** It may have arrived. */
  | { readonly is: 'ambiguous'; readonly reason: string }
  /** The chat asks for a pause of the lane. It did not arrive. */
  | { readonly is: 'limited'; readonly retryAfterMs: number }
  /** The chat will never take this one. */
  | { readonly is: 'refused'; readonly reason: string };

/** Hears that a chat will never take a message to one person alone, and why in the vendor's words. */
export type Unreached = (where: Conversation, message: MessageKey, reason: string) => void;

/** Whether a chat works, in words for /readyz and for people. */
export interface ChatHealth {
  readonly state: 'up' | 'starting' | 'down';
  /** What is wrong and what to do about it; empty when up. */
  readonly reason: string;
}

/** Who did something, as their chat knows them. */
export interface Identity {
  readonly chat: ChatName;
  /** The chat's own id of the user; for the console, the person's name. */
  readonly id: string;
}

/** A press of a button. `typed` is what its input was given, trimmed, inert and not empty; absent where nothing was typed. */
export interface Press {
  readonly kind: 'button';
  readonly token: string;
  readonly typed?: string;
}

/** What a person did in a chat, told in our words. JSON only: it is made durable before it is acted on. */
export interface InboundEvent {
  /** Unique within the chat for ever (Slack: envelope or event id; Telegram: update_id): a second delivery is dropped by it. */
  readonly id: string;
  readonly identity: Identity;
  readonly conversation: Conversation;
  /** True where only this person and the bot are. */
  readonly isPrivate: boolean;
  /** The thread it happened in, if any. */
  readonly thread?: MessageKey;
  /** Opaque: handed back in the answer's Delivery. */
  readonly replyTo?: string;
  readonly what:
    | /** The words after the slash: `silence INC-42 2h`. */ { readonly kind: 'command'; readonly text: string }
    | Press;
}

/** Takes an event in. Resolves once it is durable; only then may the chat confirm it to its vendor. */
export type TakeIn = (event: InboundEvent) => Promise<void>;

/** A chat. Everything of a vendor's SDK stays behind this. */
export interface Chat {
  readonly name: ChatName;
  /** Where incidents' threads go. */
  readonly home: Conversation;
  /** `inline`: a card's pictures are shown in it. `apart`: each picture comes as a card of its own (one picture block) in the thread. */
  readonly pictureStyle: 'inline' | 'apart';
  /** Never throws for what the vendor or the network does: that is health. */
  start(takeIn: TakeIn): Promise<void>;
  stop(): Promise<void>;
  deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryOutcome>;
  health(): ChatHealth;
}
