import { commands } from '../../commands/index.ts';
import { createDesk, type Desk, type Target } from '../../src/alerting/desk.ts';
import { type Incident, incidents } from '../../src/alerting/incident.ts';
import type { Snapshot } from '../../src/alerting/webhook.ts';
import { openAudit } from '../../src/audit/audit.ts';
import type { Card } from '../../src/chat/message.ts';
import { outbox } from '../../src/chat/outbox.ts';
import type { Person } from '../../src/chat/people.ts';
import type { InboundEvent } from '../../src/chat/port.ts';
import type { Services } from '../../src/commanding/command.ts';
import { createDispatch } from '../../src/commanding/dispatch.ts';
import { readConfig } from '../../src/config/load.ts';
import { createHosts } from '../../src/host/hosts.ts';
import { silentLog } from '../../src/lib/log.ts';
import type { OnCallSource } from '../../src/oncall/oncall.ts';
import type { Stored } from '../../src/store/port.ts';
import { createGate } from '../../src/wiring/gate.ts';
import { alert, snapshot } from '../support/alerts.ts';
import { fakeClock } from '../support/clock.ts';
import { type FakeAlertmanager, fakeAlertmanager } from '../support/fakeAlertmanager.ts';
import { type TempStore, tempStore } from '../support/tempStore.ts';
import { fakeWorld } from '../support/world.ts';

/** Who is known: one with every role, one on call, one who may only look. */
export const PEOPLE: readonly Person[] = [
  { name: 'ana', slack: 'U0ANA', telegram: '1001', roles: ['oncall', 'admin'] },
  { name: 'ben', slack: 'U0BEN', roles: ['oncall'] },
  { name: 'cleo', roles: [] },
];

/** The console's home, unbounded. */
export const HOME: Target = { conversation: { chat: 'console', id: 'home' }, bounded: false, pictures: 'inline' };

/** The core with a real store and a fake Alertmanager, and the ways in. */
export interface House {
  readonly clock: ReturnType<typeof fakeClock>;
  readonly temp: TempStore;
  readonly desk: Desk;
  readonly alertmanager: FakeAlertmanager;
  readonly services: Services;
  readonly logged: string[];
  /** Works a notification in; returns the incident's document id. */
  notify(from?: Snapshot): Promise<string>;
  incident(id: string): Promise<Incident>;
  /** Says a command or presses a button as somebody, and returns the answer's card. `id` makes two of them one event. */
  ask(
    text: string,
    as?: string,
    more?: Partial<InboundEvent> & { readonly press?: boolean },
  ): Promise<{ readonly card: Card; readonly onlyFor: string | undefined; readonly root: string }>;
  /** Cards that were said and not carried yet, oldest first. */
  said(): Promise<readonly Stored<{ readonly message: string; readonly card: Card; readonly do: string }>[]>;
  drop(): Promise<void>;
}

/** Builds one. `change` replaces services. */
export async function house(change: Partial<Services> = {}, people: readonly Person[] = PEOPLE): Promise<House> {
  const clock = fakeClock();
  const temp = await tempStore(clock.now);
  const alertmanager = fakeAlertmanager(clock.now);
  const logged: string[] = [];
  const desk = createDesk({
    store: temp.store,
    clock,
    targets: [HOME],
    brief: () => ({ meaning: 'It means something.', impact: 'It hurts.', checklist: ['Why?'] }),
    reopenWithinMs: 30 * 60_000,
    canAsk: true,
    meter: { fact: () => {} },
  });
  const audit = await openAudit({ dir: temp.dir, clock, log: silentLog, redact: (text) => text });
  const { config } = readConfig('', { file: '', env: {}, base: temp.dir });
  const onCall: OnCallSource = {
    who: async () => ({ is: 'unknown', reason: 'the configuration has no oncall section' }),
    next: async () => [],
  };
  const gate = createGate({
    config: { ...config, people: people.map((person) => ({ ...person, roles: [...person.roles] })) },
    store: temp.store,
    clock,
    log: silentLog,
    audit,
    hosts: createHosts([]),
    onCall,
    targets: [HOME],
  });
  const services: Services = {
    gate: gate.service,
    backups: gate.backups,
    disk: gate.disk,
    nodes: gate.nodes,
    delegations: gate.delegations,
    audit,
    store: temp.store,
    clock,
    desk,
    bring: async () => false,
    alertmanager,
    cluster: fakeWorld().cluster,
    onCall,
    health: () => [{ part: 'store', state: 'up', text: 'lowdb' }],
    commands,
    ...change,
  };
  const log = {
    ...silentLog,
    error: (fields: object, message: string) => logged.push(`${message} ${JSON.stringify(fields)}`),
  };
  const dispatch = createDispatch({ services, people, log, answered: () => {} });
  let events = 0;
  return {
    clock,
    temp,
    desk,
    alertmanager,
    services,
    logged,
    notify: async (from = snapshot([alert('n1', clock.now() - 60_000)])) => (await desk.notify(from, [])) ?? '',
    incident: async (id) => {
      const found = await temp.store.get(incidents, id);
      if (!found) throw new Error(`no incident ${id}`);
      return found.body;
    },
    ask: async (text, as = 'ana', { press = false, ...more } = {}) => {
      events += 1;
      const event: InboundEvent = {
        id: `event-${events}`,
        identity: { chat: 'console', id: as },
        conversation: HOME.conversation,
        isPrivate: false,
        what: press ? { kind: 'button', token: text } : { kind: 'command', text },
        ...more,
      };
      const writes = await dispatch(event, new AbortController().signal);
      const said = writes.flatMap((write) =>
        write.do === 'append' ? [write.body as { card: Card; onlyFor?: string; root: string }] : [],
      );
      const [answer] = said;
      if (!answer || said.length > 1) throw new Error(`${said.length} answers to ${text}`);
      return { card: answer.card, onlyFor: answer.onlyFor, root: answer.root };
    },
    said: () => temp.store.find(outbox, { limit: 1000 }),
    drop: async () => {
      await audit.close();
      await temp.drop();
    },
  };
}
