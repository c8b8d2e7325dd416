/** https://core.telegram.org/bots/api#getme, #logout, #close and the updates' methods. */
import type { Method } from '../core.ts';
import { badRequest, conflict, tooMany } from '../failure.ts';
import {
  CLOSE_REFUSED_MS,
  SECRET_TOKEN_MAX,
  SECRET_TOKEN_PATTERN,
  WEBHOOK_CONNECTIONS_DEFAULT,
  WEBHOOK_CONNECTIONS_MAX,
} from '../limits.ts';
import { takeAllowed } from '../polling.ts';

const SETTLED_MS = 1000;

const getMe: Method = ({ world }) => ({
  ...world.bot,
  can_join_groups: true,
  can_read_all_group_messages: !world.privacy,
  supports_inline_queries: false,
  can_connect_to_business: false,
  has_main_web_app: false,
  has_topics_enabled: false,
  allows_users_to_create_topics: false,
  can_manage_bots: false,
});

const logOut: Method = (core) => {
  core.account.loggedOut = true;
  return true;
};

const close: Method = ({ account, clock }) => {
  const leftMs = account.startedAt + CLOSE_REFUSED_MS - clock.now();
  if (leftMs > 0) throw tooMany(Math.ceil(leftMs / 1000));
  return true;
};

const getUpdates: Method = ({ webhook, polling }, params, signal) => {
  if (webhook.settings !== undefined) {
    throw conflict(
      "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    );
  }
  return polling.get(params, signal);
};

/** When a webhook was last set, by emulator; the server takes one setWebhook a second. */
const lastSet = new WeakMap<object, number>();

const setWebhook: Method = (core, params) => {
  const url = params.text('url');
  if (url === '') return deleteWebhook(core, params, core.signal);
  const now = core.clock.now();
  const since = now - (lastSet.get(core) ?? Number.NEGATIVE_INFINITY);
  if (since < SETTLED_MS) throw tooMany(1);
  lastSet.set(core, now);
  const secretToken = params.text('secret_token');
  if (secretToken.length > SECRET_TOKEN_MAX) throw badRequest('secret token is too long');
  if (!SECRET_TOKEN_PATTERN.test(secretToken)) throw badRequest('secret token contains unallowed characters');
  const wanted = params.int('max_connections', WEBHOOK_CONNECTIONS_DEFAULT);
  takeAllowed(core.queue, params);
  if (params.bool('drop_pending_updates')) core.queue.keepLast(0);
  const maxConnections = Math.min(WEBHOOK_CONNECTIONS_MAX, Math.max(1, wanted));
  core.polling.interrupt('terminated by setWebhook request');
  core.webhook.set({ url, secretToken, maxConnections, ipAddress: params.text('ip_address') });
  return true;
};

const deleteWebhook: Method = (core, params) => {
  if (params.bool('drop_pending_updates')) core.queue.keepLast(0);
  core.webhook.remove();
  return true;
};

const getWebhookInfo: Method = ({ webhook }) => webhook.info();

/** Methods of the account and its updates. */
export const accountMethods = { getMe, logOut, close, getUpdates, setWebhook, deleteWebhook, getWebhookInfo };
