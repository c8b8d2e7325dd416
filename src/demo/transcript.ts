import { MESSAGES } from '../chat/console/model.ts';
import type { Card } from '../chat/message.ts';
import type { Store } from '../store/port.ts';

/** Messages of one look into the store. */
const PAGE = 200;

/** Every message of the console, thread by thread, in the order of posting. */
export async function threadsOf(store: Store): Promise<readonly Card[]> {
  const threads = new Map<string, Card[]>();
  for (let after = ''; ; ) {
    const page = await store.find(MESSAGES, { after, limit: PAGE });
    for (const { body } of page) {
      const cards = threads.get(body.thread) ?? [];
      cards.push(body.card);
      threads.set(body.thread, cards);
    }
    if (page.length < PAGE) return [...threads.values()].flat();
    after = page.at(-1)?.id ?? '';
  }
}
