import type { Chat, ChatName, Delivery, DeliveryOutcome } from '../../src/chat/port.ts';

/** A chat that keeps what it is given and answers what it is told to. */
export interface FakeChat extends Chat {
  /** Every try, in order. */
  readonly tries: Delivery[];
  /** What the tries were, in words: `post INC-1`, `edit INC-1`. */
  readonly heard: string[];
}

/** Builds one. `answer` decides about a try; delivered under a fresh reference where it says nothing. */
export function fakeChat(
  name: ChatName,
  answer: (delivery: Delivery, tries: number) => DeliveryOutcome | Promise<DeliveryOutcome> | undefined = () =>
    undefined,
): FakeChat {
  const tries: Delivery[] = [];
  const heard: string[] = [];
  return {
    name,
    home: { chat: name, id: 'home' },
    pictureStyle: 'inline',
    tries,
    heard,
    start: async () => {},
    stop: async () => {},
    health: () => ({ state: 'up', reason: '' }),
    deliver: async (delivery) => {
      tries.push(delivery);
      const outcome = await answer(delivery, tries.length);
      if (outcome === undefined || outcome.is === 'delivered') heard.push(`${delivery.do} ${delivery.message}`);
      return outcome ?? { is: 'delivered', ref: delivery.ref ?? `ref-${tries.length}` };
    },
  };
}
