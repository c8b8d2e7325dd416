import { afterEach, expect, it } from 'vitest';
import { offerPresses } from '../../src/triage/offerPresses.ts';
import { ana, asks, type House, openHouse, SLACK, signal, TELEGRAM, until } from './house.ts';

let home: House | undefined;
afterEach(async () => {
  await home?.end();
  home = undefined;
});

const NEXT = [{ action: 'file.unwrite', label: 'Unwrite a', args: { name: 'a' } }];

it('offers below the end what the action says comes next, in every chat by one token', async () => {
  home = await openHouse();
  home.world.next = NEXT;
  await home.approved();
  home.executor().start();
  await home.until('succeeded');
  const end = async (conversation = SLACK) => home?.card('REQ-1/end', conversation);
  await until('the end is told', async () => (await end()) !== undefined);
  const [button, ...more] = (await end())?.buttons ?? [];
  expect([button?.label, more]).toEqual(['Unwrite a', []]);
  expect((await end(TELEGRAM))?.buttons).toEqual([button]);
  const press = await home.store.get(offerPresses, button?.token ?? '');
  expect(press?.body).toMatchObject({ action: 'file.unwrite', args: { name: 'a' }, request: '0000000001' });
});

it('says what has to be set up for an action that is not there', async () => {
  home = await openHouse({ lacks: (action) => (action === 'node.drain' ? 'No cluster is configured.' : undefined) });
  const title = async (action: string) => (await home?.service.ask(action, {}, asks(ana, { signal })))?.card.title;
  expect(await title('node.drain')).toBe('No cluster is configured.');
  expect(await title('no.such')).toBe('There is no action no.such here.');
});
