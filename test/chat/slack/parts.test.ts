import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budgets, bucketsOf, type Level, levelAt, waitOf } from '../../../src/chat/slack/budget.ts';
import { type Failure, failureOf, failureOfError, failureOfStatus } from '../../../src/chat/slack/failure.ts';
import { readBody } from '../../../src/chat/slack/http.ts';
import { outcomeOf, restOf } from '../../../src/chat/slack/sender.ts';
import { signatureFault } from '../../../src/chat/slack/signature.ts';
import { problemOf } from '../../../src/chat/slack/sockets.ts';
import { Standing } from '../../../src/chat/slack/standing.ts';
import { signatureOf } from '../../support/slack/deliver/http.ts';
import { keptLog } from './night.ts';

describe('a failed call', () => {
  const platform = (error: string, more: object = {}) => ({
    code: 'slack_webapi_platform_error',
    data: { ok: false, error, ...more },
  });
  const broken = (code: string) => ({
    code: 'slack_webapi_request_error',
    original: Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error('x'), { code }) }),
  });
  it.each<[unknown, Partial<Failure>]>([
    [
      { code: 'slack_webapi_rate_limited_error', retryAfter: 7 },
      { is: 'limited', retryAfterMs: 7000 },
    ],
    [platform('ratelimited'), { is: 'limited', retryAfterMs: 30_000 }],
    [platform('ratelimited', { response_metadata: { retryAfter: 3 } }), { is: 'limited', retryAfterMs: 3000 }],
    [platform('invalid_auth'), { is: 'not-arrived', trouble: 'token' }],
    [platform('token_revoked'), { is: 'not-arrived', trouble: 'token' }],
    [platform('account_inactive'), { is: 'not-arrived', trouble: 'token' }],
    [platform('not_in_channel'), { is: 'not-arrived', trouble: 'place' }],
    [platform('channel_not_found'), { is: 'not-arrived', trouble: 'place' }],
    [platform('is_archived'), { is: 'not-arrived', trouble: 'place' }],
    [
      platform('missing_scope', { needed: 'chat:write' }),
      { is: 'not-arrived', trouble: 'scope', text: expect.stringContaining('chat:write') },
    ],
    [platform('fatal_error'), { is: 'ambiguous' }],
    [platform('internal_error'), { is: 'ambiguous' }],
    [platform('msg_blocks_too_long'), { is: 'refused', code: 'msg_blocks_too_long' }],
    [
      platform('invalid_blocks', { response_metadata: { messages: ['[ERROR] x'] } }),
      { is: 'refused', text: expect.stringContaining('[ERROR] x') },
    ],
    [platform('<html>502 Bad Gateway</html>'), { is: 'ambiguous' }],
    [{ code: 'slack_webapi_http_error', statusCode: 503 }, { is: 'ambiguous' }],
    [
      { code: 'slack_webapi_http_error', statusCode: 407 },
      { is: 'not-arrived', trouble: 'network' },
    ],
    [broken('ECONNREFUSED'), { is: 'not-arrived', trouble: 'network' }],
    [broken('ENOTFOUND'), { is: 'not-arrived' }],
    [broken('ECONNRESET'), { is: 'ambiguous' }],
    [broken('UND_ERR_SOCKET'), { is: 'ambiguous' }],
    [
      { code: 'slack_webapi_request_error', original: new DOMException('late', 'TimeoutError') },
      { is: 'ambiguous', code: 'TimeoutError' },
    ],
    [new Error('whatever'), { is: 'ambiguous' }],
    [undefined, { is: 'ambiguous' }],
  ])('%j', (error, expected) => {
    expect(failureOfError(error)).toMatchObject(expected);
  });

  it.each([
    ['17', 17_000],
    ['soon', 30_000],
    [undefined, 30_000],
  ])('with status 429 and Retry-After %j rests', (header, ms) => {
    expect(failureOfStatus(429, header)).toMatchObject({ is: 'limited', retryAfterMs: ms });
  });

  it('of the place holds the home channel’s lane, not one person’s', () => {
    const failure = failureOf({ error: 'channel_not_found' });
    expect(outcomeOf(failure, true).is).toBe('not-arrived');
    expect(outcomeOf(failure, false).is).toBe('refused');
  });

  it.each(['invalid_auth', 'missing_scope', 'socket_mode_not_enabled', 'ECONNREFUSED'])(
    'of a connection (%s) says what to do',
    (code) => {
      expect(problemOf(code, 'Slack can’t be reached')).toMatch(/make|turn|reached/);
    },
  );
});

describe('budgets', () => {
  it('never grant more than the vendor in any window', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('chat.postMessage', 'chat.update', 'users.info', 'conversations.history'),
        fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 300 }),
        (method, gaps) => {
          const buckets = bucketsOf(method, 'C1');
          const levels = new Map<string, Level>();
          const granted: number[] = [];
          let now = 0;
          for (const gap of gaps) {
            now += gap;
            const waits = buckets.map((bucket) => waitOf(bucket, levels.get(bucket.key), 0, now));
            now += Math.max(0, ...waits);
            for (const bucket of buckets) {
              const { tokens, at } = levelAt(bucket, levels.get(bucket.key), now);
              expect(tokens).toBeGreaterThanOrEqual(0.999);
              levels.set(bucket.key, { tokens: tokens - 1, at });
            }
            granted.push(now);
          }
          for (const [capacity, perMs] of buckets.map((bucket) => [bucket.capacity, bucket.perMs] as const))
            for (const from of granted)
              for (const windowMs of [1000, 60_000]) {
                const inside = granted.filter((at) => at >= from && at < from + windowMs).length;
                expect(inside).toBeLessThanOrEqual(Math.ceil(capacity + windowMs * perMs));
              }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('let one channel wait and not the other', async () => {
    const budgets = new Budgets(() => 0);
    for (let n = 0; n < 3; n += 1) await budgets.charge('chat.postMessage', 'C1', async () => {});
    expect(budgets.wait('chat.postMessage', 'C1')).toBe(1000);
    expect(budgets.wait('chat.postMessage', 'C2')).toBe(0);
    budgets.close('chat.postMessage', 'C2', 20_000);
    expect(budgets.wait('chat.postMessage', 'C2')).toBe(20_000);
    expect(budgets.wait('chat.update', 'C2')).toBe(0);
  });

  it('do not wait for a clock that was set back', async () => {
    let now = 7_200_000;
    const budgets = new Budgets(() => now);
    for (let n = 0; n < 3; n += 1) await budgets.charge('chat.postMessage', 'C1', async () => {});
    budgets.close('chat.postMessage', 'C2', 20_000);
    now -= 3_600_000;
    expect(budgets.wait('chat.postMessage', 'C1')).toBe(0);
    expect(budgets.wait('chat.postMessage', 'C2')).toBe(0);
  });

  it('count what is under way', async () => {
    const budgets = new Budgets(() => 0);
    const end = Promise.withResolvers<void>();
    const calls = [1, 2, 3].map(() => budgets.charge('chat.postMessage', 'C1', () => end.promise));
    expect(budgets.wait('chat.postMessage', 'C1')).toBe(1000);
    end.resolve();
    await Promise.all(calls);
    expect(budgets.wait('chat.postMessage', 'C1')).toBe(1000);
  });
});

describe('a signature', () => {
  const body = Buffer.from('token=x&text=ä');
  const now = 1_700_000_000_000;
  const at = (seconds: number) => ({
    secret: 'secret',
    signature: signatureOf('secret', now / 1000 + seconds, body.toString()),
    timestamp: String(now / 1000 + seconds),
    body,
    now,
  });
  it.each([
    ['is good', at(0), undefined],
    ['is good at five minutes', at(-300), undefined],
    ['is good five minutes ahead', at(300), undefined],
    ['is stale', at(-301), 'stale'],
    ['is of the future', at(301), 'stale'],
    ['is for another body', { ...at(0), body: Buffer.from('other') }, 'wrong'],
    ['is by another secret', { ...at(0), secret: 'other' }, 'wrong'],
    ['is for another time', { ...at(0), timestamp: String(now / 1000 + 1) }, 'wrong'],
    ['is cut', { ...at(0), signature: 'v0=' }, 'wrong'],
    ['is missing', { ...at(0), signature: undefined }, 'missing'],
    ['has no time', { ...at(0), timestamp: undefined }, 'missing'],
    ['has a strange time', { ...at(0), timestamp: '1e9' }, 'missing'],
  ])('%s', (_, request, fault) => {
    expect(signatureFault(request)).toBe(fault);
  });
});

describe('a body', () => {
  it.each([
    ['application/json', '{"a":1}', { a: 1 }],
    ['application/json; charset=utf-8', '{"a":1}', { a: 1 }],
    ['application/x-www-form-urlencoded', 'a=1&b=%20', { a: '1', b: ' ' }],
    ['APPLICATION/X-WWW-FORM-URLENCODED;charset=UTF-8', 'payload=%7B%22a%22%3A1%7D', { a: 1 }],
    ['application/x-www-form-urlencoded', 'payload=%5B%5D', undefined],
    ['application/json', '[]', undefined],
    ['application/json', 'null', undefined],
    ['text/plain', '{}', undefined],
    [undefined, '{}', undefined],
  ])('of %j: %j', (type, text, expected) => {
    expect(readBody(type, text)).toEqual(expected);
  });
});

describe('the way to the rest', () => {
  it.each([
    [
      { message: 'INC-4/evidence-1', thread: { root: 'INC-4', ref: undefined } },
      'https://d.example',
      '/triage INC-4 or the console',
    ],
    [{ message: 'INC-4' }, undefined, '/triage INC-4'],
    [{ message: 'reply/slack/1' }, 'https://d.example', 'the console'],
    [{ message: 'reply/slack/1' }, undefined, 'a narrower question shows more'],
  ])('of %j', (delivery, url, words) => {
    const text = restOf(delivery, url, false);
    const plain =
      typeof text === 'string'
        ? text
        : text.map((one) => (typeof one === 'string' ? one : Object.values(one)[0])).join('');
    expect(plain).toContain(words);
  });
});

it('names the file first where one follows', () => {
  expect(restOf({ message: 'INC-4' }, undefined, true)).toEqual([
    'Cut to fit into Slack. All of it: ',
    'the file that follows',
    ' or ',
    { code: '/triage INC-4' },
  ]);
});

describe('standing', () => {
  it('says each trouble once, all of them together, and when they are over', () => {
    const log = keptLog();
    const standing = new Standing(log);
    expect(standing.health()).toEqual({ state: 'starting', reason: 'connecting to Slack' });
    standing.introduced();
    expect(standing.health()).toEqual({ state: 'up', reason: '' });
    standing.down('place', 'invite me');
    standing.down('place', 'invite me');
    standing.down('token', 'another token');
    expect(standing.health()).toEqual({ state: 'down', reason: 'another token; invite me' });
    standing.clear('token', 'place', 'network');
    expect(standing.health().state).toBe('up');
    expect(log.lines.map(({ level }) => level)).toEqual(['error', 'error', 'info', 'info']);
  });
});
