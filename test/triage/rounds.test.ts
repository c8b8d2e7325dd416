import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { timeline } from '../../src/alerting/timeline.ts';
import { plain } from '../../src/chat/message.ts';
import { DaytwoError } from '../../src/lib/errors.ts';
import { silentLog } from '../../src/lib/log.ts';
import { createCollector } from '../../src/triage/collector.ts';
import type { EvidenceStatus } from '../../src/triage/evidence.ts';
import { evidenceRounds, roundId } from '../../src/triage/evidenceRound.ts';
import type { Probe } from '../../src/triage/probe.ts';
import { createRounds, type RoundPlan, type Rounds } from '../../src/triage/rounds.ts';
import { HOME, type House, house } from '../commanding/house.ts';
import { alert, snapshot } from '../support/alerts.ts';
import { fakeWorld } from '../support/world.ts';

let home: House;
let running: Rounds[];
let asked: string[];
beforeEach(async () => {
  home = await house();
  running = [];
  asked = [];
});
afterEach(async () => {
  for (const one of running) await one.stop();
  await home.drop();
});

const gate = () => Promise.withResolvers<EvidenceStatus>();
type Gate = ReturnType<typeof gate>;
/** Looks that end when their gates open. */
const probes = (gates: readonly Gate[]): readonly Probe[] =>
  gates.map(({ promise }, at) => ({
    id: `p${at}-${Math.random()}`,
    title: `Look ${at}`,
    source: 'test',
    deadlineMs: 60_000,
    look: async () => ({ status: await promise, summary: `found ${at}`, parts: [] }),
  }));

function start(plan: (name: string) => RoundPlan | Promise<RoundPlan>): Rounds {
  const { temp, clock, desk } = home;
  const collector = createCollector({
    world: { ...fakeWorld(), clock },
    redact: (text) => text,
    putBlob: async () => 'blob',
    looked: () => {},
  });
  const made = createRounds({
    store: temp.store,
    desk,
    collector,
    plan: async (incident) => {
      asked.push(incident.name);
      return plan(incident.name);
    },
    targets: [HOME],
    clock,
    log: silentLog,
  });
  running.push(made);
  made.start();
  return made;
}
const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 5000, interval: 5 });

/** What was said of the evidence, one line a message: `post: title | first line of each block`. */
async function shown(name = 'INC-1'): Promise<string[]> {
  return (await home.said())
    .filter(({ body }) => body.message.startsWith(`${name}/evidence`))
    .map(({ body: { do: kind, card } }) => {
      const blocks = card.blocks.map((block) =>
        block.kind === 'section' ? `${block.title}=${block.summary}` : 'text' in block ? plain(block.text) : block.kind,
      );
      return `${kind}: ${blocks.join(' | ')}`;
    });
}
const wanted = async (id: string): Promise<boolean> => (await home.incident(id)).triage.wanted;

describe('a round of evidence', () => {
  it('that is quick is one message, whole', async () => {
    const id = await home.notify();
    const gates = [gate(), gate()];
    start(() => ({ probes: probes(gates), offers: [], notes: ['Which machine?'] }));
    gates[1]?.resolve('bad');
    gates[0]?.resolve('ok');
    await soon(async () => expect(await wanted(id)).toBe(false));
    expect(await shown()).toEqual(['post: Look 0=found 0 | Look 1=found 1 | Which machine?']);
    const facts = await home.temp.store.find(timeline, { key: ['incident', id], limit: 10 });
    expect(facts.at(-1)?.body.fact).toEqual({ is: 'triaged', round: 1, worst: 'bad' });
    expect((await home.temp.store.get(evidenceRounds, roundId(id, 1)))?.body).toMatchObject({
      complete: true,
      round: 1,
    });
  });

  it('goes to the critical ones first, however many others wait', async () => {
    for (let n = 1; n <= 230; n += 1) {
      const severity = n === 230 ? 'critical' : 'warning';
      await home.notify(
        snapshot([alert(`n${n}`, home.clock.now())], {
          groupKey: `group-${n}`,
          commonLabels: { alertname: 'DiskFillingUp', severity },
        }),
      );
    }
    start(() => ({ probes: probes([gate()]), offers: [], notes: [] }));
    await soon(() => expect(asked).toHaveLength(6));
    expect(asked[0]).toBe('INC-230');
  });

  it('that is slow shows what there is after 0.4 s, then edits at most every 1.5 s, in the runbook’s order', async () => {
    const id = await home.notify();
    const gates = [gate(), gate(), gate(), gate()];
    start(() => ({ probes: probes(gates), offers: [], notes: [] }));
    await soon(() => expect(asked).toEqual(['INC-1']));
    gates[2]?.resolve('ok');
    await home.clock.advance(399);
    expect(await shown()).toEqual([]);
    await home.clock.advance(1);
    await soon(async () => expect(await shown()).toHaveLength(1));
    expect((await shown())[0]).toBe('post: Look 0: looking … | Look 1: looking … | Look 2=found 2 | Look 3: looking …');
    // Nothing new: nothing is said.
    await home.clock.advance(3000);
    expect(await shown()).toHaveLength(1);
    // Two pieces within one pause are one edit.
    gates[3]?.resolve('ok');
    gates[0]?.resolve('ok');
    await home.clock.advance(1500);
    await soon(async () => expect(await shown()).toHaveLength(2));
    expect((await shown())[1]).toBe('edit: Look 0=found 0 | Look 1: looking … | Look 2=found 2 | Look 3=found 3');
    gates[1]?.resolve('ok');
    await soon(async () => expect(await wanted(id)).toBe(false));
    expect((await shown()).at(-1)).toBe('edit: Look 0=found 0 | Look 1=found 1 | Look 2=found 2 | Look 3=found 3');
    expect((await shown()).filter((one) => one.startsWith('post'))).toHaveLength(1);
  });

  it('says within 0.4 s that it looks, even where nothing came yet', async () => {
    await home.notify();
    start(() => ({ probes: probes([gate()]), offers: [], notes: [] }));
    await soon(() => expect(asked).toEqual(['INC-1']));
    await home.clock.advance(400);
    await soon(async () => expect(await shown()).toEqual(['post: Look 0: looking …']));
  });

  it('that a crash cut off is done again, in the same message', async () => {
    const id = await home.notify();
    const first = start(() => ({ probes: probes([gate()]), offers: [], notes: [] }));
    await soon(() => expect(asked).toEqual(['INC-1']));
    await home.clock.advance(400);
    await soon(async () => expect(await shown()).toHaveLength(1));
    await first.stop();
    running = [];
    expect(await wanted(id)).toBe(true);
    const open = gate();
    open.resolve('warn');
    start(() => ({ probes: probes([open]), offers: [], notes: [] }));
    await soon(async () => expect(await wanted(id)).toBe(false));
    expect(await shown()).toEqual(['post: Look 0: looking …', 'edit: Look 0=found 0']);
  });

  it('without anything to look at is complete at once', async () => {
    const id = await home.notify();
    start(() => ({ probes: [], offers: [], notes: ['No machine is named.'] }));
    await soon(async () => expect(await wanted(id)).toBe(false));
    expect(await shown()).toEqual(['post: No machine is named.']);
  });

  it('that could not be planned or recorded is tried again', async () => {
    const id = await home.notify();
    let failures = 1;
    start(() => {
      if (failures-- > 0) throw new DaytwoError('store-unavailable', 'disk full');
      return { probes: [], offers: [], notes: [] };
    });
    await soon(() => expect(asked).toHaveLength(1));
    await home.clock.advance(1000);
    await soon(async () => expect(await wanted(id)).toBe(false));
    expect(asked).toHaveLength(2);
  });

  it('on request is a message of its own', async () => {
    const id = await home.notify();
    start(() => ({ probes: [], offers: [], notes: ['Nothing.'] }));
    await soon(async () => expect(await wanted(id)).toBe(false));
    expect((await home.ask('triage INC-1')).card.title).toContain('Looking again');
    await soon(async () => expect(await shown()).toHaveLength(2));
    const messages = (await home.said()).map(({ body }) => body.message);
    expect(messages).toContain('INC-1/evidence-1');
    expect(messages).toContain('INC-1/evidence-2');
  });

  it('comes to the critical first, six at once', async () => {
    for (let i = 1; i <= 10; i += 1) {
      const labels = { alertname: `A${i}`, severity: i > 7 ? 'critical' : i > 4 ? 'warning' : 'info' };
      await home.notify(
        snapshot([alert(`f${i}`, home.clock.now(), { labels })], {
          groupKey: `g${i}`,
          commonLabels: labels,
          groupLabels: {},
        }),
      );
    }
    const open = new Map<string, Gate>();
    start((name) => {
      const one = gate();
      open.set(name, one);
      return { probes: probes([one]), offers: [], notes: [] };
    });
    await soon(() => expect(asked).toHaveLength(6));
    expect(asked).toEqual(['INC-8', 'INC-9', 'INC-10', 'INC-5', 'INC-6', 'INC-7']);
    open.get('INC-8')?.resolve('ok');
    await soon(() => expect(asked).toHaveLength(7));
  });
});
