import { inert } from '../../lib/text.ts';
import type { Card, Mention, Picture } from '../message.ts';
import { cardText } from '../plainText.ts';
import type { Delivery } from '../port.ts';
import type { Upload } from './api.ts';
import { keyboardOf } from './keyboard.ts';
import { PHOTO_MAX_BYTES, PHOTO_RATIO_MAX, PHOTO_SIDES_MAX } from './limits.ts';
import { type Rendered, renderCard } from './render.ts';

/** Parameters of a call. */
export type Payload = Readonly<Record<string, unknown>>;

/** The widest cell of a table in a file, in characters: all of it, but for what would only be padding. */
const FILE_CELL_MAX = 500;

/** Roots that get a topic of their own in a forum: incidents and requests, not answers and notices. */
export function deservesTopic({ thread, replyTo, message }: Delivery): boolean {
  return !thread && replyTo === undefined && /^[A-Z]+-\d+$/.test(message);
}

/** The only picture of a card that is made for one, and what it says beside it. */
export function pictureOf(card: Card): { readonly picture: Picture; readonly words: Card } | undefined {
  const pictures = card.blocks.flatMap((block) => (block.kind === 'picture' ? [block.picture] : []));
  const [picture] = pictures;
  if (picture === undefined || pictures.length > 1 || card.blocks.some(({ kind }) => kind === 'section'))
    return undefined;
  const blocks = card.blocks.map((block) =>
    block.kind === 'picture' ? ({ kind: 'quiet', text: picture.alt } as const) : block,
  );
  return { picture, words: { ...card, blocks } };
}

/** Whether Telegram takes the picture as a photo; else it goes as a document. */
export const isPhoto = ({ width, height }: Picture, bytes: Uint8Array): boolean =>
  bytes.length <= PHOTO_MAX_BYTES &&
  width + height <= PHOTO_SIDES_MAX &&
  Math.max(width, height) <= PHOTO_RATIO_MAX * Math.max(1, Math.min(width, height));

/** Where the rest of a message is, as a sentence. `file`: it comes right after as a document. */
export function whereIsTheRest(delivery: Delivery, publicUrl: string | undefined, file: boolean): string {
  if (file) return 'This is not all of it: the file below has the rest.';
  const incident = /^(INC-\d+)/.exec(delivery.thread?.root ?? delivery.message)?.[1];
  if (publicUrl !== undefined)
    return `This is not all of it: ${new URL(incident === undefined ? '/' : `/#${incident}`, publicUrl).href}`;
  return `This is not all of it: the console has the rest${incident === undefined ? '' : `, or /triage ${incident}`}.`;
}

/** The text of a delivery, and the file with all of it where a new message can't hold it. An edit brings no file. */
export function textOf(
  delivery: Delivery,
  { publicUrl, mention }: { readonly publicUrl?: string | undefined; readonly mention?: Mention | undefined },
): { readonly rendered: Rendered; readonly file: Upload | undefined } {
  const posts = delivery.do === 'post';
  const rendered = renderCard(delivery.card, { where: whereIsTheRest(delivery, publicUrl, posts), mention });
  return { rendered, file: posts && rendered.cut && !pictureOf(delivery.card) ? fileOf(delivery) : undefined };
}

/** As JSON text: in a form telegraf 4.16.3 drops it otherwise, and the server reads both. A root that was deleted is no obstacle. */
export function replyJson(message: number): string {
  return JSON.stringify({ message_id: message, allow_sending_without_reply: true });
}

/** The keyboard as it must be sent with every post and every edit: an edit without it takes it away. */
export function markup({ buttons }: Card): Payload {
  const keyboard = keyboardOf(buttons);
  return keyboard === undefined ? {} : { reply_markup: keyboard };
}

function fileOf({ card, message }: Delivery): Upload {
  const name = message.replace(/[^A-Za-z0-9-]+/g, '-').slice(0, 60);
  return {
    source: Buffer.from(inert(cardText({ ...card, buttons: [] }, FILE_CELL_MAX)), 'utf8'),
    filename: `${name}.txt`,
  };
}
