import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DaytwoError } from '../../../src/lib/errors.ts';
import type { SlackEmulator } from '../../support/slack/index.ts';
import { smallWorkspace } from '../../support/slack/workspace.ts';
import { cardOf, endNights, HOME, type Night, night } from './night.ts';

const servers: FastifyInstance[] = [];
afterEach(async () => {
  for (const one of servers.splice(0)) await one.close();
  await endNights();
});

/** A night in HTTP mode, the emulator delivering to our own route. */
async function httpNight(
  options: Parameters<typeof night>[0] = {},
): Promise<Night & { readonly http: ReturnType<SlackEmulator['deliverTo']> }> {
  const one = await night({
    ...options,
    chat: (slack) => ({ mode: { http: { signingSecret: slack.signingSecret } } }),
  });
  const app = Fastify();
  servers.push(app);
  if (one.chat.plugin) await app.register(one.chat.plugin);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { ...one, http: one.slack.deliverTo(`${url}/slack/events`) };
}

const modes: readonly [string, (options?: Parameters<typeof night>[0]) => Promise<Night>][] = [
  ['Socket Mode', night],
  ['HTTP mode', httpNight],
];
const words = (one: Night): readonly unknown[] => one.heard.map(({ what }) => what);
const hears = (one: Night, count: number): Promise<void> => vi.waitFor(() => expect(one.heard).toHaveLength(count));

describe.each(modes)('%s', (_, begin) => {
  it('takes commands, of every spelling, and acknowledges in time', async () => {
    const one = await begin();
    await one.up();
    const ana = one.slack.user('U0ANA');
    for (const [command, text] of [
      ['/drain', 'worker-1'],
      ['/daytwo', 'drain worker-1'],
      ['/daytwo', ''],
      ['/silence', '&lt;b&gt; &amp; <http://node-1.example|node-1.example>'],
    ] as const) {
      const { outcome, response } = await ana.slash(command, text, { channel: HOME });
      expect({ outcome, response }).toEqual({ outcome: 'acked', response: undefined });
    }
    await hears(one, 4);
    expect(words(one)).toEqual(
      ['drain worker-1', 'drain worker-1', 'help', 'silence <b> & node-1.example'].map((text) => ({
        kind: 'command',
        text,
      })),
    );
    expect(one.heard[0]).toMatchObject({
      identity: { chat: 'slack', id: 'U0ANA' },
      conversation: { chat: 'slack', id: HOME },
      isPrivate: false,
    });
    expect(one.slack.violations).toEqual([]);
  });

  it('takes presses and mentions with the thread they happened in', async () => {
    const one = await begin();
    await one.up();
    const buttons = [{ label: 'Ack', token: 'token-1', style: 'primary' as const }];
    await one.say(
      { message: 'INC-7', card: cardOf('INC-7', { buttons }) },
      { message: 'INC-7/offer', card: cardOf('offer', { buttons }) },
    );
    await one.delivered();
    const [root, reply] = one.slack.messages(HOME);
    const ben = one.slack.user('U0BEN');
    expect(await ben.press(root?.ts ?? '', 'Ack')).toMatchObject({ outcome: 'acked' });
    expect(await ben.press(reply?.ts ?? '', 'Ack')).toMatchObject({ outcome: 'acked' });
    await ben.mention(HOME, 'silence 2h', root?.ts);
    const alone = await ben.mention(HOME, 'status');
    await hears(one, 4);
    const token = { kind: 'button', token: 'token-1' };
    expect(one.heard.map(({ thread, replyTo, what }) => ({ thread, replyTo, what }))).toEqual([
      { thread: 'INC-7', replyTo: 'beside', what: token },
      { thread: 'INC-7', replyTo: undefined, what: token },
      { thread: 'INC-7', replyTo: undefined, what: { kind: 'command', text: 'silence 2h' } },
      { thread: undefined, replyTo: `under ${alone}`, what: { kind: 'command', text: 'status' } },
    ]);
    expect(one.slack.violations).toEqual([]);
  });

  it('works in direct messages with the bot', async () => {
    const one = await begin();
    await one.up();
    const ana = one.slack.user('U0ANA');
    await ana.say(ana.direct(), 'drain worker-1');
    await ana.slash('/status', '', { channel: ana.direct() });
    await hears(one, 2);
    expect(one.heard).toMatchObject([
      { isPrivate: true, conversation: { id: ana.direct() }, what: { text: 'drain worker-1' } },
      { isPrivate: true, conversation: { id: ana.direct() }, what: { text: 'status' } },
    ]);
  });

  it('takes an event once, however often it comes', async () => {
    const one = await begin({ emulator: { faults: { call: () => undefined, delivery: () => 'duplicate' } } });
    await one.up();
    for (let at = 0; at < 5; at += 1) await one.slack.user('U0ANA').mention(HOME, `silence ${at}h`);
    await one.slack.settled();
    await hears(one, 5);
    expect(new Set(one.heard.map(({ id }) => id)).size).toBe(5);
  });

  it('acknowledges an event only once it is stored: what failed comes again', async () => {
    let failures = 2;
    const one = await begin({
      emulator: { scale: 0 },
      takeIn: (real) => async (event) => {
        failures -= 1;
        if (failures >= 0) throw new DaytwoError('store-unavailable', 'disk full');
        return real(event);
      },
    });
    await one.up();
    await one.slack.user('U0ANA').mention(HOME, 'status');
    await hears(one, 1);
    expect(one.slack.deliveries.lost).toEqual([]);
    expect(one.slack.deliveries.records.filter(({ outcome }) => outcome !== 'acked')).not.toEqual([]);
  });

  it.each([
    ['fails', () => Promise.reject(new DaytwoError('store-unavailable', 'disk full')), 'nothing was done'],
    ['hangs', () => new Promise<void>(() => {}), 'may still be done'],
  ])('says at once when the store %s', async (__, takeIn, sentence) => {
    const one = await begin({ takeIn: () => takeIn });
    await one.up();
    const ana = one.slack.user('U0ANA');
    const { outcome, tookMs } = await ana.slash('/drain', 'worker-1', { channel: HOME });
    expect(outcome).toBe('acked');
    expect(tookMs).toBeLessThan(3000);
    expect(one.slack.ephemerals('U0ANA')).toMatchObject([{ text: expect.stringContaining(sentence) }]);
    await one.say({
      message: 'INC-1',
      card: cardOf('INC-1', { buttons: [{ label: 'Ack', token: 't', style: 'plain' }] }),
    });
    await one.delivered();
    expect(
      await ana.press(
        one.slack.messages(HOME).find(({ byBot, ephemeralFor }) => byBot && !ephemeralFor)?.ts ?? '',
        'Ack',
      ),
    ).toMatchObject({ outcome: 'acked' });
    await vi.waitFor(() => expect(one.slack.ephemerals('U0ANA').at(-1)?.text).toContain(sentence));
    expect(one.slack.violations).toEqual([]);
  });

  it('refuses guests politely, and others in silence', async () => {
    const one = await begin();
    await one.up();
    const guest = one.slack.user('U0GUEST');
    await guest.slash('/status', '', { channel: HOME });
    await guest.mention(HOME, 'status');
    await one.slack.user('U0STRANGER').mention(HOME, 'status');
    await one.slack.user('U0OTHERBOT').mention(HOME, 'status');
    const ana = one.slack.user('U0ANA');
    await ana.slash('/status', '', { channel: 'C0SECRET' });
    await one.slack.settled();
    await vi.waitFor(() => expect(one.slack.ephemerals('U0GUEST')).toHaveLength(2));
    for (const { text } of one.slack.ephemerals('U0GUEST'))
      expect(text).toBe('Guests of the workspace can’t use me; nothing was done.');
    expect(one.slack.ephemerals('U0ANA')).toMatchObject([
      { text: expect.stringContaining('I work in my own channel') },
    ]);
    expect([...one.slack.ephemerals('U0STRANGER'), ...one.slack.ephemerals('U0OTHERBOT')]).toEqual([]);
    expect(one.heard).toEqual([]);
    expect(one.slack.violations).toEqual([]);
  });

  it('hears an edited mention once', async () => {
    const one = await begin();
    await one.up();
    const ana = one.slack.user('U0ANA');
    const ts = await ana.mention(HOME, 'status');
    await ana.edit(ts, '<@U0BOT> drain worker-1');
    await one.slack.settled();
    await hears(one, 1);
    expect(words(one)).toEqual([{ kind: 'command', text: 'status' }]);
  });

  it('fills the Home tab, for a guest with a refusal', async () => {
    const one = await begin({
      ...(begin === night
        ? {
            chat: {
              homeTab: async ({ id }) => [
                cardOf(`2 open incidents, ${id}`),
                cardOf('On call: ben', { tone: 'neutral' }),
              ],
            },
          }
        : {}),
    });
    await one.up();
    const ana = one.slack.user('U0ANA');
    await ana.openHome();
    await vi.waitFor(() => expect(ana.home()).toBeDefined());
    expect(JSON.stringify(ana.home()?.body)).toContain(begin === night ? '2 open incidents, U0ANA' : '/daytwo help');
    const guest = one.slack.user('U0GUEST');
    await guest.openHome();
    await vi.waitFor(() => expect(JSON.stringify(guest.home()?.body)).toContain('Guests'));
    expect(one.slack.violations).toEqual([]);
  });
});

describe('Socket Mode', () => {
  it('keeps two connections, and loses nothing when Slack refreshes or cuts them', async () => {
    const one = await night();
    await one.up();
    await one.slack.socket.connected(2, AbortSignal.timeout(5000));
    const ana = one.slack.user('U0ANA');
    one.slack.socket.disconnect('refresh_requested', 'oldest');
    await ana.mention(HOME, 'one');
    one.slack.socket.drop('oldest');
    await ana.mention(HOME, 'two');
    await one.slack.socket.connected(2, AbortSignal.timeout(10_000));
    one.slack.socket.disconnect('refresh_requested');
    await one.slack.socket.connected(2, AbortSignal.timeout(10_000));
    await ana.mention(HOME, 'three');
    await hears(one, 3);
    expect(one.slack.deliveries.lost).toEqual([]);
    expect(one.chat.health().state).toBe('up');
  }, 40_000);

  it('outlives a wrong app token, says what to do, and comes back by itself', async () => {
    const one = await night({ start: false });
    one.slack.admin.revokeToken('app');
    await one.chat.start(async () => {});
    await vi.waitFor(() =>
      expect(one.chat.health()).toMatchObject({ state: 'down', reason: expect.stringContaining('xapp-') }),
    );
    await one.say({ message: 'INC-1' });
    await one.delivered();
    one.slack.admin.restoreToken('app');
    await one.up();
  });
});

describe('HTTP mode', () => {
  const mention = {
    type: 'event_callback',
    team_id: 'T0HOME',
    event_id: 'Ev1',
    event: { type: 'app_mention', user: 'U0ANA', channel: HOME, ts: '1.000001', text: '<@U0BOT> status' },
  };

  it('answers the verification of its URL', async () => {
    const { http, up } = await httpNight();
    await up();
    expect(await http.verifyUrl()).toBe(true);
  });

  it.each([
    ['a good one', {}, 200],
    ['a wrong signature', { signature: 'bad' }, 401],
    ['no signature', { signature: 'missing' }, 401],
    ['an hour old', { timestampOffsetSeconds: -3600 }, 401],
    ['an hour ahead', { timestampOffsetSeconds: 3600 }, 401],
    ['four minutes old', { timestampOffsetSeconds: -240 }, 200],
    ['four minutes ahead', { timestampOffsetSeconds: 240 }, 200],
    ['a body that is too long, before its signature is looked at', { padToBytes: 2_000_000, signature: 'bad' }, 413],
    ['a content type with a charset', { contentType: 'application/json; charset=utf-8' }, 200],
    ['another content type', { contentType: 'text/plain' }, 400],
    ['no JSON', { body: '{"type":' }, 400],
    ['a list', { body: '[1]' }, 400],
  ] as const)('meets %s with its status', async (_, tampering, status) => {
    const one = await httpNight();
    await one.up();
    expect((await one.http.send('events_api', mention, tampering)).status).toBe(status);
    await one.slack.settled();
    if (status !== 200) expect(one.heard).toEqual([]);
  });

  it('takes forms with a charset too', async () => {
    const one = await httpNight();
    await one.up();
    const command = {
      command: '/status',
      text: '',
      trigger_id: '1.2.3',
      user_id: 'U0ANA',
      team_id: 'T0HOME',
      channel_id: HOME,
    };
    const contentType = 'application/x-www-form-urlencoded; charset=utf-8';
    expect((await one.http.send('slash_commands', command, { contentType })).status).toBe(200);
    await hears(one, 1);
  });

  it('takes a replayed request once', async () => {
    const one = await httpNight();
    await one.up();
    for (let at = 0; at < 3; at += 1) expect((await one.http.send('events_api', mention)).status).toBe(200);
    await hears(one, 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(one.heard).toHaveLength(1);
  });

  it('asks for events again until it knows who it is', async () => {
    const one = await httpNight({ start: false });
    expect((await one.http.send('events_api', mention)).status).toBe(503);
  });

  it('refuses another workspace’s events', async () => {
    const one = await httpNight();
    await one.up();
    expect((await one.http.send('events_api', { ...mention, team_id: 'T0AWAY' })).status).toBe(200);
    expect(one.log.lines).toContainEqual(
      expect.objectContaining({
        message: 'event refused',
        fields: expect.objectContaining({ why: 'other-workspace' }),
      }),
    );
    expect(one.heard).toEqual([]);
  });
});

it('needs no right that its manifest does not ask for', async () => {
  const { BOT_SCOPES, BOT_EVENTS } = await import('../../../src/chat/slack/manifest.ts');
  const app = { ...smallWorkspace.app, botScopes: BOT_SCOPES, events: BOT_EVENTS };
  const one = await night({ emulator: { workspace: { ...smallWorkspace, app } } });
  await one.up();
  const ana = one.slack.user('U0ANA');
  await ana.mention(HOME, 'status');
  await ana.say(ana.direct(), 'status');
  await ana.slash('/status', '', { channel: HOME });
  await ana.openHome();
  await one.say({ message: 'INC-1' }, { message: 'reply/slack/1', onlyFor: 'U0ANA' });
  await one.delivered();
  await hears(one, 3);
  expect(await one.chat.members('S0ONCALL')).toEqual({ users: ['U0ANA', 'U0BEN'] });
  expect(one.slack.calls().filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
  expect(one.chat.health()).toEqual({ state: 'up', reason: '' });
});
