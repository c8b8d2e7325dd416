import { MESSAGES } from '../chat/console/model.ts';
import type { Store } from '../store/port.ts';

/** Somebody at the console, signed in as a browser would be. */
export interface Visitor {
  /** Presses the newest button with this label; false where there is none, or the console didn't take the press. */
  press(label: string): Promise<boolean>;
}

/** Signs in by a one-time link; undefined where the console doesn't take it. */
export async function signIn(store: Store, link: string): Promise<Visitor | undefined> {
  const { origin } = new URL(link);
  const entered = await fetch(link, { method: 'POST', headers: { origin } });
  const cookie = entered.headers.get('set-cookie')?.split(';')[0];
  if (!entered.ok || cookie === undefined) return undefined;
  return {
    async press(label) {
      for (const { body } of await store.find(MESSAGES, { order: 'down', limit: 50 })) {
        const button = body.card.buttons.find((one) => one.label === label);
        if (!button) continue;
        const taken = await fetch(`${origin}/api/press`, {
          method: 'POST',
          headers: { origin, cookie, 'content-type': 'application/json' },
          body: JSON.stringify({ id: crypto.randomUUID(), token: button.token, thread: body.thread }),
        });
        return taken.ok;
      }
      return false;
    },
  };
}
