/**
 * A bot of nothing but store, courier and Slack, for tests that kill it: told by its arguments (JSON) what to say and when to die.
 * Run by Node itself; ends with 0 when its outbox is empty.
 */
import { createCourier } from '../../../src/chat/courier.ts';
import { outbox, posted, say } from '../../../src/chat/outbox.ts';
import { createSlack } from '../../../src/chat/slack/slack.ts';
import { slackThreads, slackUploads } from '../../../src/chat/slack/threads.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import type { Store } from '../../../src/store/port.ts';
import { cardOf, HOME, home, openStore, quietMeter, saying } from './night.ts';

/** What a child is told. `dieAt`: before its nth commit (from 1) of that kind becomes durable, it is gone. */
export interface Orders {
  readonly dir: string;
  readonly apiUrl: string;
  readonly botToken: string;
  readonly messages: readonly string[];
  readonly dieAt?: { readonly kind: 'posted' | 'slackthread' | 'slackupload'; readonly nth: number };
}

const orders = JSON.parse(process.argv[2] ?? '') as Orders;
const { dir, apiUrl, botToken, messages, dieAt } = orders;
const real = await openStore(dir);
let seen = 0;
const kinds = { posted, slackthread: slackThreads, slackupload: slackUploads };
const store: Store = {
  get: real.get.bind(real),
  find: real.find.bind(real),
  count: real.count.bind(real),
  watch: real.watch.bind(real),
  putBlob: real.putBlob.bind(real),
  getBlob: real.getBlob.bind(real),
  sweepBlobs: real.sweepBlobs.bind(real),
  notices: real.notices.bind(real),
  close: real.close.bind(real),
  commit: async (writes) => {
    if (dieAt && writes.some((write) => write.in.kind === kinds[dieAt.kind].kind)) {
      seen += 1;
      if (seen === dieAt.nth) process.kill(process.pid, 'SIGKILL');
    }
    return real.commit(writes);
  },
};
const light = await real.putBlob(Buffer.from('89504e470d0a1a0a', 'hex'));
const picture = { light, dark: light, alt: 'use', width: 1, height: 1 };
for (const message of messages) {
  const blocks = message.includes('picture') ? [{ kind: 'picture' as const, picture }] : [];
  const one = saying({ message, ...(blocks.length > 0 ? { card: cardOf(message, { blocks }) } : {}) });
  await real.commit(say([home], one, Date.now()));
}
const chat = createSlack({
  channel: HOME,
  botToken,
  mode: { http: { signingSecret: 'unused' } },
  apiUrl,
  store,
  clock: systemClock,
  log: silentLog,
  commands: [],
  getBlob: (id) => store.getBlob(id),
});
const courier = createCourier({
  store,
  chats: [chat],
  clock: systemClock,
  log: silentLog,
  redact: (text) => text,
  meter: quietMeter,
});
await chat.start(async () => {});
await courier.start();
while ((await store.count(outbox)) > 0) await systemClock.sleep(20);
await courier.stop();
await chat.stop();
await store.close();
