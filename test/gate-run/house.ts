import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { counters, incidents } from '../../src/alerting/incident.ts';
import type { Button, Card } from '../../src/chat/message.ts';
import { lanes, outbox } from '../../src/chat/outbox.ts';
import type { Person } from '../../src/chat/people.ts';
import type { Conversation } from '../../src/chat/port.ts';
import type { Action, JournaledStep, Observed, Refusal, Verdict } from '../../src/gate/action.ts';
import { type BoundAction, bindAction } from '../../src/gate/bound.ts';
import { type Callers, NO_CALLERS } from '../../src/gate/calls.ts';
import { createExecutor, type Executor, type ExecutorOptions } from '../../src/gate/executor.ts';
import type { GateFact } from '../../src/gate/facts.ts';
import { journal } from '../../src/gate/journal.ts';
import { createLedger, type Ledger } from '../../src/gate/ledger.ts';
import { locks } from '../../src/gate/locks.ts';
import type { GateFinding, GateRequest, Plan } from '../../src/gate/model.ts';
import type { AuditPort } from '../../src/gate/recorder.ts';
import { gatePresses, gateRequests, type PressWhat, requestId, type StoredRequest } from '../../src/gate/requests.ts';
import { type AskedAt, createGateService, type GateService } from '../../src/gate/service.ts';
import type { Asker, Surroundings } from '../../src/gate/surroundings.ts';
import { createGateWatch, type GateWatch } from '../../src/gate/watch.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { DaytwoError } from '../../src/lib/errors.ts';
import type { Logger } from '../../src/lib/log.ts';
import { openLowdbStore } from '../../src/store/lowdb/store.ts';
import type { Store } from '../../src/store/port.ts';
import { offerPresses } from '../../src/triage/offerPresses.ts';

export const ana: Person = { name: 'ana', roles: ['oncall'], slack: 'U0ANA', telegram: '1001' };
export const ben: Person = { name: 'ben', roles: ['oncall', 'admin'], slack: 'U0BEN' };
export const cleo: Person = { name: 'cleo', roles: ['admin'], telegram: '1003' };
export const SLACK: Conversation = { chat: 'slack', id: 'C1' };
export const TELEGRAM: Conversation = { chat: 'telegram', id: '-100' };

/** The machine's clock with an offset that jumps. */
export function jumpingClock(): Clock & { jump(ms: number): void } {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    sleep: systemClock.sleep,
    jump: (ms) => {
      offset += ms;
    },
  };
}

/** What the fake action does and sees; every field may be changed while it runs. */
export interface FakeWorld {
  /** Folder of the effects: each effect appends one line to `effects.log`. */
  readonly dir: string;
  steps: number;
  findings: readonly GateFinding[];
  /** Changes the plan when it changes. */
  generation: number;
  refuses?: string | undefined;
  /** Called within an effect, before it is done; may wait or throw. */
  before: (step: string, signal: AbortSignal) => Promise<void>;
  /** Called within an effect, after it was done. */
  after: (step: string) => Promise<void>;
  /** What looking tells; by default what the log of effects shows. */
  observe?: ((execution: string) => Promise<Observed>) | undefined;
  verdict: Verdict['is'];
  /** Called before a verification looks. */
  verifying?: (() => void) | undefined;
  /** What it offers next. */
  next?: Verdict['outcome']['next'] | undefined;
  /** What each step returns. */
  result: unknown;
  plans: number;
}

export const fakeWorld = (dir: string): FakeWorld => ({
  dir,
  steps: 2,
  findings: [],
  generation: 1,
  before: async () => {},
  after: async () => {},
  verdict: 'succeeded',
  result: { ok: true },
  plans: 0,
});

/** The lines of effects: `execution step`. */
export function effectsOf(dir: string): readonly string[] {
  const file = join(dir, 'effects.log');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean) : [];
}

const stepName = (n: number): string => `write-${n}`;

/** An action whose effects are lines in a file: what was done can be told by looking. */
export const fileWrite: Action<{ name: string }, FakeWorld> = {
  id: 'file.write',
  args: z.strictObject({ name: z.string().regex(/^[a-z0-9-]+$/) }),
  plan: async ({ name }, world): Promise<Plan | Refusal> => {
    world.plans += 1;
    if (world.refuses !== undefined) return { refused: world.refuses };
    return {
      action: 'file.write',
      args: { name },
      target: name,
      title: `Write ${name}`,
      summary: `Appends ${world.steps} lines.`,
      steps: Array.from({ length: world.steps }, (_, n) => ({ id: stepName(n), text: `append line ${n}` })),
      findings: world.findings,
      effects: { file: 'effects.log', generation: world.generation },
      locks: [`file/${name}`],
      lastTookMs: 1234,
    };
  },
  execute: async (_, run, world, _signal) => {
    for (let n = 0; n < world.steps; n += 1) {
      await run.step(stepName(n), async (signal) => {
        await world.before(stepName(n), signal);
        appendFileSync(join(world.dir, 'effects.log'), `${run.executionId} ${stepName(n)}\n`);
        await world.after(stepName(n));
        return world.result;
      });
      run.progress({ text: `line ${n + 1} of ${world.steps}`, share: (n + 1) / world.steps });
    }
  },
  observe: async (_, steps: readonly JournaledStep[], world): Promise<Observed> => {
    if (world.observe) return world.observe('');
    const done = effectsOf(world.dir).length;
    if (done === 0) return { is: 'not-done', text: 'No line was written.' };
    if (done >= world.steps) return { is: 'done', text: 'All lines are there.' };
    return { is: 'not-done', text: `${done} of ${world.steps} lines were written, ${steps.length} steps begun.` };
  },
  verify: async (_, steps, world): Promise<Verdict> => {
    world.verifying?.();
    const lines = effectsOf(world.dir).length;
    return {
      is: world.verdict,
      outcome: {
        text: `${lines} lines are there.`,
        facts: [{ name: 'steps', value: String(steps.length) }],
        checks: [{ what: 'lines', expected: String(world.steps), actual: String(lines), ok: lines === world.steps }],
        ...(world.next ? { next: world.next } : {}),
      },
    };
  },
};

/** An audit in memory that can be made to fail. */
export function fakeAudit(): AuditPort & {
  readonly entries: { kind: string; by?: string | undefined }[];
  broken: boolean;
} {
  const audit = {
    entries: [] as { kind: string; by?: string | undefined }[],
    broken: false,
    append: async (entry: { kind: string; by?: string | undefined }) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (audit.broken) throw new DaytwoError('store-unavailable', 'the audit is full');
      audit.entries.push(entry);
    },
  };
  return audit;
}

/** A store whose commits can be made to fail, and which tells of each. */
export interface TamperedStore extends Store {
  /** Asked before each commit with the kinds it writes; what it throws is thrown. */
  before: (kinds: readonly string[]) => Promise<void>;
  after: (kinds: readonly string[]) => Promise<void>;
}

export function tamper(store: Store): TamperedStore {
  const tampered: TamperedStore = {
    before: async () => {},
    after: async () => {},
    get: (collection, id) => store.get(collection, id),
    find: (collection, query) => store.find(collection, query),
    count: (collection, key) => store.count(collection, key),
    commit: async (writes) => {
      const kinds = writes.map((write) => write.in.kind);
      await tampered.before(kinds);
      const ids = await store.commit(writes);
      await tampered.after(kinds);
      return ids;
    },
    watch: (kind, wake) => store.watch(kind, wake),
    putBlob: (bytes) => store.putBlob(bytes),
    getBlob: (id) => store.getBlob(id),
    sweepBlobs: (keep, olderThan) => store.sweepBlobs(keep, olderThan),
    notices: () => store.notices(),
    close: () => store.close(),
  };
  return tampered;
}

/** What the gate keeps. */
export const COLLECTIONS = [
  gateRequests,
  gatePresses,
  journal,
  locks,
  counters,
  incidents,
  offerPresses,
  outbox,
  lanes,
];

export const openStore = (dir: string): Promise<Store> =>
  openLowdbStore({
    dir,
    collections: COLLECTIONS,
    now: Date.now,
    warn: () => {},
  });

/** Short times, so that a test sees a lease run out. */
export const SHORT = {
  beatMs: 10,
  loopMs: 25,
  watchMs: 20,
  progressMs: 5,
  observeMs: 2000,
  graceMs: 200,
  lastMs: 500,
  deadlineMs: 20_000,
};

export const policy = (more: Partial<Surroundings['policies'][number]> = {}): Surroundings['policies'][number] => ({
  actions: ['file.*'],
  request: ['oncall'],
  confirm: 'button',
  approvals: 1,
  approve: ['admin', 'oncall'],
  ttl: 15 * 60_000,
  ...more,
});

/** Freeze windows that leave no minute of the week out. */
export const always = (): Surroundings['freezes'] => {
  const window = (from: readonly [string, number], to: readonly [string, number]): Surroundings['freezes'][number] => ({
    name: 'always',
    except: [],
    timezone: 'UTC',
    from: { text: from[0], minute: from[1] },
    to: { text: to[0], minute: to[1] },
  });
  return [window(['Mon 00:00', 0], ['Sun 00:00', 8640]), window(['Sat 00:00', 7200], ['Mon 00:01', 1])];
};

export interface House {
  readonly dir: string;
  readonly store: TamperedStore;
  readonly clock: ReturnType<typeof jumpingClock>;
  readonly audit: ReturnType<typeof fakeAudit>;
  readonly world: FakeWorld;
  readonly ledger: Ledger;
  readonly service: GateService;
  readonly surroundings: { -readonly [K in keyof Surroundings]: Surroundings[K] };
  readonly logged: string[];
  /** Facts that became durable, as the meter heard them. */
  readonly told: { readonly request: GateRequest; readonly fact: GateFact }[];
  /** Reasons of what was turned away, as the meter heard them. */
  readonly refusals: string[];
  /** Builds one more executor over the same store. */
  executor(more?: Partial<ExecutorOptions>): Executor;
  watch(callers?: Callers): GateWatch;
  request(n?: number): Promise<GateRequest>;
  stored(n?: number): Promise<StoredRequest>;
  /** Waits until request n is in one of these states. */
  until(...states: GateRequest['state'][]): Promise<GateRequest>;
  /** Asks, confirms, has ben approve. */
  approved(): Promise<void>;
  /** The newest card of a message in a conversation. */
  card(message: string, conversation?: Conversation): Promise<Card | undefined>;
  /** Lets the process die where it is: nothing of it reaches the store any more. */
  crash(): Promise<void>;
  /** Stops its executors and watches; the store stays open. */
  stop(): Promise<void>;
  end(): Promise<void>;
}

export const signal = new AbortController().signal;
export const asks = (person: Person, more: Partial<AskedAt> = {}): AskedAt => ({
  person,
  chat: 'slack',
  conversation: SLACK,
  eventId: `event-${Math.random()}`,
  signal,
  ...more,
});
export const says = (person: Person, chat: Asker['chat'] = 'slack'): Asker => ({ person, chat, signal });

/** Waits for something to become true. */
export async function until(what: string, holds: () => Promise<boolean>, withinMs = 10_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

/** A gate over a folder: real store, fake world, audit and chats. `dir` reopens what an earlier house left. `store` is another than lowdb. */
export async function openHouse(
  options: {
    readonly dir?: string;
    readonly actions?: readonly BoundAction[];
    readonly callers?: Callers;
    readonly lacks?: (action: string) => string | undefined;
    readonly store?: Store;
  } = {},
): Promise<House> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'daytwo-gate-'));
  const store = tamper(options.store ?? (await openStore(join(dir, 'data'))));
  const clock = jumpingClock();
  const audit = fakeAudit();
  const world = fakeWorld(dir);
  const logged: string[] = [];
  const say = (fields: Record<string, unknown>, message: string): void => {
    logged.push(`${message} ${JSON.stringify(fields)}`);
  };
  const log: Logger = { info: say, warn: say, error: say };
  const surroundings: House['surroundings'] = {
    people: [ana, ben, cleo],
    policies: [policy()],
    freezes: [],
    duty: async () => ({ is: 'by-role' }),
    standIns: async () => [],
    only: () => undefined,
    clusterUid: async () => undefined,
  };
  const targets = [SLACK, TELEGRAM].map((conversation) => ({
    conversation,
    bounded: false,
    pictures: 'inline' as const,
  }));
  const told: House['told'] = [];
  const refusals: string[] = [];
  const meter = {
    facts: (request: GateRequest, facts: readonly GateFact[]) => {
      for (const fact of facts) told.push({ request, fact });
    },
    refused: (why: string) => void refusals.push(why),
  };
  const ledger = createLedger({ store, clock, log, audit, targets, meter });
  const actions = new Map((options.actions ?? [bindAction(fileWrite, world)]).map((one) => [one.id, one]));
  const callers = options.callers ?? NO_CALLERS;
  const lacks = options.lacks ? { lacks: options.lacks } : {};
  const service = createGateService({ store, clock, ledger, actions, surroundings, callers, ...lacks });
  const executors: Executor[] = [];
  const dead = Promise.withResolvers<void>();
  dead.promise.catch(() => {});
  const stored = async (n = 1): Promise<StoredRequest> => (await ledger.get(requestId(n))).body;
  const house: House = {
    dir,
    store,
    clock,
    audit,
    world,
    ledger,
    service,
    surroundings,
    logged,
    told,
    refusals,
    executor: (more = {}) => {
      const executor = createExecutor({
        store,
        clock,
        log,
        ledger,
        surroundings,
        actions,
        alone: true,
        ...more,
        limits: { ...SHORT, ...more.limits },
      });
      executors.push(executor);
      executor.start();
      return executor;
    },
    watch: (own = callers) => {
      const watch = createGateWatch({ store, clock, log, ledger, surroundings, callers: own, lookMs: 10 });
      watch.start();
      executors.push({ start: () => {}, stop: () => watch.stop() });
      return watch;
    },
    stored,
    request: async (n) => (await stored(n)).request,
    until: async (...states) => {
      await until(states.join('|'), async () => states.includes((await house.request()).state)).catch(
        async (error: unknown) => {
          throw new Error(`${String(error)}; it is ${(await house.request()).state}\n${logged.slice(-15).join('\n')}`);
        },
      );
      return house.request();
    },
    approved: async () => {
      await service.ask('file.write', { name: 'notes' }, asks(ana));
      await press(house, 'confirm', ana);
      await press(house, 'approve', ben, 'telegram');
    },
    card: async (message, conversation = SLACK) => {
      const found = await store.find(outbox, { limit: 10_000 });
      return found.findLast(
        ({ body }) =>
          body.message === message &&
          body.conversation.id === conversation.id &&
          body.conversation.chat === conversation.chat,
      )?.body.card;
    },
    crash: async () => {
      store.before = () => dead.promise;
      await store.close();
    },
    stop: async () => {
      dead.reject(new DaytwoError('store-unavailable', 'this process is dead'));
      await Promise.all(executors.map((one) => one.stop()));
    },
    end: async () => {
      await house.stop();
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return house;
}

/** Presses a button of request n as its card carries it. */
export async function press(
  house: Pick<House, 'stored' | 'service'>,
  what: PressWhat,
  person: Person,
  chat: Asker['chat'] = 'slack',
  n = 1,
): Promise<string> {
  const token = (await house.stored(n)).tokens[what];
  return (await house.service.press(token, says(person, chat)))?.card.title ?? 'no button of the gate';
}

export const labels = (card: Card | undefined): readonly Button['label'][] =>
  (card?.buttons ?? []).map(({ label }) => label);
