import { Agent, type OutgoingHttpHeaders, request } from 'node:http';

/** An answer of the webhook. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Connections that are kept alive over a test's posts. */
export const keptAlive = (sockets: number): Agent => new Agent({ keepAlive: true, maxSockets: sockets });

/** Posts bytes to the webhook of a server on loopback. Rejects where no answer comes. */
export function post(
  url: string,
  body: Buffer | string,
  more: { readonly headers?: OutgoingHttpHeaders; readonly agent?: Agent } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}/webhooks/alertmanager`,
      {
        method: 'POST',
        ...(more.agent ? { agent: more.agent } : {}),
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...more.headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
