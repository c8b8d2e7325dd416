import type { Ids } from './ids.ts';
import type { Reach } from './mentions.ts';
import type { SlackTime } from './time.ts';
import type { Obj } from './value.ts';
import type { Report, Violation } from './violations.ts';
import type { SlackUsergroupSeed, SlackUserSeed, SlackWorkspaceSeed } from './workspace.ts';

/** What a message said before an edit. */
interface Edit {
  /** The vendor's time, UTC epoch milliseconds. */
  readonly at: number;
  readonly text: string;
  readonly blocks: readonly unknown[];
}

/** A message as Slack keeps it. */
export interface StoredMessage {
  readonly ts: string;
  readonly channel: string;
  /** The root's ts, for a reply. */
  readonly threadTs: string | undefined;
  readonly user: string;
  readonly byBot: boolean;
  /** The vendor's time, UTC epoch milliseconds. */
  readonly postedAt: number;
  /** Who alone sees it. */
  readonly ephemeralFor: string | undefined;
  readonly files: readonly string[];
  readonly broadcast: boolean;
  readonly unfurl: { readonly links: boolean | undefined; readonly media: boolean | undefined };
  text: string;
  blocks: readonly unknown[];
  attachments: readonly unknown[];
  metadata: Obj | undefined;
  /** Whom it pinged and what it linked, as posted and by every edit. */
  reach: Reach;
  readonly edits: Edit[];
  readonly reactions: Map<string, Set<string>>;
  deleted: boolean;
}

/** A conversation. */
export interface StoredChannel {
  readonly id: string;
  readonly name: string;
  readonly kind: 'public' | 'private' | 'im';
  /** The other one of a direct message. */
  readonly with: string | undefined;
  readonly members: Set<string>;
  archived: boolean;
  /** In the order of posting; deleted ones stay and are marked. */
  readonly messages: StoredMessage[];
}

/** A file on its way or there. */
export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly announcedBytes: number;
  readonly altText: string | undefined;
  readonly ticket: string;
  title: string;
  bytes: Uint8Array | undefined;
  completed: boolean;
  readonly sharedIn: string[];
}

/** A modal or Home tab of one person. */
export interface StoredView {
  readonly id: string;
  readonly user: string;
  readonly type: 'modal' | 'home';
  body: Obj;
  hash: string;
  readonly rootId: string;
  readonly previousId: string | undefined;
  open: boolean;
}

/** A token and what it may do. */
export interface StoredToken {
  readonly kind: 'bot' | 'app';
  readonly token: string;
  readonly scopes: Set<string>;
  state: 'valid' | 'revoked' | 'inactive';
}

/** A trigger_id. https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses */
interface StoredTrigger {
  readonly user: string;
  /** On the clock that deadlines run on. */
  readonly expiresAt: number;
  used: boolean;
}

/** A response_url. https://docs.slack.dev/interactivity/handling-user-interaction#message_responses */
export interface StoredResponseUrl {
  readonly channel: string;
  readonly user: string;
  /** The message that was acted on. */
  readonly source: StoredMessage | undefined;
  /** The vendor's time, UTC epoch milliseconds. */
  readonly expiresAt: number;
  uses: number;
}

/** One change that Slack accepted, in the order of acceptance. */
export interface Operation {
  readonly at: number;
  readonly kind: 'post' | 'edit' | 'delete' | 'ephemeral' | 'file' | 'respond';
  readonly channel: string;
  readonly ts: string;
  readonly threadTs: string | undefined;
  readonly metadata: Obj | undefined;
  readonly text: string;
}

/** One call of the Web API. */
export interface Call {
  readonly method: string;
  /** The vendor's time of arrival, UTC epoch milliseconds. */
  readonly at: number;
  readonly channel: string | undefined;
  /** Without the token. */
  readonly args: Obj;
  /** `ok`, the vendor's error, or `fault:…` where the fault plan stepped in. */
  outcome: string;
  /** On a 429. */
  retryAfterSeconds: number | undefined;
  /** True where the same method and channel was asked to wait longer than this. */
  readonly early: boolean;
  /** On the machine's clock, milliseconds. */
  tookMs: number;
}

/** The whole state of an emulated Slack. */
export interface World {
  readonly seed: SlackWorkspaceSeed;
  readonly time: SlackTime;
  /** The clock that deadlines run on which a program races: the injected one, else the machine's. */
  readonly deadlineNow: () => number;
  readonly triggerMs: number;
  readonly ids: Ids;
  /** Where the server listens: `http://127.0.0.1:port`. */
  baseUrl: string;
  readonly users: Map<string, SlackUserSeed>;
  readonly channels: Map<string, StoredChannel>;
  readonly usergroups: Map<string, SlackUsergroupSeed>;
  readonly files: Map<string, StoredFile>;
  readonly views: Map<string, StoredView>;
  readonly tokens: Map<string, StoredToken>;
  readonly triggers: Map<string, StoredTrigger>;
  readonly responseUrls: Map<string, StoredResponseUrl>;
  readonly sockets: { readonly tickets: Set<string>; open: number };
  readonly operations: Operation[];
  readonly calls: Call[];
  readonly violations: Violation[];
  readonly report: Report;
}

/** A world as its seed says. */
export function createWorld(options: {
  readonly seed: SlackWorkspaceSeed;
  readonly time: SlackTime;
  readonly deadlineNow: () => number;
  readonly triggerMs: number;
  readonly ids: Ids;
}): World {
  const { seed, time } = options;
  const violations: Violation[] = [];
  const bot: SlackUserSeed = { id: seed.app.botUserId, name: seed.app.name, kind: 'bot' };
  const tokens: readonly StoredToken[] = [
    { kind: 'bot', token: seed.app.botToken, scopes: new Set(seed.app.botScopes), state: 'valid' },
    { kind: 'app', token: seed.app.appToken, scopes: new Set(seed.app.appScopes), state: 'valid' },
  ];
  const channels = seed.channels.map((channel): StoredChannel => {
    const members = new Set(channel.members ?? []);
    if (channel.botIsMember !== false) members.add(seed.app.botUserId);
    const kind = channel.isPrivate === true ? 'private' : 'public';
    const { id, name } = channel;
    return { id, name, kind, with: undefined, members, archived: channel.isArchived === true, messages: [] };
  });
  return {
    ...options,
    baseUrl: '',
    users: new Map([...seed.users, bot].map((user) => [user.id, user])),
    channels: new Map(channels.map((channel) => [channel.id, channel])),
    usergroups: new Map(seed.usergroups.map((group) => [group.id, group])),
    files: new Map(),
    views: new Map(),
    tokens: new Map(tokens.map((token) => [token.token, token])),
    triggers: new Map(),
    responseUrls: new Map(),
    sockets: { tickets: new Set(), open: 0 },
    operations: [],
    calls: [],
    violations,
    report: (kind, where, detail) => {
      violations.push({ at: time.now(), kind, where, detail });
    },
  };
}

/** The direct message between the bot and a person, made when it isn't there. */
export function directMessage(world: World, user: string): StoredChannel {
  const found = [...world.channels.values()].find((channel) => channel.kind === 'im' && channel.with === user);
  if (found) return found;
  const id = world.ids.next('D');
  const members = new Set([user, world.seed.app.botUserId]);
  const made: StoredChannel = {
    id,
    name: 'directmessage',
    kind: 'im',
    with: user,
    members,
    archived: false,
    messages: [],
  };
  world.channels.set(id, made);
  return made;
}

/** A message that is there and was not deleted. */
export function findMessage(channel: StoredChannel, ts: string): StoredMessage | undefined {
  return channel.messages.find((message) => message.ts === ts && !message.deleted);
}
