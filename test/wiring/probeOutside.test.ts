import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/load.ts';
import { type ProbedPart, probeOutside } from '../../src/wiring/probeOutside.ts';
import { type SlackEmulator, startSlack } from '../support/slack/index.ts';
import { startTelegram, type TelegramEmulator } from '../support/telegram/telegram.ts';

const GROUP = -100_500;

describe('check-config --probe', () => {
  let slack: SlackEmulator | undefined;
  let telegram: TelegramEmulator | undefined;
  afterEach(async () => {
    await slack?.stop();
    await telegram?.close();
  });

  const probe = async (telegramToken = telegram?.token): Promise<readonly ProbedPart[]> => {
    const yaml = `
chats:
  slack: { channel: C0OPS, botToken: ${slack?.botToken}, appToken: ${slack?.appToken}, apiUrl: "${slack?.apiUrl}" }
  telegram: { chatId: ${GROUP}, botToken: "${telegramToken}", apiRoot: "${telegram?.apiRoot}" }
hosts: [{ name: node-0, via: local }]
prometheus: { url: http://127.0.0.1:2 }`;
    return probeOutside(readConfig(yaml, { file: '', env: {}, base: '/' }).config, { hasFile: true, env: {} });
  };
  const start = async (): Promise<void> => {
    slack = await startSlack();
    telegram = await startTelegram();
    telegram.supergroup({ id: GROUP, title: 'ops', members: [] });
  };

  it('asks the chats, the hosts and the servers, and writes nothing', async () => {
    await start();
    const found = new Map((await probe()).map((one) => [one.part, one]));
    expect(found.get('slack')).toMatchObject({ state: 'works', text: expect.stringContaining('ops') });
    expect(found.get('telegram')).toMatchObject({ state: 'works', text: expect.stringContaining('in ops') });
    expect(found.get('host node-0')?.state).toBe('works');
    expect(found.get('prometheus')).toMatchObject({
      state: 'failed',
      text: expect.stringContaining('connection refused'),
    });
    expect(found.get('cluster')?.state).toBe('off');
    expect(slack?.messages('C0OPS')).toEqual([]);
    expect(telegram?.transcript(GROUP).filter(({ byBot }) => byBot)).toEqual([]);
    expect([...(slack?.violations ?? []), ...(telegram?.violations ?? [])]).toEqual([]);
  });

  it('says what to do about a token that is wrong, and never shows it', async () => {
    await start();
    slack?.admin.revokeToken('bot');
    const old = telegram?.token;
    telegram?.admin.revokeToken();
    const found = (await probe(old)).filter(({ part }) => part === 'slack' || part === 'telegram');
    expect(found.map(({ state }) => state)).toEqual(['failed', 'failed']);
    for (const { text } of found) expect(text).toMatch(/botToken|token/);
    const told = JSON.stringify(found);
    expect(told).not.toContain(slack?.botToken);
  });
});
