import { withIds } from './messages.ts';
import { copyOf, listOf, type Obj } from './value.ts';
import type { StoredView, World } from './world.ts';

/** Opens a modal or makes a Home tab. */
export function makeView(
  world: World,
  view: {
    readonly user: string;
    readonly type: 'modal' | 'home';
    readonly body: Obj;
    readonly previous: StoredView | undefined;
  },
): StoredView {
  const id = world.ids.next('V');
  const made: StoredView = {
    id,
    user: view.user,
    type: view.type,
    body: normalised(world, view.body),
    hash: hashOf(world),
    rootId: view.previous?.rootId ?? id,
    previousId: view.previous?.id,
    open: true,
  };
  world.views.set(id, made);
  return made;
}

/** Puts new content into a view. */
export function replaceView(world: World, view: StoredView, body: Obj): void {
  view.body = normalised(world, body);
  view.hash = hashOf(world);
}

function normalised(world: World, body: Obj): Obj {
  return { ...copyOf(body), blocks: withIds(world, listOf(body['blocks'])) };
}

function hashOf(world: World): string {
  return `${Math.floor(world.time.now() / 1_000)}.${world.ids.next('').slice(-8).toLowerCase()}`;
}

/** A view as answers and payloads show it. https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload */
export function viewObject(world: World, view: StoredView, values: Obj = {}): Obj {
  const { body } = view;
  const { app, teamId } = world.seed;
  return {
    id: view.id,
    team_id: teamId,
    type: view.type,
    title: body['title'] ?? { type: 'plain_text', text: 'View Title', emoji: true },
    submit: body['submit'] ?? null,
    close: body['close'] ?? null,
    blocks: copyOf(body['blocks']),
    private_metadata: body['private_metadata'] ?? '',
    callback_id: body['callback_id'] ?? '',
    external_id: body['external_id'] ?? '',
    state: { values },
    hash: view.hash,
    clear_on_close: body['clear_on_close'] ?? false,
    notify_on_close: body['notify_on_close'] ?? false,
    root_view_id: view.rootId,
    previous_view_id: view.previousId ?? null,
    app_id: app.id,
    app_installed_team_id: teamId,
    bot_id: app.botId,
  };
}
