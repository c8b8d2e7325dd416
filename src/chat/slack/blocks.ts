/**
 * The few of Slack's blocks that messages are made of: those in which text is only text. https://docs.slack.dev/reference/block-kit/blocks
 * No mrkdwn anywhere: in it Slack would read mentions, channels and links out of a log line.
 */

/** Runs of a rich text. */
export type Run =
  | { readonly type: 'text'; readonly text: string; readonly style?: { readonly bold?: true; readonly code?: true } }
  | { readonly type: 'link'; readonly url: string; readonly text: string }
  | { readonly type: 'user'; readonly user_id: string }
  | { readonly type: 'emoji'; readonly name: string };

/** A paragraph. */
export interface Paragraph {
  readonly type: 'rich_text_section';
  readonly elements: readonly Run[];
}

/** Parts of a rich text. */
export type Part =
  | Paragraph
  | { readonly type: 'rich_text_list'; readonly style: 'bullet'; readonly elements: readonly Paragraph[] }
  | { readonly type: 'rich_text_preformatted'; readonly elements: readonly Run[] };

/** A button of an actions block. */
export interface ButtonElement {
  readonly type: 'button';
  readonly action_id: string;
  readonly text: { readonly type: 'plain_text'; readonly text: string; readonly emoji: false };
  readonly value: string;
  readonly style?: 'primary' | 'danger';
}

/** The blocks in use. */
export type SlackBlock =
  | { readonly type: 'rich_text'; readonly elements: readonly Part[] }
  | {
      readonly type: 'context';
      readonly elements: readonly { readonly type: 'plain_text'; readonly text: string; readonly emoji: false }[];
    }
  | { readonly type: 'actions'; readonly elements: readonly ButtonElement[] }
  | { readonly type: 'divider' };

/** Length as Slack counts it: code points. */
export function pointsOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((all, item) => all + of(item), 0);
const ofRuns = (runs: readonly Run[]): number => sum(runs, (run) => ('text' in run ? pointsOf(run.text) : 0));
const ofPart = (part: Part): number =>
  part.type === 'rich_text_list' ? sum(part.elements, ({ elements }) => ofRuns(elements)) : ofRuns(part.elements);

function ofBlock(block: SlackBlock): number {
  switch (block.type) {
    case 'rich_text':
      return sum(block.elements, ofPart);
    case 'context':
      return sum(block.elements, ({ text }) => pointsOf(text));
    case 'actions':
      return sum(block.elements, ({ text }) => pointsOf(text.text));
    case 'divider':
      return 0;
  }
}

/** Code points of all text in blocks. */
export function textOfBlocks(blocks: readonly SlackBlock[]): number {
  return sum(blocks, ofBlock);
}

/** At most `max` blocks: from the back, neighbours of rich text become one. Nothing is lost while that suffices. */
export function joined(blocks: readonly SlackBlock[], max: number): readonly SlackBlock[] {
  const all = [...blocks];
  for (let at = all.length - 1; at > 0 && all.length > max; at -= 1) {
    const [before, here] = [all[at - 1], all[at]];
    if (before?.type === 'rich_text' && here?.type === 'rich_text')
      all.splice(at - 1, 2, { type: 'rich_text', elements: [...before.elements, ...here.elements] });
  }
  return all;
}
