import { builtIn } from '../alerts/index.ts';
import { commands } from '../commands/index.ts';
import { createDesk } from './alerting/desk.ts';
import { createInbox, createSharedInbox } from './alerting/inbox.ts';
import { type Incident, incidents } from './alerting/incident.ts';
import { createCourier } from './chat/courier.ts';
import { createInbound } from './chat/inbound.ts';
import { outbox } from './chat/outbox.ts';
import type { Chat } from './chat/port.ts';
import type { PartHealth, Services } from './commanding/command.ts';
import { createDispatch, createHomeTab } from './commanding/dispatch.ts';
import type { Config } from './config/schema.ts';
import { secretsOf } from './config/secret.ts';
import type { BoundAction } from './gate/bound.ts';
import { gateRequests } from './gate/requests.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import type { Logger } from './lib/log.ts';
import { createPace } from './lib/pace.ts';
import { createRedactor } from './lib/redact.ts';
import { createMetrics } from './metrics.ts';
import { createOnCall } from './oncall/oncall.ts';
import type { Store } from './store/port.ts';
import { createCollector } from './triage/collector.ts';
import { briefOf, createPlanner } from './triage/planner.ts';
import type { BackupTarget } from './triage/probe.ts';
import { createBringer } from './triage/usher.ts';
import { createBackground } from './wiring/background.ts';
import { createDoor } from './wiring/door.ts';
import { createGate } from './wiring/gate.ts';
import { healthOf } from './wiring/health.ts';
import { createLogger } from './wiring/logger.ts';
import { createOutside, type Outside } from './wiring/outside.ts';
import { recordSignIns } from './wiring/signIns.ts';
import { databaseSecrets, openState, type State } from './wiring/state.ts';
import { createStoreTrial } from './wiring/storeTrial.ts';
import { createTalkers } from './wiring/talkers.ts';

/** During a rush of notifications: one step of working in or of delivery (1 to 2 ms of work) in this time, one evidence round (10 ms). */
const TURN_MS = 100;
const ROUND_TURN_MS = 1500;

/** What a test or the demo puts in place of the real parts. */
export interface Overrides {
  readonly clock?: Clock;
  readonly log?: Logger;
  readonly outside?: Outside;
  /** Further chats, already built. */
  readonly chats?: readonly Chat[];
  /** What the gate can do, in place of the real actions. */
  readonly actions?: readonly BoundAction[];
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
  const redactor = createRedactor([...secretsOf(config), ...databaseSecrets(config)]);
  const redact = (text: string): string => redactor(text).text;
  const log = overrides.log ?? createLogger(redact);
  const state = await openState({ config, clock, log, redact });
  try {
    return await wire({ config, options, clock, redact, log, state, overrides });
  } catch (error) {
    await state.close();
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

async function wire(from: {
  readonly config: Config;
  readonly options: { readonly hasFile: boolean; readonly env: Readonly<Record<string, string | undefined>> };
  readonly clock: Clock;
  readonly redact: (text: string) => string;
  readonly log: Logger;
  readonly state: State;
  readonly overrides: Overrides;
}): Promise<App> {
  const { config, clock, redact, log, state, overrides } = from;
  const { store, audit, claims } = state;
  const outside = overrides.outside ?? createOutside(config, from.options);
  const canAsk = outside.has.alertmanager;
  const reopenWithinMs = config.incidents.reopenWithin;

  const talkers = await createTalkers(
    { config, store, clock, log, commands, claims, homeTab: (identity) => homeTab(identity) },
    overrides.chats ?? [],
    recordSignIns(audit, log),
  );
  const { all: chats, targets } = talkers;
  const health = (): readonly PartHealth[] =>
    healthOf({
      config,
      store,
      where: state.where,
      storeFault: door.storeFault,
      outside,
      auditFault: () => audit.problem(),
      clusterFault: () => background.nodesFault(),
      reconciler: () => (canAsk ? background.reconciling() : undefined),
      chats,
      replicas: claims.names(),
      isOnDuty: background.isOnDuty(),
    });
  const sharedInbox = state.isShared ? await createSharedInbox(store, clock.now) : undefined;
  const inbox = sharedInbox ?? (await createInbox(store, clock.now));
  const metrics = createMetrics({
    incidentsOpen: () => store.count(incidents, ['state', 'open']),
    inbox: () => inbox.waiting,
    outbox: () => store.count(outbox),
    triage: () => store.count(incidents, ['triage', 'wanted']),
    requests: (is) => store.count(gateRequests, ['state', is]),
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
  const pace = createPace(clock, () => inbox.isRush, TURN_MS);
  const onCall = createOnCall(config, { clock, members: talkers.vendors.find(({ members }) => members)?.members });
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
    nodes: outside.actingCluster && {
      cluster: outside.actingCluster,
      following: outside.following,
      prometheus: outside.has.prometheus ? outside.prometheus : undefined,
      env: from.options.env,
    },
    disk: { specs: outside.specs, cluster: outside.cleaningCluster },
    alone: !state.isShared,
    ...(overrides.actions ? { actions: overrides.actions } : {}),
  });
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
  const services: Services = {
    store,
    clock,
    desk,
    bring: createBringer({ store, desk, clock, targets }),
    alertmanager: outside.alertmanager,
    cluster: outside.cluster,
    gate: gate.service,
    backups: gate.backups,
    disk: gate.disk,
    nodes: gate.nodes,
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
    claims,
  });
  const courier = createCourier({ store, chats, clock, log, redact, meter: metrics.courier, pace, claims });
  const background = createBackground({
    state,
    clock,
    log,
    talkers,
    inbox,
    desk,
    alertmanager: canAsk ? outside.alertmanager : undefined,
    collector,
    plan: planner.plan,
    reopenWithinMs,
    sightings: outside.sightings,
    keepMs: config.store.retention,
    worked: metrics.worked,
    pace,
    roundsPace: createPace(clock, () => inbox.isRush, ROUND_TURN_MS),
  });
  const door = await createDoor({
    config,
    clock,
    log,
    inbox,
    tryStore: createStoreTrial(state, clock),
    health,
    metrics,
    plugins: [
      ...talkers.vendors.flatMap(({ plugin }) => plugin ?? []),
      ...(talkers.console ? [talkers.console.plugin] : []),
    ],
  });

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    await door.close();
    await Promise.all([gate.stop(), inbound.stop(), background.stop()]);
    await courier.stop();
    await Promise.allSettled(chats.map((chat) => chat.stop()));
    await Promise.all([outside.hosts.close(), outside.following?.stop()]);
    await sharedInbox?.close();
    await state.close();
  }

  return {
    start: async () => {
      const url = await door.open();
      for (const chat of chats) await chat.start(inbound.takeIn);
      background.start();
      gate.start();
      inbound.start();
      await courier.start();
      outside.following?.start();
      return url;
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
    loginLines: (url) => talkers.console?.loginLines(config.server.publicUrl ?? url) ?? [],
    health,
    store,
    log,
  };
}
