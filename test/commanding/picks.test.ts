import { afterEach, describe, expect, it } from 'vitest';
import type { Card } from '../../src/chat/message.ts';
import { cardText } from '../../src/chat/plainText.ts';
import { offerPicks, picks } from '../../src/commanding/picks.ts';
import { fakeWorld, nodeView } from '../support/world.ts';
import { type House, house } from './house.ts';

const DAY = 86_400_000;
let home: House | undefined;
afterEach(async () => {
  await home?.drop();
  home = undefined;
});

async function withNodes(...names: readonly (string | [string, object])[]): Promise<House> {
  const nodes = names.map((one) => (typeof one === 'string' ? nodeView(one) : nodeView(...one)));
  home = await house({ cluster: fakeWorld({ nodes }).cluster });
  return home;
}
const labels = ({ buttons }: Card): readonly string[] => buttons.map(({ label }) => label);

describe('a command on a node, without one', () => {
  it.each([
    ['drain', ['worker-1', 'worker-2', 'worker-10']],
    ['cordon', ['worker-1', 'worker-10']],
    ['uncordon', ['worker-2']],
    ['disk', ['worker-1', 'worker-2', 'worker-10']],
  ])('/%s asks which', async (command, expected) => {
    const { ask } = await withNodes('worker-10', ['worker-2', { unschedulable: true }], 'worker-1');
    const { card } = await ask(command);
    expect(labels(card)).toEqual(expected);
    expect(card.title).toMatch(/^Which node/);
  });

  it('leads to what the command does with the name, for the one who presses', async () => {
    const { ask } = await withNodes('worker-1', 'worker-2');
    const { card } = await ask('disk');
    const token = card.buttons[1]?.token ?? '';
    expect((await ask(token, 'ana', { press: true })).card.title).toBe('What could be freed on worker-2');
    expect((await ask(token, 'cleo', { press: true })).card.title).toMatch(/^You may look, but not act/);
    // The gate has no such action here: it was asked, with the node.
    const drain = (await ask('drain')).card.buttons[0]?.token ?? '';
    const typed = (await ask('drain worker-1')).card;
    expect((await ask(drain, 'ana', { press: true })).card).toEqual(typed);
  });

  it('says so where there is none to pick', async () => {
    const { ask } = await withNodes('worker-1');
    const { card } = await ask('uncordon');
    expect([card.title, card.buttons]).toEqual(['No node is cordoned.', []]);
  });

  it('offers no name that is none, and no more than 24', async () => {
    const { ask } = await withNodes('a b', '--all', '../x', '<!channel>', 'ok');
    expect(labels((await ask('drain')).card)).toEqual(['ok']);
    await home?.drop();
    const many = await withNodes(...Array.from({ length: 120 }, (_, n) => `n-${n}`));
    const { card } = await many.ask('drain');
    expect(labels(card)).toHaveLength(24);
    expect(cardText(card)).toContain('96 more: say /drain and the node’s name.');
  });

  it.each(['pick-', 'pick-x.0', `pick-${'a'.repeat(31)}.0`, 'toString'])('%s is no pick', async (token) => {
    const { ask } = await withNodes('worker-1');
    expect((await ask(token, 'ana', { press: true })).card.title).toMatch(/^That button is out of date/);
  });

  it('knows no name beyond those it offered', async () => {
    const { ask } = await withNodes('worker-1');
    const token = (await ask('drain')).card.buttons[0]?.token.replace(/\.0$/, '.1') ?? '';
    expect((await ask(token, 'ana', { press: true })).card.title).toMatch(/^That button is out of date/);
  });

  it('keeps them for two days, and 500 of them', async () => {
    const { temp, ask } = await withNodes('worker-1');
    const offer = (at: number) => offerPicks(temp.store, { command: 'drain', names: ['worker-1'], at });
    const [old] = await offer(0);
    for (let n = 0; n < 505; n += 1) await offer(3 * DAY + n);
    expect(await temp.store.count(picks)).toBe(500);
    expect((await ask(old?.token ?? '', 'ana', { press: true })).card.title).toMatch(/out of date/);
    await offer(6 * DAY);
    expect(await temp.store.count(picks)).toBeLessThan(500);
  });
});

describe('a slip in a node’s name', () => {
  it.each([
    ['nodes wroker-1', /^There is no node wroker-1 in .*; did you mean worker-1, worker-2 or worker-3\?/],
    ['nodes zebra', /^There is no node zebra in .*; \/nodes lists them/],
  ])('%s', async (text, title) => {
    const { ask } = await withNodes('worker-3', 'worker-2', 'worker-1', '<b>worker-0');
    expect((await ask(text)).card.title).toMatch(title);
  });
});
