import { get } from './api.js';
import { commandOf, completions, takesNode } from './completions.js';
import { useEffect, useRef, useState } from './hooks.js';
import { html } from './html.js';
import { ask, CHANNEL, shownKey, useApp } from './state.js';
import { kindOf } from './tone.js';

/** @import { NodesView } from '../views.ts' */
/** @import { Answer } from './api.js' */
/** @import { Completion } from './completions.js' */

const MAX_HISTORY = 50;
const HISTORY_KEY = 'daytwo.history';

/** @returns {string[]} */
function readHistory() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(HISTORY_KEY) ?? 'null');
    if (Array.isArray(kept)) return kept.filter((line) => typeof line === 'string');
  } catch {
    // No storage, or not ours.
  }
  return [];
}

/** @param {string[]} history */
function keepHistory(history) {
  try {
    sessionStorage.setItem(HISTORY_KEY, JSON.stringify(history));
  } catch {
    // No storage here: history lasts until the page is left.
  }
}

/** How long names of nodes are good for, ms. */
const NODES_MS = 30_000;

/** Names of nodes, asked for once a command takes one. @param {boolean} wanted @returns {readonly string[]} */
function useNodes(wanted) {
  const [nodes, setNodes] = useState(/** @type {readonly string[]} */ ([]));
  const askedAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    if (!wanted || performance.now() - askedAt.current < NODES_MS) return;
    askedAt.current = performance.now();
    /** @type {Promise<Answer<NodesView>>} */ (get('/api/nodes')).then(({ ok, body }) => {
      if (ok) setNodes(body.names);
    });
  }, [wanted]);
  return nodes;
}

/** The command line: completion by arrows and Tab, history, usage while typing. */
export function CommandLine() {
  const { commands, connection } = useApp();
  const [text, setText] = useState('');
  const [at, setAt] = useState(-1);
  const [isShut, setShut] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const history = useRef(readHistory());
  const back = useRef(-1);
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const key = shownKey();
  const nodes = useNodes(isFocused && takesNode(text, commands));
  const options = isShut || !isFocused ? [] : completions(text, commands, nodes);
  const chosen = options[at];
  const command = commandOf(text, commands);

  const write = (/** @type {string} */ next) => {
    setText(next);
    setAt(-1);
    setShut(false);
  };
  const complete = (/** @type {Completion} */ option) => {
    write(option.line);
    input.current?.focus();
  };
  const send = () => {
    const words = text.trim();
    if (words === '' || words === '/') return;
    const line = words.startsWith('/') ? words : `/${words}`;
    history.current = [line, ...history.current.filter((one) => one !== line)].slice(0, MAX_HISTORY);
    keepHistory(history.current);
    back.current = -1;
    write('');
    void ask(line);
  };
  const recall = (/** @type {number} */ step) => {
    const next = back.current + step;
    if (next < -1 || next >= history.current.length) return;
    back.current = next;
    write(history.current[next] ?? '');
    setShut(true);
  };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    const isOpen = options.length > 0;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      if (isOpen) setAt((at + step + options.length + (at < 0 && step < 0 ? 1 : 0)) % options.length);
      else recall(-step);
    } else if (event.key === 'Tab' && !event.shiftKey && isOpen) {
      event.preventDefault();
      complete(chosen ?? options[0]);
    } else if (event.key === 'Enter' && !event.isComposing) {
      event.preventDefault();
      if (chosen) complete(chosen);
      else send();
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      if (isOpen) setShut(true);
      else input.current?.blur();
    }
  };

  return html`<form class="commandline" aria-label="Command" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    ${
      options.length > 0 &&
      html`<ul id="completions" class="completions" role="listbox" aria-label="Completions">
        ${options.map(
          (option, i) => html`<li
            key=${option.line}
            id=${`completion-${i}`}
            role="option"
            aria-selected=${i === at ? 'true' : 'false'}
            onMouseDown=${(/** @type {Event} */ event) => event.preventDefault()}
            onClick=${() => complete(option)}
          ><code>${option.code}</code> <span>${option.words}</span></li>`,
        )}
      </ul>`
    }
    <p id="usage" class="usage">${
      command
        ? html`<code>${command.usage}</code> <span>${command.summary}</span> ${command.example !== command.usage && html`<span class="quiet">e.g. ${command.example}</span>`}`
        : html`<span class="quiet">${key === CHANNEL ? 'Type / for commands' : `Applies to ${key}`}${connection === 'live' ? '' : ' · not connected now'}</span>`
    }</p>
    <div class="line">
      <label class="unseen" for="command">Command${key === CHANNEL ? '' : ` for ${key}`}</label>
      <input
        id="command"
        ref=${input}
        type="text"
        role="combobox"
        aria-autocomplete="list"
        aria-expanded=${options.length > 0 ? 'true' : 'false'}
        aria-controls=${options.length > 0 ? 'completions' : undefined}
        aria-activedescendant=${chosen ? `completion-${at}` : undefined}
        aria-describedby="usage"
        placeholder=${key === CHANNEL ? '/status' : kindOf(key) === 'request' ? '/requests' : '/ack'}
        value=${text}
        onInput=${(/** @type {Event & { currentTarget: HTMLInputElement }} */ event) => write(event.currentTarget.value)}
        onKeyDown=${pressed}
        onFocus=${() => setFocused(true)}
        onBlur=${() => setFocused(false)}
        maxlength="2000"
        autocomplete="off"
        autocapitalize="off"
        spellcheck=${false}
        enterkeyhint="send"
      />
      <button type="button" class="button primary" onClick=${send}>Send</button>
    </div>
  </form>`;
}
