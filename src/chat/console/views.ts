import type { Card, Tone } from '../message.ts';

/**
 * What the server sends to the page, as JSON. Types alone, read by both sides. Times are epoch ms.
 */

/**
 * Where a thread stands in the list, first to last. `hidden` isn't listed: the channel, and threads whose root hasn't come yet.
 * Before the dash: whether it is open.
 */
export type Rank = 'open-critical' | 'open-warning' | 'open-other' | 'closed' | 'hidden';

/** Someone who may sign in. `roles` is shown, not decided upon: the rights are the gate's. */
export interface PersonView {
  readonly name: string;
  readonly roles: readonly string[];
}

/** What the console tells of a command, for completion and help. */
export interface CommandView {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly example: string;
}

/** Names of the cluster's nodes, for completion. */
export interface NodesView {
  readonly names: readonly string[];
}

/** What was asked, shown above its answer. */
export interface Asked {
  readonly event: string;
  readonly by: string;
  readonly text: string;
}

/** A thread in the list. */
export interface ThreadView {
  readonly key: string;
  readonly rank: Rank;
  readonly title: string;
  readonly tone: Tone;
  /** One line of the root for the list. */
  readonly snippet: string;
  readonly openedAt: number;
  readonly lastAt: number;
  readonly isIncident: boolean;
}

/** A message of a thread. */
export interface MessageView {
  readonly id: string;
  readonly version: number;
  readonly key: string;
  readonly card: Card;
  readonly postedAt: number;
  readonly editedAt?: number | undefined;
  readonly isRoot: boolean;
  readonly asked?: Asked | undefined;
  /** Only the one who reads it sees it. */
  readonly isPrivate: boolean;
}

/** A page of the list. `next` gets the page after it, `feed` is where to follow from, `open` counts open incidents. */
export interface ListView {
  readonly threads: readonly ThreadView[];
  readonly next?: string | undefined;
  readonly open: number;
  readonly feed: string;
}

/** A page of a thread, oldest first. `earlier` gets the page before it. A channel in which nothing was said has no thread yet. */
export interface ReadView {
  readonly thread?: ThreadView | undefined;
  readonly messages: readonly MessageView[];
  readonly earlier?: string | undefined;
}

/** One change that the page follows. */
export interface ChangeView {
  readonly thread: ThreadView;
  readonly message: MessageView;
  readonly open: number;
}
