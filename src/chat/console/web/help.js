import { useEffect, useRef, useState } from './hooks.js';
import { html } from './html.js';
import { newLink, signOut, useApp } from './state.js';

const KEYS = [
  ['j / k', 'next, previous incident'],
  ['Enter', 'open it'],
  ['Esc', 'back to the list'],
  ['/', 'type a command'],
  ['f', 'find incidents'],
  ['?', 'this help'],
];

function OtherDevice() {
  const [link, setLink] = useState(/** @type {string | undefined} */ (undefined));
  const [failed, setFailed] = useState(false);
  const make = async () => {
    const made = await newLink();
    setLink(made);
    setFailed(!made);
  };
  return html`<div class="otherdevice">
    <button type="button" class="button plain" onClick=${make}>Sign in on another device</button>
    <button type="button" class="button plain" onClick=${signOut}>Sign out here</button>
    <p role="status">${link && html`Open this once, within 10 minutes, and show it to nobody: <code class="link">${link}</code>`}${failed && 'No link could be made. Try again.'}</p>
  </div>`;
}

/** Keys, commands, and the person's own matters. @param {{ isOpen: boolean, onClose: () => void, hasKeys: boolean, onKeys: (on: boolean) => void }} props */
export function Help({ isOpen, onClose, hasKeys, onKeys }) {
  const { commands, me } = useApp();
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    if (isOpen && !dialog.current?.open) dialog.current?.showModal();
    if (!isOpen && dialog.current?.open) dialog.current.close();
  }, [isOpen]);
  return html`<dialog ref=${dialog} class="help" aria-labelledby="help-title" onClose=${onClose}>
    ${
      isOpen &&
      html`<header>
          <h2 id="help-title">Help</h2>
          <button type="button" class="button plain" onClick=${onClose}>Close</button>
        </header>
        <div class="help-body" tabindex="0" role="region" aria-label="Help text">
          <h3>Commands</h3>
          <p class="quiet">The same words work in every chat. Inside an incident a command applies to that incident.</p>
          <dl class="commands">${commands.map(
            (command) =>
              html`<div><dt><code>${command.usage}</code></dt><dd>${command.summary} ${command.example !== command.usage && html`<span class="quiet">e.g. <code>${command.example}</code></span>`}</dd></div>`,
          )}</dl>
          <h3>Keys</h3>
          <dl class="keys">${KEYS.map(([key, what]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}</dl>
          <label class="choice"><input type="checkbox" checked=${hasKeys} onChange=${(/** @type {Event & { currentTarget: HTMLInputElement }} */ event) => onKeys(event.currentTarget.checked)} /> Single-key shortcuts</label>
          <h3>You</h3>
          <p>Signed in as <strong>${me?.name}</strong>${me && me.roles.length > 0 ? ` (${me.roles.join(', ')})` : ''}.</p>
          <${OtherDevice} />
        </div>`
    }
  </dialog>`;
}
