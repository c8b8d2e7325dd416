import { type FileHandle, open } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The least that a webhook can be, to compare with: reads and parses the body and answers. With a file as first argument it also appends
 * the body and answers after an fdatasync that all share who wait. Prints its URL.
 */
const path = process.argv[2];
const file: FileHandle | undefined = path === undefined ? undefined : await open(path, 'a');
let queue: { readonly text: string; readonly done: () => void }[] = [];
let isRunning = false;

async function drain(into: FileHandle): Promise<void> {
  isRunning = true;
  while (queue.length > 0) {
    const batch = queue;
    queue = [];
    await into.write(batch.map(({ text }) => text).join(''));
    await into.datasync();
    for (const { done } of batch) done();
  }
  isRunning = false;
}

const ANSWER = JSON.stringify({ status: 'stored' });

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const text = Buffer.concat(chunks).toString('utf8');
    JSON.parse(text);
    const answer = (): void => {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': ANSWER.length });
      response.end(ANSWER);
    };
    if (!file) return answer();
    queue.push({ text: `${text}\n`, done: answer });
    if (!isRunning) void drain(file);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
