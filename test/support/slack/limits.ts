/**
 * The numbers of Slack's platform. Each cites the page it stands on (docs.slack.dev, read in 2026); lengths are Unicode code points.
 * Where the vendor publishes no number the comment says whose observation it is; such a number is on the strict side.
 */

/** Blocks of a message. https://docs.slack.dev/reference/block-kit/blocks */
export const MESSAGE_BLOCKS = 50;
/** Blocks of a modal or Home tab. https://docs.slack.dev/reference/views */
export const VIEW_BLOCKS = 100;
/** A view's JSON in bytes ("250kb", `view_too_large`). https://docs.slack.dev/reference/methods/views.open */
export const VIEW_BYTES = 250 * 1024;
/** `block_id` and `action_id`. https://docs.slack.dev/reference/block-kit/blocks/section-block */
export const ID_LENGTH = 255;
/** `callback_id` and `external_id` of a view. https://docs.slack.dev/reference/views/modal-views */
export const CALLBACK_ID_LENGTH = 255;
/** `private_metadata` of a view. https://docs.slack.dev/reference/views/modal-views */
export const PRIVATE_METADATA_LENGTH = 3_000;
/** Title, submit and close of a modal. https://docs.slack.dev/reference/views/modal-views */
export const MODAL_TITLE_LENGTH = 24;
/** A text object, when its place has no smaller limit. https://docs.slack.dev/reference/block-kit/composition-objects/text-object */
export const TEXT_LENGTH = 3_000;
/** https://docs.slack.dev/reference/block-kit/blocks/header-block */
export const HEADER_LENGTH = 150;
/** https://docs.slack.dev/reference/block-kit/blocks/section-block */
export const SECTION_TEXT_LENGTH = 3_000;
/** https://docs.slack.dev/reference/block-kit/blocks/section-block */
export const SECTION_FIELDS = 10;
/** https://docs.slack.dev/reference/block-kit/blocks/section-block */
export const SECTION_FIELD_LENGTH = 2_000;
/** https://docs.slack.dev/reference/block-kit/blocks/context-block */
export const CONTEXT_ELEMENTS = 10;
/** https://docs.slack.dev/reference/block-kit/blocks/actions-block */
export const ACTIONS_ELEMENTS = 25;
/** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
export const BUTTON_TEXT_LENGTH = 75;
/** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
export const BUTTON_VALUE_LENGTH = 2_000;
/** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
export const URL_LENGTH = 3_000;
/** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
export const ACCESSIBILITY_LABEL_LENGTH = 75;
/** Options and option groups of a select. https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element */
export const SELECT_OPTIONS = 100;
/** https://docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element */
export const OVERFLOW_OPTIONS = 5;
/** https://docs.slack.dev/reference/block-kit/block-elements/radio-button-group-element and checkboxes-element */
export const CHOICE_OPTIONS = 10;
/** Text and description of an option. https://docs.slack.dev/reference/block-kit/composition-objects/option-object */
export const OPTION_TEXT_LENGTH = 75;
/** Value of an option; the object's page says 150, the SDK's types say 75: the smaller one. */
export const OPTION_VALUE_LENGTH = 75;
/** https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element */
export const PLACEHOLDER_LENGTH = 150;
/** https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object */
export const CONFIRM = { title: 100, text: 300, button: 30 } as const;
/** Label and hint of an input block. https://docs.slack.dev/reference/block-kit/blocks/input-block */
export const INPUT_LABEL_LENGTH = 2_000;
/** Greatest `min_length`/`max_length`. https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element */
export const INPUT_LENGTH = 3_000;
/** `image_url`, `alt_text` and title. https://docs.slack.dev/reference/block-kit/blocks/image-block */
export const IMAGE = { url: 3_000, alt: 2_000, title: 2_000 } as const;
/** One table a message, its rows, its cells in a row. https://docs.slack.dev/reference/block-kit/blocks/table-block */
export const TABLE = { rows: 100, cells: 20, columnSettings: 20, perMessage: 1 } as const;
/** Deepest `indent` of a rich text list. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block */
export const LIST_INDENT = 8;
/** https://docs.slack.dev/reference/block-kit/blocks/markdown-block */
export const MARKDOWN_LENGTH = 12_000;
/**
 * All text of a message's blocks together (`msg_blocks_too_long`). Slack publishes no number; 13,172 to 13,297 were observed
 * (https://github.com/slackapi/bolt-js/issues/2509) and 13,202 (https://github.com/metabase/metabase/pull/79908).
 */
export const MESSAGE_BLOCKS_TEXT_LENGTH = 13_000;
/** `text` beyond this is cut off on posting. https://docs.slack.dev/changelog/2018-truncating-really-long-messages */
export const POST_TEXT_CUT = 40_000;
/** Best kept within on posting, and refused beyond on updating (`msg_too_long`). https://docs.slack.dev/reference/methods/chat.update */
export const UPDATE_TEXT_LENGTH = 4_000;
/** https://docs.slack.dev/reference/methods/chat.postMessage (`too_many_attachments`) */
export const ATTACHMENTS = 100;
/** `metadata_too_large` has no published number; this is a cautious one, in bytes of JSON. */
export const METADATA_BYTES = 8_000;
/** Length of an image's description. https://docs.slack.dev/reference/methods/files.getUploadURLExternal (`alt_txt_too_large`) */
export const ALT_TXT_LENGTH = 1_000;
/** Snippets are limited to 1 MB. https://docs.slack.dev/reference/methods/files.getUploadURLExternal */
export const SNIPPET_BYTES = 1_024 * 1_024;
/** Channels a file is shared to at once. https://docs.slack.dev/reference/methods/files.completeUploadExternal */
export const SHARE_CHANNELS = 100;
/** Most messages of a page. https://docs.slack.dev/reference/methods/conversations.history */
export const HISTORY_LIMIT = 999;
/** https://docs.slack.dev/reference/methods/conversations.replies */
export const REPLIES_LIMIT = 1_000;

/** Time to acknowledge a command, an interaction or an event. https://docs.slack.dev/interactivity/handling-user-interaction */
export const ACK_MS = 3_000;
/** Life of a trigger_id, usable once. https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses */
export const TRIGGER_MS = 3_000;
/** A response_url: 5 uses within 30 minutes. https://docs.slack.dev/interactivity/handling-user-interaction#message_responses */
export const RESPONSE_URL = { uses: 5, lifeMs: 30 * 60_000 } as const;
/** Retries of an event: nearly at once, after a minute, after five. https://docs.slack.dev/apis/events-api#retries */
export const EVENT_RETRY_MS = [0, 60_000, 300_000] as const;
/** Connections an app may hold at once. https://docs.slack.dev/apis/events-api/using-socket-mode */
export const SOCKETS = 10;
/** From `warning` to the end of the connection. https://docs.slack.dev/apis/events-api/using-socket-mode#disconnect */
export const SOCKET_WARNING_MS = 10_000;

/** Calls a minute of each tier, per method, app and workspace. https://docs.slack.dev/apis/web-api/rate-limits */
export const TIER_PER_MINUTE = { t1: 1, t2: 20, t3: 50, t4: 100 } as const;
/** Special tier of auth.test and chat.getPermalink: "hundreds of requests per minute". https://docs.slack.dev/reference/methods/auth.test */
export const HUNDREDS_PER_MINUTE = 300;
/**
 * chat.postMessage: 1 a second a channel, "short bursts >1 allowed" without a number (https://docs.slack.dev/apis/web-api/rate-limits).
 * 25 to 30 were observed to pass; 3 are granted here.
 */
export const POST_PER_SECOND = 1;
/** See POST_PER_SECOND. */
export const POST_BURST = 3;
/** chat.postMessage, whole workspace: "several hundred messages per minute". https://docs.slack.dev/reference/methods/chat.postMessage */
export const POST_PER_MINUTE_WORKSPACE = 300;
