import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { alertmanagerNotConfigured, createAlertmanager } from '../../src/telemetry/alertmanager.ts';
import { createPrometheus, prometheusNotConfigured } from '../../src/telemetry/prometheus.ts';
import { freePort } from '../support/real/ports.ts';
import { eventually } from '../support/real/process.ts';

const open: Server[] = [];
const never = new AbortController().signal;

afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json =
  (status: number, body: unknown): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
const text =
  (status: number, body: string): RequestListener =>
  (_, response) => {
    response.writeHead(status).end(body);
  };

describe('a Prometheus that misbehaves', () => {
  it.each<[string, RequestListener, string, RegExp]>([
    [
      'a wrong query',
      json(400, { status: 'error', errorType: 'bad_data', error: 'parse error: x' }),
      'invalid',
      /parse error/,
    ],
    [
      'an evaluation that fails',
      json(422, { status: 'error', errorType: 'execution', error: 'many-to-many' }),
      'failed',
      /many-to-many/,
    ],
    [
      'its own time-out',
      json(503, { status: 'error', errorType: 'timeout', error: 'query timed out' }),
      'timeout',
      /timed out/,
    ],
    ['a wrong password', text(401, 'no'), 'forbidden', /credentials beside prometheus\.url/],
    ['a wrong path', text(404, '404 page not found'), 'bad-answer', /HTTP 404: 404 page not found.*right server/],
    ['a login page', text(200, '<html>Sign in</html>'), 'bad-answer', /HTTP 200: <html>Sign in/],
    [
      'another shape',
      json(200, { status: 'success', data: { resultType: 'vector', result: 7 } }),
      'bad-answer',
      /unknown shape \(data\.result/,
    ],
    [
      'a matrix for a vector',
      json(200, { status: 'success', data: { resultType: 'matrix', result: [] } }),
      'invalid',
      /matrix/,
    ],
    ['a cut connection', (request) => request.socket.destroy(), 'unreachable', /the connection was cut/],
    [
      'a redirect elsewhere',
      (_, response) => response.writeHead(302, { location: 'http://10.255.0.1/' }).end(),
      'bad-answer',
      /redirects to http:\/\/10\.255\.0\.1/,
    ],
    [
      'a circle of redirects',
      (_, response) => response.writeHead(302, { location: '/again' }).end(),
      'bad-answer',
      /circle/,
    ],
  ])('says %s', async (_, listener, code, message) => {
    const prometheus = createPrometheus({ url: await serve(listener) });
    await expect(prometheus.query('up', never)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('says that nothing listens', async () => {
    const prometheus = createPrometheus({ url: `http://127.0.0.1:${await freePort()}` });
    await expect(prometheus.version(never)).rejects.toMatchObject({
      code: 'unreachable',
      retryable: true,
      message: expect.stringMatching(
        /^Prometheus at http:\/\/127\.0\.0\.1:\d+ can't be reached: connection refused\. Is it running/,
      ),
    });
  });

  it('says that a name is unknown', async () => {
    const prometheus = createPrometheus({ url: 'http://prometheus.invalid:9090' });
    await expect(prometheus.version(never)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/host name/),
    });
  });

  it('ends a call that takes too long, and its socket', async () => {
    let ended = false;
    const url = await serve((request) =>
      request.socket.on('close', () => {
        ended = true;
      }),
    );
    const prometheus = createPrometheus({ url, timeoutMs: 100 });
    await expect(prometheus.query('up', never)).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(/within 0\.1 s/),
    });
    await eventually('the socket to end', () => ended || undefined);
  });

  it.each([
    ['before the answer', ''],
    ['within the answer', '{"status":'],
  ])('ends an aborted call %s, and its socket', async (_, begin) => {
    let ended = false;
    let arrived = false;
    const url = await serve((request, response) => {
      arrived = true;
      if (begin !== '') response.write(begin);
      request.socket.on('close', () => {
        ended = true;
      });
    });
    const control = new AbortController();
    const asked = createPrometheus({ url }).query('up', control.signal);
    const outcome = expect(asked).rejects.toMatchObject({ code: 'cancelled', retryable: false });
    await eventually('the request', () => arrived || undefined);
    control.abort();
    await outcome;
    await eventually('the socket to end', () => ended || undefined);
  });

  it('stops reading an endless answer', async () => {
    const block = Buffer.alloc(1024 * 1024, 'x');
    const url = await serve((_, response) => {
      const more = () => {
        while (response.write(block));
      };
      response.on('drain', more);
      more();
    });
    await expect(createPrometheus({ url }).query('up', never)).rejects.toMatchObject({ code: 'too-large' });
  });
});

describe('credentials', () => {
  it('are taken from the URL, sent as Basic, and never shown', async () => {
    let seen: string | undefined;
    const url = await serve((request, response) => {
      seen = request.headers.authorization;
      response.writeHead(403).end();
    });
    const prometheus = createPrometheus({ url: url.replace('http://', 'http://ana:p%40ss@') });
    const error: unknown = await prometheus.query('up', never).catch((thrown: unknown) => thrown);
    expect(seen).toBe(`Basic ${Buffer.from('ana:p@ss').toString('base64')}`);
    expect(String(error)).toContain(url);
    expect(String(error)).not.toMatch(/p@ss|p%40ss/);
  });

  it.each<[{ token: string } | { username: string; password: string }, string]>([
    [{ token: 't0' }, 'Bearer t0'],
    [{ username: 'ana', password: 'x' }, `Basic ${Buffer.from('ana:x').toString('base64')}`],
  ])('are sent with redirects of the same origin only: %o', async (auth, expected) => {
    const seen: unknown[] = [];
    const url = await serve((request, response) => {
      seen.push([request.url, request.headers.authorization]);
      if (request.url?.startsWith('/old')) response.writeHead(308, { location: '/new/buildinfo' }).end();
      else json(200, { status: 'success', data: { version: '2.42.0' } })(request, response);
    });
    expect(await createPrometheus({ url: `${url}/old/`, auth }).version(never)).toBe('2.42.0');
    expect(seen).toEqual([
      ['/old/api/v1/status/buildinfo', expected],
      ['/new/buildinfo', expected],
    ]);
  });
});

describe('what is not set up', () => {
  it('names the key to set', async () => {
    await expect(prometheusNotConfigured().query('up', never)).rejects.toMatchObject({
      code: 'not-configured',
      message: expect.stringContaining('prometheus.url'),
    });
    await expect(alertmanagerNotConfigured().alerts(never)).rejects.toMatchObject({
      code: 'not-configured',
      message: expect.stringContaining('alertmanager.url'),
    });
  });

  it.each(['', 'prometheus:9090', 'ftp://x/', 'http://'])('refuses %j as URL', (url) => {
    expect(() => createPrometheus({ url })).toThrowError(/prometheus\.url/);
    expect(() => createAlertmanager({ url })).toThrowError(/alertmanager\.url/);
  });
});
