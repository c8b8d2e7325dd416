import type { StoredFile } from '../world.ts';
import { type Api, type ApiReply, type ApiRequest, withFaults } from './api.ts';

function plain(status: number, body: string): ApiReply {
  return { is: 'reply', status, headers: { 'content-type': 'text/plain' }, body };
}

/** The bytes of an upload: the raw body, or the one file of a multipart form. */
async function bytesOf(request: ApiRequest): Promise<Uint8Array | undefined> {
  if (!request.contentType.startsWith('multipart/form-data')) return request.body;
  const form = await new Response(new Uint8Array(request.body), { headers: { 'content-type': request.contentType } })
    .formData()
    .catch(() => undefined);
  const files = [...(form?.values() ?? [])].filter((part) => typeof part !== 'string');
  return files.length === 1 && files[0] ? new Uint8Array(await files[0].arrayBuffer()) : undefined;
}

/** Step 2 of 3 of an upload: the bytes go to the ticket's URL. https://docs.slack.dev/messaging/working-with-files#upload */
export async function takeUpload(api: Api, request: ApiRequest): Promise<ApiReply> {
  const { world } = api;
  const file = [...world.files.values()].find((one) => one.ticket === request.name);
  const bytes = await bytesOf(request);
  return withFaults(api, { method: 'upload', channel: undefined, args: { file: file?.id } }, (call) => {
    const problem = problemOf(file, bytes, request.verb);
    if (problem !== undefined || !file || !bytes) {
      world.report('bad-upload', 'upload', problem ?? 'no bytes');
      call.outcome = 'refused';
      return plain(400, problem ?? 'no bytes');
    }
    file.bytes = bytes;
    return plain(200, `OK - ${bytes.length}`);
  });
}

function problemOf(file: StoredFile | undefined, bytes: Uint8Array | undefined, verb: string): string | undefined {
  if (verb !== 'POST') return `${verb} instead of POST`;
  if (!file) return 'unknown upload ticket';
  if (file.completed) return `${file.id} was completed before`;
  if (!bytes) return 'a multipart form needs exactly one file';
  return bytes.length === file.announcedBytes
    ? undefined
    : `${bytes.length} bytes instead of the announced ${file.announcedBytes}`;
}
