import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { incidents } from '../../src/alerting/incident.ts';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import type { Collection } from '../../src/store/port.ts';
import { freePort } from '../support/real/ports.ts';
import { eventually } from '../support/real/process.ts';
import { type Bot, metric, ROOT, startBot, visit } from './bot.ts';
import { notification } from './notification.ts';

const STOP_MS = 10_000;

let dir: string;
let bot: Bot | undefined;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'daytwo-start-'));
});
afterEach(async () => {
  await bot?.stop();
  bot = undefined;
  await rm(dir, { recursive: true, force: true });
});
const serve = async (config: object = {}): Promise<Bot> => {
  bot = await startBot({ dir, config: { server: { listen: `127.0.0.1:${await freePort()}` }, ...config } });
  return bot;
};

/** Whether the default port is free: `npm start` without a configuration has no other. */
async function defaultPortFree(): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(8080, '127.0.0.1', () => resolve((server.address() as AddressInfo).port === 8080));
  });
  await new Promise((resolve) => server.close(resolve));
  return free;
}

const isFree = await defaultPortFree();
if (!isFree) console.warn('SKIPPED: npm start without a configuration: 127.0.0.1:8080 is in use here');

describe('the first start', () => {
  it.skipIf(!isFree)(
    'npm start without anything: five lines, a one-time URL on a line, state in the folder',
    async () => {
      // npm runs its scripts in the package's folder; what it runs there is started here in an empty one, on the default port.
      const { default: manifest } = (await import('../../package.json', { with: { type: 'json' } })) as {
        default: { scripts: { start: string } };
      };
      expect(manifest.scripts.start).toBe('node bin/daytwo.js serve');
      bot = await startBot({ dir });
      expect(bot.url).toBe('http://127.0.0.1:8080');
      const lines = bot.stdout().trimEnd().split('\n');
      expect(lines).toHaveLength(6);
      expect(lines[0]).toMatch(
        /^daytwo \d\S* listens on http:\/\/127\.0\.0\.1:8080, webhook at .* \(open, for this machine only\)$/,
      );
      expect(lines.slice(1, 5).map((line) => line.split(':')[0])).toEqual(['keeps', 'speaks', 'sees', 'people']);
      expect(lines[3]).toContain('prometheus off (prometheus.url is not set');
      expect(lines[3]).toContain('cluster off (no kubeconfig');
      expect(lines[5]).toMatch(/^Console for local, once: http:\/\/127\.0\.0\.1:8080\/c\/[\w-]{43}$/);
      await notification(bot.url, { alertname: 'DiskPressure', severity: 'critical' });
      const local = await visit(bot.link('local'));
      await eventually('a thread', async () => (await local.threads())[0]);
    },
  );

  it('serves /healthz, /readyz and /metrics, and says what is off', async () => {
    const { url, ready, metrics } = await serve();
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'alive' });
    const { status, parts } = await ready();
    expect(status).toBe(200);
    expect(Object.fromEntries(parts.map(({ part, state }) => [part, state]))).toMatchObject({
      store: 'up',
      console: 'up',
      alertmanager: 'off',
      prometheus: 'off',
      cluster: 'off',
      hosts: 'off',
    });
    const text = await metrics();
    expect(metric(text, 'daytwo_incidents_open')).toBe(0);
    expect(metric(text, 'daytwo_audit_unwritable')).toBe(0);
    expect(text).toContain('daytwo_gate_requests_open{state="approving"} 0');
    expect(text).toContain('process_resident_memory_bytes');
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
  });

  it('the one-time URL works once; its cookie outlives a restart', async () => {
    const first = await serve();
    const link = first.link('local');
    const { origin } = new URL(link);
    const spent = await fetch(link, { method: 'POST', headers: { origin } });
    expect(spent.status).toBe(200);
    const cookie = spent.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect((await fetch(link, { method: 'POST', headers: { origin } })).status).toBe(410);
    expect(await first.end('SIGTERM')).toBe(0);
    const again = await startBot({ dir, config: { server: { listen: new URL(first.url).host } } });
    bot = again;
    expect((await fetch(`${again.url}/api/me`, { headers: { cookie } })).status).toBe(200);
    // The old link is nobody's, and each start prints a new one.
    expect((await fetch(link, { method: 'POST', headers: { origin } })).status).toBe(410);
    expect(again.link('local')).not.toBe(link);
  });

  it('a line and a URL for each person, with the name', async () => {
    const { link, stdout } = await serve({ people: [{ name: 'ana', roles: ['oncall'] }, { name: 'ben' }] });
    const me = async (name: string): Promise<unknown> => (await (await visit(link(name))).get('/api/me')).json();
    expect(await me('ana')).toEqual({ name: 'ana', roles: ['oncall'] });
    expect(await me('ben')).toEqual({ name: 'ben', roles: [] });
    expect(stdout().match(/\/c\/[\w-]{43}$/gm)).toHaveLength(2);
  });

  it('a second process on the same folder refuses with a sentence, and the first goes on', async () => {
    const { url, pid } = await serve();
    const second = await execa(process.execPath, [join(ROOT, 'bin', 'daytwo.js'), 'serve'], {
      reject: false,
      cwd: dir,
      extendEnv: false,
      env: { PATH: process.env['PATH'] ?? '', HOME: dir, DAYTWO_DATA_DIR: join(dir, 'data') },
      timeout: STOP_MS,
    });
    expect(second.exitCode).toBe(1);
    expect(second.stdout).toBe('');
    expect(second.stderr.trim().split('\n')).toHaveLength(1);
    expect(second.stderr).toContain(String(pid));
    expect(second.stderr).not.toMatch(/\bat .*:\d+:\d+/);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('an address that is taken is named', async () => {
    const { url } = await serve();
    const other = await mkdtemp(join(tmpdir(), 'daytwo-other-'));
    const listen = new URL(url).host;
    await expect(startBot({ dir: other, config: { server: { listen } } })).rejects.toThrow(
      `${listen} can't be listened on`,
    );
    await rm(other, { recursive: true, force: true });
  });
});

describe('SIGTERM', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s ends an idle bot at once, with 0', async (signal) => {
    const { end } = await serve();
    const began = Date.now();
    expect(await end(signal)).toBe(0);
    expect(Date.now() - began).toBeLessThan(5000);
  });

  it('ends under load within 10 s with 0; what was taken is there at the next start, once', async () => {
    const first = await serve();
    const taken = new Set<string>();
    let sending = true;
    let sent = 0;
    const senders = Array.from({ length: 8 }, async () => {
      while (sending) {
        const alertname = `Load${sent++}`;
        // Refused or cut: the sender would come back, so the bot owes nothing.
        await notification(first.url, { alertname, severity: 'warning' }).then(
          () => taken.add(alertname),
          () => wait(5),
        );
      }
    });
    // An open stream of the console must not hold the end up.
    const local = await visit(first.link('local'));
    const stream = await local.get('/api/stream');
    await wait(1500);
    const began = Date.now();
    expect(await first.end('SIGTERM')).toBe(0);
    expect(Date.now() - began).toBeLessThan(STOP_MS);
    sending = false;
    await Promise.all(senders);
    await stream.body?.cancel().catch(() => {});
    expect(taken.size).toBeGreaterThan(50);
    expect(first.log()).not.toContain('did not stop in time');

    const second = await startBot({ dir, config: { server: { listen: `127.0.0.1:${await freePort()}` } } });
    bot = second;
    await eventually('everything to be worked in', async () =>
      metric(await second.metrics(), 'daytwo_inbox_waiting') === 0 ? true : undefined,
    );
    expect(await second.end('SIGTERM')).toBe(0);
    const store = await openLowdbStore({
      dir: join(dir, 'data'),
      collections: [incidents as Collection<never>],
      now: () => Date.now(),
      warn: () => {},
    });
    const names = (await store.find(incidents, { limit: 100_000 })).map(({ body }) => body.alertname);
    await store.close();
    expect([...taken].filter((name) => !names.includes(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    // What was stored while its answer was cut off is there as well: at least once, never twice.
    expect(names.length).toBeLessThanOrEqual(sent);
  }, 60_000);
});
