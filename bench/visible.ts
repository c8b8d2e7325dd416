import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { signIn } from '../test/support/botProcess.ts';
import { notification } from '../test/support/notification.ts';
import { withBot, withFolder } from './processes.ts';
import { ms, percentile, type Row } from './stats.ts';

const TARGET_MS = 1000;
const GIVE_UP_MS = 10_000;

/** Follows the console's stream; `seen` waits for an event that holds a text. */
export async function follow(
  url: string,
  cookie: string,
): Promise<{ seen: (text: string) => Promise<number>; end: () => void }> {
  let text = '';
  let wake = (): void => {};
  const sent = request(`${url}/api/stream`, { headers: { cookie } });
  await new Promise<void>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      if (response.statusCode !== 200) reject(new Error(`the stream was answered ${response.statusCode}`));
      response.setEncoding('utf8');
      response.on('error', () => {});
      response.on('data', (chunk: string) => {
        text += chunk;
        wake();
      });
      resolve();
    });
    sent.end();
  });
  return {
    seen: (what) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${what} did not come to the console`)), GIVE_UP_MS);
        wake = () => {
          if (!text.includes(what)) return;
          clearTimeout(late);
          text = '';
          resolve(performance.now());
        };
        wake();
      }),
    end: () => sent.destroy(),
  };
}

/** From the first byte of a webhook to its thread in a browser that follows, for some in a row. */
export async function benchVisible(count: number): Promise<readonly Row[]> {
  const tookMs = await withFolder((dir) =>
    withBot({ dir }, async (bot) => {
      const { seen, end } = await follow(bot.url, await signIn(bot));
      const took: number[] = [];
      for (let i = 0; i < count; i += 1) {
        const name = `visible-${i}`;
        const alerts = [{ fingerprint: name, startsAt: Date.now() - 60_000 }];
        const began = performance.now();
        const visible = seen(`${name}/app-${name}`);
        const body = notification({ name, alertname: 'KubePodCrashLooping', severity: 'critical', alerts });
        await (await fetch(`${bot.url}/webhooks/alertmanager`, { method: 'POST', body })).arrayBuffer();
        took.push((await visible) - began);
        await wait(100);
      }
      end();
      return took;
    }),
  );
  const late = percentile(tookMs, 0.95);
  return [
    {
      what: `webhook → visible in the console, ${count} in a row`,
      figure: `p95 ${ms(late)}, median ${ms(percentile(tookMs, 0.5))}`,
      target: `p95 ≤ ${TARGET_MS} ms`,
      ok: late <= TARGET_MS,
    },
  ];
}
