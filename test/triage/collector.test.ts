import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/lib/redact.ts';
import { createCollector, worst } from '../../src/triage/collector.ts';
import type { Evidence, EvidenceStatus, Finding } from '../../src/triage/evidence.ts';
import type { Probe } from '../../src/triage/probe.ts';
import { fakeClock } from '../support/clock.ts';
import { fakeWorld } from '../support/world.ts';

const never = new AbortController().signal;
const PASSWORD = 'correct-Horse7-battery';
const ok = (summary = 'fine', parts: Finding['parts'] = []): Finding => ({ status: 'ok', summary, parts });

function probe(id: string, look: Probe['look'], more: Partial<Probe> = {}): Probe {
  return { id, title: `Title of ${id}`, source: `source of ${id}`, deadlineMs: 1000, look, ...more };
}

function setup() {
  const clock = fakeClock();
  const blobs: Uint8Array[] = [];
  const looked: string[] = [];
  const redactor = createRedactor(['the-configured-secret']);
  const collector = createCollector({
    world: { ...fakeWorld(), clock },
    redact: (text) => redactor(text).text,
    putBlob: async (bytes) => `blob-${blobs.push(bytes)}`,
    looked: (name, status) => looked.push(`${name} ${status}`),
  });
  const collect = (probes: readonly Probe[], signal = never, came: (at: number) => void = () => {}) =>
    collector.collect(probes, signal, came);
  return { clock, blobs, looked, collect };
}

describe('the collector', () => {
  it('runs all at once and tells each as it comes, with its place', async () => {
    const { collect } = setup();
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const came: number[] = [];
    const all = collect(
      gates.map(({ promise }, at) => probe(`p${at}`, () => promise.then(() => ok(`answer ${at}`)))),
      never,
      (at) => {
        came.push(at);
        gates[0]?.resolve();
      },
    );
    gates[1]?.resolve();
    expect((await all).map(({ summary }) => summary)).toEqual(['answer 0', 'answer 1']);
    expect(came).toEqual([1, 0]);
  });

  it('cuts a probe at its deadline even where it does not listen to its signal', async () => {
    const { collect, looked } = setup();
    const began = performance.now();
    const [deaf, quick] = await collect([
      probe('deaf:x', () => new Promise(() => {}), { deadlineMs: 80 }),
      probe('quick', async () => ok()),
    ]);
    expect(performance.now() - began).toBeLessThan(1000);
    expect(deaf).toMatchObject({ status: 'unknown', summary: 'no answer within 0.08 s', parts: [] });
    expect(deaf?.tookMs).toBeGreaterThanOrEqual(75);
    expect(quick?.status).toBe('ok');
    expect(looked.sort()).toEqual(['deaf unknown', 'quick ok']);
  });

  it('tells a probe that is late to stop, and calls that late', async () => {
    const { collect } = setup();
    let reason: unknown;
    const [late] = await collect([
      probe(
        'late',
        (_, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              reason = signal.reason;
              reject(new Error('aborted by some library, in its own words'));
            });
          }),
        { deadlineMs: 50 },
      ),
    ]);
    expect(late?.summary).toBe('no answer within 0.05 s');
    expect(reason).toMatchObject({ code: 'timeout' });
  });

  it.each<[string, Probe['look']]>([
    ['rejects', () => Promise.reject(new Error('ssh worker-1: connection refused'))],
    [
      'throws before it waits',
      () => {
        throw new Error('ssh worker-1: connection refused');
      },
    ],
    ['throws what is no error', () => Promise.reject('ssh worker-1: connection refused')],
  ])('makes evidence of a probe that %s', async (_, look) => {
    const [evidence] = await setup().collect([probe('p', look)]);
    expect(evidence).toMatchObject({
      status: 'unknown',
      summary: 'ssh worker-1: connection refused',
      title: 'Title of p',
      source: 'source of p',
      parts: [],
    });
  });

  it('keeps no secret and no control character, in no part', async () => {
    const hostile = `password=${PASSWORD} the-configured-secret \u001b[31mred\u001b[0m \u202e`;
    const { collect } = setup();
    const finding: Finding = {
      status: 'bad',
      summary: `line one\nline two ${hostile}`,
      parts: [
        { kind: 'text', text: `kept\n${hostile}` },
        { kind: 'table', columns: [{ label: 'A' }], rows: [[hostile]] },
        { kind: 'picture', light: new Uint8Array(1), dark: new Uint8Array(2), alt: hostile, width: 1, height: 1 },
      ],
    };
    const [evidence] = await collect([probe('p', async () => finding, { title: hostile, source: hostile })]);
    const whole = JSON.stringify(evidence);
    for (const gone of [PASSWORD, 'the-configured-secret', '\\u001b', '\u202e']) expect(whole).not.toContain(gone);
    expect(evidence?.summary).toMatch(/^line one line two password=\[redacted\]/);
    expect(evidence?.parts[0]).toMatchObject({ text: expect.stringMatching(/^kept\npassword=\[redacted\]/) });
    expect(evidence?.parts[2]).toMatchObject({ picture: { light: 'blob-1', dark: 'blob-2' } });
  });

  it('keeps no secret of an error either', async () => {
    const [evidence] = await setup().collect([
      probe('p', () => Promise.reject(new Error(`GET https://bob:${PASSWORD}@host/ failed`))),
    ]);
    expect(evidence?.summary).not.toContain(PASSWORD);
  });

  it('holds its bounds, and says what it left out', async () => {
    const [evidence] = await setup().collect([
      probe('p', async () =>
        ok('s'.repeat(1000), [
          { kind: 'text', text: 't'.repeat(100_000) },
          { kind: 'table', columns: [{ label: 'A' }], rows: Array.from({ length: 100 }, () => ['c'.repeat(1000)]) },
        ]),
      ),
    ]);
    const [text, table] = evidence?.parts ?? [];
    expect(evidence?.summary).toHaveLength(300);
    expect(text?.kind === 'text' && text.text.length).toBe(12_000);
    expect(table).toMatchObject({ rows: { length: 60 }, more: '40 more rows' });
    expect(table?.kind === 'table' && table.rows[0]?.[0]?.length).toBe(200);
  });

  it('looks once for all who ask the same within 15 s, and anew after', async () => {
    const { collect, clock } = setup();
    let looks = 0;
    const same = () => probe('top', async () => ok(`look ${++looks}`));
    const both = await Promise.all([collect([same()]), collect([same(), probe('other', async () => ok())])]);
    expect(both.map(([one]) => one?.summary)).toEqual(['look 1', 'look 1']);
    await clock.advance(14_999);
    expect((await collect([same()]))[0]?.summary).toBe('look 1');
    await clock.advance(1);
    expect((await collect([same()]))[0]?.summary).toBe('look 2');
  });

  it('does not share what could not be looked at', async () => {
    const { collect } = setup();
    let looks = 0;
    const look = async () => {
      looks += 1;
      if (looks === 1) throw new Error('not now');
      return ok();
    };
    expect((await collect([probe('p', look)]))[0]?.status).toBe('unknown');
    expect((await collect([probe('p', look)]))[0]?.status).toBe('ok');
  });

  it('ends at once when it is stopped', async () => {
    const stop = new AbortController();
    const all = setup().collect([probe('deaf', () => new Promise(() => {}), { deadlineMs: 60_000 })], stop.signal);
    stop.abort();
    expect(await all).toMatchObject([{ status: 'unknown', summary: 'stopped before it could look' }]);
  });
});

describe('the worst of some evidence', () => {
  it.each<[EvidenceStatus[], EvidenceStatus]>([
    [[], 'ok'],
    [['ok', 'unknown'], 'unknown'],
    [['unknown', 'warn'], 'warn'],
    [['warn', 'bad', 'ok'], 'bad'],
  ])('%j is %s', (all, expected) => {
    expect(worst(all.map((status) => ({ status }) as Evidence))).toBe(expected);
  });
});
