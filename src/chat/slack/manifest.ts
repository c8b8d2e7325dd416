import { clip } from '../../lib/text.ts';
import { MAIN_COMMAND } from './heard.ts';
import { EVENTS_PATH } from './http.ts';
import { MANIFEST } from './limits.ts';

/** A command as people see it. */
export interface SlackCommand {
  /** `[a-z]+` */
  readonly name: string;
  /** `/drain NODE` */
  readonly usage: string;
  readonly summary: string;
}

/** What the bot may do; each is used. https://docs.slack.dev/reference/scopes */
export const BOT_SCOPES: readonly string[] = [
  'app_mentions:read',
  'channels:history',
  'channels:read',
  'chat:write',
  'commands',
  'files:write',
  'groups:history',
  'groups:read',
  'im:history',
  'im:write',
  'usergroups:read',
  'users:read',
];

/** What the bot hears of. https://docs.slack.dev/reference/events */
export const BOT_EVENTS: readonly string[] = ['app_home_opened', 'app_mention', 'message.im'];

/**
 * Words that are Slack's own: a manifest that names one of them is refused. They work as `/daytwo status`.
 * https://slack.com/help/articles/201259356-Slash-commands-in-Slack
 */
const RESERVED: ReadonlySet<string> = new Set([
  ...[
    'active',
    'apps',
    'archive',
    'away',
    'call',
    'close',
    'collapse',
    'dm',
    'dnd',
    'expand',
    'feed',
    'feedback',
    'invite',
  ],
  ...[
    'invite_people',
    'join',
    'keys',
    'kick',
    'leave',
    'me',
    'msg',
    'mute',
    'open',
    'part',
    'prefs',
    'pro',
    'remind',
    'remove',
  ],
  ...['rename', 's', 'search', 'shortcuts', 'shrug', 'star', 'status', 'topic', 'who'],
]);

/** One command of the manifest. https://docs.slack.dev/reference/app-manifest */
export interface ManifestCommand {
  readonly command: string;
  readonly description: string;
  readonly usage_hint?: string;
  readonly should_escape: false;
  readonly url?: string;
}

/** An app manifest, as far as this app needs one. https://docs.slack.dev/reference/app-manifest */
export interface SlackManifest {
  readonly _metadata: { readonly major_version: 2; readonly minor_version: 1 };
  readonly display_information: {
    readonly name: string;
    readonly description: string;
    readonly background_color: string;
  };
  readonly features: {
    readonly app_home: {
      readonly home_tab_enabled: true;
      readonly messages_tab_enabled: true;
      readonly messages_tab_read_only_enabled: false;
    };
    readonly bot_user: { readonly display_name: string; readonly always_online: true };
    readonly slash_commands: readonly ManifestCommand[];
  };
  readonly oauth_config: { readonly scopes: { readonly bot: readonly string[] } };
  readonly settings: {
    readonly event_subscriptions: { readonly request_url?: string; readonly bot_events: readonly string[] };
    readonly interactivity: { readonly is_enabled: true; readonly request_url?: string };
    readonly org_deploy_enabled: false;
    readonly socket_mode_enabled: boolean;
    readonly token_rotation_enabled: false;
  };
}

/**
 * The manifest that makes the app: `/daytwo` first, then each word as a command of its own, unless Slack has that word or the room is full
 * (50); those stay reachable through `/daytwo`. In HTTP mode everything is posted to `publicUrl`. Pure.
 */
export function slackManifest(
  commands: readonly SlackCommand[],
  how: { readonly mode: 'socket' } | { readonly mode: 'http'; readonly publicUrl: string },
): SlackManifest {
  const url = how.mode === 'http' ? new URL(EVENTS_PATH, how.publicUrl).href : undefined;
  const own: readonly SlackCommand[] = commands.filter(
    ({ name }) => !RESERVED.has(name) && name !== MAIN_COMMAND && name.length < MANIFEST.command,
  );
  const main: SlackCommand = {
    name: MAIN_COMMAND,
    usage: `/${MAIN_COMMAND} help`,
    summary: 'Every command of daytwo in one: begin with help.',
  };
  return {
    _metadata: { major_version: 2, minor_version: 1 },
    display_information: {
      name: 'daytwo',
      description: 'Alerts become threads that hold the evidence; actions go through gates.',
      background_color: '#1f2a37',
    },
    features: {
      app_home: { home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: false },
      bot_user: { display_name: 'daytwo', always_online: true },
      slash_commands: [main, ...own].slice(0, MANIFEST.commands).map(({ name, usage, summary }) => {
        const hint = clip(usage.replace(`/${name}`, '').trim(), MANIFEST.hint);
        return {
          command: `/${name}`,
          description: clip(summary, MANIFEST.about),
          ...(hint === '' ? {} : { usage_hint: hint }),
          should_escape: false,
          ...(url === undefined ? {} : { url }),
        };
      }),
    },
    oauth_config: { scopes: { bot: BOT_SCOPES } },
    settings: {
      event_subscriptions: { ...(url === undefined ? {} : { request_url: url }), bot_events: BOT_EVENTS },
      interactivity: { is_enabled: true, ...(url === undefined ? {} : { request_url: url }) },
      org_deploy_enabled: false,
      socket_mode_enabled: how.mode === 'socket',
      token_rotation_enabled: false,
    },
  };
}
