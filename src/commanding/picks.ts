import { randomBytes } from 'node:crypto';
import { type Collection, put, remove, type Store, type Write } from '../store/port.ts';

/** Names to pick from, each a button: the press says the command with it. */
export interface Pick {
  readonly command: string;
  readonly names: readonly string[];
  /** Epoch ms. */
  readonly at: number;
}

/** Names that were offered. Their ids sort by time, so that old ones are found first. */
export const picks: Collection<Pick> = { kind: 'pick', keys: () => ({}) };

/** How long they stand: the chats' own answers are forgotten after as long. */
const KEEP_MS = 48 * 3_600_000;
/** How many stand at once; older ones are out of date then. */
const MOST = 500;
/** Old ones that each new one takes away. */
const SWEEP = 20;

const TOKEN = /^(pick-[\w-]{31})\.(\d{1,3})$/;

/** Keeps the names, and forgets what is old. Returns a token a name, in order. @throws DaytwoError store-unavailable */
export async function offerPicks(
  store: Store,
  { command, names, at }: Pick,
): Promise<readonly { readonly name: string; readonly token: string }[]> {
  // 128 random bits behind the time in 9 digits of base 36, which lasts until the year 5188.
  const id = `pick-${at.toString(36).padStart(9, '0')}${randomBytes(16).toString('base64url')}`;
  const [oldest, count] = await Promise.all([store.find(picks, { limit: SWEEP }), store.count(picks)]);
  const surplus = count + 1 - MOST;
  const old: readonly Write[] = oldest
    .filter(({ body }, index) => at - body.at > KEEP_MS || index < surplus)
    .map((one) => remove(picks, one.id, 'any'));
  await store.commit([...old, put(picks, id, { command, names, at }, 0)]);
  return names.map((name, index) => ({ name, token: `${id}.${index}` }));
}

/** The command line that a token means; undefined for what is none, or out of date. @throws DaytwoError store-unavailable */
export async function pickedLine(store: Store, token: string): Promise<string | undefined> {
  const [, id = '', index] = TOKEN.exec(token) ?? [];
  const found = id === '' ? undefined : await store.get(picks, id);
  const name = found?.body.names[Number(index)];
  return found && name !== undefined ? `/${found.body.command} ${name}` : undefined;
}
