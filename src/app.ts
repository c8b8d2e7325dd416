import type { FastifyInstance } from 'fastify';
import { builtIn } from '../alerts/index.ts';
import { commands } from '../commands/index.ts';
import { createDesk, presses, type Target } from './alerting/desk.ts';
import { createInbox, inbox, parked } from './alerting/inbox.ts';
import { counters, type Incident, incidents } from './alerting/incident.ts';
import { createIntake } from './alerting/intake.ts';
import { createReconciler } from './alerting/reconcile.ts';
import { storms } from './alerting/storm.ts';
import { timeline } from './alerting/timeline.ts';
import { ANCHOR_COLLECTIONS, createAnchors } from './audit/anchors.ts';
import { type Audit, openAudit } from './audit/audit.ts';
import { createChatWatch } from './chat/chatWatch.ts';
import { createConsole } from './chat/console/console.ts';
import { CONSOLE_COLLECTIONS } from './chat/console/model.ts';
import { createCourier } from './chat/courier.ts';
import { createInbound, inboundEvents } from './chat/inbound.ts';
import { lanes, outbox, posted } from './chat/outbox.ts';
import type { Chat } from './chat/port.ts';
import { SLACK_COLLECTIONS } from './chat/slack/threads.ts';
import { TELEGRAM_COLLECTIONS } from './chat/telegram/model.ts';
import type { PartHealth, Services } from './commanding/command.ts';
import { createDispatch, createHomeTab } from './commanding/dispatch.ts';
import type { Config } from './config/schema.ts';
import { secretsOf } from './config/secret.ts';
import { gateRequests } from './gate/requests.ts';
import type { WebhookAuth } from './http/auth.ts';
import { createServer } from './http/server.ts';
import { webhookRoute } from './http/webhook.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { DaytwoError, messageOf } from './lib/errors.ts';
import type { Logger } from './lib/log.ts';
import { createPace } from './lib/pace.ts';
import { createRedactor } from './lib/redact.ts';
import { createMetrics } from './metrics.ts';
import { createOnCall } from './oncall/oncall.ts';
import { openLowdbStore } from './store/lowdb/store.ts';
import type { Collection, Store } from './store/port.ts';
import { createCollector } from './triage/collector.ts';
import { evidenceRounds } from './triage/evidenceRound.ts';
import { offerPresses } from './triage/offerPresses.ts';
import { briefOf, createPlanner } from './triage/planner.ts';
import type { BackupTarget } from './triage/probe.ts';
import { createRounds } from './triage/rounds.ts';
import { createBringer, createUsher } from './triage/usher.ts';
import { createVendorChats } from './wiring/chats.ts';
import { createGate, GATE_COLLECTIONS } from './wiring/gate.ts';
import { healthOf } from './wiring/health.ts';
import { createHousekeeping } from './wiring/housekeeping.ts';
import { createLogger } from './wiring/logger.ts';
import { createOutside, type Outside } from './wiring/outside.ts';

/** Every kind of document there is. */
const COLLECTIONS: readonly Collection<never>[] = [
  incidents,
  counters,
  presses,
  timeline,
  inbox,
  parked,
  outbox,
  lanes,
  posted,
  inboundEvents,
  evidenceRounds,
  offerPresses,
  storms,
  ...GATE_COLLECTIONS,
  ...ANCHOR_COLLECTIONS,
  ...CONSOLE_COLLECTIONS,
  ...SLACK_COLLECTIONS,
  ...TELEGRAM_COLLECTIONS,
];

/** During a rush of notifications: one step of working in or of delivery (1 to 2 ms of work) in this time, one evidence round (10 ms). */
const TURN_MS = 100;
const ROUND_TURN_MS = 1500;

/** How long /readyz relies on its last try of the store. */
const READY_MS = 2000;

/** What a test or the demo puts in place of the real parts. */
export interface Overrides {
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly outside?: Outside;
  /** Further chats, already built. */
  readonly chats?: readonly Chat[];
}

/** The program, built and not yet started. */
export interface App {
  /** Opens the port and begins to work. Returns the URL it listens on. */
  start(): Promise<string>;
  /** Stops taking, lets what runs end or parks it, closes the state. May be called at any time, more than once. */
  stop(): Promise<void>;
  /** One line a person with a one-time console URL; none without a console. */
  loginLines(url: string): readonly string[];
  health(): readonly PartHealth[];
  readonly store: Store;
  readonly log: Logger;
}

/**
 * Wires everything and serves nothing. Where a part can't be built, those that were are closed again.
 * @throws DaytwoError store-locked | store-unavailable | invalid
 */
export async function createApp(
  config: Config,
  options: { readonly hasFile: boolean; readonly env: Readonly<Record<string, string | undefined>> },
  overrides: Overrides = {},
): Promise<App> {
  const clock = overrides.clock ?? systemClock;
  const redactor = createRedactor(secretsOf(config));
  const redact = (text: string): string => redactor(text).text;
  const log = overrides.log ?? createLogger(redact);
  const store = await openLowdbStore({
    dir: config.store.dir,
    collections: COLLECTIONS,
    now: clock.now,
    warn: (message, fields) => log.warn(fields, message),
  });
  let audit: Audit | undefined;
  try {
    audit = await openAudit({ dir: config.store.dir, clock, log, redact });
    return await wire({ config, options, clock, redact, log, store, audit, overrides });
  } catch (error) {
    await audit?.close();
    await store.close();
    throw error;
  }
}

function backupTarget({
  name,
  kind,
  host,
  unit,
  repository,
  paths,
  rpo,
  staleAfter,
}: Config['backups'][number]): BackupTarget {
  return { name, kind, host, unit, repository, paths, rpoMs: rpo, staleAfterMs: staleAfter };
}

function webhookAuth({ alertmanager }: Config): WebhookAuth {
  const { webhookToken, webhookUser, webhookPassword } = alertmanager;
  return {
    ...(webhookToken ? { bearer: webhookToken.reveal() } : {}),
    ...(webhookUser !== undefined && webhookPassword
      ? { basic: { user: webhookUser, password: webhookPassword.reveal() } }
      : {}),
  };
}

async function wire(from: {
  readonly config: Config;
  readonly options: { readonly hasFile: boolean; readonly env: Readonly<Record<string, string | undefined>> };
  readonly clock: Clock;
  readonly redact: (text: string) => string;
  readonly log: Logger;
  readonly store: Store;
  readonly audit: Audit;
  readonly overrides: Overrides;
}): Promise<App> {
  const { config, clock, redact, log, store, audit, overrides } = from;
  const { host, port } = config.server.listen;
  const listen = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const outside = overrides.outside ?? createOutside(config, from.options);
  const canAsk = outside.has.alertmanager;
  const reopenWithinMs = config.incidents.reopenWithin;
  const { publicUrl } = config.server;

  const consoleChat = config.chats.console.enabled
    ? createConsole({
        store,
        clock,
        log,
        people: config.people,
        listen,
        ...(publicUrl === undefined ? {} : { publicUrl }),
        commands: commands.map(({ name, usage, summary, examples }) => ({
          name,
          usage,
          summary,
          example: examples[0] ?? usage,
        })),
      })
    : undefined;
  const vendorChats = await createVendorChats({
    config,
    store,
    clock,
    log,
    commands,
    homeTab: (identity) => homeTab(identity),
  });
  const chats: readonly Chat[] = [...(consoleChat ? [consoleChat] : []), ...vendorChats, ...(overrides.chats ?? [])];
  const targets: readonly Target[] = chats.map(({ name, home, pictureStyle }) => ({
    conversation: home,
    // The console is a page of our own: it takes them all.
    bounded: name !== 'console',
    pictures: pictureStyle,
  }));

  let storeFault: string | undefined;
  const health = (): readonly PartHealth[] =>
    healthOf({
      config,
      store,
      storeFault: () => storeFault,
      outside,
      auditFault: () => audit.problem(),
      reconciler: () => (canAsk ? reconciler.health() : undefined),
      chats,
    });
  const inboxDoor = await createInbox(store, clock.now);
  const metrics = createMetrics({
    incidentsOpen: () => store.count(incidents, ['state', 'open']),
    inbox: () => inboxDoor.waiting,
    outbox: () => store.count(outbox),
    triage: () => store.count(incidents, ['triage', 'wanted']),
    requests: (state) => store.count(gateRequests, ['state', state]),
    audit: () => ({ head: audit.head(), isUnwritable: audit.problem() !== undefined }),
    parts: health,
  });
  const desk = createDesk({
    store,
    clock,
    targets,
    brief: (incident: Incident) => briefOf(builtIn, config.runbooks, incident),
    reopenWithinMs,
    canAsk,
    meter: metrics.desk,
  });
  const pace = createPace(clock, () => inboxDoor.isRush, TURN_MS);
  const roundsPace = createPace(clock, () => inboxDoor.isRush, ROUND_TURN_MS);
  const intake = createIntake({ store, inbox: inboxDoor, desk, clock, log, worked: metrics.worked, pace });
  const reconciler = createReconciler({ store, desk, alertmanager: outside.alertmanager, clock, log, reopenWithinMs });
  const onCall = createOnCall(config, { clock });
  const gate = createGate({
    config,
    store,
    clock,
    log,
    audit,
    hosts: outside.hosts,
    onCall,
    targets,
    meter: metrics.gate,
  });
  const anchors = createAnchors({ store, clock, log, audit, targets });
  const planner = createPlanner({
    store,
    clock,
    outside,
    hosts: outside.specs,
    builtIn,
    runbooks: config.runbooks,
    backups: config.backups.map(backupTarget),
    actions: gate.actions,
  });
  const collector = createCollector({
    world: planner.world,
    redact,
    putBlob: (bytes) => store.putBlob(bytes),
    looked: metrics.looked,
  });
  const rounds = createRounds({ store, desk, collector, plan: planner.plan, targets, clock, log, pace: roundsPace });
  const services: Services = {
    store,
    clock,
    desk,
    bring: createBringer({ store, desk, clock, targets }),
    alertmanager: outside.alertmanager,
    cluster: outside.cluster,
    gate: gate.service,
    backups: gate.backups,
    audit,
    onCall,
    delegations: gate.delegations,
    health,
    commands,
  };
  const homeTab = createHomeTab({ services, people: config.people });
  const inbound = createInbound({
    store,
    clock,
    log,
    handle: createDispatch({ services, people: config.people, log, answered: metrics.answered }),
  });
  const ushers = createUsher({ store, desk, targets, clock, log, arriving: () => inboxDoor.waiting.entries > 0 });
  const courier = createCourier({ store, chats, clock, log, redact, meter: metrics.courier, pace });
  const chatWatch = createChatWatch({ store, chats, clock, log });
  const housekeeping = createHousekeeping({
    store,
    clock,
    log,
    keepMs: config.store.retention,
    console: consoleChat,
    forgetful: vendorChats,
  });

  let triedAt = 0;
  const readiness = async (): Promise<{ ready: boolean; parts: readonly PartHealth[] }> => {
    if (Math.abs(clock.now() - triedAt) >= READY_MS) {
      triedAt = clock.now();
      storeFault = await housekeeping.tryStore();
    }
    return { ready: storeFault === undefined, parts: health() };
  };
  const plugins: ((app: FastifyInstance) => Promise<void>)[] = [
    webhookRoute({
      auth: webhookAuth(config),
      accept: async (body) => {
        await inboxDoor.accept(body).catch((error: unknown) => {
          // What could not be stored now is what /readyz tells next.
          triedAt = 0;
          throw error;
        });
      },
      answered: metrics.webhook,
      log,
    }),
    ...vendorChats.flatMap(({ plugin }) => plugin ?? []),
    ...(consoleChat ? [consoleChat.plugin] : []),
  ];
  const server = await createServer({ log, readiness, metrics: metrics.scrape, plugins });

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    await server.close().catch((error: unknown) => log.warn({ error: messageOf(error) }, 'server did not close well'));
    await Promise.all([
      gate.stop(),
      anchors.stop(),
      intake.stop(),
      ushers.stop(),
      rounds.stop(),
      inbound.stop(),
      reconciler.stop(),
      chatWatch.stop(),
      housekeeping.stop(),
    ]);
    await courier.stop();
    await Promise.allSettled(chats.map((chat) => chat.stop()));
    await outside.hosts.close();
    await audit.close();
    await store.close();
  }

  return {
    start: async () => {
      const url = await server.listen({ host, port }).catch((cause: unknown) => {
        throw new DaytwoError(
          'failed',
          `${listen} can't be listened on: ${messageOf(cause)}; set server.listen to another address or port`,
          { cause },
        );
      });
      for (const chat of chats) await chat.start(inbound.takeIn);
      intake.start();
      ushers.start();
      rounds.start();
      gate.start();
      anchors.start();
      inbound.start();
      if (canAsk) reconciler.start();
      await courier.start();
      chatWatch.start();
      housekeeping.start();
      return url;
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
    loginLines: (url) => consoleChat?.loginLines(publicUrl ?? url) ?? [],
    health,
    store,
    log,
  };
}
