import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import type { Person } from '../../src/chat/people.ts';
import type { Action, Observed } from '../../src/gate/action.ts';
import { type BoundAction, bindAction } from '../../src/gate/bound.ts';
import { keepsLocks } from '../../src/gate/execution.ts';
import { heldLocks } from '../../src/gate/locks.ts';
import { ENDS, type GateRequest } from '../../src/gate/model.ts';
import { gateRequests, type PressWhat, requestId } from '../../src/gate/requests.ts';
import type { Store } from '../../src/store/port.ts';
import { ana, ben, cleo, effectsOf, type House, openHouse, policy, SHORT, until } from './house.ts';

export const PEOPLE = { ana, ben, cleo };
export type Name = keyof typeof PEOPLE;

/** Where a history happens: how many processes there are, and how one opens the store. */
export interface Site {
  readonly processes: number;
  readonly open: (dir: string) => Promise<Store>;
  /** Executors in each process. */
  readonly executors: readonly { readonly alone: boolean }[];
}

/** What people pressed, by the test's own book: the plan's digest is that of the card they had before them. */
interface Pressed {
  readonly n: number;
  readonly what: PressWhat;
  readonly by: Name;
  readonly digest: string;
}

const STEPS = 2;
const RECENT = 3;
/** Hangs as what belongs to a dead process does. */
const never = (): Promise<never> => new Promise(() => {});

/** One process: its gate, and whether it is alive. */
interface Process {
  readonly house: House;
  alive: boolean;
}

/** Requests, people and processes over one store, and the laws that hold for them at every moment. */
export class History {
  readonly dir = mkdtempSync(join(tmpdir(), 'daytwo-gate-history-'));
  readonly site: Site;
  readonly slowness: number;
  readonly processes: (Process | undefined)[] = [];
  readonly left: House[] = [];
  readonly audit: { kind: string; request?: string; details?: unknown }[] = [];
  readonly pressed: Pressed[] = [];
  /** Every button that was ever shown. */
  readonly shown: { readonly n: number; readonly what: PressWhat; readonly token: string; readonly digest: string }[] =
    [];
  readonly ended = new Map<string, string>();
  /** Targets that an effect works on now. */
  readonly busy = new Map<string, { readonly execution: string; readonly life: { alive: boolean } }>();
  readonly faults: string[] = [];
  /** The plan's generations at the last looks, newest last: between its plan and its start a request may miss a change of a moment ago. */
  readonly #generations: number[] = [];
  readonly #opening = new Map<number, Promise<House>>();
  world = { generation: 1, offset: 0, policy: policy(), duty: { is: 'by-role' } as Duty, frozen: [] as Freezes };

  constructor(site: Site, slowness: number) {
    this.site = site;
    this.slowness = slowness;
  }

  /** Marks its execution first, so that looking tells this execution's lines from others'. */
  #action(life: { alive: boolean }): BoundAction {
    const action: Action<{ name: string }, History> = {
      id: 'file.write',
      args: z.strictObject({ name: z.string() }),
      plan: async ({ name }) => ({
        action: 'file.write',
        args: { name },
        target: name,
        title: `Write ${name}`,
        summary: 'Appends lines.',
        steps: [],
        findings: [],
        effects: { generation: this.world.generation },
        locks: [`file/${name}`],
      }),
      execute: async (plan, run) => {
        await run.step('mark', async () => run.executionId);
        for (let n = 0; n < STEPS; n += 1)
          await run.step(`write-${n}`, () =>
            this.#write(life, plan.target, `${run.executionId} write-${n}`, plan.effects),
          );
      },
      observe: async (_, steps): Promise<Observed> => {
        const mark = steps.find(({ step }) => step === 'mark')?.result?.value;
        const lines = effectsOf(this.dir).filter((line) => line.startsWith(`${String(mark)} `)).length;
        if (lines === STEPS) return { is: 'done', text: 'All lines are there.' };
        return lines === 0 ? { is: 'not-done', text: 'Nothing.' } : { is: 'unknown', text: 'Some lines are there.' };
      },
      verify: async () => ({ is: 'succeeded', outcome: { text: 'There.', facts: [], checks: [] } }),
    };
    return bindAction(action, this);
  }

  async #write(life: { alive: boolean }, target: string, line: string, effects: unknown): Promise<void> {
    const pause = () => new Promise((resolve) => setTimeout(resolve, this.slowness));
    if (!life.alive) return never();
    const before = this.busy.get(target);
    const execution = line.split(' ')[0] ?? '';
    if (before?.life.alive && before.execution !== execution)
      this.faults.push(`${execution} and ${before.execution} at once on ${target}`);
    this.busy.set(target, { execution, life });
    await pause();
    if (!life.alive) return never();
    appendFileSync(join(this.dir, 'effects.log'), `${line} ${(effects as { generation: number }).generation}\n`);
    await pause();
    if (!life.alive) return never();
    this.busy.delete(target);
  }

  /** A process, opened if it is down. */
  async at(process: number): Promise<House> {
    const n = process % this.site.processes;
    const up = this.processes[n];
    if (up) return up.house;
    const opening = this.#opening.get(n) ?? this.#start(n).finally(() => this.#opening.delete(n));
    this.#opening.set(n, opening);
    return opening;
  }

  async #start(n: number): Promise<House> {
    const life = { alive: true };
    const store = await this.site.open(this.dir);
    const house = await openHouse({ dir: this.dir, store, actions: [this.#action(life)] });
    house.clock.jump(this.world.offset);
    house.audit.append = async (entry) => void this.audit.push(JSON.parse(JSON.stringify(entry)));
    this.#inform(house);
    // Others must not take a busy machine for a dead process.
    for (const { alone } of this.site.executors) house.executor({ alone, limits: { ...SHORT, loopMs: 50 } });
    house.watch();
    this.left.push(house);
    this.processes[n] = Object.assign(life, { house });
    return house;
  }

  #inform({ surroundings }: House): void {
    const { policy: one, duty, frozen } = this.world;
    Object.assign(surroundings, { policies: [one], freezes: frozen, duty: async () => duty });
  }

  /** Changes the world for every process. */
  change(more: Partial<Pick<History['world'], 'generation' | 'policy' | 'duty' | 'frozen'>>): void {
    Object.assign(this.world, more);
    for (const up of this.processes) if (up) this.#inform(up.house);
  }

  jump(ms: number): void {
    this.world.offset += ms;
    for (const up of this.processes) up?.house.clock.jump(ms);
  }

  /** A process dies where it is, or ends in peace. */
  async down(process: number, how: 'crash' | 'stop'): Promise<void> {
    const n = process % this.site.processes;
    const up = this.processes[n];
    if (!up) return;
    this.processes[n] = undefined;
    if (how === 'stop') await up.house.stop();
    up.alive = false;
    if (how === 'crash') await up.house.crash();
    else await up.house.store.close();
  }

  /** The number of the newest request but `back`; 0 where there is none. */
  async pick(back: number): Promise<number> {
    const count = await (await this.at(0)).store.count(gateRequests);
    return count === 0 ? 0 : Math.max(1, count - back);
  }

  /** Presses a button: of the card as it is, or an `old` one of whatever request. `times` at once, through one process after the other. */
  async press(
    n: number,
    what: PressWhat,
    by: Name,
    how: { readonly times: number; readonly first: number; readonly old: number },
  ) {
    const found = await (await this.at(how.first)).ledger.get(requestId(n)).catch(() => undefined);
    if (!found) return;
    const { tokens, request } = found.body;
    if (!this.shown.some(({ token }) => token === tokens[what]))
      this.shown.push({ n, what, token: tokens[what], digest: request.digest });
    const own = { n, what, token: tokens[what], digest: request.digest };
    const button = how.old > 0 ? (this.shown.at(-how.old) ?? own) : own;
    this.pressed.push({ n: button.n, what: button.what, by, digest: button.digest });
    const person: Person = PEOPLE[by];
    const signal = new AbortController().signal;
    await Promise.all(
      Array.from({ length: how.times }, async (_, time) => {
        const { service } = await this.at(how.first + time);
        const chat = time % 2 === 0 ? 'slack' : 'telegram';
        await service.press(
          button.token,
          { person, chat, signal },
          what === 'confirm' ? request.plan.target : undefined,
        );
      }),
    );
  }

  async requests(): Promise<readonly GateRequest[]> {
    const found = await (await this.at(0)).store.find(gateRequests, { limit: 1000 });
    return found.map(({ body }) => body.request);
  }

  /** The laws. `reached` counts what ends were seen: a law that nothing ever touches proves nothing. */
  async check(reached: (what: string) => void): Promise<void> {
    expect(this.faults, 'locks exclude').toEqual([]);
    const lines = effectsOf(this.dir);
    expect(new Set(lines).size, 'no effect twice').toBe(lines.length);
    const requests = await this.requests();
    // What ended meanwhile had its effects before: those are read after the requests.
    const later = effectsOf(this.dir);
    const kept = requests.filter(keepsLocks).map(({ plan }) => plan.target);
    expect(new Set(kept).size, `one at a time works on ${kept.join(', ')}`).toBe(kept.length);
    for (const request of requests) this.#checkOne(request, { lines, later }, reached);
    for (const { told } of this.left) {
      for (const { request, fact } of told.splice(0)) {
        this.#recorded(request, fact);
        if (fact.is === 'started') this.#lawful(request, fact.approvers, fact.digest);
      }
    }
    this.#generations.push(this.world.generation);
    this.#generations.splice(0, this.#generations.length - RECENT);
  }

  #checkOne(
    { name, state, votes, requester, digest, execution, plan }: GateRequest,
    effects: { readonly lines: readonly string[]; readonly later: readonly string[] },
    reached: (what: string) => void,
  ): void {
    expect(votes.map(({ by }) => by)).not.toContain(requester);
    const ofThis = (all: readonly string[]): readonly string[] =>
      all.filter((line) => line.startsWith(`${name.toLowerCase()}-`));
    const own = ofThis(effects.lines);
    expect([...new Set(own.map((line) => line.split(' ')[0]))], 'one execution a request').toEqual(
      own.length > 0 ? [execution?.id] : [],
    );
    if (execution) {
      // What ran is what was approved: the votes, the plan and the effects are of one digest.
      for (const vote of votes) expect(vote.digest).toBe(digest);
      for (const line of own)
        expect(line.split(' ')[2]).toBe(String((plan.effects as { generation: number }).generation));
    }
    if (state === 'succeeded') expect(ofThis(effects.later)).toHaveLength(STEPS);
    if (state === 'failed') expect(ofThis(effects.later)).toHaveLength(0);
    const before = this.ended.get(name);
    if (before !== undefined) expect(state, 'an end never changes').toBe(before);
    if (!ENDS.has(state)) return;
    if (before === undefined) reached(state);
    this.ended.set(name, state);
  }

  /** A fact that became durable was in the audit before, word for word. */
  #recorded({ name }: GateRequest, { is, ...rest }: House['told'][number]['fact']): void {
    const same = this.audit.filter(({ kind, request }) => kind === `request.${is}` && request === name);
    // The whole policy, with its source, stands in the place of the source.
    const { policy: _, ...wanted } = JSON.parse(JSON.stringify(rest)) as Record<string, unknown>;
    expect(
      same.map(({ details }) => details),
      `the audit holds ${is} of ${name}`,
    ).toContainEqual(expect.objectContaining(wanted));
  }

  /** A start, held against what people really pressed. */
  #lawful(
    { name, requester, plan, policy: asked, breakGlass }: GateRequest,
    approvers: readonly string[],
    digest: string,
  ): void {
    const n = Number(name.slice('REQ-'.length));
    const by = (what: PressWhat): readonly string[] =>
      this.pressed.filter((one) => one.n === n && one.what === what && one.digest === digest).map((one) => one.by);
    expect(approvers, 'who asked approves nothing').not.toContain(requester);
    const { generation } = plan.effects as { generation: number };
    expect([...this.#generations, this.world.generation], 'what starts is the plan of now').toContain(generation);
    expect(by('confirm'), 'who asked confirmed this very plan').toContain(requester);
    for (const one of approvers) expect(by('approve')).toContain(one);
    if (!breakGlass) expect(new Set(approvers).size).toBeGreaterThanOrEqual(asked.approvals);
  }

  /** Lets everything come to rest: then locks are held by what is unknown alone. */
  async rest(): Promise<void> {
    const { store } = await this.at(0);
    await until('rest', async () => (await store.count(gateRequests, ['atwork', 'yes'])) === 0, 20_000);
    const keepers = async (): Promise<readonly string[]> =>
      (await this.requests()).filter(keepsLocks).map(({ name }) => name);
    await until(
      'locks freed',
      async () => {
        const kept = await keepers();
        return (await heldLocks(store)).every(({ body }) => kept.includes(body.holder?.request ?? ''));
      },
      20_000,
    );
  }

  async end(): Promise<void> {
    for (const up of this.processes) if (up) up.alive = false;
    await Promise.all(this.left.map((one) => one.stop()));
    await Promise.all(this.left.map((one) => one.store.close()));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

type Duty = Awaited<ReturnType<House['surroundings']['duty']>>;
type Freezes = House['surroundings']['freezes'];
