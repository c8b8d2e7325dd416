/** What a posted message is called: `-100123:45`, in a topic `-100123:45:t7`, as a picture `-100123:45:photo`. */
export interface MessageRef {
  /** The chat as Telegram calls it; after an upgrade to a supergroup it is another than ours. */
  readonly chat: string;
  readonly message: number;
  readonly topic?: number;
  readonly photo?: true;
}

/** A ref as text. */
export function encodeRef({ chat, message, topic, photo }: MessageRef): string {
  return `${chat}:${message}${topic === undefined ? '' : `:t${topic}`}${photo ? ':photo' : ''}`;
}

/** Text as a ref; undefined for what is none. */
export function decodeRef(text: string | undefined): MessageRef | undefined {
  const [, chat, message, topic, photo] = /^(-?\d+):(\d+)(?::t(\d+))?(:photo)?$/.exec(text ?? '') ?? [];
  if (chat === undefined || message === undefined) return undefined;
  return {
    chat,
    message: Number(message),
    ...(topic === undefined ? {} : { topic: Number(topic) }),
    ...(photo === undefined ? {} : { photo: true }),
  };
}
