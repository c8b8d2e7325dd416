import { describe, expect, it } from 'vitest';
import { callDue, firstCall, NO_CALLERS, nextCall } from '../../src/gate/calls.ts';
import { asked, by, confirmed, HOUR, MIN, PEOPLE, POLICY, T, TTL, world } from '../gate/requests.ts';

const callers = {
  ...NO_CALLERS,
  direct: ({ name }: { readonly name: string }) => [{ chat: 'telegram' as const, id: `dm-${name}` }],
};
const crew = world();
const words = (call: ReturnType<typeof nextCall>): string => JSON.stringify(call?.post.card);
/** Who is called by the card's first sentence. */
const people = (call: ReturnType<typeof nextCall>): readonly string[] => {
  const [first] = call?.post.card.blocks ?? [];
  const spans = first?.kind === 'text' && typeof first.text !== 'string' ? first.text : [];
  return spans.flatMap((span) => (typeof span === 'object' && 'person' in span ? [span.person] : []));
};

describe('callDue', () => {
  const request = confirmed();
  it.each([
    ['at the confirmation', 0, 0],
    ['just before a third', TTL / 3 - 1, 0],
    ['at a third', TTL / 3, 1],
    ['just before two thirds', (2 * TTL) / 3 - 1, 1],
    ['at two thirds', (2 * TTL) / 3, 2],
    ['at the end', TTL, 2],
    ['with the clock put back', -HOUR, 0],
  ])('%s: %s ms after it, %s', (_, ms, due) => {
    expect(callDue(request, T + ms)).toBe(due);
  });

  it('counts from the confirmation, not from the asking', () => {
    const late = { ...request, confirmedAt: T + 6 * MIN };
    expect([callDue(late, T + 8 * MIN), callDue(late, T + 9 * MIN)]).toEqual([0, 1]);
  });

  it('calls nobody for what doesn’t wait for an approval', () => {
    expect(callDue(asked(), T + TTL)).toBe(0);
    expect(callDue({ ...request, state: 'ready' }, T + TTL)).toBe(0);
    expect(callDue({ ...request, approveBy: T }, T)).toBe(0);
  });
});

describe('a call', () => {
  const request = confirmed();

  it('goes first to everybody who may approve, in the thread and in private', () => {
    const call = firstCall(request, crew, callers);
    expect(call.called).toBe(0);
    expect(call.direct.map(({ id }) => id)).toEqual(['dm-ben', 'dm-cleo', 'dm-dora']);
    expect(call.post.suffix).toBe(`call-${request.digest.slice(0, 8)}-0`);
    expect(people(call)).toEqual(['ben', 'cleo', 'dora']);
    expect(words(call)).toContain('ana asks for your approval.');
  });

  it('goes then to those next on call who may approve, and to no one else', () => {
    const call = nextCall(request, crew, { due: 1, next: ['cleo', 'ana', 'eve'], callers });
    expect(call).toMatchObject({ called: 1, direct: [{ id: 'dm-cleo' }] });
    expect(call?.post.suffix).toBe(`call-${request.digest.slice(0, 8)}-1`);
    expect(words(call)).toContain('Nobody has decided yet.');
    expect(people(call)).toEqual(['cleo']);
    expect(nextCall(request, crew, { due: 1, next: ['ana', 'eve'], callers })).toBeUndefined();
    expect(nextCall(request, crew, { due: 1, next: [], callers })).toBeUndefined();
  });

  it('goes at last to all admins who may approve', () => {
    const call = nextCall(request, crew, { due: 2, next: ['cleo'], callers });
    expect(call).toMatchObject({ called: 2, direct: [{ id: 'dm-dora' }] });
    const own = { ...confirmed(), requester: 'dora' };
    expect(nextCall(own, crew, { due: 2, next: [], callers })).toBeUndefined();
    const crewOnly = { ...request, policy: { ...POLICY, approve: ['oncall' as const] } };
    expect(nextCall(crewOnly, crew, { due: 2, next: [], callers })).toBeUndefined();
  });

  it('finds nobody in private where no chat can tell them so', async () => {
    expect(NO_CALLERS.direct(PEOPLE[1] ?? { name: by('ben').person, roles: [] })).toEqual([]);
    expect(await NO_CALLERS.next(new AbortController().signal)).toEqual([]);
  });
});
