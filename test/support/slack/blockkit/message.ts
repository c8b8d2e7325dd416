import { ATTACHMENTS, MESSAGE_BLOCKS, MESSAGE_BLOCKS_TEXT_LENGTH, TABLE } from '../limits.ts';
import { codePoints, isObj, listOf, textOf } from '../value.ts';
import { checkBlocks } from './blocks.ts';
import { type Check, fail, fieldsOf, lineOf } from './check.ts';

/** A refusal of a message's content, as Slack words it. */
interface ContentFault {
  readonly error: 'invalid_blocks' | 'invalid_attachments' | 'msg_blocks_too_long' | 'too_many_attachments';
  readonly messages: readonly string[];
}

/** https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments#fields */
const ATTACHMENT_FIELDS = [
  ...['blocks', 'color', 'fallback', 'text', 'pretext', 'title', 'title_link', 'fields', 'footer', 'footer_icon', 'ts'],
  ...['author_name', 'author_link', 'author_icon', 'image_url', 'thumb_url', 'mrkdwn_in', 'callback_id'],
];

/**
 * The blocks and attachments of a message. Slack publishes no count over blocks and attachments together; one budget of 50 is taken.
 * https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/messaging/formatting-message-text#attachments
 */
export function checkContent(
  message: { readonly blocks?: unknown; readonly attachments?: unknown },
  fileProblem: Check['fileProblem'],
): ContentFault | undefined {
  const blocks: Check = { surface: 'message', fileProblem, problems: [] };
  if (message.blocks !== undefined) checkBlocks(blocks, message.blocks, '/blocks');
  if (blocks.problems.length > 0) return { error: 'invalid_blocks', messages: blocks.problems.map(lineOf) };
  const attachments = listOf(message.attachments);
  if (attachments.length > ATTACHMENTS) return { error: 'too_many_attachments', messages: [] };
  const check: Check = { surface: 'message', fileProblem, problems: [] };
  if (message.attachments !== undefined && !Array.isArray(message.attachments))
    fail(check, '/attachments', 'must provide an array');
  attachments.forEach((attachment, index) => {
    const at = `/attachments/${index}`;
    const fields = fieldsOf(check, attachment, at, { optional: ATTACHMENT_FIELDS });
    if (fields?.['blocks'] !== undefined) checkBlocks(check, fields['blocks'], `${at}/blocks`);
    const color = fields?.['color'];
    if (color !== undefined && !/^(good|warning|danger|#?[0-9a-fA-F]{3}|#?[0-9a-fA-F]{6})$/.test(String(color))) {
      fail(check, `${at}/color`, 'must be a valid color');
    }
  });
  const all = [...listOf(message.blocks), ...attachments.flatMap((a) => listOf(isObj(a) ? a['blocks'] : undefined))];
  if (all.length > MESSAGE_BLOCKS) fail(check, '/attachments', `no more than ${MESSAGE_BLOCKS} items allowed`);
  // https://docs.slack.dev/reference/block-kit/blocks/table-block#usage-info
  if (all.filter((b) => isObj(b) && b['type'] === 'table').length > TABLE.perMessage)
    fail(check, '/blocks', 'only_one_table_allowed');
  if (check.problems.length > 0) return { error: 'invalid_attachments', messages: check.problems.map(lineOf) };
  const length = textLength(all);
  if (length > MESSAGE_BLOCKS_TEXT_LENGTH) return { error: 'msg_blocks_too_long', messages: [`${length} characters`] };
  return undefined;
}

/** Code points of all text in blocks. */
function textLength(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + textLength(item), 0);
  if (!isObj(value)) return 0;
  return Object.entries(value).reduce((sum, [key, inner]) => {
    const text = key === 'text' || key === 'alt_text' ? textOf(inner) : undefined;
    return sum + (text === undefined ? textLength(inner) : codePoints(text));
  }, 0);
}
