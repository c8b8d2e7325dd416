import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Person, Role } from '../../src/chat/people.ts';
import * as decide from '../../src/gate/decide.ts';
import { digestOf } from '../../src/gate/digest.ts';
import { CLOCK_SKEW_MS } from '../../src/gate/expiry.ts';
import type { Context, Decided, GateFact } from '../../src/gate/facts.ts';
import { ENDS, type GateRequest, type Plan, type PolicySnapshot } from '../../src/gate/model.ts';
import type { Duty } from '../../src/gate/quorum.ts';
import { ALWAYS, by, HOUR, MIN, PEOPLE, PLAN, T } from './requests.ts';

/*
 * Two replicas over one store that holds requests as JSON text with a version and writes by compare-and-set; people who click what their
 * last card shows, which may be long out of date; a world whose roles, policy, freeze windows, shifts and clock change under them. What the
 * gate decides is held against a ledger that is kept apart from it: who pressed what on which digest, and what the world was then.
 */

/** Histories, of up to 60 steps each. */
const RUNS = 3000;

const NAMES = ['ana', 'ben', 'cleo', 'dora', 'eve'] as const;
const CHATS = ['slack', 'telegram', 'console'] as const;
const CLUSTER = 'c-1';
const OUTCOME = { text: 'over', facts: [], checks: [] };

interface Press {
  readonly what: 'confirm' | 'approve' | 'deny' | 'glass';
  readonly by: string;
  readonly digest: string;
  readonly typed?: string | undefined;
}

/** What really happened to one request: only what was made durable, told by the test and not by the gate. */
interface Ledger {
  readonly policy: PolicySnapshot;
  readonly requester: string;
  readonly taken: Press[];
  readonly executions: string[];
  readonly seen: { text: string; state: GateRequest['state'] }[];
  /** The gate told, durably, that time is up. */
  expired: boolean;
}

interface Row {
  version: number;
  text: string;
}

/** What may differ between one run and the next. */
class Town {
  now = T;
  people: readonly Person[] = PEOPLE;
  duty: Duty = { is: 'by-role' };
  frozen = false;
  only: readonly string[] | undefined;
  policy: PolicySnapshot = {
    request: ['oncall', 'admin'],
    confirm: 'typed',
    approvals: 1,
    approve: ['oncall', 'admin'],
    ttlMs: 15 * MIN,
    source: 'policies[0]',
  };
  plan = 0;
  made = 0;
  readonly rows = new Map<string, Row>();
  readonly ledgers = new Map<string, Ledger>();
  /** What each replica read last, and may still act on. */
  readonly caches: Map<string, Row>[] = [new Map(), new Map()];
  /** Digests that cards have shown, newest last. */
  readonly shown: string[] = [];

  context(): Context {
    const { now, people, duty, only } = this;
    return { now, people, duty, standIns: [], only, clusterUid: CLUSTER, freezes: this.frozen ? ALWAYS : [] };
  }

  /** Independent of the gate: who has which role now, with a silent on-call source counting for nobody. */
  has(name: string, roles: readonly Role[]): boolean {
    const held = this.people.find((one) => one.name === name)?.roles ?? [];
    return held.some((role) => roles.includes(role) && (role === 'admin' || this.duty.is !== 'unknown'));
  }

  isOnDuty(name: string): boolean {
    if (this.duty.is === 'known')
      return this.duty.people.includes(name) && this.people.some((one) => one.name === name);
    return this.duty.is === 'by-role' && this.has(name, ['oncall']);
  }

  planOf(index: number): Plan {
    return { ...PLAN, effects: { node: { name: 'worker-1', uid: `u-${index}` } }, summary: `at ${this.now}` };
  }

  pick(at: number): string | undefined {
    const names = [...this.rows.keys()];
    return names[names.length - 1 - (at % Math.max(1, names.length))];
  }

  /** Lets a replica decide on what it reads now, or on what it read before; false where somebody else wrote first. */
  act(
    name: string,
    { replica, stale, crash }: { replica: number; stale: boolean; crash: boolean },
    step: (request: GateRequest, context: Context) => Decided,
    press?: Press,
  ): void {
    const cache = this.caches[replica % 2];
    const row = this.rows.get(name);
    if (!cache || !row) return;
    const read = stale ? (cache.get(name) ?? row) : row;
    cache.set(name, { ...read });
    const before = JSON.parse(read.text) as GateRequest;
    const context = this.context();
    const decided = step(before, context);
    expect(JSON.stringify(before), 'the request that went in is left alone').toBe(read.text);
    if (crash) {
      cache.clear();
      return;
    }
    if (decided.request === before) {
      expect(decided.facts, 'nothing changed, nothing to tell').toEqual([]);
      return;
    }
    expect(decided.facts.length, 'what changed is told').toBeGreaterThan(0);
    if (row.version !== read.version) return;
    this.rows.set(name, { version: row.version + 1, text: JSON.stringify(decided.request) });
    this.judge(before, decided, press);
  }

  /** A write became durable: is it lawful? */
  judge(before: GateRequest, { request, facts, refused }: Decided, press?: Press): void {
    const ledger = this.ledgers.get(request.name);
    if (!ledger) throw new Error('no ledger');
    const told = new Set(facts.map(({ is }) => is));
    expect(request.policy, 'the policy is the one of the asking').toEqual(ledger.policy);
    expect(request.requester).toBe(ledger.requester);
    if (ENDS.has(before.state)) {
      const { settled: _, ...rest } = request;
      expect(rest, 'an end stays an end').toEqual(before);
      expect([before.state, before.settled]).toEqual(['unknown', undefined]);
    }
    if (press && !refused) {
      expect(press.digest, 'a card of another plan does nothing').toBe(before.digest);
      ledger.taken.push(press);
    }
    if (told.has('refused') && refused?.why !== 'no-plan') expect(before.state).toBe('ready');
    if (told.has('approved')) this.approvalHolds(ledger, before);
    if (told.has('drifted')) {
      expect([request.votes, request.confirmedAt, request.startBy]).toEqual([[], undefined, undefined]);
      expect(before.state).not.toBe('running');
    }
    if (told.has('expired')) ledger.expired = true;
    if (told.has('started')) this.startHolds(ledger, before, request, facts);
    else expect(request.execution?.id).toBe(before.execution?.id);
    if (request.state === 'running' || request.state === 'verifying') expect(ledger.executions).toHaveLength(1);
    ledger.seen.push({ text: JSON.stringify(request), state: request.state });
  }

  private approvalHolds(ledger: Ledger, before: GateRequest): void {
    expect(ledger.expired, 'nothing expired is approved').toBe(false);
    expect(this.now).toBeLessThan(before.approveBy);
    expect(this.frozen).toBe(false);
  }

  private startHolds(ledger: Ledger, before: GateRequest, request: GateRequest, facts: readonly GateFact[]): void {
    const { policy, requester, taken } = ledger;
    const { digest } = request;
    ledger.executions.push(request.execution?.id ?? '');
    expect(ledger.executions, 'once').toHaveLength(1);
    expect(before.state).toBe('ready');
    expect(ledger.expired).toBe(false);
    expect(this.now).toBeLessThan(before.startBy ?? 0);
    expect(this.frozen).toBe(false);
    expect(digest).toBe(digestOf({ plan: request.plan, policy, clusterUid: CLUSTER }));
    expect(facts).toContainEqual(expect.objectContaining({ is: 'started', digest }));
    expect(this.has(requester, policy.request) && (this.only?.includes(requester) ?? true)).toBe(true);
    const confirmation = taken.findLast(({ what }) => what === 'confirm');
    expect(confirmation).toMatchObject({ by: requester, digest });
    if (policy.confirm === 'typed') expect(confirmation?.typed).toBe(request.plan.target);
    expect(taken.some(({ what }) => what === 'deny')).toBe(false);
    if (taken.some(({ what }) => what === 'glass')) {
      expect(this.isOnDuty(requester)).toBe(true);
      return;
    }
    const approvers = new Set(
      taken.filter((one) => one.what === 'approve' && one.digest === digest).map((one) => one.by),
    );
    expect(approvers.has(requester), 'nobody approves their own').toBe(false);
    const standing = [...approvers].filter((name) => this.has(name, policy.approve));
    expect(standing.length).toBeGreaterThanOrEqual(policy.approvals);
    for (const fact of facts) {
      if (fact.is === 'started') for (const name of fact.approvers) expect(standing).toContain(name);
    }
  }
}

const who = fc.constantFrom(...NAMES);
const chat = fc.constantFrom(...CHATS);
const how = fc.record({
  replica: fc.nat(1),
  stale: fc.boolean(),
  crash: fc.nat(9).map((nine) => nine === 9),
});
const which = fc.nat(2);

interface Step {
  readonly say: string;
  readonly run: (town: Town) => void;
}

const step = (say: string, run: (town: Town) => void): Step => ({ say, run });

/** The digest on somebody's card: the newest, or an older one of whatever request. */
function onCard(town: Town, name: string, old: number): string {
  const row = town.rows.get(name);
  const fresh = row ? (JSON.parse(row.text) as GateRequest).digest : '';
  return old === 0 ? fresh : (town.shown.at(-old) ?? fresh);
}

const age = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }) },
);

const ask = fc.record({ person: who, chat, glass: fc.nat(4) }).map(({ person, chat: from, glass }) =>
  step(`ask ${person} ${glass === 4 ? 'glass' : ''}`, (town) => {
    if (town.rows.size >= 3) return;
    town.made += 1;
    const name = `REQ-${town.made}`;
    const { policy } = town;
    const asked = {
      name,
      plan: town.planOf(town.plan),
      policy,
      by: by(person, from),
      breakGlass: glass === 4 ? 'everything burns' : undefined,
    };
    const decided = decide.requestOf(asked, town.context());
    if (!('request' in decided)) return;
    const others = town.people.filter((one) => one.name !== person && town.has(one.name, policy.approve));
    if (glass === 4) expect(town.isOnDuty(person)).toBe(true);
    else expect(others.length).toBeGreaterThanOrEqual(policy.approvals);
    expect(town.frozen).toBe(false);
    town.rows.set(name, { version: 1, text: JSON.stringify(decided.request) });
    town.shown.push(decided.request.digest);
    const first: Press[] = glass === 4 ? [{ what: 'glass', by: person, digest: decided.request.digest }] : [];
    town.ledgers.set(name, { policy, requester: person, taken: first, executions: [], seen: [], expired: false });
  }),
);

const confirm = fc
  .record({
    how,
    which,
    person: who,
    chat,
    age,
    typed: fc.constantFrom('worker-1', 'worker-1', 'worker-1', 'worker-2', undefined),
    own: fc.boolean(),
  })
  .map((c) =>
    step(`confirm ${c.person} ${c.typed}`, (town) => {
      const name = town.pick(c.which);
      if (!name) return;
      const person = c.own ? (town.ledgers.get(name)?.requester ?? c.person) : c.person;
      const press: Press = { what: 'confirm', by: person, digest: onCard(town, name, c.age), typed: c.typed };
      town.act(name, c.how, (request, context) => decide.confirm(request, by(person, c.chat), press, context), press);
    }),
  );

const vote = fc
  .record({
    how,
    which,
    person: who,
    chat,
    age,
    choice: fc.constantFrom('approve', 'approve', 'approve', 'deny'),
    twice: fc.boolean(),
  })
  .map((c) =>
    step(`${c.choice} ${c.person}${c.twice ? ' twice' : ''}`, (town) => {
      const name = town.pick(c.which);
      if (!name) return;
      const digest = onCard(town, name, c.age);
      const choice = c.choice === 'deny' ? 'deny' : 'approve';
      const press: Press = { what: choice, by: c.person, digest };
      for (const replica of c.twice ? [c.how.replica, 1 - c.how.replica] : [c.how.replica]) {
        town.act(
          name,
          { ...c.how, replica },
          (request, context) => decide.vote(request, by(c.person, c.chat), { choice, digest }, context),
          press,
        );
      }
    }),
  );

const glass = fc.record({ how, which, person: who, own: fc.boolean(), age }).map((c) =>
  step(`glass ${c.person}`, (town) => {
    const name = town.pick(c.which);
    if (!name) return;
    const person = c.own ? (town.ledgers.get(name)?.requester ?? c.person) : c.person;
    const press: Press = { what: 'glass', by: person, digest: onCard(town, name, c.age) };
    const said = { reason: 'everything burns', digest: press.digest };
    town.act(name, c.how, (request, context) => decide.breakGlass(request, by(person), said, context), press);
  }),
);

const cancel = fc.record({ how, which, person: who }).map((c) =>
  step(`cancel ${c.person}`, (town) => {
    const name = town.pick(c.which);
    if (name) town.act(name, c.how, (request, context) => decide.cancel(request, by(c.person), context));
  }),
);

const drift = fc.record({ how, which, what: fc.constantFrom('same', 'words', 'effects', 'block', 'gone') }).map((c) =>
  step(`drift ${c.what}`, (town) => {
    const name = town.pick(c.which);
    if (!name) return;
    if (c.what === 'effects') town.plan += 1;
    const fresh: Plan = { ...town.planOf(town.plan), ...(c.what === 'words' ? { title: 'words' } : {}) };
    const blocked: Plan = { ...fresh, findings: [{ level: 'BLOCK', code: 'budget', text: 'none' }] };
    const found = c.what === 'gone' ? { refused: 'no such node' } : c.what === 'block' ? blocked : fresh;
    town.act(name, c.how, (request, context) => decide.drift(request, found, context));
    const row = town.rows.get(name);
    if (row) town.shown.push((JSON.parse(row.text) as GateRequest).digest);
  }),
);

/** Both replicas see it ready, both claim. */
const claims = fc.record({ which, stale: fc.boolean(), crash: fc.nat(9).map((nine) => nine === 9) }).map((c) =>
  step('claim by both', (town) => {
    const name = town.pick(c.which);
    if (!name) return;
    for (const replica of [0, 1])
      town.act(name, { replica, stale: false, crash: false }, (request) => ({ request, facts: [] }));
    for (const replica of [0, 1]) {
      const id = `e${replica}-${town.made}-${town.rows.get(name)?.version}`;
      town.act(name, { replica, stale: c.stale, crash: c.crash }, (request, context) =>
        decide.claim(request, id, context),
      );
    }
  }),
);

const move = fc
  .record({
    how,
    which,
    to: fc.constantFrom('verifying', 'succeeded', 'failed', 'cancelled', 'unknown'),
    other: fc.nat(5),
  })
  .map((c) =>
    step(`move to ${c.to}`, (town) => {
      const name = town.pick(c.which);
      if (!name) return;
      town.act(name, c.how, (request, { now }) => {
        const executionId = c.other === 0 ? 'another' : (request.execution?.id ?? 'none');
        if (c.to === 'verifying') return decide.toVerifying(request, executionId);
        const state = c.to as 'succeeded' | 'failed' | 'cancelled' | 'unknown';
        const decided = decide.finish(request, { executionId, state, outcome: OUTCOME, now });
        if (!decided.refused) expect(executionId).toBe(request.execution?.id);
        return decided;
      });
    }),
  );

const settle = fc.record({ how, which, person: who }).map((c) =>
  step(`settle ${c.person}`, (town) => {
    const name = town.pick(c.which);
    const found = { found: 'not-done', note: 'looked at the node' } as const;
    if (name) town.act(name, c.how, (request, context) => decide.settle(request, by(c.person), found, context));
  }),
);

const sweep = fc.record({ how, which }).map((c) =>
  step('sweep', (town) => {
    const name = town.pick(c.which);
    if (name) town.act(name, c.how, (request, { now }) => decide.expire(request, now));
  }),
);

const time = fc
  .constantFrom(1000, MIN, MIN, 5 * MIN, 14 * MIN, 15 * MIN, HOUR, -HOUR, -CLOCK_SKEW_MS, -15 * MIN)
  .map((ms) =>
    step(`time ${ms / 1000} s`, (town) => {
      town.now += ms;
    }),
  );

const roles = fc.record({ person: who, roles: fc.subarray<Role>(['oncall', 'admin']), gone: fc.nat(7) }).map((c) =>
  step(`roles of ${c.person}: ${c.gone === 0 ? 'gone' : c.roles}`, (town) => {
    const others = town.people.filter(({ name }) => name !== c.person);
    town.people = c.gone === 0 ? others : [...others, { name: c.person, roles: c.roles }];
  }),
);

const policy = fc
  .record({
    approvals: fc.nat(2),
    confirm: fc.constantFrom('button' as const, 'typed' as const),
    request: fc.subarray<Role>(['oncall', 'admin'], { minLength: 1 }),
    approve: fc.subarray<Role>(['oncall', 'admin'], { minLength: 1 }),
  })
  .map((c) =>
    step(`policy ${JSON.stringify(c)}`, (town) => {
      town.policy = { ...town.policy, ...c };
    }),
  );

const world = fc.oneof(
  fc.boolean().map((frozen) =>
    step(`freeze ${frozen}`, (town) => {
      town.frozen = frozen;
    }),
  ),
  fc
    .oneof(
      fc.constant<Duty>({ is: 'by-role' }),
      fc.constant<Duty>({ is: 'unknown', reason: 'silent' }),
      who.map((name): Duty => ({ is: 'known', people: [name], until: undefined, source: 'rotation' })),
    )
    .map((duty) =>
      step(`duty ${JSON.stringify(duty)}`, (town) => {
        town.duty = duty;
      }),
    ),
  fc.option(fc.subarray([...NAMES]), { nil: undefined, freq: 2 }).map((only) =>
    step(`only ${only}`, (town) => {
      town.only = only;
    }),
  ),
);

/** What would lawfully come next for a request, so that many get far. */
const onward = fc.record({ how, which, person: who, end: fc.constantFrom('succeeded', 'failed', 'unknown') }).map((c) =>
  step(`onward ${c.person}`, (town) => {
    const name = town.pick(c.which);
    if (!name) return;
    const { state, requester, digest, plan, execution } = JSON.parse(town.rows.get(name)?.text ?? '') as GateRequest;
    const at = { ...c.how, crash: false };
    const id = execution?.id ?? `e-${name}-${town.now}`;
    if (state === 'confirming') {
      const press: Press = { what: 'confirm', by: requester, digest, typed: plan.target };
      town.act(name, at, (request, context) => decide.confirm(request, by(requester), press, context), press);
    } else if (state === 'approving') {
      const press: Press = { what: 'approve', by: c.person, digest };
      const choice = { choice: 'approve', digest } as const;
      town.act(name, at, (request, context) => decide.vote(request, by(c.person), choice, context), press);
    } else if (state === 'ready') town.act(name, at, (request, context) => decide.claim(request, id, context));
    else if (state === 'running') town.act(name, at, (request) => decide.toVerifying(request, id));
    else if (state === 'verifying') {
      const over = { executionId: id, state: c.end as 'succeeded' | 'failed' | 'unknown', outcome: OUTCOME };
      town.act(name, at, (request, { now }) => decide.finish(request, { ...over, now }));
    }
  }),
);

/** A step as fast-check's command: the model is the ledger that the town keeps, so there is nothing else to predict. */
class Command implements fc.Command<object, Town> {
  readonly step: Step;
  constructor(given: Step) {
    this.step = given;
  }
  check = () => true;
  run(_: object, town: Town): void {
    this.step.run(town);
    for (const [name, row] of town.rows) {
      const request = JSON.parse(row.text) as GateRequest;
      const ledger = town.ledgers.get(name);
      expect(ledger?.executions.length).toBeLessThanOrEqual(1);
      if (request.execution) expect([request.execution.id]).toEqual(ledger?.executions);
      expect(request.votes.some(({ by: voter }) => voter === request.requester)).toBe(false);
      const yes = request.votes.filter(({ choice }) => choice === 'approve').map(({ by: voter }) => voter);
      expect(new Set(yes).size).toBe(yes.length);
    }
  }
  toString = () => this.step.say;
}

const weighted: readonly [number, fc.Arbitrary<Step>][] = [
  [3, ask],
  [16, onward],
  [6, confirm],
  [8, vote],
  [5, claims],
  [3, move],
  [1, cancel],
  [1, glass],
  [2, drift],
  [1, settle],
  [2, sweep],
  [3, time],
  [2, roles],
  [1, policy],
  [2, world],
];
const commands = fc.commands(
  weighted.flatMap(([weight, arbitrary]) =>
    Array.from({ length: weight }, () => arbitrary.map((one) => new Command(one))),
  ),
  { maxCommands: 60, size: 'max' },
);

describe('requests under any history', () => {
  it('run at most once, with the digest that was approved, by others than who asked; ends stay ends', () => {
    const reached = new Map<string, number>();
    fc.assert(
      fc.property(commands, (steps) => {
        const town = new Town();
        fc.modelRun(() => ({ model: {}, real: town }), steps);
        for (const ledger of town.ledgers.values()) {
          for (const state of new Set(ledger.seen.map((one) => one.state)))
            reached.set(state, (reached.get(state) ?? 0) + 1);
        }
      }),
      { numRuns: RUNS },
    );
    // A model that never gets anywhere proves nothing.
    const wanted = ['planned', 'confirming', 'approving', 'ready', 'running', 'verifying', ...ENDS].filter(
      (one) => one !== 'degraded',
    );
    for (const state of wanted)
      expect([state, reached.get(state) ?? 0]).toEqual([state, expect.toSatisfy((count: number) => count >= 20)]);
  }, 120_000);
});
