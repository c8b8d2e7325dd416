import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { actionMatches, policyFor } from '../../src/gate/policy.ts';

const parse = (...policies: readonly object[]) => configSchema.parse({ policies }).policies;

describe('actionMatches', () => {
  it.each<[string, string, boolean]>([
    ['node.drain', 'node.drain', true],
    ['node.drain', 'node.drain-all', false],
    ['node.drain', 'node.cordon', false],
    ['node.*', 'node.drain', true],
    ['node.*', 'nodes.drain', false],
    ['node.*', 'node', false],
    ['restore.*', 'pre-restore.run', false],
    ['*', 'anything.at-all', true],
  ])('%s takes %s: %s', (pattern, action, expected) => {
    expect(actionMatches(pattern, action)).toBe(expected);
  });
});

describe('policyFor', () => {
  it('is strict where nothing matches', () => {
    const strict = {
      request: ['oncall'],
      confirm: 'typed',
      approvals: 1,
      approve: ['admin'],
      ttlMs: 900_000,
      source: 'default',
    };
    expect(policyFor([], 'restore.run', 'data')).toEqual(strict);
    expect(policyFor(parse({ actions: ['node.*'] }), 'restore.run', 'data')).toEqual(strict);
    expect(policyFor(parse({ actions: ['*'], targets: [] }), 'restore.run', 'data')).toEqual(strict);
  });

  it('is as strict where an entry says nothing but the action', () => {
    const { source: _, ...silent } = policyFor(parse({ actions: ['*'] }), 'restore.run', 'data');
    const { source: __, ...strict } = policyFor([], 'restore.run', 'data');
    expect(silent).toEqual(strict);
  });

  it('takes the first entry that names the action and the target', () => {
    const policies = parse(
      { actions: ['node.drain'], targets: ['worker-1'], approvals: 2 },
      {
        actions: ['node.cordon', 'node.drain'],
        confirm: 'button',
        approvals: 0,
        request: ['admin'],
        approve: ['oncall'],
        ttl: '1h',
      },
      { actions: ['node.*'], approvals: 3 },
    );
    expect(policyFor(policies, 'node.drain', 'worker-1')).toMatchObject({ approvals: 2, source: 'policies[0]' });
    expect(policyFor(policies, 'node.drain', 'worker-2')).toEqual({
      request: ['admin'],
      confirm: 'button',
      approvals: 0,
      approve: ['oncall'],
      ttlMs: 3_600_000,
      source: 'policies[1]',
    });
    expect(policyFor(policies, 'node.uncordon', 'worker-1')).toMatchObject({ approvals: 3, source: 'policies[2]' });
  });

  it('takes targets to the letter', () => {
    const policies = parse({ actions: ['*'], targets: ['worker-1'], approvals: 0 });
    expect(policyFor(policies, 'node.drain', 'worker-10').source).toBe('default');
    expect(policyFor(policies, 'node.drain', 'Worker-1').source).toBe('default');
  });
});
