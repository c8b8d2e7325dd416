import type { IncomingMessage } from 'node:http';
import { ApiFailure, badRequest } from './failure.ts';
import { DOCUMENT_MAX_BYTES } from './limits.ts';
import { parseMultipart, type Upload } from './multipart.ts';
import { isObject, type Json } from './wire.ts';

/** Room for the form around the largest document, in bytes. */
const FORM_OVERHEAD_BYTES = 1024 * 1024;

/** Parameters of a request. `typed` tells that they came as JSON, where types count; else every value is text. */
export interface RequestBody {
  readonly values: Map<string, Json>;
  readonly files: Map<string, Upload>;
  readonly typed: boolean;
}

/** Reads a body whole. Throws 413 as the vendor's front does when it is larger than any upload may be. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const data: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += data.length;
    if (size <= DOCUMENT_MAX_BYTES + FORM_OVERHEAD_BYTES) chunks.push(data);
  }
  if (size > DOCUMENT_MAX_BYTES + FORM_OVERHEAD_BYTES) throw new ApiFailure(413, 'Request Entity Too Large');
  return Buffer.concat(chunks);
}

/**
 * Parameters from the query string and the body: JSON, urlencoded or multipart.
 * https://core.telegram.org/bots/api#making-requests. Throws 400 when the body can't be parsed.
 */
export function parseBody(body: Buffer, contentType: string, query: URLSearchParams): RequestBody {
  const values = new Map<string, Json>(query);
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json') {
    if (body.length === 0) return { values, files: new Map(), typed: true };
    const parsed = parseJson(body.toString('utf8'));
    if (!isObject(parsed)) throw badRequest("Can't parse JSON object");
    for (const [key, value] of Object.entries(parsed))
      if (value !== undefined && value !== null) values.set(key, value);
    return { values, files: new Map(), typed: true };
  }
  if (type === 'multipart/form-data') {
    const form = parseMultipart(body, contentType);
    if (form === undefined) throw badRequest("Can't parse multipart form");
    for (const [key, value] of form.fields) values.set(key, value);
    return { values, files: form.files, typed: false };
  }
  for (const [key, value] of new URLSearchParams(body.toString('utf8'))) values.set(key, value);
  return { values, files: new Map(), typed: false };
}

/** JSON, or `undefined` when it isn't. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
