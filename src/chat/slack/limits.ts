/** The vendor's numbers that this chat stays within, each with its page. Lengths are Unicode code points. */

/** Blocks of a message. https://docs.slack.dev/reference/block-kit/blocks */
export const MESSAGE_BLOCKS = 50;
/** Blocks of a Home tab. https://docs.slack.dev/reference/views */
export const VIEW_BLOCKS = 100;
/**
 * All text of a message's blocks. Slack publishes no number; messages were refused (`msg_blocks_too_long`) from 13,172 on:
 * https://github.com/slackapi/bolt-js/issues/2509. This stays well below.
 */
export const MESSAGE_TEXT = 11_500;
/** Text of a Home tab: its JSON may have 250 kB (https://docs.slack.dev/reference/methods/views.publish), this is far less. */
export const VIEW_TEXT = 20_000;
/** A plain_text object. https://docs.slack.dev/reference/block-kit/composition-objects/text-object */
export const PLAIN_TEXT = 3_000;
/** Elements of an actions block. https://docs.slack.dev/reference/block-kit/blocks/actions-block */
export const ACTIONS = 25;
/** Title and buttons of a modal; label and hint of an input block; its longest line. https://docs.slack.dev/reference/views/modal-views,
 * https://docs.slack.dev/reference/block-kit/blocks/input-block and block-elements/plain-text-input-element */
export const MODAL = { title: 24, label: 2_000, line: 3_000 } as const;
/** Life of a trigger_id. https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses */
export const TRIGGER_MS = 3_000;
/** Text, value and URL of a button; a link's URL is held to the same. https://docs.slack.dev/reference/block-kit/block-elements/button-element */
export const BUTTON = { text: 75, value: 2_000, url: 3_000 } as const;
/** `text` of chat.update beyond this is `msg_too_long`. https://docs.slack.dev/reference/methods/chat.update */
export const FALLBACK_TEXT = 4_000;
/** An uploaded picture's description. https://docs.slack.dev/reference/methods/files.getUploadURLExternal (`alt_txt_too_large`) */
export const ALT_TEXT = 1_000;

/** Commands and interactions must be acknowledged in 3 s (https://docs.slack.dev/interactivity/handling-user-interaction): half a second is the wire's. */
export const ACK_MS = 2_500;
/** How far a request's time may be from ours, on either side. https://docs.slack.dev/authentication/verifying-requests-from-slack */
export const CLOCK_SKEW_MS = 5 * 60_000;

/**
 * chat.postMessage: one a second in a channel, "short bursts" without a number (https://docs.slack.dev/apis/web-api/rate-limits), and
 * "several hundred" a minute in a workspace (https://docs.slack.dev/reference/methods/chat.postMessage).
 */
export const POSTS = { burst: 3, perSecond: 1, workspacePerMinute: 240 } as const;
/** Calls a minute of a method by its tier. https://docs.slack.dev/apis/web-api/rate-limits */
export const TIERS = { t2: 20, t3: 50, t4: 100, special: 300 } as const;

/** App manifest. https://docs.slack.dev/reference/app-manifest */
export const MANIFEST = { name: 35, description: 140, commands: 50, command: 32, hint: 1_000, about: 2_000 } as const;
