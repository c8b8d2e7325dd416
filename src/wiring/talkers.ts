import { watchedNodes } from '../actions/node/past/names.ts';
import type { Target } from '../alerting/desk.ts';
import { type ConsoleChat, createConsole } from '../chat/console/console.ts';
import type { SignInHeard } from '../chat/console/model.ts';
import type { Chat } from '../chat/port.ts';
import { type ChatParts, createVendorChats, type WiredChat } from './chats.ts';
import { listenText } from './door.ts';

/** Every chat there is, and where threads go. */
export interface Talkers {
  readonly console: ConsoleChat | undefined;
  readonly vendors: readonly WiredChat[];
  /** All of them, the console first. */
  readonly all: readonly Chat[];
  readonly targets: readonly Target[];
}

/** Builds the chats that the configuration names, and adds `more`, which are built already. `signedIn` hears who came to the console. */
export async function createTalkers(parts: ChatParts, more: readonly Chat[], signedIn: SignInHeard): Promise<Talkers> {
  const { config, store, clock, log, commands } = parts;
  const { publicUrl } = config.server;
  const consoleChat = config.chats.console.enabled
    ? createConsole({
        store,
        clock,
        log,
        people: config.people,
        listen: listenText(config),
        isShared: parts.claims.id() !== undefined,
        signedIn,
        nodes: () => watchedNodes(store),
        ...(publicUrl === undefined ? {} : { publicUrl }),
        commands: commands.map(({ name, usage, summary, examples }) => ({
          name,
          usage,
          summary,
          example: examples[0] ?? usage,
        })),
      })
    : undefined;
  const vendors = await createVendorChats(parts);
  const all: readonly Chat[] = [...(consoleChat ? [consoleChat] : []), ...vendors, ...more];
  const targets = all.map(({ name, home, pictureStyle }) => ({
    conversation: home,
    // The console is a page of our own: it takes them all.
    bounded: name !== 'console',
    pictures: pictureStyle,
  }));
  return { console: consoleChat, vendors, all, targets };
}
