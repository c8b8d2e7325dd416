/** Files on the server: uploads, their ids, and what a photo must be. https://core.telegram.org/bots/api#sending-files */
import { createHash } from 'node:crypto';
import { ApiFailure, badRequest } from './failure.ts';
import { DOCUMENT_MAX_BYTES, DOWNLOAD_MAX_BYTES, PHOTO_MAX_BYTES, PHOTO_MAX_RATIO, PHOTO_MAX_SIDES } from './limits.ts';
import type { Upload } from './multipart.ts';
import type { Params } from './params.ts';
import type { JsonObject, TgDocument, TgPhotoSize } from './wire.ts';

/** A file as the server keeps it. */
export interface StoredFile {
  readonly id: string;
  readonly uniqueId: string;
  readonly kind: 'Photo' | 'Document';
  readonly path: string;
  readonly upload: Upload;
  readonly width: number;
  readonly height: number;
}

/** Pixels of a PNG, GIF or JPEG; `undefined` when it is none of them. */
function dimensions(data: Buffer): { width: number; height: number } | undefined {
  if (data.length >= 24 && data.readUInt32BE(0) === 0x89504e47) {
    return { width: data.readUInt32BE(16), height: data.readUInt32BE(20) };
  }
  if (data.length >= 10 && data.toString('latin1', 0, 3) === 'GIF') {
    return { width: data.readUInt16LE(6), height: data.readUInt16LE(8) };
  }
  if (data.length < 4 || data.readUInt16BE(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 < data.length && data[at] === 0xff; at += 2 + data.readUInt16BE(at + 2)) {
    const marker = data[at + 1] ?? 0;
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) return { height: data.readUInt16BE(at + 5), width: data.readUInt16BE(at + 7) };
  }
  return undefined;
}

/** Keeps uploads and finds them by id. */
export class Files {
  readonly #byId = new Map<string, StoredFile>();

  /** Checks and keeps an upload. Throws what the server says of an empty, too large or misshapen one. */
  put(kind: StoredFile['kind'], upload: Upload): StoredFile {
    if (upload.data.length === 0) throw badRequest('File must be non-empty');
    const size = kind === 'Photo' ? photoSize(upload.data) : { width: 0, height: 0 };
    if (kind === 'Document' && upload.data.length > DOCUMENT_MAX_BYTES)
      throw new ApiFailure(413, 'Request Entity Too Large');
    const uniqueId = createHash('sha256').update(kind).update(upload.data).digest('base64url').slice(0, 16);
    const id = `${kind === 'Photo' ? 'AgAC' : 'BQAC'}${uniqueId}${this.#byId.size.toString(36)}`;
    const path = `${kind === 'Photo' ? 'photos' : 'documents'}/file_${this.#byId.size}`;
    const file: StoredFile = { id, uniqueId, kind, path, upload, ...size };
    this.#byId.set(id, file);
    return file;
  }

  /** The file that a parameter names: an upload, or the id of one. Throws 400 for an unknown id or another kind. */
  take(kind: StoredFile['kind'], params: Params, name: string, value = params.text(name)): StoredFile {
    const upload = params.upload(name, value);
    if (upload !== undefined) return this.put(kind, upload);
    if (value === '') throw badRequest(`There is no ${kind.toLowerCase()} in the request`);
    if (/^https?:/i.test(value)) {
      params.report('unsupported', `${name} by URL: the emulator fetches nothing`);
      throw badRequest('Failed to get HTTP URL content');
    }
    const file = this.#byId.get(value);
    if (file === undefined) throw badRequest('Wrong file identifier/HTTP URL specified');
    if (file.kind !== kind) throw badRequest(`Can't use file of type ${file.kind} as ${kind}`);
    return file;
  }

  /** https://core.telegram.org/bots/api#getfile. Throws 400 for an unknown id or a file that can't be downloaded. */
  info(id: string): JsonObject {
    const file = this.#byId.get(id);
    if (file === undefined) throw badRequest('invalid file_id');
    if (file.upload.data.length > DOWNLOAD_MAX_BYTES) throw badRequest('file is too big');
    return {
      file_id: file.id,
      file_unique_id: file.uniqueId,
      file_size: file.upload.data.length,
      file_path: file.path,
    };
  }

  /** The bytes under a path that getFile gave. */
  at(path: string): Buffer | undefined {
    return [...this.#byId.values()].find((file) => file.path === path)?.upload.data;
  }

  /** The bytes of a file, for tests that look at a picture. */
  bytes(id: string): Buffer | undefined {
    return this.#byId.get(id)?.upload.data;
  }
}

function photoSize(data: Buffer): { width: number; height: number } {
  if (data.length > PHOTO_MAX_BYTES) {
    throw badRequest(
      `File of size ${data.length} bytes is too big for a photo; the maximum size is ${PHOTO_MAX_BYTES} bytes`,
    );
  }
  const size = dimensions(data);
  if (size === undefined) throw badRequest('IMAGE_PROCESS_FAILED');
  const { width, height } = size;
  const ratio = Math.max(width, height) / Math.max(1, Math.min(width, height));
  if (width + height > PHOTO_MAX_SIDES || ratio > PHOTO_MAX_RATIO) throw badRequest('PHOTO_INVALID_DIMENSIONS');
  return size;
}

/** https://core.telegram.org/bots/api#photosize */
export function photoObject(file: StoredFile): TgPhotoSize {
  const { id, uniqueId, width, height, upload } = file;
  return { file_id: id, file_unique_id: uniqueId, width, height, file_size: upload.data.length };
}

/** https://core.telegram.org/bots/api#document */
export function documentObject(file: StoredFile): TgDocument {
  return {
    file_id: file.id,
    file_unique_id: file.uniqueId,
    file_name: file.upload.filename,
    mime_type: file.upload.contentType,
    file_size: file.upload.data.length,
  };
}
