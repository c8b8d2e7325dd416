import type { Card, Picture } from '../message.ts';
import { cardText } from '../plainText.ts';
import type { Delivery } from '../port.ts';
import type { SharedFile } from './files.ts';

/** Bytes of a card's text in a file: more than any card holds. */
const REST_BYTES = 900_000;

/** The picture of a card that is nothing else. */
export function pictureOf({ blocks }: Card): Picture | undefined {
  const [only] = blocks;
  return blocks.length === 1 && only?.kind === 'picture' ? only.picture : undefined;
}

/** A file's name that says what it is of. */
function fileName({ message }: Pick<Delivery, 'message'>, ending: string): string {
  return `${message.replaceAll(/[^A-Za-z0-9-]+/g, '-').slice(0, 60)}.${ending}`;
}

/** A picture as a file. Slack's clients show it on light and dark alike: the light one reads on both. */
export function pictureFile(
  delivery: Delivery,
  picture: Picture,
  getBlob: (id: string) => Promise<Uint8Array | undefined>,
): SharedFile {
  return {
    key: delivery.id,
    name: fileName(delivery, 'png'),
    title: delivery.card.title,
    alt: picture.alt,
    bytes: () => getBlob(picture.light),
  };
}

/** A whole card as a text file, for one that had to be cut. */
export function restFile(delivery: Delivery): SharedFile {
  return {
    key: `${delivery.id}/rest`,
    name: fileName(delivery, 'txt'),
    title: delivery.card.title,
    bytes: async () => Buffer.from(cardText(delivery.card)).subarray(0, REST_BYTES),
  };
}
