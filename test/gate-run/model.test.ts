import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPostgresStore } from '../../src/store/postgres/store.ts';
import { postgresAvailable, type RealPostgres, startPostgres } from '../support/real/postgres.ts';
import { History, type Name, PEOPLE, type Site } from './history.ts';
import { always, COLLECTIONS, openStore, policy, SLACK } from './house.ts';

const HOUR = 3_600_000;
/** No new history begins after this, ms. */
const LONGEST_MS = 20_000;
const signal = new AbortController().signal;

/** What people, the world and the machines may do; each is done to a history, in words for the report of a failure. */
interface Step {
  readonly say: string;
  readonly run: (history: History) => Promise<void>;
}
const step = (say: string, run: Step['run']): Step => ({ say, run });

const which = fc.nat(2);
const process = fc.nat(1);
const NAMES = ['ana', 'ben', 'cleo'] as const;
const who = fc.constantFrom<Name>(...NAMES);
const fresh = { times: 1, old: 0 };

const ask = fc.record({ who, process, name: fc.constantFrom('a', 'a', 'a', 'b'), glass: fc.nat(7) }).map((c) =>
  step(`${c.who} asks for ${c.name}${c.glass === 7 ? ', breaking the glass' : ''}`, async (history) => {
    const { service } = await history.at(c.process);
    const asker = { person: PEOPLE[c.who], chat: 'slack' as const, conversation: SLACK, signal };
    const breakGlass = c.glass === 7 ? 'everything burns' : undefined;
    await service.ask('file.write', { name: c.name }, { ...asker, eventId: `e-${Math.random()}`, breakGlass });
  }),
);

const click = fc
  .record({
    what: fc.constantFrom(
      'confirm' as const,
      'approve' as const,
      'approve' as const,
      'deny' as const,
      'cancel' as const,
    ),
    which,
    who,
    times: fc.integer({ min: 1, max: 3 }),
    first: process,
    old: fc.constantFrom(0, 0, 0, 1, 3, 6),
  })
  .map((c) =>
    step(`${c.who} presses ${c.what} of ${c.which} ${c.times} times, card ${c.old}`, async (history) => {
      const n = await history.pick(c.which);
      if (n > 0) await history.press(n, c.what, c.who, c);
    }),
  );

/** What would lawfully come next, so that many requests get far. */
async function goOn(history: History, n: number, first: number): Promise<void> {
  if (n === 0) return;
  for (const by of NAMES) await history.press(n, 'confirm', by, { ...fresh, first });
  await Promise.all(NAMES.map((by, at) => history.press(n, 'approve', by, { ...fresh, first: first + at })));
}
const onward = fc
  .record({ which, first: process })
  .map((c) => step(`onward ${c.which}`, async (history) => goOn(history, await history.pick(c.which), c.first)));

/** Nothing is in the way any more: what is open goes as far as it can. */
async function calm(history: History): Promise<void> {
  history.change({ duty: { is: 'by-role' }, frozen: [] });
  for (const first of [0, 1]) {
    const open = [...new Set([await history.pick(2), await history.pick(1), await history.pick(0)])];
    await Promise.all(open.map((n) => goOn(history, n, first)));
    await history.check(count);
  }
}

const settle = fc.record({ which, who, process }).map((c) =>
  step(`${c.who} settles ${c.which}`, async (history) => {
    const { service } = await history.at(c.process);
    const name = `REQ-${await history.pick(c.which)}`;
    await service.settle(name, { person: PEOPLE[c.who], chat: 'slack', signal }, 'not-done', 'I looked at the file.');
  }),
);

const world = fc.oneof(
  fc.constant(step('the plan drifts', async (history) => history.change({ generation: history.world.generation + 1 }))),
  fc.constantFrom(HOUR, -HOUR).map((ms) => step(`the clock jumps ${ms / HOUR} h`, async (history) => history.jump(ms))),
  fc
    .record({
      approvals: fc.nat(2),
      confirm: fc.constantFrom('button' as const, 'typed' as const),
      approve: fc.constantFrom<('oncall' | 'admin')[]>(['admin'], ['oncall'], ['oncall', 'admin']),
    })
    .map((more) =>
      step(`the policy becomes ${JSON.stringify(more)}`, async (history) => history.change({ policy: policy(more) })),
    ),
  fc
    .constantFrom<History['world']['duty']>(
      { is: 'by-role' },
      { is: 'unknown', reason: 'silent' },
      { is: 'known', people: ['ana'], until: undefined, source: 'rotation' },
    )
    .map((duty) => step(`on call: ${JSON.stringify(duty)}`, async (history) => history.change({ duty }))),
  fc
    .boolean()
    .map((frozen) => step(`frozen ${frozen}`, async (history) => history.change({ frozen: frozen ? always() : [] }))),
);

const wait = fc
  .nat(30)
  .map((ms) => step(`${ms} ms pass`, async () => void (await new Promise((resolve) => setTimeout(resolve, ms)))));
const down = fc
  .record({ process, how: fc.constantFrom('crash' as const, 'crash' as const, 'stop' as const) })
  .map((c) => step(`process ${c.process}: ${c.how}`, (history) => history.down(c.process, c.how)));
const restart = process.map((n) => step(`process ${n} starts`, async (history) => void (await history.at(n))));

/** How often something was reached in all histories. */
const reached = new Map<string, number>();
const count = (what: string): void => void reached.set(what, (reached.get(what) ?? 0) + 1);

class Command implements fc.AsyncCommand<object, History> {
  readonly step: Step;
  constructor(given: Step) {
    this.step = given;
  }
  check = () => true;
  async run(_: object, history: History): Promise<void> {
    await this.step.run(history);
    await history.check(count);
  }
  toString = () => this.step.say;
}

const weighted: readonly [number, fc.Arbitrary<Step>][] = [
  [6, ask],
  [12, onward],
  [8, click],
  [4, wait],
  [3, world],
  [4, down],
  [3, restart],
  [2, settle],
];
const commands = fc.commands(
  weighted.flatMap(([weight, one]) => Array.from({ length: weight }, () => one.map((given) => new Command(given)))),
  { maxCommands: 40, size: 'max' },
);

/** `ends` must have been reached: a law that nothing ever touches proves nothing. */
async function holds(site: Site, runs: number, ends: readonly string[]): Promise<void> {
  reached.clear();
  let histories = 0;
  const until = Date.now() + LONGEST_MS;
  await fc.assert(
    fc.asyncProperty(commands, fc.constantFrom(0, 2, 15), async (steps, slowness) => {
      if (Date.now() > until) return;
      const history = new History(site, slowness);
      histories += 1;
      try {
        await fc.asyncModelRun(() => ({ model: {}, real: history }), steps);
        await calm(history);
        await history.rest();
        await history.check(count);
      } finally {
        await history.end();
      }
    }),
    { numRuns: runs },
  );
  console.info(`${histories} histories: ${[...reached].map(([what, times]) => `${what} ${times}`).join(', ')}`);
  for (const what of ends) expect(reached.get(what) ?? 0, what).toBeGreaterThan(0);
}

/** One execution an approval; what was approved is what runs; nobody approves their own; locks exclude; ends stay; all of it is in the audit. */
describe('under any history', { timeout: 120_000 }, () => {
  it('the laws hold for two executors over lowdb', () =>
    holds(
      { processes: 1, executors: [{ alone: true }, { alone: false }], open: (dir) => openStore(`${dir}/data`) },
      80,
      ['succeeded', 'cancelled'],
    ));

  describe.runIf(postgresAvailable('the laws were not tried on PostgreSQL'))('and two processes', () => {
    let server: RealPostgres;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server?.stop());

    it('the laws hold for two processes over one PostgreSQL', async () => {
      const schemas = new Map<string, string>();
      const open: Site['open'] = (dir) => {
        const schema = schemas.get(dir) ?? `history_${schemas.size}`;
        schemas.set(dir, schema);
        const { url } = server;
        return openPostgresStore({ url, schema, collections: COLLECTIONS, now: Date.now, warn: () => {}, pollMs: 50 });
      };
      await holds({ processes: 2, executors: [{ alone: false }], open }, 60, ['succeeded']);
    });
  });
});
