import { describe, expect, it } from 'vitest';
import type { RequestState } from '../../src/gate/model.ts';
import {
  gatePresses,
  gateRequests,
  newExecutionId,
  newGateToken,
  requestId,
  requestIdOf,
  type StoredRequest,
} from '../../src/gate/requests.ts';
import { asked as askedFor } from './requests.ts';

const asked = askedFor();

const stored = (state: RequestState): StoredRequest => ({
  request: { ...asked, state, incident: '0000000042' },
  place: { chat: 'slack', conversation: { chat: 'slack', id: 'C1' }, event: 'slack:1' },
  tokens: { confirm: 'a', approve: 'b', deny: 'c', cancel: 'd' },
  called: 0,
  direct: [],
});

describe('what finds a request in the store', () => {
  // By hand from the design: who may still end by time, who waits for an executor, who is worked on.
  it.each<[RequestState, string]>([
    ['planned', 'open expirable'],
    ['confirming', 'open expirable'],
    ['approving', 'open expirable'],
    ['ready', 'open claimable expirable'],
    ['running', 'open atwork'],
    ['verifying', 'open atwork'],
    ['succeeded', ''],
    ['degraded', ''],
    ['failed', ''],
    ['cancelled', ''],
    ['denied', ''],
    ['expired', ''],
    ['refused', ''],
    ['unknown', ''],
  ])('%s: %s', (state, marks) => {
    const { open, claimable, atwork, expirable, ...rest } = gateRequests.keys(stored(state));
    const set = Object.entries({ open, claimable, atwork, expirable }).filter(([, value]) => value === 'yes');
    expect(set.map(([name]) => name).join(' ')).toBe(marks);
    expect([open, claimable, atwork, expirable].filter((value) => value !== undefined && value !== 'yes')).toEqual([]);
    expect(rest).toEqual({ state, incident: '0000000042', requester: asked.requester, event: 'slack:1' });
  });

  it('is its own kind, and its buttons theirs', () => {
    expect([gateRequests.kind, gatePresses.kind]).toEqual(['gaterequest', 'gatetoken']);
    expect(gatePresses.keys({ request: '0000000017', what: 'deny', digest: 'x' })).toEqual({ request: '0000000017' });
  });
});

describe('names', () => {
  it('sort as their numbers, and are read in every spelling of one', () => {
    expect([requestId(9), requestId(10)].toSorted()).toEqual([requestId(9), requestId(10)]);
    for (const name of ['REQ-17', 'req-17', ' 17 ', 'REQ-0017', '0000000017'])
      expect(requestIdOf(name)).toBe('0000000017');
    for (const name of ['', 'REQ-', 'INC-17', 'REQ-17x', 'x17', '17 18', 'REQ-12345678901'])
      expect(requestIdOf(name)).toBeUndefined();
  });

  it('of executions and buttons are never the same, and mean nothing to a shell, a path or a chat', () => {
    const executions = new Set(Array.from({ length: 1000 }, () => newExecutionId('REQ-17')));
    const tokens = new Set(Array.from({ length: 1000 }, newGateToken));
    expect([executions.size, tokens.size]).toEqual([1000, 1000]);
    for (const id of executions) expect(id).toMatch(/^req-17-[0-9a-f]{12}$/);
    for (const token of tokens) expect(token).toMatch(/^[\w-]{22}$/);
  });
});
