import type { TelegramEmulator } from '../support/telegram/telegram.ts';
import type { JsonObject } from '../support/telegram/wire.ts';

/** An answer of the Bot API with its HTTP status. */
export interface Answer {
  readonly status: number;
  readonly ok: boolean;
  readonly result: JsonObject;
  readonly description: string;
  readonly parameters?: { readonly retry_after?: number; readonly migrate_to_chat_id?: number };
}

/** Calls a method with a JSON body. */
export async function call(
  tg: TelegramEmulator,
  method: string,
  body: JsonObject = {},
  signal?: AbortSignal,
): Promise<Answer> {
  const response = await fetch(`${tg.apiRoot.replace(/\/$/, '')}/bot${tg.token}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
  return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) };
}

/** Calls a method with a form that carries files. */
export async function upload(
  tg: TelegramEmulator,
  method: string,
  fields: Record<string, string>,
  files: Record<string, Buffer>,
): Promise<Answer> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (const [name, data] of Object.entries(files)) form.set(name, new Blob([new Uint8Array(data)]), `${name}.png`);
  const response = await fetch(`${tg.apiRoot}/bot${tg.token}/${method}`, { method: 'POST', body: form });
  return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) };
}

/** A PNG's signature and header with these dimensions, padded to `sizeBytes`: all that the server's checks look at. */
export function png(width: number, height: number, sizeBytes = 64): Buffer {
  const data = Buffer.alloc(Math.max(sizeBytes, 33));
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]).copy(data);
  data.write('IHDR', 12, 'latin1');
  data.writeUInt32BE(width, 16);
  data.writeUInt32BE(height, 20);
  return data;
}
