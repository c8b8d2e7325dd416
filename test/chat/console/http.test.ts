import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SESSIONS } from '../../../src/chat/console/model.ts';
import { DaytwoError } from '../../../src/lib/errors.ts';
import type { Store } from '../../../src/store/port.ts';
import { type ConsoleServer, movableClock, serveConsole, signIn, temporaryStore } from '../../support/consoleServer.ts';
import { delivery, seedThreads } from '../../support/consoleThreads.ts';

const DAY = 86_400_000;
const never = new AbortController().signal;
let store: Store;
let drop: () => Promise<void>;
let server: ConsoleServer;

beforeEach(async () => {
  ({ store, drop } = await temporaryStore());
  server = await serveConsole(store);
});
afterEach(async () => {
  await server.close();
  await drop();
});

const get = (path: string, cookie = ''): Promise<Response> => fetch(server.url + path, { headers: { cookie } });
const post = (path: string, cookie: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(server.url + path, {
    method: 'POST',
    headers: { cookie, origin: server.url, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const command = (text: string, more: object = {}) => ({ id: '0123456789abcdef', text, ...more });

/** fetch sets Host by itself; this doesn't. */
function statusFor(host: string, path = '/'): Promise<number> {
  return new Promise((resolve, reject) => {
    const ask = request(server.url + path, { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    ask.on('error', reject).end();
  });
}

describe('signing in', () => {
  it('spends the link by the page’s POST alone, and once', async () => {
    const link = server.link();
    const browser = { 'sec-fetch-site': 'none' };
    for (let i = 0; i < 3; i += 1) expect((await fetch(link, { headers: browser })).status).toBe(200);
    expect((await fetch(link, { method: 'HEAD' })).status).toBe(200);
    const first = await fetch(link, { method: 'POST', headers: { origin: server.url } });
    expect(first.status).toBe(200);
    expect(first.headers.get('set-cookie')).toMatch(
      /^daytwo=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/,
    );
    const second = await fetch(link, { method: 'POST', headers: { origin: server.url } });
    expect(second.status).toBe(410);
    expect(second.headers.get('set-cookie')).toBeNull();
  });

  it('signs a program on this machine in by its GET, and nobody who comes through a proxy or under another name', async () => {
    const get = (url: string, headers: Record<string, string>): Promise<number> =>
      new Promise((resolve, reject) => {
        request(url, { headers }, (answer) => {
          answer.resume();
          resolve(answer.headers['set-cookie'] ? (answer.statusCode ?? 0) : 0);
        })
          .on('error', reject)
          .end();
      });
    const link = server.link('ana');
    expect(await get(link, { 'x-forwarded-for': '10.1.2.3' })).toBe(0);
    expect(await get(link, { 'sec-fetch-site': 'none' })).toBe(0);
    expect(await get(link, { host: 'daytwo.example.com' })).toBe(0);
    // nginx with a plain proxy_pass names itself and sends no X-Forwarded-For; old browsers and plain http send no Sec-Fetch-Site.
    expect(await get(link, { 'x-real-ip': '10.1.2.3' })).toBe(0);
    expect(await get(link, { 'x-forwarded-proto': 'http' })).toBe(0);
    expect(await get(link, { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' })).toBe(0);
    expect(await get(link, { referer: 'http://evil.example/' })).toBe(0);
    expect(await get(link, {})).toBe(303);
    expect(await get(link, {})).toBe(0);
  });

  it('spends it once when two come at the same time', async () => {
    const link = server.link();
    const both = await Promise.all([1, 2].map(() => fetch(link, { method: 'POST', headers: { origin: server.url } })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 410]);
  });

  it('spends nothing for another site', async () => {
    const link = server.link();
    expect((await fetch(link, { method: 'POST', headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect((await fetch(link, { method: 'POST' })).status).toBe(403);
    expect((await fetch(link, { method: 'POST', headers: { origin: server.url } })).status).toBe(200);
  });

  it('tells who came, by which link and from where: once, and of nobody who failed', async () => {
    const heard: unknown[] = [];
    const told = await serveConsole(store, { signedIn: (person, by) => heard.push([person, by]) });
    const link = told.link('ben');
    const press = () => fetch(link, { method: 'POST', headers: { origin: told.url } });
    expect([(await press()).status, (await press()).status]).toEqual([200, 410]);
    expect(heard).toEqual([['ben', { from: 'start', address: '127.0.0.1' }]]);
    await told.close();
  });

  it('gives each person a line, and `local` where there are none', async () => {
    const lines = server.chat.loginLines('http://127.0.0.1:8080');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/ana.* http:\/\/127\.0\.0\.1:8080\/c\/[\w-]{43}$/);
    const alone = await serveConsole(store, { people: [] });
    const cookie = await signIn(alone, 'local');
    expect(await (await fetch(`${alone.url}/api/me`, { headers: { cookie } })).json()).toMatchObject({ name: 'local' });
    await alone.close();
  });

  it('marks the cookie Secure and pins it to the host behind https', async () => {
    const secure = await serveConsole(store, { publicUrl: 'https://daytwo.example.com' });
    const answer = await fetch(secure.link(), { method: 'POST', headers: { origin: 'https://daytwo.example.com' } });
    expect(answer.headers.get('set-cookie')).toMatch(
      /^__Host-daytwo=.*; HttpOnly; SameSite=Strict; Max-Age=\d+; Secure$/,
    );
    await secure.close();
  });

  it('bounds failures, but never holds up a good link', async () => {
    const wrong = `${server.url}/c/${'x'.repeat(43)}`;
    const statuses: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      statuses.push((await fetch(wrong, { method: 'POST', headers: { origin: server.url } })).status);
    }
    expect(statuses).toEqual([...Array<number>(10).fill(410), 429, 429]);
    await signIn(server);
  });

  it('is remembered over a restart, as a hash, until 30 days without use', async () => {
    const clock = movableClock();
    const first = await serveConsole(store, { clock });
    const cookie = await signIn(first);
    await first.close();
    const second = await serveConsole(store, { clock });
    const ask = (): Promise<Response> => fetch(`${second.url}/api/me`, { headers: { cookie } });
    expect((await ask()).status).toBe(200);
    const [stored] = await store.find(SESSIONS, { limit: 1 });
    expect(JSON.stringify(stored)).not.toContain(cookie.split('=')[1]);
    clock.forward(29 * DAY);
    const prolonged = await ask();
    expect(prolonged.status).toBe(200);
    expect(prolonged.headers.get('set-cookie')).toContain('Max-Age=2592000');
    clock.forward(29 * DAY);
    expect((await ask()).status).toBe(200);
    clock.forward(31 * DAY);
    expect((await ask()).status).toBe(401);
    await second.close();
  });

  it('ends with the person’s configuration', async () => {
    const cookie = await signIn(server, 'ben');
    const later = await serveConsole(store, { people: [{ name: 'ana', roles: [] }] });
    expect((await fetch(`${later.url}/api/me`, { headers: { cookie } })).status).toBe(401);
    await later.close();
  });

  it('makes a link for another device, and signs out one browser alone', async () => {
    const cookie = await signIn(server);
    const { path } = (await (await post('/api/link', cookie, {})).json()) as { path: string };
    const other = await fetch(server.url + path, { method: 'POST', headers: { origin: server.url } });
    const second = other.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect((await post('/api/signout', second, {})).status).toBe(200);
    expect((await get('/api/me', second)).status).toBe(401);
    expect((await get('/api/me', cookie)).status).toBe(200);
  });

  it('keeps at most twenty browsers of a person', async () => {
    const first = await signIn(server);
    for (let i = 0; i < 20; i += 1) await signIn(server);
    expect(await store.count(SESSIONS)).toBe(20);
    expect((await get('/api/me', first)).status).toBe(401);
  });
});

describe('strangers', () => {
  it('get no data from any route', async () => {
    await seedThreads(server.chat, store);
    const paths = ['me', 'commands', 'nodes', 'threads', 'threads/INC-42', 'stream', `blob/${'a'.repeat(64)}`];
    for (const path of paths) {
      for (const cookie of ['', 'daytwo=', `daytwo=${'x'.repeat(43)}`, 'daytwo=../../etc']) {
        const answer = await get(`/api/${path}`, cookie);
        expect([path, answer.status]).toEqual([path, 401]);
        expect(await answer.text()).not.toMatch(/INC-|Backup|ana/);
      }
    }
    for (const path of ['command', 'press', 'link', 'signout']) {
      expect((await post(`/api/${path}`, '', command('status'))).status).toBe(401);
    }
    expect(server.events).toEqual([]);
  });

  it('get the same headers on every answer', async () => {
    for (const path of ['/', '/c/x', '/assets/app.js', '/api/me']) {
      const { headers } = await get(path);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    }
  });

  it.each([
    '/assets/../console.ts',
    '/assets/%2e%2e/console.ts',
    '/assets/index.html',
    '/assets/main.ts',
    '/node_modules/htm',
  ])('get no other file: %s', async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it('serve under no other name: DNS rebinding ends at 421', async () => {
    expect(await statusFor('evil.example:8080')).toBe(421);
    expect(await statusFor('evil.example', '/api/me')).toBe(421);
    expect(await statusFor(server.host)).toBe(200);
    expect(await statusFor('localhost:1234')).toBe(200);
  });
});

describe('acting', () => {
  it('takes a command in once it is durable, with its thread and its id', async () => {
    const cookie = await signIn(server);
    const answer = await post('/api/command', cookie, command(' /daytwo silence 2h ', { thread: 'INC-42' }));
    expect(answer.status).toBe(202);
    expect(server.events).toEqual([
      {
        id: 'ana:0123456789abcdef',
        identity: { chat: 'console', id: 'ana' },
        conversation: { chat: 'console', id: 'home' },
        isPrivate: false,
        thread: 'INC-42',
        replyTo: '["0123456789abcdef","ana","/silence 2h"]',
        what: { kind: 'command', text: 'silence 2h' },
      },
    ]);
  });

  it('takes a press in with its token', async () => {
    const cookie = await signIn(server);
    expect((await post('/api/press', cookie, { id: '0123456789abcdef', token: 't', thread: 'INC-42' })).status).toBe(
      202,
    );
    expect(server.events[0]).toMatchObject({ what: { kind: 'button', token: 't' }, thread: 'INC-42' });
  });

  it('takes what was typed with a press: inert, trimmed, bounded', async () => {
    const cookie = await signIn(server);
    const typed = async (id: string, text: string) =>
      (await post('/api/press', cookie, { id: id.padEnd(16, '0'), token: 't', typed: text })).status;
    expect(await typed('a', ' k8s_data\n')).toBe(202);
    expect(await typed('b', '   ')).toBe(202);
    expect(await typed('c', 'k8s\u202e_data')).toBe(202);
    expect(await typed('d', 'x'.repeat(6001))).toBe(400);
    expect(server.events.map(({ what }) => what)).toEqual([
      { kind: 'button', token: 't', typed: 'k8s_data' },
      { kind: 'button', token: 't' },
      { kind: 'button', token: 't', typed: 'k8s\ufffd_data' },
    ]);
  });

  it.each<[string, Record<string, string>]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['no origin', { origin: '' }],
    ['an opaque origin', { origin: 'null' }],
    ['a browser that says cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['a browser that says same-site', { 'sec-fetch-site': 'same-site' }],
  ])('refuses %s, cookie or not', async (_, headers) => {
    const cookie = await signIn(server);
    expect((await post('/api/command', cookie, command('status'), headers)).status).toBe(403);
    expect(server.events).toEqual([]);
  });

  it.each<[string, unknown, number]>([
    ['no id', { text: 'status' }, 400],
    ['an odd id', { id: 'x y', text: 'status' }, 400],
    ['no words', command('  '), 400],
    ['a slash alone', command('/'), 400],
    ['too many words', command('x'.repeat(2001)), 400],
    ['an odd thread', command('status', { thread: 'a b' }), 400],
    ['an unknown field', command('status', { identity: 'ben' }), 400],
    ['a huge body', command('x'.repeat(20_000)), 413],
  ])('refuses %s', async (_, body, status) => {
    const cookie = await signIn(server);
    expect((await post('/api/command', cookie, body)).status).toBe(status);
    expect(server.events).toEqual([]);
  });

  it('refuses a form', async () => {
    const cookie = await signIn(server);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await post('/api/command', cookie, command('status'), headers)).status).toBe(415);
  });

  it('says 503 while the event can’t be kept, so that the browser tries again', async () => {
    const away = await serveConsole(store, {
      takeIn: () => Promise.reject(new DaytwoError('store-unavailable', 'disk full: /secret/path')),
    });
    const cookie = await signIn(away);
    const answer = await fetch(`${away.url}/api/command`, {
      method: 'POST',
      headers: { cookie, origin: away.url, 'content-type': 'application/json' },
      body: JSON.stringify(command('status')),
    });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(await answer.text()).not.toContain('secret');
    await away.close();
  });
});

describe('reading', () => {
  it('lists, searches and shows; an answer for one person is that person’s alone', async () => {
    await seedThreads(server.chat, store);
    const [ana, ben] = [await signIn(server, 'ana'), await signIn(server, 'ben')];
    const list = (await (await get('/api/threads', ana)).json()) as { open: number; threads: { key: string }[] };
    expect(list.open).toBe(3);
    expect(list.threads.map(({ key }) => key)).toEqual(['INC-42', 'INC-40', 'INC-41', 'INC-39']);
    const found = (await (await get('/api/threads?q=4121%20LOCKED', ben)).json()) as typeof list;
    expect(found.threads.map(({ key }) => key)).toEqual(['INC-42']);
    const [own, others] = await Promise.all(
      [ana, ben].map(async (cookie) => (await get('/api/threads/INC-42', cookie)).text()),
    );
    expect(own).toContain('Silences of INC-42');
    expect(others).not.toContain('Silences of INC-42');
    expect(others).not.toContain('onlyFor');
    expect((await get('/api/threads/INC-404', ana)).status).toBe(404);
    expect((await get('/api/threads/%00', ana)).status).toBe(400);
    expect((await get('/api/threads?scope=secret', ana)).status).toBe(400);
    expect((await get('/api/threads/channel', ana)).status).toBe(200);
  });

  it('serves pictures, and nothing else that is kept as a blob', async () => {
    const cookie = await signIn(server);
    const png = Buffer.from('89504e470d0a1a0a00', 'hex');
    const picture = await get(`/api/blob/${await store.putBlob(png)}`, cookie);
    expect(picture.status).toBe(200);
    expect(picture.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(png);
    const page = await store.putBlob(Buffer.from('<script>1</script>'));
    expect((await get(`/api/blob/${page}`, cookie)).status).toBe(404);
    expect((await get(`/api/blob/${'0'.repeat(64)}`, cookie)).status).toBe(404);
    expect((await get('/api/blob/..%2f..%2fstate', cookie)).status).toBe(400);
  });

  it('forgets what it is told to', async () => {
    await seedThreads(server.chat, store);
    const cookie = await signIn(server);
    await server.chat.forget(['INC-42']);
    expect((await get('/api/threads/INC-42', cookie)).status).toBe(404);
    expect((await server.chat.pictures()).size).toBe(0);
  });

  it('answers unchanged files with 304', async () => {
    const first = await get('/assets/app.js');
    const etag = first.headers.get('etag') ?? '';
    expect((await fetch(`${server.url}/assets/app.js`, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });
});

it('is up once started, and delivers from before', async () => {
  expect(server.chat.health()).toEqual({ state: 'up', reason: '' });
  expect((await server.chat.deliver(delivery('INC-1', { title: 'x' }), never)).is).toBe('delivered');
});
