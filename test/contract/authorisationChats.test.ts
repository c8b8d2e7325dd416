import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { say } from '../../src/chat/outbox.ts';
import type { RequestState } from '../../src/gate/model.ts';
import { requestCard } from '../../src/gate/requestCard.ts';
import { gateRequests, requestId } from '../../src/gate/requests.ts';
import { delegationId, delegations, type StandIn } from '../../src/people/delegation.ts';
import { put, remove } from '../../src/store/port.ts';
import { eventually } from '../support/real/process.ts';
import { type ChatCase, casesOf, LABELS, SPEAK, WORDS } from './authorisation/chatCases.ts';
import { type Client, PATIENCE_MS } from './authorisation/clients.ts';
import { HALF_DAY_MS, requestIn, stored } from './authorisation/requests.ts';
import { openTown, type Town } from './authorisation/town.ts';

/** What the record says of something that was done. */
const DONE = /^(?:request\.(?:asked|confirmed|approved|denied|cancelled|glass-broken|settled)|delegation\.made)$/;
/** What /audit says. */
const RECORD = /The record is as it was written/;
/** What becomes of a request that was approved while nobody looks. */
const STARTED: readonly RequestState[] = ['ready', 'running', 'verifying', 'succeeded'];
/** Who may not even see that a request exists. */
const OUTSIDE: ReadonlySet<string> = new Set(['stranger', 'guest', 'no role']);
const isDelegating = ({ words }: ChatCase): boolean => words.startsWith('/delegate');

describe('authorisation through the chats', () => {
  let town: Town;
  let count = 5000;
  let played = 0;
  beforeAll(async () => {
    town = await openTown();
  }, 120_000);
  afterAll(() => town?.end());

  /** Makes who stands in what the table says while this person has their turn. */
  async function turnOf(who: string): Promise<void> {
    const { store } = town.app;
    const now = town.clock.now();
    const from = who === 'eve' ? 'ben' : 'ana';
    const until = now + HALF_DAY_MS;
    const one: StandIn = { from, to: who, role: 'oncall', since: now, until, reason: 'at the dentist' };
    const kept = await store.find(delegations, { limit: 100 });
    await store.commit([
      ...kept.map(({ id }) => remove(delegations, id, 'any')),
      ...(who === 'eve' || who === 'fay'
        ? [put(delegations, delegationId(one), { ...one, chat: 'slack', event: `seed-${who}` }, 'any')]
        : []),
    ]);
  }

  /** Seeds what a case is about, its card shown where it is pressed. Gives the token of the button, and how to read the state. */
  async function seeded({ about, press }: ChatCase, client: Client, name: string) {
    const { store } = town.app;
    const id = requestId(count);
    const state = async () => (await store.get(gateRequests, id))?.body.request.state;
    if (!about) return { token: '', state };
    const now = town.clock.now();
    const { home } = about.askedIn === client.chat ? client : town.client('ana', about.askedIn);
    const seed = stored(id, requestIn(about.state, { ...about, name, now }), home);
    const card = requestCard(seed.stored);
    const shown = press ? say([client.home], { do: 'post', message: name, root: name, card }, now) : [];
    await store.commit([...seed.writes, ...shown]);
    return { token: press ? seed.stored.tokens[press] : '', state };
  }

  /** Plays a case at the person's client, and tells what differs from the table. */
  async function play(given: ChatCase, client: Client): Promise<readonly string[]> {
    count += 1;
    const { title, about, press, wanted, person } = given;
    const name = `REQ-${count}`;
    const { token, state } = await seeded(given, client, name);
    const recorded = (await town.audit()).length;
    const words = wanted === 'yes' ? RECORD : WORDS[wanted];
    const heard = async () => (await client.told()).filter((text) => words.test(text));
    const before = (await heard()).length;
    if (press) await client.press(LABELS[press], name, token);
    else await client.command(given.words.replace(/^\//, '').replace('REQ', name));

    const wait = <T>(what: string, look: () => Promise<T | undefined | false>) =>
      eventually(`${title}: ${what}`, look, PATIENCE_MS);
    const answer = () =>
      wait(`an answer with ${words}`, async () => {
        const all = await heard();
        return all.length > before && all.at(-1);
      });
    const mine = async () =>
      (await town.audit())
        .slice(recorded)
        .filter((entry) => entry.by === person && entry.chat === client.chat && (!about || entry.request === name));
    const problems: string[] = [];
    if (wanted !== 'yes') {
      const told = await answer();
      const entries = await mine();
      if (entries.some(({ kind }) => DONE.test(kind))) problems.push('is done all the same');
      if (OUTSIDE.has(wanted)) {
        if (entries.length > 0) problems.push(`is in the record: ${JSON.stringify(entries)}`);
        if (/REQ-|INC-|k8s|restic/.test(told)) problems.push(`tells ${told}`);
      } else if (!entries.some(({ details }) => JSON.stringify(details).includes(`"${wanted}"`)))
        problems.push(`is recorded as ${JSON.stringify(entries)}`);
    } else if (given.words === '/audit') await answer();
    else await wait('its record', async () => (await mine()).some(({ kind }) => DONE.test(kind)));

    // The record comes before the deed.
    if (wanted === 'yes' && isDelegating(given))
      await wait('its effect', async () =>
        (await town.app.store.find(delegations, { limit: 100 })).some(({ body }) => body.from === person),
      );
    if (about) {
      const ends: readonly (RequestState | undefined)[] = given.after === 'ready' ? STARTED : [given.after];
      if (wanted === 'yes')
        await wait('its effect', async () => ends.includes(await state())).catch((error: unknown) =>
          problems.push(String(error)),
        );
      const left = await state();
      if (!ends.includes(left)) problems.push(`leaves ${left}, not ${given.after}`);
    }
    played += 1;
    return problems.map((problem) => `${title}: ${problem}`);
  }

  it.each(SPEAK)('%s: as the table says, in %j', { timeout: 300_000 }, async (who, chats) => {
    await turnOf(who);
    const clients = chats.map((chat) => town.client(who === 'ana elsewhere' ? 'ana' : who, chat));
    const wrong = await Promise.all(
      clients.map(async (client) => {
        const found: string[] = [];
        for (const given of casesOf(who, client.chat))
          if (!isDelegating(given)) found.push(...(await play(given, client)));
        return found;
      }),
    );
    // A role has one stand-in at a time: chat after chat.
    for (const client of clients) {
      await turnOf(who);
      for (const given of casesOf(who, client.chat).filter(isDelegating)) wrong.push([...(await play(given, client))]);
    }
    expect(wrong.flat()).toEqual([]);
  });

  it('has played every deed of every person in every chat, and spoke to the chats as they want it', () => {
    console.log(`authorisation through chats: ${played} cases`);
    expect(played).toBe(
      SPEAK.reduce((sum, [who, chats]) => sum + chats.flatMap((chat) => casesOf(who, chat)).length, 0),
    );
    expect(town.violations()).toEqual([]);
  });
});
