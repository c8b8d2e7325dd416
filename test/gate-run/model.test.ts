import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { Action, Observed } from '../../src/gate/action.ts';
import { bindAction } from '../../src/gate/bound.ts';
import { ENDS, type GateRequest } from '../../src/gate/model.ts';
import { gateRequests, type PressWhat, requestId } from '../../src/gate/requests.ts';
import { ana, asks, ben, cleo, effectsOf, type House, openHouse, press, until } from './house.ts';

/** What the world is, over all restarts. */
interface World {
  readonly dir: string;
  generation: number;
  /** Ms that an effect takes. */
  slowness: number;
}

const STEPS = 2;

/** Marks its execution first, so that looking tells this execution's lines from others'. */
const marked = (world: World): Action<{ name: string }, World> => ({
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
    effects: { generation: world.generation },
    locks: [`file/${name}`],
  }),
  execute: async (plan, run) => {
    await run.step('mark', async () => run.executionId);
    for (let n = 0; n < STEPS; n += 1) {
      await run.step(`write-${n}`, async () => {
        await new Promise((resolve) => setTimeout(resolve, world.slowness));
        const { generation } = plan.effects as { generation: number };
        appendFileSync(join(world.dir, 'effects.log'), `${run.executionId} write-${n} ${generation}\n`);
        await new Promise((resolve) => setTimeout(resolve, world.slowness));
      });
    }
  },
  observe: async (_, steps): Promise<Observed> => {
    const mark = steps.find(({ step }) => step === 'mark')?.result?.value;
    const lines = effectsOf(world.dir).filter((line) => line.startsWith(`${String(mark)} `)).length;
    if (lines === STEPS) return { is: 'done', text: 'All lines are there.' };
    return lines === 0 ? { is: 'not-done', text: 'Nothing.' } : { is: 'unknown', text: 'Some lines are there.' };
  },
  verify: async () => ({ is: 'succeeded', outcome: { text: 'There.', facts: [], checks: [] } }),
});

const people = { ana, ben, cleo };
const which = fc.nat(2);
const who = fc.constantFrom('ana' as const, 'ben' as const, 'cleo' as const);
const chat = fc.constantFrom('slack' as const, 'telegram' as const);
const click = fc.record({
  do: fc.constant('click' as const),
  what: fc.constantFrom<PressWhat>('confirm', 'confirm', 'confirm', 'approve', 'approve', 'approve', 'deny', 'cancel'),
  which,
  who,
  chat,
  times: fc.integer({ min: 1, max: 3 }),
});
const way = fc.record({ do: fc.constant('way' as const), which });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ask' as const), name: fc.constantFrom('a', 'b'), who }) },
  { weight: 6, arbitrary: click },
  { weight: 8, arbitrary: way },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drift' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.constantFrom(3_600_000, -3_600_000) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop' as const) }) },
);

/** How often something was reached in all histories: a law that nothing ever touches proves nothing. */
const reached = new Map<string, number>();
const count = (what: string): void => void reached.set(what, (reached.get(what) ?? 0) + 1);

/** The laws that hold at every moment. */
async function check(house: House, ended: Map<string, string>, audit: House['audit']['entries']): Promise<void> {
  const requests: GateRequest[] = [];
  for (let n = 1; ; n += 1) {
    const found = await house.ledger.get(requestId(n)).catch(() => undefined);
    if (!found) break;
    requests.push(found.body.request);
  }
  const lines = effectsOf(house.dir);
  expect(new Set(lines).size, 'no effect twice').toBe(lines.length);
  for (const request of requests) {
    const { name, state, votes, requester, digest, execution, plan } = request;
    expect(votes.map(({ by }) => by)).not.toContain(requester);
    const own = lines.filter((line) => line.startsWith(`${name.toLowerCase()}-`));
    const executions = new Set(own.map((line) => line.split(' ')[0]));
    expect(executions.size, 'one execution a request').toBeLessThanOrEqual(1);
    if (own.length > 0) expect([...executions]).toEqual([execution?.id]);
    if (execution) {
      // What ran is what was approved: the votes, the plan and the effects are of one digest.
      expect(votes.filter(({ choice }) => choice === 'approve').map((vote) => vote.digest)).toEqual([digest]);
      const { generation } = plan.effects as { generation: number };
      for (const line of own) expect(line.split(' ')[2]).toBe(String(generation));
    } else expect(own).toEqual([]);
    if (state === 'succeeded') expect(own).toHaveLength(STEPS);
    if (state === 'failed') expect(own).toHaveLength(0);
    const before = ended.get(name);
    if (before !== undefined) expect(state, 'an end never changes').toBe(before);
    if (ENDS.has(state)) {
      if (before === undefined) count(state);
      ended.set(name, state);
    }
    // Who began wrote that down before.
    if (execution) {
      const began = audit.filter(
        (entry) => entry.kind === 'request.started' && JSON.stringify(entry).includes(execution.id),
      );
      expect(began.length).toBeGreaterThanOrEqual(1);
    }
  }
}

it('under any history: one execution an approval, what was approved is what runs, ends stay', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 30 }), fc.nat(4), async (steps, slowness) => {
      const world: World = { dir: mkdtempSync(join(tmpdir(), 'daytwo-gate-model-')), generation: 1, slowness };
      const ended = new Map<string, string>();
      const audit: House['audit']['entries'] = [];
      const left: House[] = [];
      let offset = 0;
      const open = async (): Promise<House> => {
        const house = await openHouse({ dir: world.dir, actions: [bindAction(marked(world), world)] });
        house.clock.jump(offset);
        house.audit.append = async (entry) => void audit.push(entry);
        house.executor();
        house.executor({ alone: false });
        house.watch();
        left.push(house);
        return house;
      };
      let house = await open();
      const clickOn = async (n: number, what: PressWhat, by: 'ana' | 'ben' | 'cleo', through: 'slack' | 'telegram') =>
        house.ledger.get(requestId(n)).then(
          () => press(house, what, people[by], through, n),
          () => 'none',
        );
      try {
        for (const one of steps) {
          const n = Math.max(1, (await house.store.count(gateRequests)) - ('which' in one ? one.which : 0));
          if (one.do === 'ask') await house.service.ask('file.write', { name: one.name }, asks(people[one.who]));
          else if (one.do === 'click') {
            await Promise.all(Array.from({ length: one.times }, () => clickOn(n, one.what, one.who, one.chat)));
          } else if (one.do === 'way') {
            for (const by of ['ana', 'ben', 'cleo'] as const) await clickOn(n, 'confirm', by, 'slack');
            await Promise.all((['ana', 'ben', 'cleo'] as const).map((by) => clickOn(n, 'approve', by, 'telegram')));
          } else if (one.do === 'drift') world.generation += 1;
          else if (one.do === 'jump') {
            offset += one.ms;
            house.clock.jump(one.ms);
          } else if (one.do === 'wait') await new Promise((resolve) => setTimeout(resolve, one.ms));
          else {
            count(one.do);
            if (one.do === 'crash') await house.crash();
            else await house.stop();
            await house.store.close();
            house = await open();
          }
          await check(house, ended, audit);
        }
        await until('rest', async () => (await house.store.count(gateRequests, ['atwork', 'yes'])) === 0);
        await check(house, ended, audit);
      } finally {
        await Promise.all(left.map((one) => one.stop()));
        await house.store.close();
        rmSync(world.dir, { recursive: true, force: true });
      }
    }),
    { numRuns: 80 },
  );
  console.info(`reached: ${[...reached].map(([what, times]) => `${what} ${times}`).join(', ')}`);
  for (const what of ['succeeded', 'crash', 'cancelled', 'denied'])
    expect(reached.get(what) ?? 0, what).toBeGreaterThan(0);
});
