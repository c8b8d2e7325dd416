import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { silentLog } from '../../src/lib/log.ts';
import { movableClock } from '../support/consoleServer.ts';
import { ALERTMANAGER, type AlertmanagerSetup, startAlertmanager } from '../support/real/alertmanager.ts';
import { freePort } from '../support/real/ports.ts';
import { eventually, missing } from '../support/real/process.ts';
import { type Bot, metric, startBot, textOf, type Visitor, visit } from './bot.ts';

const absent = missing([ALERTMANAGER], 'truncated groups, pairs of Alertmanagers, an Alertmanager that is away');
const open = new Set<{ stop(): Promise<void> }>();
/** Ends it after the test, whatever happens. */
const kept = <T extends { stop(): Promise<void> }>(part: T): T => {
  open.add(part);
  return part;
};

afterEach(async () => {
  // The bot first: an Alertmanager that is gone would be waited for.
  for (const part of [...open].reverse()) await part.stop();
  open.clear();
});

async function pair(setup: AlertmanagerSetup, count = 1) {
  const port = await freePort();
  const webhookUrl = `http://127.0.0.1:${port}/webhooks/alertmanager`;
  const servers = await Promise.all(
    Array.from({ length: count }, async () => kept(await startAlertmanager({ webhookUrl, ...setup }))),
  );
  const [first] = servers;
  if (!first) throw new Error('no Alertmanager');
  const config = { server: { listen: `127.0.0.1:${port}` }, alertmanager: { url: first.url } };
  return { port, config, first, servers };
}

async function botAnd(config: object): Promise<{ bot: Bot; local: Visitor }> {
  const bot = kept(await startBot({ config }));
  return { bot, local: await visit(bot.link('local')) };
}

async function rootText(visitor: Visitor, thread: string): Promise<string> {
  const root = (await visitor.messages(thread)).find(({ isRoot }) => isRoot);
  return root ? textOf(root.card) : '';
}

/** How many notifications the bot has stored. */
async function stored(bot: Bot): Promise<number> {
  return metric(await bot.metrics(), 'daytwo_webhooks_total\\{status="200"\\}') ?? 0;
}

const hot = (node: string, more: Record<string, string> = {}) => ({
  labels: { alertname: 'Hot', severity: 'warning', node, ...more },
});

describe.skipIf(absent.length > 0)('real Alertmanagers', () => {
  it('a truncated group says what was left out, and is not over while anything of it may fire', async () => {
    const { config, first } = await pair({ maxAlerts: 2 });
    const { bot, local } = await botAnd(config);
    await first.post(hot('n1'), hot('n2'), hot('n3'), hot('n4'), hot('n5'));
    await eventually('the thread', async () => (await local.threads())[0]);
    expect(await rootText(local, 'INC-1')).toContain('Alertmanager left 3 more out of its notification.');
    // All of them end: the notification says "resolved" of the two that it shows, and nothing of the three.
    const before = await stored(bot);
    await first.post(...['n1', 'n2', 'n3', 'n4', 'n5'].map((node) => ({ ...hot(node), endsAt: Date.now() - 1 })));
    await eventually('the last notification', async () => ((await stored(bot)) > before ? true : undefined));
    await eventually('it to be worked in', async () => {
      const text = await rootText(local, 'INC-1');
      return text.includes('node=n1') ? undefined : true;
    });
    expect((await local.threads())[0]?.title).not.toContain('resolved after');
    expect(metric(await bot.metrics(), 'daytwo_incidents_open')).toBe(1);
  }, 60_000);

  it('two Alertmanagers of a pair post the same group: one incident, one root, one end', async () => {
    const { config, servers } = await pair({}, 2);
    const { bot, local } = await botAnd(config);
    const startsAt = Date.now();
    await Promise.all(servers.map((server) => server.post({ ...hot('n1'), startsAt })));
    await eventually('both notifications', async () => ((await stored(bot)) === 2 ? true : undefined));
    await eventually('the thread', async () => (await local.threads())[0]);
    expect(await local.threads()).toHaveLength(1);
    const endsAt = Date.now();
    await Promise.all(servers.map((server) => server.post({ ...hot('n1'), startsAt, endsAt })));
    await eventually('the end', async () =>
      /resolved after/.test((await local.threads())[0]?.title ?? '') ? true : undefined,
    );
    const messages = await local.messages('INC-1');
    expect(messages.filter(({ isRoot }) => isRoot)).toHaveLength(1);
    expect(messages.filter(({ key }) => key.includes('/resolved-'))).toHaveLength(1);
  }, 60_000);

  it('an alert that fires while the bot is down comes when it is back', async () => {
    const { config, first } = await pair({ groupInterval: '1s' });
    const { bot, local } = await botAnd(config);
    await first.post(hot('n1'));
    await eventually('the first thread', async () => (await local.threads())[0]);
    const again = { config, dir: bot.dir };
    expect(await bot.end('SIGTERM')).toBe(0);
    await first.post({ labels: { alertname: 'Cold', severity: 'critical' } });
    const second = kept(await startBot(again));
    const visitor = await visit(second.link('local'));
    await eventually('the thread of what fired meanwhile', async () =>
      (await visitor.threads()).find(({ title }) => title.endsWith('Cold')),
    );
    expect((await visitor.threads()).map(({ key }) => key).sort()).toEqual(['INC-1', 'INC-2']);
  }, 60_000);

  it('while Alertmanager hangs, a silence is refused in words within 15 s; when it is back, it works', async () => {
    const { config, first } = await pair({});
    const { bot, local } = await botAnd(config);
    await first.post(hot('n1'));
    await eventually('the thread', async () => (await local.threads())[0]);
    first.signal('SIGSTOP');
    const began = Date.now();
    const refused = await local.say('/silence 30m', { thread: 'INC-1' });
    expect(Date.now() - began).toBeLessThan(15_000);
    expect(refused.card.title).toMatch(/^That did not work: .*Alertmanager/);
    await eventually(
      '/readyz to name it',
      async () => (await bot.ready()).parts.find(({ part, state }) => part === 'alertmanager' && state === 'down'),
      40_000,
    );
    // Alerts can be taken all the same: no 503, which would cut the webhooks off.
    expect((await bot.ready()).status).toBe(200);
    first.signal('SIGCONT');
    const done = await eventually('a silence', async () => {
      const { card } = await local.say('/silence 30m', { thread: 'INC-1' });
      return card.title.includes('is silenced for') ? card : undefined;
    });
    expect(done.tone).toBe('ok');
    const silences = (await (await fetch(`${first.url}/api/v2/silences`)).json()) as { createdBy: string }[];
    expect(silences.map(({ createdBy }) => createdBy)).toEqual(['local']);
    await eventually(
      '/readyz to be well again',
      async () => (await bot.ready()).parts.find(({ part, state }) => part === 'alertmanager' && state === 'up'),
      30_000,
    );
  }, 100_000);

  it('what ends while it is silenced is found by asking Alertmanager', async () => {
    const { port, first } = await pair({});
    const dir = await mkdtemp(join(tmpdir(), 'daytwo-silenced-'));
    const file = join(dir, 'daytwo.yaml');
    const listen = `127.0.0.1:${port}`;
    await writeFile(file, JSON.stringify({ server: { listen }, alertmanager: { url: first.url }, store: { dir } }));
    const clock = movableClock();
    const { config } = loadConfig({ file, env: {} });
    const app: App = await createApp(config, { hasFile: true, env: { HOME: dir } }, { clock, log: silentLog });
    kept({
      stop: async () => {
        await app.stop();
        await rm(dir, { recursive: true, force: true });
      },
    });
    const url = await app.start();
    const local = await visit(app.loginLines(url)[0]?.split(' ').at(-1) ?? '');
    await first.post(hot('n1'));
    await eventually('the thread', async () => (await local.threads())[0]);
    expect((await local.say('/silence INC-1 1h')).card.title).toContain('is silenced for 1 h');
    await first.post({ ...hot('n1'), endsAt: Date.now() - 1 });
    // Alertmanager says nothing of a silenced alert's end, and the bot believes no list of one that has just started.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect((await local.threads())[0]?.title).toBe('INC-1 Hot');
    clock.forward(200_000);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect((await local.threads())[0]?.title).toBe('INC-1 Hot');
    clock.forward(30_000);
    await eventually('the end', async () =>
      /resolved after/.test((await local.threads())[0]?.title ?? '') ? true : undefined,
    );
    expect(JSON.stringify(await local.messages('INC-1'))).toContain('Alertmanager no longer has it');
  }, 60_000);
});
