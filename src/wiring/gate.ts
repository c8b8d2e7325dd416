import { backupRun } from '../actions/backup/action.ts';
import type { DiskWorld } from '../actions/disk/world.ts';
import type { BackupWorld } from '../actions/restic/world.ts';
import { restoreRun } from '../actions/restore/action.ts';
import type { Target } from '../alerting/desk.ts';
import type { Audit } from '../audit/audit.ts';
import type { Person } from '../chat/people.ts';
import { LOCAL } from '../chat/people.ts';
import type { NodeLook } from '../commanding/command.ts';
import type { Config } from '../config/schema.ts';
import { type BoundAction, bindAction } from '../gate/bound.ts';
import type { Callers } from '../gate/calls.ts';
import { createExecutor } from '../gate/executor.ts';
import { journal } from '../gate/journal.ts';
import { createLedger } from '../gate/ledger.ts';
import { locks } from '../gate/locks.ts';
import type { GateMeter } from '../gate/meter.ts';
import { gatePresses, gateRequests } from '../gate/requests.ts';
import { createGateService, type GateService } from '../gate/service.ts';
import type { Surroundings } from '../gate/surroundings.ts';
import { untolds } from '../gate/untold.ts';
import { createGateWatch } from '../gate/watch.ts';
import type { ActingHosts } from '../host/actPort.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { OnCallSource } from '../oncall/oncall.ts';
import { delegations } from '../people/delegation.ts';
import { createDelegations, type Delegations } from '../people/delegations.ts';
import type { Collection, Store } from '../store/port.ts';
import { createPushgateway } from '../telemetry/pushgateway.ts';
import { backupSpec } from './backups.ts';
import { directOf } from './direct.ts';
import { type DiskParts, diskActions, diskWorld } from './disk.ts';
import { whatLacks } from './lacking.ts';
import { clusterUid, type NodeParts, nodeActions, nodeLook, nodeWorld } from './nodes.ts';
import { authOf } from './outside.ts';

/** What the gate keeps in the store. */
export const GATE_COLLECTIONS: readonly Collection<never>[] = [
  gateRequests,
  gatePresses,
  journal,
  locks,
  delegations,
  untolds,
];

/** The gate, wired: what chats call, and the workers behind it. */
export interface Gate {
  readonly service: GateService;
  /** Ids of the actions that exist. */
  readonly actions: ReadonlySet<string>;
  readonly backups: BackupWorld;
  readonly disk: DiskWorld;
  /** Absent where no cluster is named. */
  readonly nodes: NodeLook | undefined;
  /** Who stands in for whom. */
  readonly delegations: Delegations;
  start(): void;
  stop(): Promise<void>;
}

/** How long the last good execution took, from the requests that are kept. */
function lastTook(store: Store): (action: string, target: string) => Promise<number | undefined> {
  return async (action, target) => {
    const recent = await store.find(gateRequests, { order: 'down', limit: 200 });
    const good = recent.find(
      ({ body: { request } }) =>
        request.state === 'succeeded' && request.plan.action === action && request.plan.target === target,
    );
    const { execution } = good?.body.request ?? {};
    return execution?.endedAt === undefined ? undefined : execution.endedAt - execution.startedAt;
  };
}

/** Builds the gate. */
export function createGate(options: {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: Audit;
  readonly hosts: ActingHosts;
  readonly onCall: OnCallSource;
  readonly targets: readonly Target[];
  readonly meter?: GateMeter;
  /** Absent where no cluster is named: then there are no actions on nodes. */
  readonly nodes?: NodeParts | undefined;
  /** Whose disks can be freed; nobody's where absent. */
  readonly disk?: DiskParts;
  /** In place of the real actions: a test's. */
  readonly actions?: readonly BoundAction[];
  /** Whether no other process can have the state open: then what another left is taken over at once. Default: so. */
  readonly alone?: boolean;
}): Gate {
  const { config, store, clock, log, audit, hosts, onCall, targets, meter } = options;
  const { pushgateway, oncall } = config;
  const backups: BackupWorld = {
    hosts,
    pushgateway:
      pushgateway.url === undefined
        ? undefined
        : createPushgateway({ url: pushgateway.url, auth: authOf(pushgateway) }),
    clock,
    backups: config.backups.map(backupSpec),
    localHosts: new Set(config.hosts.flatMap(({ name, via }) => (via === 'local' ? [name] : []))),
    lastTookMs: lastTook(store),
  };
  const disk = diskWorld(options.disk ?? { specs: [] }, backups);
  const nodes = options.nodes && nodeWorld(options.nodes, store, backups);
  const bound: readonly BoundAction[] = options.actions ?? [
    bindAction(backupRun, backups),
    bindAction(restoreRun, backups),
    ...(nodes ? nodeActions(nodes) : []),
    ...diskActions(disk),
  ];
  const actions = new Map(bound.map((action) => [action.id, action]));
  const people: readonly Person[] = config.people.length > 0 ? config.people : [LOCAL];
  const byRole = !oncall.rotation && !oncall.ical && oncall.slackUsergroup === undefined;
  const standing = createDelegations({ store, clock, audit, people });
  const surroundings: Surroundings = {
    people,
    standIns: standing.standIns,
    policies: config.policies,
    freezes: config.freezes,
    // Without a rotation or a calendar the role itself is all there is to go by.
    duty: async (signal) => (byRole ? { is: 'by-role' } : onCall.who(signal)),
    only: (action, target) =>
      action.startsWith('restore.') ? config.backups.find(({ name }) => name === target)?.whoCanRestore : undefined,
    clusterUid: (action, signal) => clusterUid(options.nodes, action, signal),
  };
  const ledger = createLedger({ store, clock, log, audit, targets, ...(meter ? { meter } : {}) });
  const callers: Callers = { direct: directOf(config), next: onCall.next };
  const service = createGateService({ store, clock, ledger, actions, surroundings, callers, lacks: whatLacks });
  const executor = createExecutor({ store, clock, log, ledger, surroundings, actions, alone: options.alone ?? true });
  const watch = createGateWatch({ store, clock, log, ledger, surroundings, callers });
  return {
    service,
    actions: new Set(actions.keys()),
    backups,
    disk,
    nodes: nodes && nodeLook(nodes),
    delegations: standing,
    start: () => {
      executor.start();
      watch.start();
    },
    stop: async () => {
      await Promise.all([executor.stop(), watch.stop()]);
    },
  };
}
