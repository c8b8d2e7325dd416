import { z } from 'zod';
import { url } from '../leaf/addresses.ts';
import { flag, form } from '../leaf/leaf.ts';
import { numericId } from '../leaf/numbers.ts';
import { secret } from '../leaf/secret.ts';
import { plain } from '../leaf/words.ts';

const slackCommon = {
  channel: plain("a channel's id such as C0123ABCD (not its name)", (value) => /^[CGD][A-Z0-9]{2,}$/.test(value))
    .describe("Id of the channel in which incidents become threads (in the channel's details, at the bottom).")
    .meta({ examples: ['C0123ABCD'] }),
  ...secret('botToken', 'Bot token of the app, `xoxb-…`. Required.', (value) =>
    value.startsWith('xapp-') ? 'this is an app token (xapp-…); the bot token starts with xoxb-' : undefined,
  ),
  apiUrl: url().describe("Instead of Slack's own API, for tests and proxies.").optional(),
};

const slack = z
  .discriminatedUnion('mode', [
    z.strictObject({
      mode: form('socket')
        .describe('Events come over a connection that is opened from here: nothing listens.')
        .default('socket'),
      ...slackCommon,
      ...secret('appToken', 'App-level token with connections:write, `xapp-…`. Required.', (value) =>
        value.startsWith('xoxb-') ? 'this is a bot token (xoxb-…); the app token starts with xapp-' : undefined,
      ),
    }),
    z.strictObject({
      mode: form('http').describe('Slack posts events to `/slack/events` of `server.publicUrl`.'),
      ...slackCommon,
      ...secret('signingSecret', "The app's signing secret, by which Slack's requests are known. Required."),
    }),
  ])
  .describe('Slack.');

const telegramCommon = {
  chatId: numericId('a chat id such as -1001234567890, or @name of a public group', (value) =>
    /^(?:-?[1-9]\d{0,18}|@[A-Za-z][A-Za-z0-9_]{3,31})$/.test(value),
  )
    .describe('The group in which incidents become threads.')
    .meta({ examples: [-1001234567890] }),
  ...secret('botToken', 'Token from @BotFather. Required.'),
  apiRoot: url().describe("Instead of Telegram's own API, for tests and a local Bot API server.").optional(),
};

const telegram = z
  .discriminatedUnion('mode', [
    z.strictObject({
      mode: form('polling').describe('Updates are fetched from here: nothing listens.').default('polling'),
      ...telegramCommon,
    }),
    z.strictObject({
      mode: form('webhook').describe('Telegram posts updates to `/telegram/webhook` of `server.publicUrl`.'),
      ...telegramCommon,
      // Source: Bot API, setWebhook, "secret_token".
      ...secret(
        'secretToken',
        'What Telegram sends along so that its requests are known: 1-256 of A-Z a-z 0-9 _ -. Required.',
        (value) =>
          /^[A-Za-z0-9_-]{1,256}$/.test(value)
            ? undefined
            : 'expected 1 to 256 letters, digits, underscores and hyphens',
      ),
    }),
  ])
  .describe('Telegram.');

/** `chats:` */
export const chats = z
  .strictObject({
    slack: slack.optional(),
    telegram: telegram.optional(),
    console: z
      .strictObject({ enabled: flag().describe('Whether the console page is served.').prefault(true) })
      .describe('The console in the browser.')
      .prefault({}),
  })
  .describe('Where threads appear; any of them, or all.');
