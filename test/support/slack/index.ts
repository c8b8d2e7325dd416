import type { Clock } from '../../../src/lib/clock.ts';
import { adminOf, type SlackAdmin } from './admin.ts';
import { type Courier, createCourier } from './deliver/courier.ts';
import { createHttpDelivery, type HttpDelivery } from './deliver/http.ts';
import type { Transport } from './deliver/transport.ts';
import { type FaultDesk, type FaultPlan, faultDesk, noFaults } from './faults.ts';
import { counting } from './ids.ts';
import { ACK_MS, TRIGGER_MS } from './limits.ts';
import { eventPayload } from './people/payloads.ts';
import { type Person, personOf } from './people/person.ts';
import { tokenBuckets } from './rates.ts';
import { createSocketMode, type SocketMode } from './socket/socketMode.ts';
import { scaledClock, slackTime } from './time.ts';
import { type Transcript, transcriptOf } from './transcript.ts';
import type { Obj } from './value.ts';
import type { Violation } from './violations.ts';
import type { Api } from './web/api.ts';
import { listen } from './web/server.ts';
import { type SlackWorkspaceSeed, smallWorkspace } from './workspace.ts';
import { createWorld, type World } from './world.ts';

/** How to start. */
export interface SlackOptions {
  /** The vendor's time; default: the machine's, run `1 / scale` times as fast. */
  readonly clock?: Clock;
  /** Real seconds for one of the vendor's, 1 by default; 0 keeps the machine's time and waits for nothing. */
  readonly scale?: number;
  readonly faults?: FaultPlan;
  readonly workspace?: SlackWorkspaceSeed;
  /** Rate budgets are enforced unless this is false. */
  readonly rateLimits?: boolean;
  /** Time to acknowledge, on the machine's clock whatever the scale: a program answers at its own speed. */
  readonly ackMs?: number;
  /** Life of a trigger_id, on the injected clock, else on the machine's. Raise it with a clock that runs fast. */
  readonly triggerMs?: number;
}

/** A Slack on a random loopback port, as far as a bot can see one. */
export interface SlackEmulator extends Transcript {
  /** For `slackApiUrl`: `http://127.0.0.1:port/api/`. */
  readonly apiUrl: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  /** Must be empty at the end of every test. */
  readonly violations: readonly Violation[];
  readonly admin: SlackAdmin;
  readonly faults: FaultDesk;
  readonly socket: SocketMode;
  readonly deliveries: Courier;
  /** The state itself, to look at. */
  readonly world: World;
  /** From now on everything is delivered to this request URL instead of over Socket Mode. */
  deliverTo(url: string): HttpDelivery;
  /** A person at their client. */
  user(id: string): Person;
  /** Sends any event. True when it arrived. */
  event(event: Obj): Promise<boolean>;
  /** Resolves when nothing is on its way to the app. */
  settled(): Promise<void>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a Slack. */
export async function startSlack(options: SlackOptions = {}): Promise<SlackEmulator> {
  const { clock, scale = 1, ackMs = ACK_MS, triggerMs = TRIGGER_MS, workspace = smallWorkspace } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const deadlineNow = clock ? () => clock.now() : () => Date.now();
  const world = createWorld({
    seed: workspace,
    time: slackTime(clock ?? scaledClock(scale)),
    deadlineNow,
    triggerMs,
    ids: counting(),
  });
  const faults = faultDesk(options.faults ?? noFaults);
  const rates = options.rateLimits === false ? { take: () => undefined } : tokenBuckets();
  const api: Api = { world, rates, faults, counts: new Map(), pauses: new Map(), signal };
  const { server, baseUrl } = await listen(() => api);
  world.baseUrl = baseUrl;
  const socket = createSocketMode({ world, ackMs, signal });
  server.on('upgrade', (request, stream) => socket.upgrade(request, stream));
  let transport: Transport = socket;
  const courier = createCourier({ world, transport: () => transport, faults, signal });

  const stop = async () => {
    if (signal.aborted) return;
    stopping.abort();
    socket.stop();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };

  return {
    ...transcriptOf(world),
    apiUrl: `${baseUrl}/api/`,
    botToken: workspace.app.botToken,
    appToken: workspace.app.appToken,
    signingSecret: workspace.app.signingSecret,
    violations: world.violations,
    admin: adminOf(world),
    faults,
    socket,
    deliveries: courier,
    world,
    deliverTo: (url) => {
      const http = createHttpDelivery({ world, url, ackMs, signal });
      transport = http;
      return http;
    },
    user: (id) => personOf(world, courier, id),
    event: (event) => courier.event(eventPayload(world, event)),
    settled: courier.settled,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
