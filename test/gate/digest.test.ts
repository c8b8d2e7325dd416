import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, shortDigest } from '../../src/gate/digest.ts';
import type { Plan, PolicySnapshot } from '../../src/gate/model.ts';
import { PLAN, POLICY } from './requests.ts';

const base = digestOf({ plan: PLAN, policy: POLICY, clusterUid: 'c-1' });
const of = (plan: Partial<Plan>, policy: Partial<PolicySnapshot> = {}, clusterUid: string | undefined = 'c-1') =>
  digestOf({ plan: { ...PLAN, ...plan }, policy: { ...POLICY, ...policy }, clusterUid });

describe('digestOf', () => {
  it('is 64 hex digits, the same today and tomorrow', () => {
    // Reckoned with another program (Python's json and hashlib). A change of it voids what is under way at an update.
    expect(base).toBe('5414c0d111fe399600d42e83584b2af4a03434e19557f124b77deaa8a0085865');
    expect(shortDigest(base)).toBe('5414-c0d1');
  });

  it.each<[string, Partial<Plan>, Partial<PolicySnapshot>?]>([
    ['action', { action: 'node.cordon' }],
    ['arguments', { args: { node: 'worker-2' } }],
    ['target', { target: 'worker-2' }],
    ['title', { title: 'Drain' }],
    ['summary', { summary: '13 pods move elsewhere' }],
    ['steps', { steps: PLAN.steps.slice(1) }],
    ['order of steps', { steps: PLAN.steps.toReversed() }],
    ['text of a step', { steps: [{ id: 'cordon', text: 'x' }, ...PLAN.steps.slice(1)] }],
    ['findings', { findings: PLAN.findings.slice(1) }],
    ['level of a finding', { findings: PLAN.findings.map((one) => ({ ...one, level: 'NOTE' as const })) }],
    [
      'text of a note',
      { findings: [...PLAN.findings.slice(0, 1), { level: 'NOTE', code: 'duration', text: '4 min' }] },
    ],
    ['effects', { effects: { node: { name: 'worker-1', uid: 'u-2' }, owners: ['default/web', 'default/db'] } }],
    ['locks', { locks: ['node/worker-1'] }],
    ['who may ask', {}, { request: ['admin'] }],
    ['how it is confirmed', {}, { confirm: 'typed' }],
    ['how many approve', {}, { approvals: 0 }],
    ['who approves', {}, { approve: ['admin'] }],
    ['time', {}, { ttlMs: 1000 }],
    ['entry of the file', {}, { source: 'policies[1]' }],
  ])('changes with the %s', (_, plan, policy) => {
    expect(of(plan, policy)).not.toBe(base);
  });

  it('changes with the cluster', () => {
    expect(of({}, {}, 'c-2')).not.toBe(base);
    expect(digestOf({ plan: PLAN, policy: POLICY })).not.toBe(base);
    expect(digestOf({ plan: PLAN, policy: POLICY })).toBe(
      digestOf({ plan: PLAN, policy: POLICY, clusterUid: undefined }),
    );
  });

  it.each<[string, Partial<Plan>]>([
    ['last duration', { lastTookMs: 180_000 }],
    ['order of locks', { locks: PLAN.locks.toReversed() }],
    ['order of findings', { findings: PLAN.findings.toReversed() }],
    ['order of keys', { effects: { owners: ['default/web', 'default/db'], node: { uid: 'u-1', name: 'worker-1' } } }],
  ])('does not change with the %s', (_, plan) => {
    expect(of(plan)).toBe(base);
  });

  it('keeps neighbouring fields apart', () => {
    const text = fc.string({ maxLength: 3 });
    fc.assert(
      fc.property(text, text, text, text, (a, b, c, d) => {
        if (of({ title: a, summary: b }) === of({ title: c, summary: d })) expect([a, b]).toEqual([c, d]);
      }),
    );
  });

  it('refuses a plan that JSON would bend', () => {
    expect(() => of({ effects: { at: Number.NaN } })).toThrow(/\$\.effects\.at/);
  });

  it('leaves the plan as it is', () => {
    const frozen = Object.freeze({
      ...PLAN,
      locks: Object.freeze([...PLAN.locks]),
      findings: Object.freeze([...PLAN.findings]),
    });
    expect(() => digestOf({ plan: frozen, policy: POLICY })).not.toThrow();
  });
});
