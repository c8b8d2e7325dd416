import type { App, Receiver, SocketModeReceiver } from '@slack/bolt';

/** The two classes of Bolt that are used. */
export interface Bolt {
  readonly App: typeof App;
  readonly SocketModeReceiver: typeof SocketModeReceiver;
}

let loading: Promise<Bolt> | undefined;

/**
 * Loads Bolt on first use, by its parts: its index brings an HTTP framework and more along that nothing here uses, 6 MB and half of
 * the loading time (5.1.0, measured). The package has no `exports`, and its version is pinned.
 */
export function loadBolt(): Promise<Bolt> {
  loading ??= Promise.all([
    import('@slack/bolt/dist/App.js'),
    import('@slack/bolt/dist/receivers/SocketModeReceiver.js'),
  ]).then(([{ default: app }, { default: receiver }]) => ({ App: app.default, SocketModeReceiver: receiver.default }));
  return loading;
}

/** A receiver that nothing comes by: payloads are handed to the app by us. */
export const NOWHERE: Receiver = { init: () => {}, start: async () => {}, stop: async () => {} };
