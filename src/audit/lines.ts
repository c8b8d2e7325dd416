import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { LOG_FILE } from './head.ts';
import { MAX_LINE_BYTES } from './record.ts';

/** One line with where it ends; `whole` is false for a last one without a line feed, and for one too long to be a record. */
export interface Line {
  readonly bytes: Buffer;
  readonly end: number;
  readonly whole: boolean;
}

const LF = 10;
const CHUNK_BYTES = 1024 * 1024;

/** The lines of a folder's log in bounded memory, line feeds included; ends after one that is too long. Throws what reading throws. */
export async function* readLines(dir: string): AsyncGenerator<Line> {
  const stream = createReadStream(join(dir, LOG_FILE), { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>;
  let rest = Buffer.alloc(0);
  let end = 0;
  for await (const chunk of stream) {
    const piece = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = piece.indexOf(LF); at !== -1; at = piece.indexOf(LF, from)) {
      const bytes = piece.subarray(from, at + 1);
      end += bytes.length;
      from = at + 1;
      yield { bytes, end, whole: bytes.length <= MAX_LINE_BYTES };
    }
    rest = Buffer.from(piece.subarray(from));
    if (rest.length > MAX_LINE_BYTES) break;
  }
  if (rest.length > 0) yield { bytes: rest, end: end + rest.length, whole: false };
}

/**
 * Every line of a folder's audit as it stands, oldest first, without line feeds; a last one that isn't whole is left out. Takes no lock
 * and judges nothing: `verifyFile` does. Throws what reading throws.
 */
export async function* exportLines(dir: string): AsyncGenerator<string> {
  for await (const { bytes, whole } of readLines(dir)) {
    if (whole) yield bytes.toString('utf8', 0, bytes.length - 1);
  }
}
