/**
 * A process to be killed at any moment: the chat, the inbound desk and the courier on one store. Every event is marked as handled in the
 * commit that answers it. Arguments: data folder, API root, token, chat id.
 */
import { createCourier } from '../../../src/chat/courier.ts';
import { createInbound, inboundEvents } from '../../../src/chat/inbound.ts';
import { lanes, outbox, posted, say } from '../../../src/chat/outbox.ts';
import { TELEGRAM_COLLECTIONS } from '../../../src/chat/telegram/model.ts';
import { createTelegram } from '../../../src/chat/telegram/telegram.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { openLowdbStore } from '../../../src/store/lowdb/store.ts';
import { append } from '../../../src/store/port.ts';
import { emulatedClock } from '../../support/telegram/clock.ts';
import { handled } from './handled.ts';

const [dir = '', apiRoot = '', botToken = '', chatId = ''] = process.argv.slice(2);
/** A second's pause between posts takes 10 ms. */
const clock = emulatedClock(systemClock, 0.01);
const log = silentLog;
const nothing = (): void => {};
const store = await openLowdbStore({
  dir,
  collections: [inboundEvents, outbox, lanes, posted, handled, ...TELEGRAM_COLLECTIONS],
  now: clock.now,
  warn: nothing,
});
const inbound = createInbound({
  store,
  clock,
  log,
  handle: async ({ id, conversation, replyTo, what }) => {
    const text = what.kind === 'command' ? what.text : what.token;
    const message = `reply/telegram/${id}`;
    const card = { tone: 'ok', title: `done: ${text}`, blocks: [], buttons: [] } as const;
    const saying = { do: 'post', message, root: message, card, ...(replyTo === undefined ? {} : { replyTo }) } as const;
    return [append(handled, { event: id, text }), ...say([conversation], saying, clock.now())];
  },
});
const chat = createTelegram({
  chatId,
  botToken,
  mode: 'polling',
  apiRoot,
  store,
  clock,
  log,
  commands: [{ name: 'ack', usage: '/ack', summary: 'Acknowledges.' }],
  getBlob: (id) => store.getBlob(id),
});
const meter = { delivered: nothing, dropped: nothing, retried: nothing };
const courier = createCourier({ store, chats: [chat], clock, log, meter, redact: (text) => text });
await chat.start(inbound.takeIn);
inbound.start();
await courier.start();
process.stdout.write('started\n');
