/**
 * The numbers of the Bot API, each with the page that states it. Bot API 10.1 (June 11, 2026) unless noted.
 */

/** Characters of a message's text after entity parsing. https://core.telegram.org/bots/api#sendmessage
 *  The page says "characters"; message entities are measured in UTF-16 code units, and TDLib's own check counts code points.
 *  The emulator takes the narrowest reading: UTF-16 code units. */
export const TEXT_MAX_UNITS = 4096;

/** Characters of a caption after entity parsing. https://core.telegram.org/bots/api#sendphoto */
export const CAPTION_MAX_UNITS = 1024;

/** Bytes of the raw text before parsing; above that the server answers "text is too long" at once.
 *  https://github.com/tdlib/telegram-bot-api (Client::get_formatted_text). */
export const RAW_TEXT_MAX_BYTES = 32_768;

/** Formatting entities that a message keeps; the rest loses its formatting. https://limits.tginfo.me/en */
export const FORMATTING_ENTITIES_MAX = 100;

/** Bytes of callback_data, 1 at least. https://core.telegram.org/bots/api#inlinekeyboardbutton */
export const CALLBACK_DATA_MAX_BYTES = 64;

/** Buttons of an inline keyboard, and of one of its rows. The vendor's page is silent; reported and measured by many:
 *  https://github.com/tginfo/Telegram-Limits/issues/228 */
export const INLINE_BUTTONS_MAX = 100;
/** See {@link INLINE_BUTTONS_MAX}. */
export const INLINE_ROW_BUTTONS_MAX = 8;

/** Bytes of a reply markup as JSON. https://github.com/tginfo/Telegram-Limits/issues/187 */
export const REPLY_MARKUP_MAX_BYTES = 10_240;

/** Characters of a callback answer. https://core.telegram.org/bots/api#answercallbackquery */
export const CALLBACK_ANSWER_MAX_UNITS = 200;

/** How long a callback query can be answered, in milliseconds. The vendor publishes no number, only the error
 *  ("query is too old and response timeout expired"); an option of the emulator overrides this. */
export const CALLBACK_ANSWER_WINDOW_MS = 60_000;

/** Commands of one scope and language. https://core.telegram.org/bots/api#setmycommands */
export const COMMANDS_MAX = 100;
/** Text of a command. https://core.telegram.org/bots/api#botcommand */
export const COMMAND_PATTERN = /^[a-z0-9_]{1,32}$/;
/** Characters of a command's description, 1 at least. https://core.telegram.org/bots/api#botcommand */
export const COMMAND_DESCRIPTION_MAX = 256;

/** Bytes of an uploaded document. https://core.telegram.org/bots/api#sending-files */
export const DOCUMENT_MAX_BYTES = 50 * 1024 * 1024;
/** Bytes of an uploaded photo. https://core.telegram.org/bots/api#sendphoto */
export const PHOTO_MAX_BYTES = 10 * 1024 * 1024;
/** Width plus height of a photo in pixels. https://core.telegram.org/bots/api#sendphoto */
export const PHOTO_MAX_SIDES = 10_000;
/** Long side over short side of a photo. https://core.telegram.org/bots/api#sendphoto */
export const PHOTO_MAX_RATIO = 20;
/** Bytes of a file that getFile gives. https://core.telegram.org/bots/api#getfile */
export const DOWNLOAD_MAX_BYTES = 20 * 1024 * 1024;
/** Items of an album. https://core.telegram.org/bots/api#sendmediagroup */
export const ALBUM_MIN_ITEMS = 2;
/** See {@link ALBUM_MIN_ITEMS}. */
export const ALBUM_MAX_ITEMS = 10;

/** Characters of a topic's name. https://core.telegram.org/bots/api#createforumtopic */
export const TOPIC_NAME_MAX = 128;
/** Characters of a forced reply's placeholder. https://core.telegram.org/bots/api#forcereply */
export const PLACEHOLDER_MAX = 64;
/** The colours that a topic icon can have. https://core.telegram.org/bots/api#createforumtopic */
export const TOPIC_COLOURS: readonly number[] = [7322096, 16766590, 13338331, 9367192, 16749490, 16478047];

/** Updates of one getUpdates answer. https://core.telegram.org/bots/api#getupdates */
export const UPDATES_LIMIT_MAX = 100;
/** Longest long poll in seconds. https://github.com/tdlib/telegram-bot-api (LONG_POLL_MAX_TIMEOUT). */
export const LONG_POLL_MAX_SECONDS = 50;
/** How long updates are kept, in milliseconds. https://core.telegram.org/bots/api#getting-updates */
export const UPDATE_KEPT_MS = 24 * 3_600_000;

/** Characters of a webhook's secret token. https://core.telegram.org/bots/api#setwebhook */
export const SECRET_TOKEN_MAX = 256;
/** Characters a secret token may have. https://core.telegram.org/bots/api#setwebhook */
export const SECRET_TOKEN_PATTERN = /^[A-Za-z0-9_-]*$/;
/** Ports a webhook may have. https://core.telegram.org/bots/api#setwebhook */
export const WEBHOOK_PORTS: readonly string[] = ['', '443', '80', '88', '8443'];
/** Simultaneous webhook connections: default and most. https://core.telegram.org/bots/api#setwebhook */
export const WEBHOOK_CONNECTIONS_DEFAULT = 40;
/** See {@link WEBHOOK_CONNECTIONS_DEFAULT}. */
export const WEBHOOK_CONNECTIONS_MAX = 100;
/** Slowest pace of webhook retries, and the longest Retry-After honoured, in milliseconds.
 *  https://github.com/tdlib/telegram-bot-api (WebhookActor::on_update_error). */
export const WEBHOOK_RETRY_MAX_MS = 60_000;
/** See {@link WEBHOOK_RETRY_MAX_MS}. */
export const WEBHOOK_RETRY_AFTER_MAX_MS = 3_600_000;

/** How long a message can be deleted, in milliseconds. https://core.telegram.org/bots/api#deletemessage */
export const DELETE_WINDOW_MS = 48 * 3_600_000;
/** `close` answers 429 for so long after the start, in milliseconds. https://core.telegram.org/bots/api#close */
export const CLOSE_REFUSED_MS = 600_000;

/** Messages a second in one chat. https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this */
export const CHAT_PER_SECOND = 1;
/** "Short bursts" that one chat tolerates; the page gives no number, so this is a strict reading of it. */
export const CHAT_BURST = 3;
/** Messages a minute in one group. https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this */
export const GROUP_PER_MINUTE = 20;
/** Messages a second in all. https://core.telegram.org/bots/faq#how-can-i-message-all-of-my-bot-39s-subscribers-at-once */
export const OVERALL_PER_SECOND = 30;
