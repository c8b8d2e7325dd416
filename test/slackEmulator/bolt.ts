import { createServer } from 'node:net';
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';
import type { SlackEmulator } from '../support/slack/index.ts';

/** The vendor's framework, quiet and without retries. */
const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  setName: () => undefined,
  getLevel: () => LogLevel.ERROR,
};

/** A Bolt app over Socket Mode, not started. */
export function socketApp(slack: SlackEmulator): App {
  const { botToken: token, appToken, apiUrl: slackApiUrl } = slack;
  return new App({
    token,
    appToken,
    socketMode: true,
    logger: quiet,
    deferInitialization: true,
    clientOptions: { slackApiUrl, retryConfig: { retries: 0 } },
  });
}

/** A Bolt app over HTTP, with the port it will listen on. */
export async function httpApp(
  slack: SlackEmulator,
): Promise<{ readonly app: App; readonly port: number; readonly url: string }> {
  const port = await freePort();
  const receiver = new HTTPReceiver({ signingSecret: slack.signingSecret, endpoints: '/slack/events', logger: quiet });
  const app = new App({
    token: slack.botToken,
    receiver,
    logger: quiet,
    deferInitialization: true,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } },
  });
  return { app, port, url: `http://127.0.0.1:${port}/slack/events` };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === 'object' && address ? address.port : 0;
}

/** What the tests' app does: a command with a button, a modal behind the button, a Home tab, mentions, a shortcut. */
export function habits(app: App): { readonly heard: string[] } {
  const heard: string[] = [];
  app.command('/drain', async ({ command, ack, client }) => {
    await ack();
    heard.push(`command ${command.text}`);
    await client.chat.postMessage({
      channel: command.channel_id,
      text: `Plan for ${command.text}`,
      blocks: [
        {
          type: 'actions',
          block_id: 'gate',
          elements: [
            { type: 'button', action_id: 'confirm', value: 'token-1', text: { type: 'plain_text', text: 'Confirm' } },
          ],
        },
      ],
    });
  });
  app.action('confirm', async ({ ack, body, client, action }) => {
    await ack();
    heard.push(`button ${'value' in action ? action.value : ''}`);
    await client.views.open({
      trigger_id: 'trigger_id' in body ? body.trigger_id : '',
      view: {
        type: 'modal',
        callback_id: 'typed',
        private_metadata: 'REQ-1',
        title: { type: 'plain_text', text: 'Confirm' },
        submit: { type: 'plain_text', text: 'Drain' },
        blocks: [
          {
            type: 'input',
            block_id: 'name',
            label: { type: 'plain_text', text: 'Node' },
            element: { type: 'plain_text_input', action_id: 'value', min_length: 2 },
          },
        ],
      },
    });
  });
  app.view('typed', async ({ ack, view }) => {
    const typed = view.state.values['name']?.['value']?.value;
    if (typed === 'worker-1') await ack();
    else await ack({ response_action: 'errors', errors: { name: 'not the name' } });
    heard.push(`typed ${typed ?? ''} for ${view.private_metadata}`);
  });
  app.event('app_mention', async ({ event, say }) => {
    heard.push(`mention ${event.text}`);
    await say({ text: 'yes?', thread_ts: event.thread_ts ?? event.ts });
  });
  app.event('app_home_opened', async ({ event, client }) => {
    heard.push(`home ${event.user}`);
    await client.views.publish({ user_id: event.user, view: { type: 'home', blocks: [{ type: 'divider' }] } });
  });
  app.shortcut('ack_incident', async ({ ack, shortcut, respond }) => {
    await ack();
    heard.push(`shortcut ${shortcut.callback_id}`);
    await respond({ text: 'acknowledged', response_type: 'ephemeral' });
  });
  return { heard };
}
