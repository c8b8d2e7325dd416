import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { sdkLogger } from '../../../src/chat/slack/sdkLog.ts';
import { createSockets } from '../../../src/chat/slack/sockets.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { eventually } from '../../support/real/process.ts';
import { type SlackEmulator, startSlack } from '../../support/slack/index.ts';

let slack: SlackEmulator | undefined;
afterEach(() => slack?.stop());

const socketsOf = (to: SlackEmulator) =>
  createSockets({
    appToken: to.appToken,
    apiUrl: to.apiUrl,
    handOn: async () => {},
    clock: systemClock,
    log: silentLog,
    sdk: sdkLogger(silentLog),
    changed: () => {},
  });

describe('connections to Slack', () => {
  it.each([
    ['before it is asked for', 0],
    ['while it is asked for', 100],
    ['once it is open', 1500],
  ])('are all gone after a stop, %s', async (_, afterMs) => {
    const town = await startSlack({ rateLimits: false });
    slack = town;
    town.faults.always('apps.connections.open', { do: 'slow', delayMs: 500 });
    const sockets = socketsOf(town);
    sockets.start();
    await wait(afterMs);
    if (afterMs > 500) await town.socket.connected(2);
    await sockets.stop();
    await eventually('both calls came to their end', () => town.calls('apps.connections.open').length === 2);
    // What was asked for would be open by now.
    await wait(800);
    expect(town.socket.connections()).toBe(0);
  });
});
