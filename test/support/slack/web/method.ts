import type { Tier } from '../rates.ts';
import type { Obj } from '../value.ts';
import type { StoredChannel, StoredToken, World } from '../world.ts';
import type { ArgSpec } from './args.ts';
import { Refusal } from './refusal.ts';

/** One call that passed authentication and typing. */
export interface MethodCall {
  readonly world: World;
  readonly method: string;
  readonly args: Obj;
  readonly token: StoredToken;
}

/** A Web API method: what it takes, what it needs, what it does. Throws Refusal for the vendor's errors. */
export interface Method {
  readonly args: ArgSpec;
  readonly required: readonly string[];
  readonly tier: Tier;
  /** Takes JSON bodies too; otherwise only forms (and GET). */
  readonly json: boolean;
  readonly token: 'bot' | 'app';
  /** Scopes of which all are needed. */
  readonly scopes: (call: MethodCall) => readonly string[];
  readonly run: (call: MethodCall) => Obj;
}

/** Needs no scope. */
export const noScope = (): readonly string[] => [];

/** A string argument that may be absent. */
export function str(call: MethodCall, name: string): string | undefined {
  const value = call.args[name];
  return typeof value === 'string' ? value : undefined;
}

/** A string argument that typing made sure of. */
export function need(call: MethodCall, name: string): string {
  return str(call, name) ?? '';
}

/** A boolean argument. */
export function yes(call: MethodCall, name: string): boolean {
  return call.args[name] === true;
}

/** Notes a violation and refuses. */
export function wrong(call: MethodCall, kind: Parameters<World['report']>[0], error: string, detail: string): Refusal {
  call.world.report(kind, call.method, `${error}: ${detail}`);
  return new Refusal(error);
}

/** The channel of the call; a private one that the bot isn't in is not found, as at the vendor. */
export function channelOf(call: MethodCall, name = 'channel'): StoredChannel {
  const { world } = call;
  const channel = world.channels.get(need(call, name));
  if (!channel) throw new Refusal('channel_not_found');
  if (channel.kind !== 'public' && !channel.members.has(world.seed.app.botUserId))
    throw new Refusal('channel_not_found');
  return channel;
}

/** Scope names differ by the kind of conversation. https://docs.slack.dev/reference/methods/conversations.info */
export function scopeFor(call: MethodCall, right: 'read' | 'history', name = 'channel'): readonly string[] {
  const kind = call.world.channels.get(need(call, name))?.kind ?? 'public';
  return [`${kind === 'public' ? 'channels' : kind === 'private' ? 'groups' : 'im'}:${right}`];
}
