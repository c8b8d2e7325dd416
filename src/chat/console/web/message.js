import { Blocks } from './blocks.js';
import { useState } from './hooks.js';
import { html } from './html.js';
import { Question } from './question.js';
import { press } from './state.js';
import { Local } from './time.js';
import { Sign } from './tone.js';

/**
 * A button: pressed once, then waiting until its message changes or an answer comes. It stays focusable while it waits, so that the
 * keyboard doesn't lose its place. One that asks for a line opens its dialog first.
 * @param {{ button: import('../../message.ts').Button, state: import('./state.js').Press | undefined }} props
 */
function CardButton({ button, state }) {
  const isBusy = state?.state === 'sending' || state?.state === 'waiting';
  const [isOpen, setOpen] = useState(false);
  const pressed = () => {
    if (!button.input) void press(button.token);
    else if (!isBusy) setOpen(true);
  };
  return html`<button
    type="button"
    class=${`button ${button.style}`}
    aria-disabled=${isBusy ? 'true' : undefined}
    aria-haspopup=${button.input ? 'dialog' : undefined}
    onClick=${pressed}
  >${isBusy && html`<span class="spinner" aria-hidden="true"></span>`}${button.label}${isBusy && html`<span class="unseen">, under way</span>`}</button>${
    isOpen &&
    html`<${Question} button=${button} onClose=${() => setOpen(false)} onSend=${(/** @type {string} */ typed) => void press(button.token, typed)} />`
  }`;
}

/**
 * A message of a thread. The root's title stands in the thread's head already.
 * @param {{ message: import('../views.ts').MessageView, presses: Map<string, import('./state.js').Press>, isAlone?: boolean }} props
 */
export function Message({ message, presses, isAlone }) {
  const { card, asked } = message;
  const failed = card.buttons.map(({ token }) => presses.get(token)).find((one) => one?.state === 'failed');
  return html`<article class=${`message ${card.tone}${message.isPrivate ? ' private' : ''}`} aria-label=${card.title}>
    ${asked?.text && html`<p class="asked"><span class="who">${asked.by}</span> <code>${asked.text}</code></p>`}
    ${
      !isAlone &&
      html`<header>
        <${Sign} tone=${card.tone} />
        <h3>${card.title}</h3>
        <span class="when">${message.isPrivate && html`<span class="only">only you see this</span>`}<${Local} at=${message.postedAt} /></span>
      </header>`
    }
    ${card.blocks.length > 0 && html`<div class="card-body"><${Blocks} blocks=${card.blocks} label=${card.title} isRoot=${message.isRoot} /></div>`}
    ${
      card.buttons.length > 0 &&
      html`<div class="buttons" role="group" aria-label="Actions">
        ${card.buttons.map((button) => html`<${CardButton} key=${button.token} button=${button} state=${presses.get(button.token)} />`)}
      </div>`
    }
    ${failed && html`<p class="error" role="alert">Not done: ${failed.error} You can press again; it will not be done twice.</p>`}
  </article>`;
}
