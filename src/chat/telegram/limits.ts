/** The vendor's numbers. Each with the page that states it; a margin of our own is said so. */

/** UTF-16 code units of a message after entity parsing. https://core.telegram.org/bots/api#sendmessage */
export const TEXT_MAX = 4096;
/** UTF-16 code units of a caption after entity parsing. https://core.telegram.org/bots/api#sendphoto */
export const CAPTION_MAX = 1024;
/** Formatting entities of a message, two below what is kept: past 100 the rest loses its formatting. https://limits.tginfo.me/en */
export const ENTITIES_MAX = 98;
/** Bytes of a message's HTML, below the 32,768 that the server reads. https://github.com/tdlib/telegram-bot-api (get_formatted_text) */
export const HTML_MAX_BYTES = 30_000;
/** A link longer than this is shown as text; a bound of our own. */
export const HREF_MAX = 1024;
/** Bytes of callback_data. https://core.telegram.org/bots/api#inlinekeyboardbutton */
export const CALLBACK_DATA_MAX_BYTES = 64;
/** Bytes of a reply markup as JSON, below the 10,240 that were measured. https://github.com/tginfo/Telegram-Limits/issues/187 */
export const MARKUP_MAX_BYTES = 10_000;
/** Buttons of an inline keyboard. https://github.com/tginfo/Telegram-Limits/issues/228 */
export const BUTTONS_MAX = 100;
/** Commands of a menu, letters of a description. https://core.telegram.org/bots/api#setmycommands */
export const COMMANDS_MAX = 100;
/** See {@link COMMANDS_MAX}. */
export const DESCRIPTION_MAX = 256;
/** What a command may be called. https://core.telegram.org/bots/api#botcommand */
export const COMMAND_NAME = /^[a-z0-9_]{1,32}$/;
/** Characters of a forced reply's placeholder. https://core.telegram.org/bots/api#forcereply */
export const PLACEHOLDER_MAX = 64;
/** Characters of a topic's name. https://core.telegram.org/bots/api#createforumtopic */
export const TOPIC_NAME_MAX = 128;
/** Width plus height of a photo in pixels, and long side over short side. https://core.telegram.org/bots/api#sendphoto */
export const PHOTO_SIDES_MAX = 10_000;
/** See {@link PHOTO_SIDES_MAX}. */
export const PHOTO_RATIO_MAX = 20;
/** Bytes of a photo. https://core.telegram.org/bots/api#sendphoto */
export const PHOTO_MAX_BYTES = 10 * 1024 * 1024;

/** Seconds of one long poll; the server cuts at 50. https://github.com/tdlib/telegram-bot-api (LONG_POLL_MAX_TIMEOUT) */
export const POLL_SECONDS = 50;
/** Updates of one poll. https://core.telegram.org/bots/api#getupdates */
export const POLL_LIMIT = 100;
/** How long the server keeps updates, in ms. https://core.telegram.org/bots/api#getting-updates */
export const UPDATES_KEPT_MS = 24 * 3_600_000;
/** The updates that are asked for. https://core.telegram.org/bots/api#update */
export const ALLOWED_UPDATES = ['message', 'callback_query', 'my_chat_member'] as const;

/** One message a second in a chat, "short bursts" of three. https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this */
export const CHAT_INTERVAL_MS = 1000;
/** See {@link CHAT_INTERVAL_MS}; the page names no number, so this is a careful reading. */
export const CHAT_BURST = 3;
/** Messages a minute in a group. Same page. */
export const GROUP_PER_MINUTE = 20;
/** How many of them are kept for what is urgent (roots, answers): a number of our own, so that a rush shows every incident before all evidence. */
export const GROUP_RESERVED = 12;
/** Messages a second in all, one below the page's 30. https://core.telegram.org/bots/faq#how-can-i-message-all-of-my-bot-39s-subscribers-at-once */
export const OVERALL_PER_SECOND = 29;
