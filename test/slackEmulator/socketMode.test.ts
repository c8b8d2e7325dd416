import type { App } from '@slack/bolt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { seededFaults } from '../support/slack/faults.ts';
import { type SlackEmulator, type SlackOptions, startSlack } from '../support/slack/index.ts';
import { habits, socketApp } from './bolt.ts';
import { clientOf } from './client.ts';

const running: { slack?: SlackEmulator; apps: App[] } = { apps: [] };
afterEach(async () => {
  await Promise.all(running.apps.splice(0).map((app) => app.stop()));
  await running.slack?.stop();
});

async function night(
  options: SlackOptions = {},
  apps = 1,
): Promise<{ readonly slack: SlackEmulator; readonly heard: readonly string[][] }> {
  const slack = await startSlack({ scale: 0, ...options });
  running.slack = slack;
  const heard: string[][] = [];
  for (let i = 0; i < apps; i += 1) {
    const app = socketApp(slack);
    heard.push(habits(app).heard);
    running.apps.push(app);
    await app.init();
    await app.start();
  }
  return { slack, heard };
}

describe('Bolt over Socket Mode', () => {
  it('answers a command, a button with a modal, a wrong and a right name', async () => {
    const { slack, heard } = await night();
    const ana = slack.user('U0ANA');
    expect(await ana.slash('/drain', 'worker-1', { channel: 'C0OPS' })).toMatchObject({ outcome: 'acked' });
    await vi.waitFor(() => expect(slack.messages('C0OPS')).toHaveLength(1));
    const ts = slack.messages('C0OPS')[0]?.ts ?? '';
    expect(await slack.user('U0BEN').press(ts, 'Confirm')).toMatchObject({ outcome: 'acked' });
    const ben = slack.user('U0BEN');
    await vi.waitFor(() => expect(ben.modal()).toBeDefined());
    await expect(ben.submit('typed', {})).rejects.toThrow('"Node" must be filled in');
    await expect(ben.submit('typed', { Node: 'x' })).rejects.toThrow('takes 2 to');
    await ben.submit('typed', { Node: 'worker-2' });
    expect(ben.modal()).toBeDefined();
    expect(await ben.submit('typed', { Node: 'worker-1' })).toMatchObject({ outcome: 'acked' });
    expect(ben.modal()).toBeUndefined();
    expect(heard[0]).toEqual([
      'command worker-1',
      'button token-1',
      'typed worker-2 for REQ-1',
      'typed worker-1 for REQ-1',
    ]);
    expect(slack.violations).toEqual([]);
  });

  it('hears mentions in threads, opens a Home tab, answers a shortcut by its response_url', async () => {
    const { slack, heard } = await night();
    const ana = slack.user('U0ANA');
    const asked = await ana.mention('C0OPS', 'status');
    await vi.waitFor(() => expect(slack.thread('C0OPS', asked)).toHaveLength(2));
    await ana.mention('C0OPS', 'again', asked);
    await ana.openHome();
    await vi.waitFor(() => expect(ana.home()).toBeDefined());
    await ana.shortcut('ack_incident', asked);
    await vi.waitFor(() => expect(slack.ephemerals('U0ANA')).toHaveLength(1));
    expect(heard[0]).toEqual([
      'mention <@U0BOT> status',
      'mention <@U0BOT> again',
      'home U0ANA',
      'shortcut ack_incident',
    ]);
    expect(slack.violations).toEqual([]);
  });

  it('gets a payload on any one of its connections, and again on another when that one dies', async () => {
    const { slack, heard } = await night({}, 2);
    expect(slack.socket.connections()).toBe(2);
    for (let i = 0; i < 6; i += 1) await slack.user('U0ANA').mention('C0OPS', `m${i}`);
    expect(heard.map((each) => each.length)).toEqual([3, 3]);
    slack.socket.drop('oldest');
    await slack.user('U0ANA').mention('C0OPS', 'last');
    expect(heard.flat()).toHaveLength(7);
    expect(slack.deliveries.lost).toEqual([]);
  });

  it('is told to reconnect and does', async () => {
    const { slack, heard } = await night();
    slack.socket.disconnect('refresh_requested');
    await vi.waitFor(() => expect(slack.socket.connections()).toBe(0));
    const event = slack.user('U0ANA').mention('C0OPS', 'in the gap');
    await slack.socket.connected(1, AbortSignal.timeout(15_000));
    await event;
    await vi.waitFor(() => expect(heard[0]).toEqual(['mention <@U0BOT> in the gap']));
    expect(slack.socket.accepted()).toBe(2);
  });

  it('meets duplicates and disorder as planned', async () => {
    const { slack, heard } = await night({
      faults: seededFaults({ seed: 3, rates: { duplicate: 0.3, reorder: 0.3 } }),
      rateLimits: false,
    });
    const mentions = Array.from({ length: 20 }, (_, i) => slack.user('U0ANA').mention('C0OPS', `m${i}`));
    await Promise.all(mentions);
    await vi.waitFor(() => expect(new Set(heard[0]).size).toBe(20));
    expect(heard[0]?.length).toBeGreaterThan(20);
    expect([...new Set(heard[0])]).not.toEqual(Array.from({ length: 20 }, (_, i) => `mention <@U0BOT> m${i}`));
  });
});

describe('a client of the test’s own', () => {
  /** Connects as a program without the vendor's framework would. */
  async function connect(
    slack: SlackEmulator,
  ): Promise<{ readonly socket: WebSocket; readonly seen: Record<string, unknown>[]; readonly closed: Promise<void> }> {
    const { url = '' } = await clientOf(slack, slack.appToken).apps.connections.open();
    const socket = new WebSocket(url);
    const seen: Record<string, unknown>[] = [];
    socket.addEventListener('message', (event) => seen.push(JSON.parse(String(event.data))));
    const closed = new Promise<void>((resolve) => {
      socket.addEventListener('close', () => resolve());
    });
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0));
    return { socket, seen, closed };
  }

  it('that never acknowledges gets an event four times, then loses it; a command times out once', async () => {
    const slack = await startSlack({ scale: 0, ackMs: 60 });
    running.slack = slack;
    const { seen } = await connect(slack);
    expect(seen[0]).toMatchObject({ type: 'hello', num_connections: 1, connection_info: { app_id: 'A0DAYTWO' } });
    await slack.user('U0ANA').mention('C0OPS', 'hello');
    const events = seen.filter((message) => message['type'] === 'events_api');
    expect(events.map((event) => event['retry_attempt'])).toEqual([0, 1, 2, 3]);
    expect(new Set(events.map((event) => (event['payload'] as Record<string, unknown>)['event_id'])).size).toBe(1);
    expect(slack.deliveries.lost).toHaveLength(1);
    expect(await slack.user('U0ANA').slash('/drain', 'x')).toMatchObject({ outcome: 'operation_timeout' });
    expect(seen.filter((message) => message['type'] === 'slash_commands')).toHaveLength(1);
  });

  it('is noted for acknowledging what nobody waits for, or with a payload where none is taken', async () => {
    const slack = await startSlack({ scale: 0 });
    running.slack = slack;
    const { socket } = await connect(slack);
    socket.send(JSON.stringify({ envelope_id: 'nonsense' }));
    socket.addEventListener('message', (event) => {
      const { envelope_id } = JSON.parse(String(event.data));
      socket.send(JSON.stringify({ envelope_id, payload: { text: 'x' } }));
    });
    await slack.user('U0ANA').mention('C0OPS', 'hello');
    expect(slack.violations.map((violation) => violation.kind)).toEqual(['bad-ack', 'bad-ack']);
  });

  it('may hold ten connections, each by a URL of its own', async () => {
    const slack = await startSlack({ scale: 0, rateLimits: false });
    running.slack = slack;
    for (let i = 0; i < 10; i += 1) await connect(slack);
    const { seen, closed } = await connect(slack);
    await closed;
    expect(seen[0]).toMatchObject({ type: 'disconnect', reason: 'too_many_websockets' });
    expect(slack.socket.connections()).toBe(10);
    const used = new WebSocket(`${slack.apiUrl.replace('http', 'ws').replace('/api/', '')}/link/?ticket=none`);
    await new Promise((resolve) => used.addEventListener('error', resolve));
    expect(slack.violations).toMatchObject([{ kind: 'bad-transport' }]);
  });

  it('hears of a warning before the end, and of a link that is switched off', async () => {
    const slack = await startSlack({ scale: 0 });
    running.slack = slack;
    const first = await connect(slack);
    slack.socket.disconnect('warning');
    await first.closed;
    const second = await connect(slack);
    slack.socket.disconnect('link_disabled');
    await second.closed;
    expect([first, second].map(({ seen }) => seen.at(-1)?.['reason'])).toEqual(['warning', 'link_disabled']);
  });

  it('that is not there leaves commands failed at once', async () => {
    const slack = await startSlack({ scale: 0 });
    running.slack = slack;
    expect(await slack.user('U0ANA').slash('/drain', 'x')).toMatchObject({ outcome: 'dispatch_failed' });
  });
});
