import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { App } from '@slack/bolt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { signatureOf } from '../support/slack/deliver/http.ts';
import { type SlackEmulator, startSlack } from '../support/slack/index.ts';
import { habits, httpApp } from './bolt.ts';

const running: { slack?: SlackEmulator | undefined; app?: App | undefined; server?: Server | undefined } = {};
afterEach(async () => {
  await running.app?.stop();
  await new Promise<void>((resolve) => {
    if (!running.server) return resolve();
    running.server.close(() => resolve());
    running.server.closeAllConnections();
  });
  await running.slack?.stop();
  running.app = undefined;
  running.server = undefined;
});

describe('Bolt over HTTP', () => {
  async function night() {
    const slack = await startSlack({ scale: 0 });
    running.slack = slack;
    const { app, port, url } = await httpApp(slack);
    running.app = app;
    const { heard } = habits(app);
    await app.init();
    await app.start(port);
    return { slack, heard, http: slack.deliverTo(url) };
  }

  it('verifies the URL and answers commands, buttons, modals, mentions and the Home tab', async () => {
    const { slack, heard, http } = await night();
    expect(await http.verifyUrl()).toBe(true);
    const ana = slack.user('U0ANA');
    expect(await ana.slash('/drain', 'worker-1', { channel: 'C0OPS' })).toMatchObject({ outcome: 'acked' });
    await vi.waitFor(() => expect(slack.messages('C0OPS')).toHaveLength(1));
    await ana.press(slack.messages('C0OPS')[0]?.ts ?? '', 'confirm');
    await vi.waitFor(() => expect(ana.modal()).toBeDefined());
    await ana.submit(undefined, { name: 'worker-1' });
    await ana.mention('C0OPS', 'status');
    await ana.openHome();
    await vi.waitFor(() => expect(ana.home()).toBeDefined());
    expect(heard).toHaveLength(5);
    expect(ana.modal()).toBeUndefined();
    expect(slack.violations).toEqual([]);
  });

  it('refuses a bad signature and a stale time; a time from the future is for the program to refuse', async () => {
    const { http, heard } = await night();
    const payload = { type: 'event_callback', event_id: 'Ev1', event: { type: 'app_mention' } };
    expect((await http.send('events_api', payload, { signature: 'bad' })).status).toBe(401);
    expect((await http.send('events_api', payload, { signature: 'missing' })).status).toBe(401);
    expect((await http.send('events_api', payload, { timestampOffsetSeconds: -3_600 })).status).toBe(401);
    expect(
      (
        await http.send(
          'events_api',
          { ...payload, event: { type: 'app_home_opened', user: 'U0ANA' } },
          { timestampOffsetSeconds: 3_600 },
        )
      ).status,
    ).toBe(200);
    await vi.waitFor(() => expect(heard).toEqual(['home U0ANA']));
  });
});

describe('a request URL of the test’s own', () => {
  async function serve(
    answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
    ackMs = 10_000,
  ) {
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => answer(request, body, response));
    });
    running.server = server;
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const slack = await startSlack({ scale: 0, ackMs });
    running.slack = slack;
    const http = slack.deliverTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return { slack, http };
  }

  it('gets an event again with the number and reason of the retry, until it is told not to', async () => {
    const retries: (string | string[] | undefined)[][] = [];
    const { slack } = await serve((request, _body, response) => {
      retries.push([request.headers['x-slack-retry-num'], request.headers['x-slack-retry-reason']]);
      if (retries.length === 3) response.writeHead(500, { 'x-slack-no-retry': '1' });
      else response.writeHead(503);
      response.end();
    });
    await slack.user('U0ANA').mention('C0OPS', 'hi');
    expect(retries).toEqual([
      [undefined, undefined],
      ['1', 'http_error'],
      ['2', 'http_error'],
    ]);
    expect(slack.deliveries.lost).toHaveLength(1);
  });

  it('has three seconds, here half of one; a command that is late is a time-out, one that fails is said so', async () => {
    const { slack } = await serve((_request, body, response) => {
      if (body.includes('tardy')) return;
      response.writeHead(404).end();
    }, 500);
    expect(await slack.user('U0ANA').slash('/drain', 'tardy')).toMatchObject({ outcome: 'operation_timeout' });
    expect(await slack.user('U0ANA').slash('/drain', 'now')).toMatchObject({ outcome: 'dispatch_failed' });
  });

  it('may answer a command in the body of its acknowledgement', async () => {
    const { slack } = await serve((_request, _body, response) => {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"response_type":"in_channel","text":"done"}');
    });
    await slack.user('U0ANA').slash('/drain', 'x', { channel: 'C0OPS' });
    expect(slack.messages('C0OPS')[0]).toMatchObject({ text: 'done', ephemeralFor: undefined });
  });

  it('gets forms and JSON signed over the very bytes, padded when told', async () => {
    const seen: { readonly type: string | undefined; readonly good: boolean; readonly bytes: number }[] = [];
    const { slack, http } = await serve((request, body, response) => {
      const expected = signatureOf(
        'emulated-signing-secret',
        Number(request.headers['x-slack-request-timestamp']),
        body,
      );
      seen.push({
        type: request.headers['content-type'],
        good: expected === request.headers['x-slack-signature'],
        bytes: Buffer.byteLength(body),
      });
      response.end();
    });
    await slack.user('U0ANA').slash('/drain', 'ä & b');
    await slack.user('U0ANA').mention('C0OPS', 'ä & b');
    await http.send('events_api', { type: 'event_callback' }, { padToBytes: 5_000_000 });
    await http.send(
      'slash_commands',
      { command: '/x' },
      { contentType: 'application/x-www-form-urlencoded; charset=utf-8' },
    );
    expect(seen.every((each) => each.good)).toBe(true);
    expect(seen.map((each) => each.type)).toEqual([
      'application/x-www-form-urlencoded',
      'application/json',
      'application/json',
      'application/x-www-form-urlencoded; charset=utf-8',
    ]);
    expect(seen[2]?.bytes).toBe(5_000_000);
  });
});
