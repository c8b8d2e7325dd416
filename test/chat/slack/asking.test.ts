import fc from 'fast-check';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ButtonInput } from '../../../src/chat/message.ts';
import { modalOf, pressable, pressed } from '../../../src/chat/slack/asking.ts';
import { heardSubmission } from '../../../src/chat/slack/heard.ts';
import { DaytwoError } from '../../../src/lib/errors.ts';
import { checkView } from '../../support/slack/blockkit/view.ts';
import { cardOf, endNights, HOME, type Night, night } from './night.ts';

const servers: FastifyInstance[] = [];
afterEach(async () => {
  for (const one of servers.splice(0)) await one.close();
  await endNights();
});

const input: ButtonInput = {
  title: 'Confirm REQ-17',
  about: 'Restore of k8s_data.',
  label: 'Type the name: k8s_data',
  hint: 'To the letter.',
  optional: false,
  maxLength: 200,
  instead: '/confirm REQ-17 k8s_data',
};
const asking = (more: Partial<ButtonInput> = {}) =>
  cardOf('REQ-17', {
    buttons: [
      { label: 'Confirm', token: 'token-1', style: 'primary', input: { ...input, ...more } },
      { label: 'Cancel', token: 'token-2', style: 'plain' },
    ],
  });

async function asked(options: Parameters<typeof night>[0] = {}, more: Partial<ButtonInput> = {}) {
  const one = await night(options);
  await one.up();
  await one.say({ message: 'REQ-17', card: asking(more) });
  await one.delivered();
  return { ...one, ts: one.slack.messages(HOME)[0]?.ts ?? '' };
}

const opened = (one: Night, user = 'U0ANA') =>
  vi.waitFor(() => {
    const modal = one.slack.user(user).modal();
    if (!modal) throw new Error('no dialog yet');
    return modal;
  });
const whispered = (one: Night, user: string, text: string) =>
  vi.waitFor(() =>
    expect(one.slack.ephemerals(user).map((said) => said.text)).toEqual([expect.stringContaining(text)]),
  );

describe('a button that asks for a line', () => {
  it('opens a dialog that says what it is about; what is typed comes with the press, once', async () => {
    const one = await asked();
    const ana = one.slack.user('U0ANA');
    expect(await ana.press(one.ts, 'Confirm')).toMatchObject({ outcome: 'acked' });
    const modal = await opened(one);
    expect(modal.body).toMatchObject({
      title: { text: 'Confirm REQ-17' },
      submit: { text: 'Confirm' },
      close: { text: 'Back' },
    });
    expect(JSON.stringify(modal.body['blocks'])).toContain('Restore of k8s_data.');
    expect(JSON.stringify(modal.body['blocks'])).toContain('Type the name: k8s_data');
    expect(one.heard).toEqual([]);
    expect(await ana.submit(undefined, { typed: ' k8s_data ' })).toMatchObject({ outcome: 'acked' });
    await vi.waitFor(() => expect(one.heard).toHaveLength(1));
    expect(one.heard[0]).toMatchObject({
      id: `view:${modal.id}`,
      identity: { chat: 'slack', id: 'U0ANA' },
      conversation: { chat: 'slack', id: HOME },
      thread: 'REQ-17',
      replyTo: 'beside',
      what: { kind: 'button', token: 'token-1', typed: 'k8s_data' },
    });
    expect(ana.modal()).toBeUndefined();
    expect(one.slack.violations).toEqual([]);
  });

  it('may be left empty where it says so, and closed without consequence', async () => {
    const one = await asked({}, { optional: true });
    const ana = one.slack.user('U0ANA');
    await ana.press(one.ts, 'Confirm');
    await opened(one);
    await ana.close();
    await ana.press(one.ts, 'Confirm');
    await opened(one);
    await ana.submit(undefined, {});
    await vi.waitFor(() => expect(one.heard.map(({ what }) => what)).toEqual([{ kind: 'button', token: 'token-1' }]));
  });

  it('leaves buttons without a question as they are', async () => {
    const one = await asked();
    await one.slack.user('U0ANA').press(one.ts, 'Cancel');
    await vi.waitFor(() => expect(one.heard.map(({ what }) => what)).toEqual([{ kind: 'button', token: 'token-2' }]));
    expect(one.slack.user('U0ANA').modal()).toBeUndefined();
  });

  it.each([
    ['the trigger has expired', { emulator: { triggerMs: -1 } }, 'expired_trigger_id'],
    [
      'Slack breaks',
      {
        emulator: {
          faults: {
            call: (method: string) => (method === 'views.open' ? { do: 'drop-before' } : undefined),
            delivery: () => undefined,
          },
        },
      },
      'nothing was done',
    ],
  ] as const)('says how to do without a dialog when %s', async (_, options, word) => {
    const one = await asked(options as Parameters<typeof night>[0]);
    expect(await one.slack.user('U0ANA').press(one.ts, 'Confirm')).toMatchObject({ outcome: 'acked' });
    await whispered(one, 'U0ANA', '/confirm REQ-17 k8s_data');
    await whispered(one, 'U0ANA', word);
    expect(one.heard).toEqual([]);
    expect(one.slack.violations).toEqual([]);
  });

  it('takes nothing from guests', async () => {
    const one = await asked();
    const guest = one.slack.user('U0GUEST');
    await guest.press(one.ts, 'Confirm');
    await opened(one, 'U0GUEST');
    await guest.submit(undefined, { typed: 'k8s_data' });
    await whispered(one, 'U0GUEST', 'Guests of the workspace');
    expect(one.heard).toEqual([]);
  });

  it('lets the press go on for somebody who is not to be asked', async () => {
    const one = await asked({ chat: { asks: ({ id }) => id !== 'U0BEN' } });
    await one.slack.user('U0BEN').press(one.ts, 'Confirm');
    await vi.waitFor(() => expect(one.heard.map(({ what }) => what)).toEqual([{ kind: 'button', token: 'token-1' }]));
    expect(one.slack.user('U0BEN').modal()).toBeUndefined();
  });

  it('keeps the dialog open while the line can’t be stored, and takes it once then', async () => {
    let down = true;
    const one = await asked({
      takeIn: (real) => async (event) => {
        if (down) throw new DaytwoError('store-unavailable', 'disk full');
        return real(event);
      },
    });
    const ana = one.slack.user('U0ANA');
    await ana.press(one.ts, 'Confirm');
    const modal = await opened(one);
    const refused = await ana.submit(modal.id, { typed: 'k8s_data' });
    expect(refused.response).toMatchObject({
      response_action: 'errors',
      errors: { typed: expect.stringContaining('nothing was done') },
    });
    expect(ana.modal()?.id).toBe(modal.id);
    down = false;
    expect(await ana.submit(modal.id, { typed: 'k8s_data' })).toMatchObject({ outcome: 'acked' });
    await vi.waitFor(() => expect(one.heard).toHaveLength(1));
    expect(one.slack.violations).toEqual([]);
  });
});

describe('a dialog’s body, by HTTP', () => {
  async function sent() {
    const one = await night({
      chat: (slack) => ({ mode: { http: { signingSecret: slack.signingSecret } } }),
    });
    const app = Fastify();
    servers.push(app);
    if (one.chat.plugin) await app.register(one.chat.plugin);
    const http = one.slack.deliverTo(`${await app.listen({ host: '127.0.0.1', port: 0 })}/slack/events`);
    await one.up();
    await one.say({ message: 'REQ-17', card: asking() });
    await one.delivered();
    const ana = one.slack.user('U0ANA');
    await ana.press(one.slack.messages(HOME)[0]?.ts ?? '', 'Confirm');
    await opened(one);
    const { payload } = await ana.submit(undefined, { typed: 'k8s_data' });
    await vi.waitFor(() => expect(one.heard).toHaveLength(1));
    return { one, http, payload };
  }
  const still = async (one: Night): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(one.heard).toHaveLength(1);
  };

  it('does nothing the second time, be it changed', async () => {
    const { one, http, payload } = await sent();
    expect((await http.send('interactive', payload)).status).toBe(200);
    expect((await http.send('interactive', payload, { timestampOffsetSeconds: -3600 })).status).toBe(401);
    const view = payload['view'] as Record<string, unknown>;
    const state = { values: { typed: { typed: { type: 'plain_text_input', value: 'other' } } } };
    expect((await http.send('interactive', { ...payload, view: { ...view, state } })).status).toBe(200);
    await still(one);
  });

  it('is nobody else’s to send, and no other dialog’s', async () => {
    const { one, http, payload } = await sent();
    const view = payload['view'] as Record<string, unknown>;
    const fresh = { ...view, id: 'V0FRESH' };
    const ben = { ...(payload['user'] as object), id: 'U0BEN' };
    await http.send('interactive', { ...payload, user: ben, view: fresh });
    await http.send('interactive', { ...payload, view: { ...fresh, callback_id: 'other' } });
    await http.send('interactive', { ...payload, view: { ...fresh, private_metadata: 'no JSON' } });
    await still(one);
  });
});

describe('the dialog of any question', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 4000 });
  it('fits into a button and a modal, and keeps the token', () => {
    fc.assert(
      fc.property(
        fc.record({
          title: anything,
          about: anything,
          label: anything,
          hint: anything,
          optional: fc.boolean(),
          maxLength: fc.integer({ min: 1, max: 3000 }),
          instead: anything,
        }),
        (any) => {
          const button = pressable({ token: 'abcdefghijklmnopqrstuv', input: any }, 3);
          expect([...button.value].length).toBeLessThanOrEqual(2000);
          const found = pressed({ ...button, text: { text: 'Confirm' } });
          expect(found?.token).toBe('abcdefghijklmnopqrstuv');
          if (!found?.asks) return;
          const at = { user: 'U0ANA', channel: 'C0OPS', rootTs: '1.000001', onTs: undefined };
          const modal = modalOf(at, found.asks, found.token);
          expect(checkView(modal, 'modal', () => undefined)).toBeUndefined();
          const view = { ...modal, id: 'V1', state: { values: { typed: { typed: { value: 'x' } } } } };
          const body = { type: 'view_submission', user: { id: 'U0ANA' }, view };
          expect(heardSubmission(body)).toMatchObject({ ...at, what: { token: found.token, typed: 'x' } });
        },
      ),
    );
  });
});
