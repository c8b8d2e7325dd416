import { CommandLine } from './commandline.js';
import { Help } from './help.js';
import { useEffect, useState } from './hooks.js';
import { html } from './html.js';
import { List, ordered } from './list.js';
import { begin, CHANNEL, enter, shownKey, useApp } from './state.js';
import { Thread } from './thread.js';

const RETRY_MS = 5000;
const KEYS_KEY = 'daytwo.keys';
const CONNECTION_WORDS = /** @type {Record<string, string>} */ ({
  connecting: 'connecting…',
  live: 'live',
  reconnecting: 'reconnecting…',
  paused: 'paused: open in newer tabs',
});

/** @param {number} step */
function moveFocus(step) {
  const rows = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('.list a.row')]);
  const focused = rows.findIndex((row) => row.contains(document.activeElement));
  const shown = rows.findIndex((row) => row.dataset['thread'] === shownKey());
  // From elsewhere the first key goes to the thread that is shown; from there on by steps.
  const next = focused < 0 ? Math.max(0, shown) : focused + step;
  const row = rows[Math.min(rows.length - 1, Math.max(0, next))];
  row?.focus();
  row?.scrollIntoView({ block: 'nearest' });
}

/** Back to the list: its row gets the focus, so that j and k go on from there. */
function toList() {
  const row = /** @type {HTMLElement | null} */ (
    document.querySelector(`.list a[data-thread="${CSS.escape(shownKey())}"]`)
  );
  if (matchMedia('(max-width: 760px)').matches) location.hash = '';
  row?.focus();
}

/** @param {{ hasKeys: boolean, onHelp: () => void }} props */
function useKeys({ hasKeys, onHelp }) {
  useEffect(() => {
    const pressed = (/** @type {KeyboardEvent} */ event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest('dialog')) return;
      if (event.key === 'Escape') {
        toList();
        return;
      }
      if (!hasKeys || target.matches('input, textarea, select')) return;
      const acts = /** @type {Record<string, () => void>} */ ({
        j: () => moveFocus(1),
        k: () => moveFocus(-1),
        f: () => document.getElementById('find')?.focus(),
        '?': onHelp,
        // The slash itself is typed into the line that it opens.
        '/': () => document.getElementById('command')?.focus(),
      });
      const chosen = acts[event.key];
      if (!chosen) return;
      if (event.key !== '/') event.preventDefault();
      chosen();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [hasKeys, onHelp]);
}

/** @param {{ access: 'loading' | 'out' | 'away' }} props */
function Closed({ access }) {
  useEffect(() => {
    if (access !== 'away') return undefined;
    const timer = setInterval(() => void enter(), RETRY_MS);
    return () => clearInterval(timer);
  }, [access]);
  return html`<main class="signin">
    <h1 class="wordmark">daytwo</h1>
    ${access === 'loading' && html`<p role="status">Loading…</p>`}
    ${access === 'away' && html`<p role="status">daytwo does not answer. Trying again every few seconds.</p>`}
    ${
      access === 'out' &&
      html`<p>This browser is not signed in.</p>
        <p>Open the one-time link that daytwo printed when it started. Used it already? In a browser that is signed in, press <kbd>?</kbd> and choose “Sign in on another device”, or restart daytwo: it prints a new one.</p>`
    }
  </main>`;
}

/** The whole page. */
export function App() {
  const app = useApp();
  const [isHelp, setHelp] = useState(false);
  const [hasKeys, setKeys] = useState(readKeys());
  const openHelp = () => setHelp(true);
  useKeys({ hasKeys, onHelp: openHelp });
  useEffect(() => void begin(), []);

  const first = ordered(app.threads.values())[0];
  useEffect(() => {
    const title = shownKey() === CHANNEL ? '' : ` · ${shownKey()}`;
    document.title = `${app.open > 0 && app.access === 'in' ? `(${app.open}) ` : ''}daytwo${app.access === 'in' ? title : ''}`;
  }, [app.open, app.access, app.selected]);

  if (app.access !== 'in') return html`<${Closed} access=${app.access} />`;
  const worst = app.open > 0 ? (first?.tone ?? 'warning') : 'ok';
  return html`<div class=${`frame ${app.selected === '' ? 'at-list' : 'at-thread'}`}>
    <a class="skip" href="#command" onClick=${skip}>Skip to the command line</a>
    <header class="bar">
      <h1 class="wordmark">daytwo</h1>
      <p class=${`count ${worst}`}>${app.open === 0 ? 'no' : app.open} open<span class="wide"> ${app.open > 1 ? 'incidents' : 'incident'}</span></p>
      <p class=${`connection ${app.connection}`} role="status"><span class="dot" aria-hidden="true"></span>${CONNECTION_WORDS[app.connection]}</p>
      <button type="button" class="button plain me" onClick=${openHelp}>${app.me?.name}<span class="unseen">,</span> <span class="keyhint">?</span><span class="unseen"> Help</span></button>
    </header>
    <main class="body">
      <${List} />
      <div class="pane">
        <${Thread} />
        <${CommandLine} />
      </div>
    </main>
    <${Help}
      isOpen=${isHelp}
      onClose=${() => setHelp(false)}
      hasKeys=${hasKeys}
      onKeys=${(/** @type {boolean} */ on) => {
        setKeys(on);
        keepKeys(on);
      }}
    />
    <div class="unseen" aria-live="polite">${app.say}</div>
  </div>`;
}

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById('command')?.focus();
}

function readKeys() {
  try {
    return localStorage.getItem(KEYS_KEY) !== 'off';
  } catch {
    return true;
  }
}

/** @param {boolean} on */
function keepKeys(on) {
  try {
    localStorage.setItem(KEYS_KEY, on ? 'on' : 'off');
  } catch {
    // No storage here: it holds until the page is left.
  }
}
