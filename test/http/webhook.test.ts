import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInbox, type InboxBounds, inbox } from '../../src/alerting/inbox.ts';
import { authorized, type WebhookAuth } from '../../src/http/auth.ts';
import { createServer } from '../../src/http/server.ts';
import { webhookRoute } from '../../src/http/webhook.ts';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import type { Store } from '../../src/store/port.ts';
import { alert, snapshot, webhookBody } from '../support/alerts.ts';
import { keptAlive, post } from './post.ts';

const CAPTURES = fileURLToPath(new URL('../captures/alertmanager/', import.meta.url));
const MIB = 1024 * 1024;
const GOOD = webhookBody(snapshot([alert('f1', Date.UTC(2026, 0, 5, 3, 10))]));
const BEARER: WebhookAuth = { bearer: 's3cret' };
const BASIC: WebhookAuth = { basic: { user: 'alertmanager', password: 'pass:word' } };
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

/** A notification of exactly so many bytes. */
function sized(bytes: number): string {
  const filled = (filling: string): string =>
    webhookBody(snapshot([alert('f1', Date.UTC(2026, 0, 5, 3, 10), { annotations: { description: filling } })]));
  return filled('x'.repeat(bytes - filled('').length));
}

describe('authorized', () => {
  it.each<[string, WebhookAuth, string | undefined, boolean]>([
    ['no credentials where none are asked for', {}, undefined, true],
    ['any credentials where none are asked for', {}, 'Bearer what', true],
    ['the token', BEARER, 'Bearer s3cret', true],
    ['the token after a lower-case scheme', BEARER, 'bearer s3cret', true],
    ['no header', BEARER, undefined, false],
    ['an empty header', BEARER, '', false],
    ['another token of the same length', BEARER, 'Bearer s3creT', false],
    ['a longer token', BEARER, 'Bearer s3cret2', false],
    ['the beginning of the token', BEARER, 'Bearer s3c', false],
    ['the bare token', BEARER, 's3cret', false],
    ['the token as a password', BEARER, basic('x:s3cret'), false],
    ['user and password', BASIC, basic('alertmanager:pass:word'), true],
    ['another user', BASIC, basic('alertmanageR:pass:word'), false],
    ['another password', BASIC, basic('alertmanager:pass'), false],
    ['no base64', BASIC, 'Basic %%%', false],
    ['the password as a token', BASIC, 'Bearer pass:word', false],
    ['either way where both are set: the token', { ...BEARER, ...BASIC }, 'Bearer s3cret', true],
    ['either way where both are set: the password', { ...BEARER, ...BASIC }, basic('alertmanager:pass:word'), true],
  ])('%s', (_, auth, header, good) => {
    expect(authorized(auth, header)).toBe(good);
  });
});

describe('POST /webhooks/alertmanager', () => {
  let dir: string;
  let store: Store;
  let server: FastifyInstance | undefined;
  const answered: number[] = [];
  const warned: string[] = [];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'daytwo-webhook-'));
    store = await openLowdbStore({ dir, collections: [inbox], now: Date.now, warn: () => {} });
    answered.length = 0;
    warned.length = 0;
  });
  afterEach(async () => {
    await server?.close();
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  async function open(how: { auth?: WebhookAuth; bounds?: InboxBounds; requestMs?: number } = {}): Promise<string> {
    const door = await createInbox(store, Date.now, how.bounds);
    const log = {
      info: () => {},
      warn: (_: object, message: string) => void warned.push(message),
      error: (fields: object, message: string) => void warned.push(`${message} ${JSON.stringify(fields)}`),
    };
    server = await createServer({
      log,
      readiness: async () => ({ ready: true, parts: [] }),
      metrics: async () => ({ type: 'text/plain', text: '' }),
      ...(how.requestMs === undefined ? {} : { requestMs: how.requestMs }),
      plugins: [
        webhookRoute({
          auth: how.auth ?? {},
          accept: (body) => door.accept(body),
          answered: (status) => void answered.push(status),
          log,
        }),
      ],
    });
    return server.listen({ host: '127.0.0.1', port: 0 });
  }
  const stored = (): Promise<number> => store.count(inbox);

  it.each(readdirSync(CAPTURES))('takes what a real Alertmanager 0.25 posted: %s', async (name) => {
    const { body, _request } = JSON.parse(readFileSync(join(CAPTURES, name), 'utf8'));
    const url = await open({ auth: { ...BEARER, basic: { user: 'am', password: 'pw' } } });
    const headers = _request.headers as Record<string, string>;
    const text = JSON.stringify(body);
    expect(await post(url, text, { headers: { ...headers, 'content-length': Buffer.byteLength(text) } })).toMatchObject(
      { status: 200 },
    );
    expect(await stored()).toBe(1);
  });

  it.each([
    ['a wrong token', { authorization: 'Bearer wrong' }],
    ['none', {}],
  ])('refuses %s with 401, says what to set, and stores nothing', async (_, headers) => {
    const url = await open({ auth: BEARER });
    const { status, text, headers: given } = await post(url, GOOD, { headers });
    expect({ status, challenge: given['www-authenticate'] }).toEqual({ status: 401, challenge: 'Bearer' });
    expect(text).toContain('alertmanager.webhookToken');
    expect(text).not.toContain('s3cret');
    expect(await stored()).toBe(0);
  });

  it.each([
    ['no JSON', 'nonsense', '$: the body is not JSON'],
    ['nothing', '', '$: the body is not JSON'],
    ['a list', '[]', '$: '],
    ['alerts that are none', '{"status":"firing","receiver":"r","groupKey":"g","alerts":{}}', '$.alerts: '],
    ['a label that is a number', GOOD.replace('"node":"f1"', '"node":1'), '$.alerts[0].labels.node: '],
    ['no time', GOOD.replace('2026-01-05T03:10:00.000Z', 'then'), '$.alerts[0].startsAt: expected an RFC 3339 time'],
    [
      'a fingerprint that every object has',
      GOOD.replace('"f1"', '"__proto__"'),
      '$.alerts[0].fingerprint: expected a fingerprint',
    ],
  ])('refuses %s with 400 and its place', async (_, body, error) => {
    const url = await open();
    const { status, text } = await post(url, body);
    expect({ status, error: (JSON.parse(text) as { error: string }).error.slice(0, error.length) }).toEqual({
      status: 400,
      error,
    });
    expect(await stored()).toBe(0);
    expect(answered).toEqual([400]);
  });

  it('takes any content type and unknown fields', async () => {
    const url = await open();
    const body = GOOD.replace('{', '{"future":{"field":[1]},');
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded'])
      expect((await post(url, body, { headers: { 'content-type': type } })).status).toBe(200);
    expect(await stored()).toBe(3);
  });

  it('takes 32 MiB and refuses one byte more, saying so', { timeout: 60_000 }, async () => {
    const url = await open();
    expect((await post(url, sized(32 * MIB))).status).toBe(200);
    const refusal = await post(url, sized(32 * MIB + 1)).catch((error: NodeJS.ErrnoException) => error);
    // The sender may notice that the connection closes before it reads why.
    if (refusal instanceof Error) expect(refusal.message).toMatch(/EPIPE|ECONNRESET/);
    else expect(refusal).toMatchObject({ status: 413, text: expect.stringContaining('32 MiB') });
    expect(await stored()).toBe(1);
  });

  it('says why a body is too large to a sender that asks before it sends', async () => {
    const url = await open();
    const said = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () =>
        socket.write(
          `POST /webhooks/alertmanager HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${33 * MIB}\r\n\r\n`,
        ),
      );
      socket.on('error', reject);
      socket.once('data', (chunk) => {
        resolve(chunk.toString());
        socket.destroy();
      });
    });
    expect(said).toMatch(/^HTTP\/1\.1 413 /);
    expect(said).toContain('32 MiB');
    expect(said).toContain('max_alerts');
  });

  it('takes a million labels within its bound and goes on answering', { timeout: 60_000 }, async () => {
    const url = await open();
    const labels = Object.fromEntries(Array.from({ length: 1_000_000 }, (_, i) => [`l${i}`, 'v']));
    const body = webhookBody(
      snapshot([alert('f1', Date.UTC(2026, 0, 5), { labels: { alertname: 'Many', ...labels } })]),
    );
    expect(body.length).toBeLessThan(32 * MIB);
    expect((await post(url, body)).status).toBe(200);
    expect((await post(url, GOOD)).status).toBe(200);
  });

  it('keeps its connection for the next notification', async () => {
    const url = await open();
    const agent = keptAlive(1);
    const ports = new Set<unknown>();
    agent.on('free', (socket) => ports.add(socket.localPort));
    for (let i = 0; i < 5; i += 1) expect((await post(url, GOOD, { agent })).status).toBe(200);
    await wait(10);
    agent.destroy();
    expect(ports.size).toBe(1);
  });

  it('waits for a slow sender while others pass, and keeps nothing of one that breaks off', async () => {
    const url = await open();
    const slow = new Promise<number>((resolve, reject) => {
      const sent = request(`${url}/webhooks/alertmanager`, { method: 'POST' }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sent.on('error', reject);
      void (async () => {
        for (let at = 0; at < GOOD.length; at += 100) {
          sent.write(GOOD.slice(at, at + 100));
          await wait(40);
        }
        sent.end();
      })();
    });
    const broken = connect(Number(new URL(url).port), '127.0.0.1', () =>
      broken.write(
        `POST /webhooks/alertmanager HTTP/1.1\r\nHost: x\r\nContent-Length: ${GOOD.length}\r\n\r\n${GOOD.slice(0, 50)}`,
      ),
    );
    await wait(50);
    expect((await post(url, GOOD)).status).toBe(200);
    expect(await stored()).toBe(1);
    broken.destroy();
    expect(await slow).toBe(200);
    expect(await stored()).toBe(2);
  });

  it('ends a sender that never comes to an end with 503, which is tried again', { timeout: 20_000 }, async () => {
    const url = await open({ requestMs: 300 });
    const said = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () =>
        socket.write('POST /webhooks/alertmanager HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{'),
      );
      socket.on('data', (chunk) => {
        text += chunk.toString();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
    });
    expect(said).toMatch(/^HTTP\/1\.1 503 /);
    expect(said).toMatch(/retry-after: \d+/i);
    expect(await stored()).toBe(0);
  });

  it.each<[string, InboxBounds]>([
    ['entries', { maxEntries: 3, maxBytes: MIB }],
    ['bytes', { maxEntries: 100, maxBytes: GOOD.length * 3 + 10 }],
  ])('asks to come back, 503 with Retry-After, once as many %s wait as may', async (_, bounds) => {
    const url = await open({ bounds });
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(url, GOOD)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 503, 503, 503, 503, 503]);
    for (const { status, headers } of answers) if (status === 503) expect(headers['retry-after']).toBe('5');
    expect(await stored()).toBe(3);
  });

  it('answers 503 with Retry-After where the store is gone', async () => {
    const url = await open();
    await store.close();
    expect(await post(url, GOOD)).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  });

  it('has no other method and no other place', async () => {
    const url = await open();
    expect((await fetch(`${url}/webhooks/alertmanager`)).status).toBe(404);
    expect((await fetch(`${url}/webhooks/other`, { method: 'POST', body: GOOD })).status).toBe(404);
    expect(await stored()).toBe(0);
  });
});
