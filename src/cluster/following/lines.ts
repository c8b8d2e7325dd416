import { DaytwoError } from '../../lib/errors.ts';

const NEWLINE = 10;

/**
 * Takes a stream apart into lines, without their ends. What comes after the last newline was cut off and is left out.
 * @throws DaytwoError too-large for a line of more than `maxBytes`; whatever the stream throws
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      const rest = chunk.subarray(from, to);
      if (size + rest.byteLength > maxBytes) throw tooLong(maxBytes);
      yield size === 0 ? rest.toString() : Buffer.concat([...begun, rest]).toString();
      begun = [];
      size = 0;
      from = to + 1;
    }
    if (from === chunk.byteLength) continue;
    const rest = chunk.subarray(from);
    size += rest.byteLength;
    if (size > maxBytes) throw tooLong(maxBytes);
    begun.push(rest);
  }
}

const tooLong = (maxBytes: number): DaytwoError =>
  new DaytwoError('too-large', `A line of more than ${maxBytes / 1024 / 1024} MiB came from the cluster.`);
