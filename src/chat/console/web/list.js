import { useRef } from './hooks.js';
import { html } from './html.js';
import { CHANNEL, isNews, loadMore, search, shownKey, useApp } from './state.js';
import { Ago } from './time.js';
import { kindOf, ToneBadge } from './tone.js';

const SCOPES = /** @type {const} */ ([
  ['all', 'All'],
  ['open', 'Open'],
  ['closed', 'Ended'],
]);
const RANKS = ['open-critical', 'open-warning', 'open-other', 'closed'];
const SEARCH_WAIT_MS = 200;

/** `INC-9` before `INC-10`: by letters, then by number. @param {string} key */
const numberOf = (key) => Number(/\d+$/.exec(key)?.[0] ?? 0);

/** Open before ended, critical first, newest first. @param {Iterable<import('../views.ts').ThreadView>} threads */
export function ordered(threads) {
  return [...threads].sort(
    (a, b) =>
      RANKS.indexOf(a.rank) - RANKS.indexOf(b.rank) || b.openedAt - a.openedAt || numberOf(b.key) - numberOf(a.key),
  );
}

/** @param {{ thread: import('../views.ts').ThreadView, isShown: boolean, isNew: boolean }} props */
function Row({ thread, isShown, isNew }) {
  return html`<li>
    <a class=${`row ${thread.tone}`} href=${`#${encodeURIComponent(thread.key)}`} aria-current=${isShown ? 'true' : undefined} data-thread=${thread.key}>
      <span class="row-top">
        <${ToneBadge} tone=${thread.tone} of=${kindOf(thread.key)} />
        ${!thread.title.includes(thread.key) && html`<span class="key">${thread.key}</span>`}
        ${isNew && html`<span class="new">new</span>`}
        <span class="when"><${Ago} at=${thread.lastAt} /></span>
      </span>
      <span class="row-title">${thread.title}</span>
      ${thread.snippet && html`<span class="row-snippet">${thread.snippet}</span>`}
    </a>
  </li>`;
}

/** @param {{ title: string, threads: import('../views.ts').ThreadView[] }} props */
function Group({ title, threads }) {
  if (threads.length === 0) return undefined;
  return html`<section class="group" aria-label=${title}>
    <h2>${title}</h2>
    <ul>${threads.map(
      (thread) =>
        html`<${Row} key=${thread.key} thread=${thread} isShown=${thread.key === shownKey()} isNew=${isNews(thread)} />`,
    )}</ul>
  </section>`;
}

function Nothing() {
  const { query } = useApp();
  if (query.q !== '') {
    return html`<div class="nothing"><p>Nothing matches <strong>${query.q}</strong>.</p>
      <button type="button" class="button plain" onClick=${() => search({ q: '', scope: 'all' })}>Show all incidents</button></div>`;
  }
  if (query.scope === 'closed') return html`<div class="nothing"><p>No incident has ended yet.</p></div>`;
  return html`<div class="nothing">
    <p><strong>All quiet.</strong> No incident is open.</p>
    <p>The next alert that Alertmanager sends to <code>/webhooks/alertmanager</code> opens a thread here, with its evidence.</p>
    <p>To see what is connected and what is missing, ask <a href=${`#${CHANNEL}`}><code>/status</code></a>.</p>
  </div>`;
}

/** Incidents and requests: search, filter, list. */
export function List() {
  const { threads, next, query, selected } = useApp();
  const waiting = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  const all = ordered(threads.values());
  const isOpen = (/** @type {import('../views.ts').ThreadView} */ thread) => thread.rank.startsWith('open');
  const typed = (/** @type {Event & { currentTarget: HTMLInputElement }} */ event) => {
    const q = event.currentTarget.value;
    clearTimeout(waiting.current);
    waiting.current = setTimeout(() => void search({ q }), SEARCH_WAIT_MS);
  };
  return html`<nav class="list" aria-label="Incidents">
    <div class="finder">
      <label class="unseen" for="find">Find incidents by words</label>
      <input id="find" type="search" placeholder="Find: name, node, reason…" value=${query.q} onInput=${typed} autocomplete="off" spellcheck=${false} />
      <div class="scopes" role="group" aria-label="Which incidents">
        ${SCOPES.map(
          ([scope, word]) =>
            html`<button type="button" aria-pressed=${query.scope === scope ? 'true' : 'false'} onClick=${() => search({ scope })}>${word}</button>`,
        )}
      </div>
    </div>
    <div class="rows">
      <a class="row channel" href=${`#${CHANNEL}`} aria-current=${selected === CHANNEL || selected === '' ? 'true' : undefined} data-thread=${CHANNEL}>
        <span class="row-title"><span class="hash" aria-hidden="true">#</span> Channel</span>
        <span class="row-snippet">Commands, answers and notices</span>
      </a>
      <${Group} title="Open" threads=${all.filter(isOpen)} />
      <${Group} title="Ended" threads=${all.filter((thread) => !isOpen(thread))} />
      ${!all.some(isOpen) && (all.length === 0 || query.scope !== 'closed') && html`<${Nothing} />`}
      ${next && html`<button type="button" class="button plain more" onClick=${loadMore}>Show more</button>`}
    </div>
  </nav>`;
}
