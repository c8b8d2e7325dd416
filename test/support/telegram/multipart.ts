/** multipart/form-data as RFC 7578 says, bounded by the caller. */

/** An uploaded file. */
export interface Upload {
  readonly filename: string;
  readonly contentType: string;
  readonly data: Buffer;
}

/** Fields and files of a form. */
export interface Form {
  readonly fields: Map<string, string>;
  readonly files: Map<string, Upload>;
}

const HEADER_END = Buffer.from('\r\n\r\n');

function attribute(header: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}="((?:[^"\\\\]|\\\\.)*)"`, 'i').exec(header);
  return match?.[1]?.replace(/\\(.)/g, '$1');
}

/** Parses a form; `undefined` when it isn't one (a missing boundary, an unended part). */
export function parseMultipart(body: Buffer, contentType: string): Form | undefined {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary === undefined) return undefined;
  const fields = new Map<string, string>();
  const files = new Map<string, Upload>();
  const opening = Buffer.from(`--${boundary}`);
  const between = Buffer.from(`\r\n--${boundary}`);
  let at = body.indexOf(opening);
  if (at < 0) return undefined;
  at += opening.length;
  while (body.toString('latin1', at, at + 2) !== '--') {
    const headersEnd = body.indexOf(HEADER_END, at);
    const partEnd = headersEnd < 0 ? -1 : body.indexOf(between, headersEnd);
    if (partEnd < 0) return undefined;
    const headers = body.toString('utf8', at + 2, headersEnd);
    const data = body.subarray(headersEnd + HEADER_END.length, Math.max(partEnd, headersEnd + HEADER_END.length));
    const disposition = /content-disposition:([^\r\n]*)/i.exec(headers)?.[1] ?? '';
    const name = attribute(disposition, 'name');
    const filename = attribute(disposition, 'filename');
    if (name === undefined) return undefined;
    if (filename === undefined) fields.set(name, data.toString('utf8'));
    else {
      const type = /content-type:\s*([^\r\n]+)/i.exec(headers)?.[1] ?? 'application/octet-stream';
      files.set(name, { filename, contentType: type.trim(), data });
    }
    at = partEnd + between.length;
  }
  return { fields, files };
}
