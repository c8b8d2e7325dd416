import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../commands/index.ts';
import { openAudit } from '../../src/audit/audit.ts';
import type { Card } from '../../src/chat/message.ts';
import type { Person } from '../../src/chat/people.ts';
import { cardText } from '../../src/chat/plainText.ts';
import type { ChatName, Conversation, InboundEvent } from '../../src/chat/port.ts';
import type { Services } from '../../src/commanding/command.ts';
import { createDispatch } from '../../src/commanding/dispatch.ts';
import { NO_CALLERS } from '../../src/gate/calls.ts';
import { createLedger } from '../../src/gate/ledger.ts';
import type { RequestState } from '../../src/gate/model.ts';
import type { AuditPort } from '../../src/gate/recorder.ts';
import { gateRequests, requestId } from '../../src/gate/requests.ts';
import { createGateService } from '../../src/gate/service.ts';
import { silentLog } from '../../src/lib/log.ts';
import { delegationId, delegations, type StandIn } from '../../src/people/delegation.ts';
import { createDelegations } from '../../src/people/delegations.ts';
import { put, remove } from '../../src/store/port.ts';
import { fakeClock } from '../support/clock.ts';
import { tempStore } from '../support/tempStore.ts';
import {
  HALF_DAY_MS,
  POLICIES,
  recordingActions,
  requestIn,
  stored,
  WHO_CAN_RESTORE,
} from './authorisation/requests.ts';
import { ALONE, DEEDS, expected, PEOPLE as KINDS, type Outcome, STATES, WHO, type Who } from './authorisation/table.ts';

const PEOPLE: readonly Person[] = [
  { name: 'ana', slack: 'U0ANA', telegram: '1001', roles: ['oncall'] },
  { name: 'ben', slack: 'U0BEN', telegram: '1002', roles: ['oncall'] },
  { name: 'cleo', slack: 'U0CLEO', telegram: '1003', roles: ['oncall'] },
  { name: 'dora', slack: 'U0DORA', telegram: '1004', roles: ['admin'] },
  { name: 'eve', slack: 'U0EVE', telegram: '1005', roles: [] },
  { name: 'fay', slack: 'U0FAY', telegram: '1006', roles: [] },
  { name: 'gus', slack: 'U0GUS', telegram: '1007', roles: [] },
];
const HAL = { name: 'hal', slack: 'U0HAL', telegram: '1008' };
const ZOE = { name: 'zoe', slack: 'U0ZOE', telegram: '1009' };
const CHATS: readonly ChatName[] = ['slack', 'telegram', 'console'];
const HOME: Conversation = { chat: 'slack', id: 'C0OPS' };

const STRANGER = 'I don’t know you yet. Whoever runs this bot can add you under `people` in its configuration.';
const NO_ROLE = 'You may look, but not act: your entry under `people` has no role.';
/** What the audit says of something that was done. */
const DONE = new Set(
  ['asked', 'confirmed', 'approved', 'denied', 'cancelled', 'cancel-asked', 'glass-broken', 'settled']
    .map((kind) => `request.${kind}`)
    .concat('delegation.made'),
);

function identity(who: Who, chat: ChatName): InboundEvent['identity'] {
  const name = who === 'ana elsewhere' ? 'ana' : who;
  const person = [...PEOPLE, HAL, ZOE].find((one) => one.name === name) ?? ZOE;
  if (chat === 'console') return { chat, id: name };
  return { chat, id: (chat === 'slack' ? person.slack : person.telegram) ?? '' };
}

interface Case {
  readonly title: string;
  readonly who: Who;
  readonly chat: ChatName;
  readonly wanted: Outcome;
  readonly say: string;
  readonly press?: 'confirm' | 'approve' | 'deny' | 'cancel' | undefined;
  /** The request that it is about. */
  readonly about?: { readonly state: RequestState; readonly action: string; readonly requester: string };
  readonly after?: RequestState | undefined;
}

/** The chats that somebody speaks through: ana's request was asked in Slack, and elsewhere is everywhere else. */
const chatsOf = (who: Who): readonly ChatName[] => {
  if (who === 'ana') return ['slack'];
  return who === 'ana elsewhere' ? ['telegram', 'console'] : CHATS;
};

const CASES: readonly Case[] = WHO.flatMap((who) =>
  chatsOf(who).flatMap((chat): Case[] => [
    ...DEEDS.flatMap((deed) =>
      STATES.map((state): Case => {
        const wanted = expected(deed, state, who);
        return {
          title: `${who} (${chat}): ${deed.does}, ${state}`,
          who,
          chat,
          wanted,
          say: deed.say ?? '',
          press: deed.press,
          about: { state, action: deed.on, requester: 'ana' },
          after: wanted === 'yes' ? deed.after[state] : state,
        };
      }),
    ),
    ...ALONE.map(({ does, say, own, row }): Case => {
      const requester = who === 'ana elsewhere' ? 'ana' : who;
      return {
        title: `${who} (${chat}): ${does}`,
        who,
        chat,
        wanted: row[WHO.indexOf(who)] ?? 'stranger',
        say,
        ...(own ? { about: { state: 'confirming', action: 'backup.run', requester }, after: 'confirming' } : {}),
      };
    }),
  ]),
);

/** Who stands in while a person of the table has their turn. */
const lends = (who: Who, now: number): readonly StandIn[] => {
  const from = who === 'eve' ? 'ben' : who === 'fay' ? 'ana' : undefined;
  if (from === undefined) return [];
  return [{ from, to: who, role: 'oncall', since: now, until: now + HALF_DAY_MS, reason: 'at the dentist' }];
};

describe('authorisation', () => {
  const clock = fakeClock();
  let temp: Awaited<ReturnType<typeof tempStore>>;
  let end: () => Promise<void>;
  let one: (given: Case) => Promise<{ outcome: string; after: string | undefined; same: boolean; card: Card }>;

  beforeAll(async () => {
    temp = await tempStore(clock.now);
    const { store } = temp;
    const entries: { kind: string; details?: unknown }[] = [];
    const audit: AuditPort = { append: async (entry) => void entries.push(entry) };
    const record = await openAudit({ dir: temp.dir, clock, log: silentLog, redact: (text) => text });
    const targets = [{ conversation: HOME, bounded: true, pictures: 'inline' as const }];
    const ledger = createLedger({ store, clock, log: silentLog, audit, targets });
    const standing = createDelegations({ store, clock, audit, people: PEOPLE });
    const gate = createGateService({
      store,
      clock,
      ledger,
      actions: new Map(recordingActions([]).map((action) => [action.id, action])),
      callers: NO_CALLERS,
      surroundings: {
        people: PEOPLE,
        policies: POLICIES,
        freezes: [],
        duty: async () => ({ is: 'known', people: ['ana', 'ben'], until: undefined, source: 'calendar' }),
        standIns: standing.standIns,
        only: (action) => (action === 'restore.run' ? WHO_CAN_RESTORE : undefined),
        clusterUid: async () => undefined,
      },
    });
    // Commands of the gate use no more than these.
    const services = { store, clock, gate, audit: record, delegations: standing, commands } as unknown as Services;
    const dispatch = createDispatch({ services, people: PEOPLE, log: silentLog, answered: () => {} });
    end = async () => {
      await record.close();
      await temp.drop();
    };
    let count = 1000;
    one = async ({ who, chat, say, press, about }) => {
      count += 1;
      const id = requestId(count);
      const now = clock.now();
      const seed = about && stored(id, requestIn(about.state, { ...about, name: `REQ-${count}`, now }), HOME);
      const kept = await store.find(delegations, { limit: 100 });
      await store.commit([
        ...kept.map((found) => remove(delegations, found.id, 'any')),
        ...lends(who, now).map((standIn) =>
          put(delegations, delegationId(standIn), { ...standIn, chat: 'slack', event: 'seed' }, 'any'),
        ),
        ...(seed?.writes ?? []),
      ]);
      entries.length = 0;
      const token = press && seed ? seed.stored.tokens[press] : undefined;
      const writes = await dispatch(
        {
          id: `case-${count}`,
          identity: identity(who, chat),
          conversation: { chat, id: 'here' },
          isPrivate: false,
          what:
            token === undefined
              ? { kind: 'command', text: say.replace('REQ', `REQ-${count}`) }
              : { kind: 'button', token },
        },
        new AbortController().signal,
      );
      const bodies = writes.flatMap((write) => (write.do === 'append' ? [write.body as { card: Card }] : []));
      const { card } = bodies[0] ?? { card: { tone: 'neutral', title: 'no answer', blocks: [], buttons: [] } };
      const found = seed ? (await store.get(gateRequests, id))?.body.request : undefined;
      return {
        outcome: outcomeOf(card, entries),
        after: found?.state,
        same: JSON.stringify(found) === JSON.stringify(seed?.stored.request),
        card,
      };
    };
  });
  afterAll(() => end());

  /** What came of it, by the record and not by the words; what never reached the gate is in no record. */
  function outcomeOf(card: Card, entries: readonly { kind: string; details?: unknown }[]): string {
    if (entries.some(({ kind }) => DONE.has(kind))) return 'yes';
    const refused = entries.find(({ kind }) => kind.endsWith('refused'));
    const details = (refused?.details ?? {}) as { why?: string; refused?: { why?: string } };
    if (refused) return details.why ?? details.refused?.why ?? JSON.stringify(details);
    if (card.title === STRANGER) return 'stranger';
    if (card.title === NO_ROLE) return 'no role';
    return card.title.startsWith('The record is as it was written') ? 'yes' : card.title;
  }

  it('knows every state, and tells each person from the others', () => {
    expect(new Set(CASES.map(({ title }) => title)).size).toBe(CASES.length);
    expect(Object.keys(KINDS)).toEqual([...WHO]);
    for (const state of STATES) expect(CASES.some(({ about }) => about?.state === state)).toBe(true);
    for (const who of WHO)
      expect(CASES.some((given) => given.who === who && given.wanted !== 'stranger')).toBe(
        who !== 'hal' && who !== 'zoe',
      );
  });

  it('is as the table says, for everybody, in every chat and state', async () => {
    const wrong: string[] = [];
    for (const given of CASES) {
      const { outcome, after, same, card } = await one(given);
      const problems: string[] = [];
      if (outcome !== given.wanted) problems.push(`is ${outcome}, not ${given.wanted}`);
      if (after !== given.after) problems.push(`leaves ${after}, not ${given.after}`);
      if (outcome !== 'yes' && !same) problems.push('changes the request all the same');
      if (outcome === 'yes' && given.about && same) problems.push('changes nothing');
      if (
        given.wanted === 'stranger' &&
        (card.title !== STRANGER || /REQ|k8s|ana/.test(cardText(card).replace(STRANGER, '')))
      )
        problems.push(`tells a stranger “${cardText(card)}”`);
      if (given.wanted === 'no role' && card.title !== NO_ROLE) problems.push(`says “${card.title}”`);
      if (problems.length > 0) wrong.push(`${given.title}: ${problems.join('; ')} (${card.title})`);
    }
    console.log(`authorisation: ${CASES.length} cases`);
    expect(wrong).toEqual([]);
  }, 120_000);
});
