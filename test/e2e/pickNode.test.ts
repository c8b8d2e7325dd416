import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchedNodes } from '../../src/actions/node/past/names.ts';
import { type BothChats, CHANNEL, GROUP, startBothChats } from '../support/bothChats.ts';
import { type KubeApi, startKubeApi } from '../support/kubeApi.ts';
import { createKubeWorld } from '../support/kubeWorld.ts';
import { aNode } from '../support/manifests.ts';
import { eventually } from '../support/real/process.ts';

let api: KubeApi;
let bot: BothChats;

describe('/cordon without a node, in both chats', () => {
  beforeAll(async () => {
    api = await startKubeApi();
    const world = createKubeWorld(() => 0);
    for (const name of ['worker-1', 'worker-2']) world.apply(aNode(name));
    api.serve(world);
    bot = await startBothChats({
      yaml: `cluster: { kubeconfig: ${await api.kubeconfig()} }
policies: [{ actions: [node.*], request: [oncall], confirm: button, approvals: 0, approve: [], ttl: 15m }]`,
    });
    await eventually(
      'both chats are up',
      () =>
        bot.app.health().filter(({ part, state }) => (part === 'slack' || part === 'telegram') && state === 'up')
          .length === 2,
    );
  });
  afterAll(async () => {
    await bot?.end();
    await api?.stop();
  });

  it('leads to the plan by a button of Slack, which only the asker sees', async () => {
    await bot.slack.user('U0ANA').slash('/cordon');
    const asked = await eventually('the question', () =>
      bot.slack.ephemerals('U0ANA').find(({ blocks }) => JSON.stringify(blocks).includes('Which node')),
    );
    expect(JSON.stringify(asked.blocks)).toMatch(/worker-1.*worker-2/);
    const press = await bot.slack.user('U0ANA').press(asked.ts, 'worker-2');
    expect(press.outcome).toBe('acked');
    await eventually('the plan', () =>
      bot.slack.messages(CHANNEL).some((message) => /REQ-1.*Cordon worker-2/s.test(JSON.stringify(message))),
    );
  });

  it('leads to the plan by a button of Telegram', async () => {
    const ana = bot.telegram.user(1001);
    await ana.send(GROUP, '/cordon@daytwo_bot');
    const asked = await eventually('the question', () =>
      bot.telegram
        .transcript(GROUP)
        .find((message) => message.byBot && JSON.stringify(message.content).includes('Which node')),
    );
    ana.press(asked, 'worker-1');
    await eventually('the plan', () =>
      bot.telegram.transcript(GROUP).some((message) => /REQ-2.*Cordon worker-1/s.test(JSON.stringify(message.content))),
    );
  });

  it('has the nodes watched since the start', async () => {
    const names = ['worker-1', 'worker-2'];
    await eventually('they are known', async () => (await watchedNodes(bot.app.store)).join() === names.join());
  });
});
