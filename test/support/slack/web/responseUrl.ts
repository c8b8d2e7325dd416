import { checkContent } from '../blockkit/message.ts';
import { RESPONSE_URL } from '../limits.ts';
import { edit, post, remove } from '../messages.ts';
import { isObj, listOf, type Obj, textOf } from '../value.ts';
import type { StoredMessage, StoredResponseUrl, World } from '../world.ts';
import { type Api, type ApiReply, type ApiRequest, withFaults } from './api.ts';
import { fileProblem } from './methods/content.ts';

/** Fields of a response. https://docs.slack.dev/interactivity/handling-user-interaction#message_responses */
const FIELDS = new Set([
  ...['text', 'blocks', 'attachments', 'response_type', 'replace_original', 'delete_original', 'thread_ts', 'metadata'],
  ...['mrkdwn', 'parse', 'link_names', 'unfurl_links', 'unfurl_media'],
]);

/** Gives out a response_url for a person in a channel. */
export function giveResponseUrl(
  world: World,
  about: { readonly channel: string; readonly user: string; readonly source: StoredMessage | undefined },
): string {
  const id = world.ids.uuid();
  world.responseUrls.set(id, { ...about, expiresAt: world.time.now() + RESPONSE_URL.lifeMs, uses: 0 });
  return `${world.baseUrl}/response/${id}`;
}

function reply(status: number, body: string): ApiReply {
  return { is: 'reply', status, headers: { 'content-type': 'text/plain' }, body };
}

/** Takes a response in: five times, within thirty minutes. */
export function takeResponse(api: Api, request: ApiRequest): Promise<ApiReply> {
  const { world } = api;
  const known = world.responseUrls.get(request.name);
  const body = bodyOf(request);
  return withFaults(api, { method: 'response_url', channel: known?.channel, args: body ?? {} }, (call) => {
    const problem = problemOf(world, known, body);
    if (problem !== undefined || !known || !body) {
      const [status, error, detail] = problem ?? [404, 'invalid_url', 'unknown'];
      world.report('bad-response-url', 'response_url', `${error}: ${detail}`);
      call.outcome = error;
      return reply(status, error);
    }
    known.uses += 1;
    respond(world, known, body);
    return reply(200, 'ok');
  });
}

function bodyOf(request: ApiRequest): Obj | undefined {
  try {
    const json: unknown = JSON.parse(request.body.toString('utf8'));
    return isObj(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function problemOf(
  world: World,
  known: StoredResponseUrl | undefined,
  body: Obj | undefined,
): readonly [number, string, string] | undefined {
  if (!known) return [404, 'invalid_url', 'never given out'];
  if (known.uses >= RESPONSE_URL.uses) return [404, 'used_url', `used ${RESPONSE_URL.uses} times`];
  if (world.time.now() > known.expiresAt) return [404, 'expired_url', 'after 30 minutes'];
  if (!body) return [400, 'invalid_payload', 'no JSON object'];
  const unknown = Object.keys(body).filter((key) => !FIELDS.has(key));
  if (unknown.length > 0) return [400, 'invalid_payload', `unknown ${unknown.join(', ')}`];
  const fault = checkContent(body, (ref) => fileProblem(world, ref));
  if (fault) return [400, fault.error, fault.messages.join('; ')];
  const empty = body['text'] === undefined && listOf(body['blocks']).length + listOf(body['attachments']).length === 0;
  return empty && body['delete_original'] !== true ? [400, 'no_text', 'neither text nor blocks'] : undefined;
}

/** Does what a response says: to the original message, to everyone, or (the default) to the one person. */
export function respond(world: World, to: StoredResponseUrl, body: Obj): void {
  const channel = world.channels.get(to.channel);
  if (!channel) return;
  const text = textOf(body['text']) ?? '';
  const blocks = body['blocks'] === undefined ? undefined : listOf(body['blocks']);
  const attachments = body['attachments'] === undefined ? undefined : listOf(body['attachments']);
  const how = {
    parse: body['parse'] === 'full' ? ('full' as const) : ('none' as const),
    linkNames: body['link_names'] === true,
  };
  if (body['delete_original'] === true && to.source) {
    remove(world, to.source);
    return;
  }
  if (body['replace_original'] === true && to.source) {
    edit(world, to.source, { text, blocks: blocks ?? [], attachments, ...how, kind: 'respond' });
    return;
  }
  const user = world.seed.app.botUserId;
  const threadTs = textOf(body['thread_ts']);
  const common = { user, text, blocks, attachments, threadTs, ...how, kind: 'respond' as const };
  post(world, channel, body['response_type'] === 'in_channel' ? common : { ...common, ephemeralFor: to.user });
}
