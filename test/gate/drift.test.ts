import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drift, requestOf } from '../../src/gate/decide.ts';
import { digestOf } from '../../src/gate/digest.ts';
import { differences } from '../../src/gate/drift.ts';
import type { Difference } from '../../src/gate/facts.ts';
import type { GateRequest, Plan } from '../../src/gate/model.ts';
import { ENDS } from '../../src/gate/model.ts';
import type { Json } from '../../src/lib/json.ts';
import { approved, asked, BLOCKED, by, confirmed, MIN, PLAN, POLICY, T, TTL, taken, world } from './requests.ts';

const [ACK, NOTE] = PLAN.findings;
if (!ACK || !NOTE) throw new Error('the plan has two findings');
const owners = (...names: string[]) => ({ node: { name: 'worker-1', uid: 'u-1' }, owners: names });

describe('differences', () => {
  it.each<[string, Partial<Plan>, readonly Difference[]]>([
    ['another action', { action: 'node.cordon' }, [{ what: 'action', before: '"node.drain"', after: '"node.cordon"' }]],
    ['another target', { target: 'worker-2' }, [{ what: 'target', before: '"worker-1"', after: '"worker-2"' }]],
    ['another argument', { args: { node: 'w' } }, [{ what: 'args.node', before: '"worker-1"', after: '"w"' }]],
    ['one more argument', { args: { node: 'worker-1', force: true } }, [{ what: 'args.force', after: 'true' }]],
    ['no arguments', { args: null }, [{ what: 'args', before: '{"node":"worker-1"}', after: 'null' }]],
    ['a list for an object', { args: [] }, [{ what: 'args', before: '{"node":"worker-1"}', after: '[]' }]],
    [
      'one step less',
      { steps: PLAN.steps.slice(0, 1) },
      [{ what: 'steps[1]', before: '{"id":"evict","text":"evict 12 pods"}' }],
    ],
    [
      'the text of a step',
      { steps: [...PLAN.steps.slice(0, 1), { id: 'evict', text: 'evict 13 pods' }] },
      [{ what: 'steps[1].text', before: '"evict 12 pods"', after: '"evict 13 pods"' }],
    ],
    [
      'the uid of the node',
      { effects: { node: { name: 'worker-1', uid: 'u-2' }, owners: ['default/web', 'default/db'] } },
      [{ what: 'effects.node.uid', before: '"u-1"', after: '"u-2"' }],
    ],
    [
      'a new owner',
      { effects: owners('default/web', 'default/db', 'x/y') },
      [{ what: 'effects.owners[2]', after: '"x/y"' }],
    ],
    [
      'one lock less',
      { locks: ['node/worker-1'] },
      [
        { what: 'locks[0]', before: '"cluster"', after: '"node/worker-1"' },
        { what: 'locks[1]', before: '"node/worker-1"' },
      ],
    ],
    [
      'a new hazard',
      {
        findings: [
          ...PLAN.findings,
          { level: 'ACKNOWLEDGE', code: 'local-data', text: 'default/db-0 loses its emptyDir' },
        ],
      },
      [{ what: 'finding', after: 'ACKNOWLEDGE local-data: default/db-0 loses its emptyDir' }],
    ],
    [
      'a hazard that became worse',
      { findings: [{ ...ACK, level: 'BLOCK' }, NOTE] },
      [{ what: 'finding', after: 'BLOCK local-data: default/web-1 loses its emptyDir' }],
    ],
    [
      'another hazard of the same kind',
      { findings: [{ ...ACK, text: 'default/db-0 loses its emptyDir' }] },
      [{ what: 'finding', after: 'ACKNOWLEDGE local-data: default/db-0 loses its emptyDir' }],
    ],
    [
      'another code with the same words',
      { findings: [{ ...ACK, code: 'volume' }] },
      [{ what: 'finding', after: 'ACKNOWLEDGE volume: default/web-1 loses its emptyDir' }],
    ],
    [
      'a note that became a hazard',
      { findings: [ACK, { ...NOTE, level: 'ACKNOWLEDGE' }] },
      [{ what: 'finding', after: 'ACKNOWLEDGE duration: the last drain took 3 min' }],
    ],
  ])('tells %s', (_, change, expected) => {
    expect(differences(PLAN, { ...PLAN, ...change })).toEqual(expected);
  });

  it('tells steps in another order', () => {
    expect(differences(PLAN, { ...PLAN, steps: PLAN.steps.toReversed() }).map(({ what }) => what)).toEqual([
      'steps[0].id',
      'steps[0].text',
      'steps[1].id',
      'steps[1].text',
    ]);
  });

  it.each<[string, Partial<Plan>]>([
    ['nothing', {}],
    ['title and summary', { title: 'Drain', summary: '11 pods' }],
    ['the last duration', { lastTookMs: 1 }],
    ['a note', { findings: [ACK, { ...NOTE, text: 'the last drain took 4 min' }] }],
    ['a new note', { findings: [ACK, NOTE, { level: 'NOTE', code: 'n', text: 'n' }] }],
    ['a hazard that is gone', { findings: [NOTE] }],
    ['a hazard that is but a note now', { findings: [{ ...ACK, level: 'NOTE' }, NOTE] }],
    ['the order of findings', { findings: [NOTE, ACK] }],
    ['the order of locks', { locks: PLAN.locks.toReversed() }],
    [
      'the order of keys',
      { effects: { owners: ['default/web', 'default/db'], node: { uid: 'u-1', name: 'worker-1' } } },
    ],
  ])('does not mind %s', (_, change) => {
    expect(differences(PLAN, { ...PLAN, ...change })).toEqual([]);
  });

  it('tells no more than anybody reads', () => {
    const many = Array.from({ length: 50 }, (_, index) => `${index}${'x'.repeat(500)}`);
    const told = differences(PLAN, { ...PLAN, effects: many, findings: [{ ...ACK, text: 'y'.repeat(500) }] });
    expect(told).toHaveLength(2);
    expect(told.map(({ after }) => after?.length)).toEqual([200, 200]);
    expect(differences({ ...PLAN, effects: [] }, { ...PLAN, effects: many })).toHaveLength(20);
    expect(differences({ ...PLAN, effects: many }, { ...PLAN, effects: [] })[0]?.before).toHaveLength(200);
  });

  it('finds one exactly when the effects are not the same JSON', () => {
    const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);
    fc.assert(
      fc.property(json, json, (one, other) => {
        const found = differences({ ...PLAN, effects: one }, { ...PLAN, effects: other });
        const same =
          digestOf({ plan: { ...PLAN, effects: one }, policy: POLICY }) ===
          digestOf({ plan: { ...PLAN, effects: other }, policy: POLICY });
        expect(found.length === 0).toBe(same);
      }),
    );
  });

  it('throws at a plan that JSON would bend', () => {
    const circle = (): Json => {
      const made: { self?: Json } = {};
      made.self = made as Json;
      return made as Json;
    };
    expect(() => differences(PLAN, { ...PLAN, effects: circle() })).toThrow(/circle/);
    expect(() => differences({ ...PLAN, effects: circle() }, { ...PLAN, effects: circle() })).toThrow(/circle/);
  });
});

describe('drift', () => {
  const moved: Plan = { ...PLAN, effects: owners('default/web', 'x/y') };

  it.each<[string, GateRequest, readonly string[]]>([
    ['confirming', asked(), []],
    ['approving', confirmed(), []],
    ['ready', approved(), ['ben']],
  ])('sends a request that is %s back to its confirmation', (_, request, voided) => {
    const decided = drift(request, moved, world({ now: T + 5 * MIN, clusterUid: 'c-1' }));
    const digest = digestOf({ plan: moved, policy: POLICY, clusterUid: 'c-1' });
    const { confirmedAt: _c, startBy: _s, ...rest } = request;
    expect(decided).toEqual({
      request: { ...rest, state: 'confirming', plan: moved, digest, votes: [], approveBy: T + 5 * MIN + TTL },
      facts: [
        {
          is: 'drifted',
          from: request.digest,
          to: digest,
          differs: [{ what: 'effects.owners[1]', before: '"default/db"', after: '"x/y"' }],
          voided,
        },
      ],
    });
  });

  it('leaves no way on where the new plan has a BLOCK', () => {
    const decided = drift(approved(), BLOCKED, world());
    expect(taken(decided)).toMatchObject({ state: 'planned', votes: [] });
    expect(decided.facts.map(({ is }) => is)).toEqual(['drifted', 'blocked']);
    expect(decided.facts[1]).toEqual({ is: 'blocked', codes: ['budget'] });
  });

  it('keeps the approval, and the plan that was approved, where nothing material changed', () => {
    const request = approved();
    const decided = drift(request, { ...PLAN, summary: 'other words', findings: [] }, world());
    expect(decided).toEqual({ request, facts: [] });
    expect(decided.request).toBe(request);
  });

  it('ends a request that there is no plan for any more', () => {
    const request = approved();
    const text = 'the node is gone';
    expect(drift(request, { refused: text }, world({ now: T + MIN }))).toEqual({
      request: { ...request, state: 'refused', endedAt: T + MIN },
      facts: [{ is: 'refused', refusal: { why: 'no-plan', text } }],
      refused: { why: 'no-plan', text },
    });
    expect(drift(request, { refused: 'x'.repeat(300) }, world()).refused).toMatchObject({
      text: expect.stringMatching(/^x{199}…$/),
    });
  });

  it('keeps the broken glass, but not the confirmation', () => {
    const glass = taken(
      requestOf({ name: 'REQ-1', plan: PLAN, policy: POLICY, by: by('ana'), breakGlass: 'the node burns' }, world()),
    );
    expect(taken(drift({ ...glass, state: 'ready', confirmedAt: T, startBy: T + TTL }, moved, world()))).toMatchObject({
      state: 'confirming',
      breakGlass: { reason: 'the node burns' },
    });
  });

  it('comes too late for what expired', () => {
    const decided = drift(confirmed(), moved, world({ now: T + TTL }));
    expect(decided).toMatchObject({ refused: { why: 'expired' }, request: { state: 'expired' } });
  });

  it.each([...ENDS, 'planned', 'running', 'verifying'] as const)('is refused while %s', (state) => {
    const request: GateRequest = { ...approved(), state };
    const decided = drift(request, moved, world());
    expect(decided).toEqual({ request, facts: [], refused: { why: 'wrong-state', state } });
  });
});
