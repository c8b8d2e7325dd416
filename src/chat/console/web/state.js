import { act, get, newId, post } from './api.js';
import { useEffect, useState } from './hooks.js';
import { follow } from './stream.js';

/**
 * @import { Answer } from './api.js'
 * @import { ChangeView, CommandView, ListView, MessageView, PersonView, ReadView, ThreadView } from '../views.ts'
 * @typedef {'sending' | 'waiting' | 'failed'} Sending how far an act has come
 * @typedef {{ id: string, text: string, thread: string, state: Sending, error?: string, canRetry?: boolean }} Question
 * @typedef {{ id: string, state: Sending, error?: string }} Press
 */

/**
 * What the page knows. One object, replaced on every change.
 * @typedef {object} State
 * @property {'loading' | 'in' | 'out' | 'away'} access
 * @property {PersonView | undefined} me
 * @property {readonly CommandView[]} commands
 * @property {Map<string, ThreadView>} threads the listed ones by key
 * @property {string | undefined} next cursor of the list's next page
 * @property {number} open how many incidents are open
 * @property {{ q: string, scope: 'all' | 'open' | 'closed' }} query
 * @property {string} selected key of the thread shown; '' is the start
 * @property {Map<string, { thread: ThreadView | undefined, messages: readonly MessageView[], earlier?: string | undefined, missing?: boolean }>} read threads opened so far
 * @property {string} connection
 * @property {Map<string, Question>} asked
 * @property {Map<string, Press>} presses by button token
 * @property {Map<string, number>} seenAt when a thread was last looked at
 * @property {string} say for the screen reader
 */

/** The thread of what belongs to no other. */
export const CHANNEL = 'channel';
/** After this long without an answer, a press may be repeated and a question says so: probes may take 15 s. */
const ANSWER_MS = 25_000;
/** Threads kept in memory after they were looked at. */
const MAX_READ = 20;
const SEEN_KEY = 'daytwo.seen';
/** Kept among the seen threads: since when this browser looks at all. What is older isn't news. */
const FIRST_LOOK = '';
const MAX_SEEN = 500;

/** @type {State} */
let state = {
  access: 'loading',
  me: undefined,
  commands: [],
  threads: new Map(),
  next: undefined,
  open: 0,
  query: { q: '', scope: 'all' },
  selected: fromHash(),
  read: new Map(),
  connection: 'connecting',
  asked: new Map(),
  presses: new Map(),
  seenAt: new Map(readSeen()),
  say: '',
};
/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {(() => void) | undefined} */
let unfollow;
let listAsked = 0;

/** @param {Partial<State>} change */
function set(change) {
  state = { ...state, ...change };
  for (const listener of listeners) listener();
}

/** The state, for a component that shall follow it. @returns {State} */
export function useApp() {
  const [, redraw] = useState(0);
  useEffect(() => {
    const listener = () => redraw((count) => count + 1);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  return state;
}

function fromHash() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}

/** @returns {[string, number][]} */
function readSeen() {
  try {
    const kept = JSON.parse(localStorage.getItem(SEEN_KEY) ?? 'null');
    if (Array.isArray(kept)) return kept.filter((one) => Array.isArray(one) && one.length === 2);
  } catch {
    // No storage, or not ours.
  }
  return [[FIRST_LOOK, Date.now()]];
}

/** Whether something happened in a thread since this browser showed it. @param {ThreadView} thread */
export function isNews(thread) {
  return thread.lastAt > (state.seenAt.get(thread.key) ?? state.seenAt.get(FIRST_LOOK) ?? 0);
}

/** @param {string} key */
function markSeen(key) {
  const seenAt = new Map(state.seenAt);
  seenAt.delete(key);
  seenAt.set(key, Date.now());
  try {
    const first = [FIRST_LOOK, seenAt.get(FIRST_LOOK) ?? 0];
    const others = [...seenAt].filter(([thread]) => thread !== FIRST_LOOK).slice(-MAX_SEEN);
    localStorage.setItem(SEEN_KEY, JSON.stringify([first, ...others]));
  } catch {
    // No storage here: what is new is then known until the page is left.
  }
  set({ seenAt });
}

/** Loads all and follows. */
export async function begin() {
  window.addEventListener('hashchange', () => void select(fromHash()));
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && state.access === 'in') markSeen(shownKey());
  });
  await enter();
}

/** Tries to come in: after the page was opened, and again when the server was away. */
export async function enter() {
  const [me, commands] = await Promise.all([
    /** @type {Promise<Answer<PersonView>>} */ (get('/api/me')),
    /** @type {Promise<Answer<{ commands: CommandView[] }>>} */ (get('/api/commands')),
  ]);
  if (!me.ok || !commands.ok) {
    set({ access: me.status === 401 ? 'out' : 'away' });
    return;
  }
  set({ access: 'in', me: me.body, commands: commands.body.commands });
  const feed = await loadList();
  await select(state.selected);
  unfollow?.();
  unfollow = follow({
    after: feed ?? '',
    onChange: changed,
    onReset: () => {
      void loadList();
      void load(shownKey());
    },
    onState: (connection) => set({ connection }),
    onBreak: async () => {
      const still = await get('/api/me');
      if (still.status === 401) {
        unfollow?.();
        set({ access: 'out' });
      }
    },
  });
}

/** What the right side shows: the start shows the channel. */
export function shownKey() {
  return state.selected || CHANNEL;
}

/** Loads the list from its top. Returns where the feed stood. @returns {Promise<string | undefined>} */
export async function loadList() {
  listAsked += 1;
  const mine = listAsked;
  const { q, scope } = state.query;
  /** @type {Answer<ListView>} */
  const answer = await get(`/api/threads?${new URLSearchParams({ q, scope })}`);
  if (!answer.ok || mine !== listAsked) return undefined;
  const { threads, next, open, feed } = answer.body;
  set({ threads: new Map(threads.map((thread) => [thread.key, thread])), next, open });
  return feed;
}

export async function loadMore() {
  const { q, scope } = state.query;
  /** @type {Answer<ListView>} */
  const answer = await get(`/api/threads?${new URLSearchParams({ q, scope, after: state.next ?? '' })}`);
  if (!answer.ok) return;
  const threads = new Map(state.threads);
  for (const thread of answer.body.threads) threads.set(thread.key, thread);
  set({ threads, next: answer.body.next });
}

/** @param {Partial<State['query']>} change */
export function search(change) {
  set({ query: { ...state.query, ...change } });
  return loadList();
}

/** @param {string} key */
export async function select(key) {
  set({ selected: key });
  markSeen(shownKey());
  await load(shownKey());
}

/** @param {string} key @param {string} [before] */
export async function load(key, before) {
  const query = before ? `?${new URLSearchParams({ before })}` : '';
  /** @type {Answer<ReadView>} */
  const answer = await get(`/api/threads/${encodeURIComponent(key)}${query}`);
  if (!answer.ok && answer.status !== 404 && answer.status !== 400) return;
  const read = new Map(state.read);
  if (answer.ok) {
    const known = before ? (read.get(key)?.messages ?? []) : [];
    const { thread, messages, earlier } = answer.body;
    read.delete(key);
    read.set(key, { thread, messages: [...messages, ...known], earlier });
  } else read.set(key, { thread: undefined, messages: [], missing: true });
  for (const oldest of read.keys()) {
    if (read.size <= MAX_READ) break;
    read.delete(oldest);
  }
  set({ read });
}

/** @param {ChangeView} change */
function changed({ thread, message, open }) {
  const isNew = thread.isIncident && message.isRoot && !message.editedAt && !state.threads.has(thread.key);
  const read = new Map(state.read);
  const known = read.get(thread.key);
  if (known) {
    const at = known.messages.findIndex((one) => one.id === message.id);
    const messages = at < 0 ? [...known.messages, message] : known.messages.with(at, message);
    read.set(thread.key, { ...known, thread, messages, missing: false });
  }
  const threads = new Map(state.threads);
  const isListed =
    thread.rank !== 'hidden' && (state.query.scope === 'all' || thread.rank.startsWith(state.query.scope));
  if (!isListed) threads.delete(thread.key);
  else if (threads.has(thread.key) || state.query.q === '') threads.set(thread.key, thread);
  const asked = new Map(state.asked);
  if (message.asked) asked.delete(message.asked.event);
  const presses = new Map(state.presses);
  for (const [token, { id }] of presses) if (message.asked?.event === id) presses.delete(token);
  for (const button of message.card.buttons) presses.delete(button.token);
  const isShown = thread.key === shownKey() && document.visibilityState === 'visible';
  const say = isNew ? `New incident: ${thread.title}` : isShown ? message.card.title : state.say;
  set({ read, threads, asked, presses, open, say });
  if (isShown) markSeen(thread.key);
}

/**
 * Sends a command; inside a thread it applies to that thread. Trying again takes the same id, so that it happens once.
 * @param {string} text @param {{ id: string, thread: string }} [again]
 */
export async function ask(text, again) {
  const { id, thread } = again ?? { id: newId(), thread: shownKey() };
  const put = (/** @type {Pick<Question, 'state' | 'error' | 'canRetry'>} */ change) => {
    const asked = new Map(state.asked);
    const known = asked.get(id);
    if (known || change.state === 'sending') asked.set(id, { id, text, thread, ...change });
    set({ asked });
  };
  put({ state: 'sending' });
  const answer = await act('/api/command', { id, text, ...(thread === CHANNEL ? {} : { thread }) });
  if (!answer.ok) {
    put({ state: 'failed', error: answer.body.error, canRetry: true });
    return;
  }
  put({ state: 'waiting' });
  setTimeout(() => put({ state: 'failed', error: 'Taken, but no answer came yet.' }), ANSWER_MS);
}

/** Takes a question that went unanswered off the screen. @param {string} id */
export function dismiss(id) {
  const asked = new Map(state.asked);
  asked.delete(id);
  set({ asked });
}

/**
 * Presses a button, once: until its message changes, an answer comes, or nothing came for long.
 * @param {string} token @param {string} [typed] what its dialog was given
 */
export async function press(token, typed = '') {
  const known = state.presses.get(token);
  if (known && known.state !== 'failed') return;
  const id = known?.id ?? newId();
  const put = (/** @type {Press} */ press) => set({ presses: new Map(state.presses).set(token, press) });
  put({ id, state: 'sending' });
  const thread = shownKey();
  const answer = await act('/api/press', {
    id,
    token,
    ...(typed === '' ? {} : { typed }),
    ...(thread === CHANNEL ? {} : { thread }),
  });
  if (!answer.ok) {
    // The same id is used again: if it did arrive after all, it still counts once.
    put({ id, state: 'failed', error: answer.body.error });
    return;
  }
  if (!state.presses.has(token)) return;
  put({ id, state: 'waiting' });
  setTimeout(() => {
    const presses = new Map(state.presses);
    if (presses.get(token)?.id === id) presses.delete(token);
    set({ presses });
  }, ANSWER_MS);
}

/** A one-time link for another device. @returns {Promise<string | undefined>} */
export async function newLink() {
  /** @type {Answer<{ path: string }>} */
  const answer = await post('/api/link', {});
  return answer.ok ? new URL(answer.body.path, location.origin).href : undefined;
}

export async function signOut() {
  unfollow?.();
  await post('/api/signout', {});
  set({ access: 'out', threads: new Map(), read: new Map(), me: undefined });
}
