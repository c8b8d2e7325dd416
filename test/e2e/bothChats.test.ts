import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../commands/index.ts';
import { alert, resolved, snapshot, webhookBody } from '../support/alerts.ts';
import { type BothChats, CHANNEL, GROUP, startBothChats } from '../support/bothChats.ts';
import { eventually } from '../support/real/process.ts';

const group = (name: string, severity: string, alerts: Parameters<typeof snapshot>[0]): string =>
  webhookBody(
    snapshot(alerts, {
      groupKey: `{}:{alertname="${name}"}`,
      groupLabels: { alertname: name },
      commonLabels: { alertname: name, severity, host: 'vm' },
      commonAnnotations: { summary: `<!channel> @here ${name} says hello to @ana` },
    }),
  );

describe('one night in both chats', () => {
  let night: BothChats;
  beforeAll(async () => {
    night = await startBothChats();
    await eventually(
      'both chats are up',
      () =>
        night.app.health().filter(({ part, state }) => (part === 'slack' || part === 'telegram') && state === 'up')
          .length === 2,
    );
  });
  afterAll(() => night?.end());

  const slackTexts = (): string[] =>
    night.slack.messages(CHANNEL).map((message) => JSON.stringify([message.text, message.blocks, message.attachments]));
  const slackRoot = (name: string) =>
    night.slack
      .messages(CHANNEL)
      .find(
        (message) =>
          message.threadTs === undefined &&
          JSON.stringify([message.text, message.blocks, message.attachments]).includes(`${name} `),
      );
  const telegramText = (message: ReturnType<typeof night.telegram.transcript>[number]): string =>
    JSON.stringify(message.content);
  const telegramRoot = (name: string) =>
    night.telegram
      .transcript(GROUP)
      .find(
        (message) => message.byBot && message.replyToId === undefined && telegramText(message).includes(`${name} `),
      );
  const began = Date.now() - 60_000;

  it('opens a thread with evidence in each, pings nobody and breaks no rule', async () => {
    expect(await night.post(group('DiskPressure', 'critical', [alert('f1', began)]))).toBe(200);
    const slack = await eventually('the root in Slack', () => slackRoot('INC-1'));
    const telegram = await eventually('the root in Telegram', () => telegramRoot('INC-1'));
    await eventually('evidence in Slack', () =>
      night.slack
        .thread(CHANNEL, slack.ts)
        .some((message) => message.ts !== slack.ts && JSON.stringify(message).includes('evidence')),
    );
    await eventually('evidence in Telegram', () =>
      night.telegram
        .transcript(GROUP)
        .some((message) => message.replyToId === telegram.id && telegramText(message).includes('evidence')),
    );
    expect(night.slack.pings()).toEqual([]);
    expect(night.telegram.pings()).toEqual([]);
  });

  it('shows in Telegram what was pressed in Slack, in the person’s name', async () => {
    const root = await eventually('the root in Slack', () => slackRoot('INC-1'));
    const press = await night.slack.user('U0ANA').press(root.ts, 'Ack');
    expect(press.outcome).toBe('acked');
    await eventually('the name in Slack', () => JSON.stringify(slackRoot('INC-1')).includes('acknowledged by'));
    await eventually('the name in Telegram', () =>
      telegramText(telegramRoot('INC-1') as never).includes('acknowledged by'),
    );
  });

  it('lets who has no role look and not act, and tells strangers nothing', async () => {
    const root = await eventually('the root in Telegram', () => telegramRoot('INC-1'));
    await night.telegram.user(1002).send(GROUP, '/silence@daytwo_bot INC-1 2h', { replyTo: root.id });
    await eventually('the refusal', () =>
      night.telegram.transcript(GROUP).some((message) => telegramText(message).includes('has no role')),
    );
    await night.slack.user('U0CLEO').slash('/incidents', '', { channel: CHANNEL });
    const told = await eventually('one sentence', () => night.slack.ephemerals('U0CLEO')[0]);
    expect(JSON.stringify(told)).toContain('I don’t know you yet');
    expect(JSON.stringify(told)).not.toContain('DiskPressure');
  });

  it('answers the same words in both, and has every command in both menus', async () => {
    await night.slack.user('U0ANA').slash('/daytwo', 'incidents', { channel: CHANNEL });
    await eventually('the list in Slack', () =>
      night.slack.ephemerals('U0ANA').some((message) => JSON.stringify(message).includes('DiskPressure')),
    );
    await night.telegram.user(1001).send(GROUP, '/incidents@daytwo_bot');
    await eventually('the list in Telegram', () =>
      night.telegram
        .transcript(GROUP)
        .some((message) => message.byBot && telegramText(message).includes('1 open incident')),
    );
    const menu = night.telegram.commands().map(({ command }) => command);
    expect(menu.toSorted()).toEqual(commands.map(({ name }) => name).toSorted());
  });

  it('turns both roots when it is over, and their buttons go', async () => {
    expect(await night.post(group('DiskPressure', 'critical', [resolved('f1', began, Date.now())]))).toBe(200);
    await eventually('Slack says so', () => JSON.stringify(slackRoot('INC-1')).includes('resolved after'));
    await eventually('Telegram says so', () => telegramText(telegramRoot('INC-1') as never).includes('resolved after'));
    expect(telegramRoot('INC-1')?.markup).toBeUndefined();
  });

  it('gives the first thirty of a storm their threads, the critical ones first, and one message for the rest', async () => {
    const bodies = Array.from({ length: 70 }, (_, i) =>
      group(`Storm${i}`, i >= 60 ? 'critical' : 'warning', [alert(`s${i}`, began)]),
    );
    expect(new Set(await Promise.all(bodies.map((body) => night.post(body))))).toEqual(new Set([200]));
    await eventually(
      'the digest in Slack',
      () => slackTexts().some((text) => text.includes('without a thread here')),
      60_000,
    );
    await eventually(
      'all roots in Slack',
      () => slackTexts().filter((text) => /INC-\d+ Storm/.test(text)).length >= 29,
      90_000,
    );
    const roots = night.slack
      .messages(CHANNEL)
      .filter(
        (message) =>
          message.threadTs === undefined &&
          /INC-\d+ Storm\d/.test(JSON.stringify([message.text, message.blocks, message.attachments])),
      );
    expect(roots.length).toBeLessThanOrEqual(30);
    const critical = roots.filter((message) =>
      /Storm6\d/.test(JSON.stringify([message.text, message.blocks, message.attachments])),
    );
    expect(critical.length).toBe(10);
  }, 180_000);

  it('has broken no rule of either vendor', () => {
    expect(night.slack.violations).toEqual([]);
    expect(night.telegram.violations).toEqual([]);
    expect(night.slack.duplicates()).toEqual([]);
    expect(night.slack.pings()).toEqual([]);
    expect(night.telegram.pings()).toEqual([]);
  });
});
