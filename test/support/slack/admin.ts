import { remove } from './messages.ts';
import { findMessage, type StoredChannel, type StoredToken, type World } from './world.ts';

/** What happens to a workspace behind a bot's back. Ids and tokens must be known; otherwise Error. */
export interface SlackAdmin {
  archive(channel: string): void;
  unarchive(channel: string): void;
  /** Takes the bot out of a channel. */
  removeBot(channel: string): void;
  inviteBot(channel: string): void;
  /** Deletes the channel for good. */
  deleteChannel(channel: string): void;
  deleteMessage(channel: string, ts: string): void;
  revokeToken(which: 'bot' | 'app'): void;
  restoreToken(which: 'bot' | 'app'): void;
  /** The app is uninstalled: `account_inactive`. */
  deactivate(): void;
  dropScope(scope: string): void;
  grantScope(scope: string): void;
}

/** The admin's desk of a world. */
export function adminOf(world: World): SlackAdmin {
  const channelOf = (id: string): StoredChannel => {
    const channel = world.channels.get(id);
    if (!channel) throw new Error(`no such channel: ${id}`);
    return channel;
  };
  const tokenOf = (which: 'bot' | 'app'): StoredToken => {
    const token = world.tokens.get(which === 'bot' ? world.seed.app.botToken : world.seed.app.appToken);
    if (!token) throw new Error(`no ${which} token`);
    return token;
  };
  return {
    archive: (id) => {
      channelOf(id).archived = true;
    },
    unarchive: (id) => {
      channelOf(id).archived = false;
    },
    removeBot: (id) => {
      channelOf(id).members.delete(world.seed.app.botUserId);
    },
    inviteBot: (id) => {
      channelOf(id).members.add(world.seed.app.botUserId);
    },
    deleteChannel: (id) => {
      channelOf(id);
      world.channels.delete(id);
    },
    deleteMessage: (id, ts) => {
      const message = findMessage(channelOf(id), ts);
      if (!message) throw new Error(`no message ${ts} in ${id}`);
      remove(world, message);
    },
    revokeToken: (which) => {
      tokenOf(which).state = 'revoked';
    },
    restoreToken: (which) => {
      tokenOf(which).state = 'valid';
    },
    deactivate: () => {
      tokenOf('bot').state = 'inactive';
      tokenOf('app').state = 'inactive';
    },
    dropScope: (scope) => {
      tokenOf('bot').scopes.delete(scope);
      tokenOf('app').scopes.delete(scope);
    },
    grantScope: (scope) => {
      tokenOf('bot').scopes.add(scope);
    },
  };
}
