import { useEffect, useLayoutEffect, useRef, useState } from './hooks.js';
import { html } from './html.js';
import { Message } from './message.js';
import { ask, CHANNEL, dismiss, load, shownKey, useApp } from './state.js';
import { Local } from './time.js';
import { kindOf, ToneBadge } from './tone.js';

/** Nearer to the end than this, a reader wants to see what comes. */
const AT_END_PX = 80;

/** @param {{ thread: import('../views.ts').ThreadView | undefined }} props */
function Head({ thread }) {
  const key = shownKey();
  const isChannel = key === CHANNEL;
  const title = isChannel ? 'Channel' : (thread?.title ?? key);
  return html`<header class=${`head ${thread?.tone ?? 'neutral'}`}>
    <a class="back" href="#"><span aria-hidden="true">‹</span><span class="unseen">All incidents</span></a>
    <div class="head-text">
      ${
        thread &&
        !isChannel &&
        html`<p class="head-top"><${ToneBadge} tone=${thread.tone} of=${kindOf(key)} />${!title.includes(key) && html`<span class="key">${key}</span>`}<span class="when">opened <${Local} at=${thread.openedAt} /></span></p>`
      }
      <h2 id="thread-title" tabindex="-1">${title}</h2>
      ${isChannel && html`<p class="quiet">Answers to commands given outside an incident, and notices.</p>`}
    </div>
  </header>`;
}

/** A question that waits for its answer. @param {{ asked: import('./state.js').Question }} props */
function Waiting({ asked }) {
  return html`<div class="message waiting ${asked.state}">
    <p class="asked"><span class="who">you</span> <code>${asked.text}</code></p>
    ${
      asked.state === 'failed'
        ? html`<p class="error" role="alert">${asked.error}</p>
            <p class="buttons">${asked.canRetry && html`<button type="button" class="button primary" onClick=${() => void ask(asked.text, asked)}>Send again</button>`} <button type="button" class="button plain" onClick=${() => dismiss(asked.id)}>Dismiss</button></p>`
        : html`<p class="quiet"><span class="spinner" aria-hidden="true"></span>${asked.state === 'sending' ? 'Sending…' : 'Taken. The answer is on its way…'}</p>`
    }
  </div>`;
}

function Start() {
  const { open, commands } = useApp();
  return html`<div class="start">
    <p>${open === 0 ? 'No incident is open.' : `${open} ${open === 1 ? 'incident is' : 'incidents are'} open: choose one from the list.`}</p>
    <p>Type a command below. A good first one says what is connected and what is missing:</p>
    <p><button type="button" class="button plain" onClick=${() => void ask('/status')}>Ask <code>/status</code></button></p>
    ${commands.length > 0 && html`<p class="quiet">There are ${commands.length} commands; <code>/help</code> names them, <kbd>?</kbd> shows the keys.</p>`}
  </div>`;
}

/** One thread: its root, its evidence, everything after, live. */
export function Thread() {
  const { read, asked, presses } = useApp();
  const key = shownKey();
  const found = read.get(key);
  const messages = found?.messages ?? [];
  const pending = [...asked.values()].filter(({ thread }) => thread === key);
  const scroller = useRef(/** @type {HTMLElement | null} */ (null));
  const wasAtEnd = useRef(false);
  const shown = useRef({ key: '', count: 0, pending: 0 });
  const [below, setBelow] = useState(0);
  const isLoaded = found !== undefined;

  const toEnd = () => {
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
    setBelow(0);
  };
  const scrolled = () => {
    const pane = scroller.current;
    if (!pane) return;
    wasAtEnd.current = pane.scrollHeight - pane.scrollTop - pane.clientHeight < AT_END_PX;
    if (wasAtEnd.current) setBelow(0);
  };

  // Before paint: a new thread begins at its evidence, the channel at its end; later messages move only who was at the end.
  useLayoutEffect(() => {
    const before = shown.current;
    shown.current = { key: isLoaded ? key : '', count: messages.length, pending: pending.length };
    if (!isLoaded) return;
    if (before.key !== key) {
      setBelow(0);
      if (key === CHANNEL) toEnd();
      else scroller.current?.scrollTo({ top: 0 });
      scrolled();
    } else if (pending.length > before.pending) toEnd();
    else if (messages.length > before.count && messages.at(-1)) {
      if (wasAtEnd.current) toEnd();
      else if (!found?.earlier || before.count > 0) setBelow((count) => count + messages.length - before.count);
    }
  }, [key, isLoaded, messages.length, pending.length]);

  // Who opened a thread by keyboard or screen reader starts reading at its title.
  useEffect(() => {
    if (isLoaded && document.activeElement?.closest('.list a'))
      document.getElementById('thread-title')?.focus({ preventScroll: true });
  }, [key, isLoaded]);

  return html`<section class="thread" aria-labelledby="thread-title">
    <${Head} thread=${found?.thread} />
    <div class="messages" ref=${scroller} onScroll=${scrolled} tabindex="0" role="region" aria-label="Messages">
      <div class="column">
        ${!isLoaded && html`<p class="quiet">Loading…</p>`}
        ${found?.missing && key !== CHANNEL && html`<p>There is no thread <strong>${key}</strong> (any more). <a href="#">See all incidents</a></p>`}
        ${found?.earlier && html`<button type="button" class="button plain more" onClick=${() => load(key, found.earlier)}>Show earlier messages</button>`}
        ${isLoaded && key === CHANNEL && messages.length === 0 && pending.length === 0 && html`<${Start} />`}
        ${messages.map((message) => html`<${Message} key=${message.id} message=${message} presses=${presses} isAlone=${message.isRoot} />`)}
        ${pending.map((one) => html`<${Waiting} key=${one.id} asked=${one} />`)}
      </div>
    </div>
    ${below > 0 && html`<button type="button" class="below" onClick=${toEnd}>${below} new ${below === 1 ? 'message' : 'messages'} below</button>`}
  </section>`;
}
