import { lineOf } from '../../blockkit/check.ts';
import { checkView } from '../../blockkit/view.ts';
import { isObj, type Obj, textOf } from '../../value.ts';
import { makeView, replaceView, viewObject } from '../../views.ts';
import type { StoredView, World } from '../../world.ts';
import { type Method, type MethodCall, need, noScope, str, wrong } from '../method.ts';
import { detailed, Refusal } from '../refusal.ts';
import { fileProblem } from './content.ts';

/** Holds a view to the rules; refuses as the vendor does (`invalid_arguments` with details). */
function viewArg(call: MethodCall, type: 'modal' | 'home'): Obj {
  const view = call.args['view'];
  const fault = checkView(view, type, (ref) => fileProblem(call.world, ref));
  if (fault?.is === 'too-large') throw wrong(call, 'bad-view', 'view_too_large', 'over 250 kB');
  if (fault) {
    const messages = fault.problems.map(lineOf);
    call.world.report('bad-view', call.method, messages.join('; '));
    throw detailed('invalid_arguments', messages);
  }
  return isObj(view) ? view : {};
}

/** Exchanges a trigger_id, once and within its life. https://docs.slack.dev/reference/methods/views.open#errors */
function exchange(call: MethodCall): string {
  const trigger = call.world.triggers.get(need(call, 'trigger_id'));
  if (!trigger) throw wrong(call, 'bad-argument', 'invalid_trigger_id', 'never given out');
  if (trigger.used) throw wrong(call, 'bad-argument', 'exchanged_trigger_id', 'used before');
  if (call.world.deadlineNow() > trigger.expiresAt) throw new Refusal('expired_trigger_id');
  trigger.used = true;
  return trigger.user;
}

function freshExternalId(world: World, view: Obj, self: StoredView | undefined): void {
  const id = textOf(view['external_id']);
  if (!id) return;
  const taken = [...world.views.values()].some(
    (other) => other !== self && other.open && other.body['external_id'] === id,
  );
  if (taken) throw new Refusal('duplicate_external_id');
}

const open: Method = {
  args: { trigger_id: 'string', interactivity_pointer: 'string', view: 'object' },
  required: ['trigger_id', 'view'],
  tier: 't4',
  json: true,
  token: 'bot',
  scopes: noScope,
  run: (call) => {
    const body = viewArg(call, 'modal');
    freshExternalId(call.world, body, undefined);
    const view = makeView(call.world, { user: exchange(call), type: 'modal', body, previous: undefined });
    return { view: viewObject(call.world, view) };
  },
};

const update: Method = {
  args: { view_id: 'string', external_id: 'string', view: 'object', hash: 'string' },
  required: ['view'],
  tier: 't4',
  json: true,
  token: 'bot',
  scopes: noScope,
  run: (call) => {
    const { world } = call;
    const id = str(call, 'view_id');
    const externalId = str(call, 'external_id');
    if ((id === undefined) === (externalId === undefined)) {
      throw wrong(call, 'bad-argument', 'invalid_arguments', 'either view_id or external_id');
    }
    const view = [...world.views.values()].find((one) =>
      id === undefined ? one.body['external_id'] === externalId : one.id === id,
    );
    if (!view?.open) throw new Refusal('not_found');
    const body = viewArg(call, view.type);
    freshExternalId(world, body, view);
    const hash = str(call, 'hash');
    if (hash !== undefined && hash !== view.hash) throw new Refusal('hash_conflict');
    replaceView(world, view, body);
    return { view: viewObject(world, view) };
  },
};

const publish: Method = {
  args: { user_id: 'string', view: 'object', hash: 'string' },
  required: ['user_id', 'view'],
  tier: 't4',
  json: true,
  token: 'bot',
  scopes: noScope,
  run: (call) => {
    const { world } = call;
    if (!world.seed.app.homeTab) throw new Refusal('not_enabled');
    const user = need(call, 'user_id');
    if (!world.users.has(user)) throw detailed('invalid_arguments', ['invalid `user_id`']);
    const body = viewArg(call, 'home');
    const known = [...world.views.values()].find((one) => one.type === 'home' && one.user === user);
    const hash = str(call, 'hash');
    if (hash !== undefined && hash !== known?.hash) throw new Refusal('hash_conflict');
    if (known) replaceView(world, known, body);
    const view = known ?? makeView(world, { user, type: 'home', body, previous: undefined });
    return { view: viewObject(world, view) };
  },
};

/** https://docs.slack.dev/reference/methods#views */
export const viewMethods: Readonly<Record<string, Method>> = {
  'views.open': open,
  'views.update': update,
  'views.publish': publish,
};
