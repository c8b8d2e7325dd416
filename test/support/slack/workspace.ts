/** A person or bot of the emulated workspace. */
export interface SlackUserSeed {
  /** `U…`; another workspace's may begin with `W`. */
  readonly id: string;
  readonly name: string;
  readonly kind?: 'member' | 'guest' | 'single-channel-guest' | 'bot' | 'stranger';
  /** The workspace they come from, where it isn't this one (`stranger`: Slack Connect). */
  readonly teamId?: string;
  readonly deleted?: boolean;
  readonly isAdmin?: boolean;
  readonly tz?: string;
}

/** A channel of the emulated workspace. */
interface SlackChannelSeed {
  /** `C…`; direct messages (`D…`) are opened by conversations.open or by a post to a user. */
  readonly id: string;
  readonly name: string;
  readonly isPrivate?: boolean;
  readonly isArchived?: boolean;
  /** User ids; the bot is a member unless `botIsMember` is false. */
  readonly members?: readonly string[];
  readonly botIsMember?: boolean;
}

/** A user group. */
export interface SlackUsergroupSeed {
  /** `S…` */
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly users: readonly string[];
}

/** The app as it is installed. */
interface SlackAppSeed {
  readonly id: string;
  readonly name: string;
  readonly botUserId: string;
  readonly botId: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  /** The old verification token in every payload. */
  readonly verificationToken: string;
  readonly botScopes: readonly string[];
  readonly appScopes: readonly string[];
  /** Registered slash commands (`/drain`); undefined: any. */
  readonly commands?: readonly string[];
  /** Subscribed bot events. */
  readonly events: readonly string[];
  readonly homeTab: boolean;
}

/** Everything there is at the beginning. */
export interface SlackWorkspaceSeed {
  readonly teamId: string;
  readonly teamName: string;
  readonly domain: string;
  readonly enterprise?: { readonly id: string; readonly name: string };
  readonly app: SlackAppSeed;
  readonly users: readonly SlackUserSeed[];
  readonly channels: readonly SlackChannelSeed[];
  readonly usergroups: readonly SlackUsergroupSeed[];
}

/** Scopes that a bot with threads, commands, pictures and look-ups needs. https://docs.slack.dev/reference/scopes */
const BOT_SCOPES: readonly string[] = [
  'chat:write',
  'commands',
  'app_mentions:read',
  'files:write',
  'files:read',
  'usergroups:read',
  'users:read',
  'reactions:write',
  'channels:read',
  'groups:read',
  'im:read',
  'im:write',
  'channels:history',
  'groups:history',
  'im:history',
];

/** A small workspace: ana, ben and cleo in #ops, a guest, a stranger, another bot, a private and an empty channel, one user group. */
export const smallWorkspace: SlackWorkspaceSeed = {
  teamId: 'T0HOME',
  teamName: 'Home',
  domain: 'home',
  app: {
    id: 'A0DAYTWO',
    name: 'daytwo',
    botUserId: 'U0BOT',
    botId: 'B0BOT',
    botToken: 'xoxb-emulated-bot',
    appToken: 'xapp-emulated-app',
    signingSecret: 'emulated-signing-secret',
    verificationToken: 'emulated-verification-token',
    botScopes: BOT_SCOPES,
    appScopes: ['connections:write'],
    events: ['app_mention', 'app_home_opened', 'message.im'],
    homeTab: true,
  },
  users: [
    { id: 'U0ANA', name: 'ana', isAdmin: true },
    { id: 'U0BEN', name: 'ben' },
    { id: 'U0CLEO', name: 'cleo' },
    { id: 'U0GUEST', name: 'gus', kind: 'guest' },
    { id: 'U0STRANGER', name: 'stu', kind: 'stranger', teamId: 'T0AWAY' },
    { id: 'U0OTHERBOT', name: 'otherbot', kind: 'bot' },
  ],
  channels: [
    { id: 'C0OPS', name: 'ops', members: ['U0ANA', 'U0BEN', 'U0CLEO', 'U0GUEST', 'U0STRANGER', 'U0OTHERBOT'] },
    { id: 'C0SECRET', name: 'secret', isPrivate: true, members: ['U0ANA'] },
    { id: 'C0EMPTY', name: 'empty', members: ['U0ANA'], botIsMember: false },
  ],
  usergroups: [{ id: 'S0ONCALL', handle: 'oncall', name: 'On call', users: ['U0ANA', 'U0BEN'] }],
};
