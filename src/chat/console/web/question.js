import { useEffect, useId, useRef, useState } from './hooks.js';
import { html } from './html.js';

/** @import { Button, ButtonInput } from '../../message.ts' */

/**
 * A dialog with the one line that a button asks for. Closing it is no press; sending an empty line is possible where it may stay empty.
 * @param {{ button: Button & { readonly input: ButtonInput }, onSend: (typed: string) => void, onClose: () => void }} props
 */
export function Question({ button, onSend, onClose }) {
  const { title, about, label, hint, optional, maxLength } = button.input;
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const line = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [isMissing, setMissing] = useState(false);
  const id = useId();
  useEffect(() => {
    dialog.current?.showModal();
    line.current?.focus();
  }, []);
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    const typed = line.current?.value.trim() ?? '';
    if (typed === '' && !optional) {
      setMissing(true);
      line.current?.focus();
      return;
    }
    dialog.current?.close();
    onSend(typed);
  };
  const described = [hint && `${id}-hint`, isMissing && `${id}-missing`].filter(Boolean).join(' ');
  return html`<dialog ref=${dialog} class="question" aria-labelledby=${`${id}-title`} aria-describedby=${`${id}-about`} onClose=${onClose}>
    <form method="dialog" novalidate onSubmit=${send}>
      <h2 id=${`${id}-title`}>${title}</h2>
      <p id=${`${id}-about`} class="about">${about}</p>
      <label for=${`${id}-line`}>${label}</label>
      <input
        ref=${line}
        id=${`${id}-line`}
        type="text"
        autocomplete="off"
        autocapitalize="off"
        spellcheck=${optional ? 'true' : 'false'}
        maxlength=${maxLength}
        aria-required=${optional ? 'false' : 'true'}
        aria-invalid=${isMissing ? 'true' : 'false'}
        aria-describedby=${described === '' ? undefined : described}
        onInput=${() => setMissing(false)}
      />
      ${isMissing && html`<p id=${`${id}-missing`} class="error" role="alert">Type something first, or go back.</p>`}
      ${hint && html`<p id=${`${id}-hint`} class="quiet">${hint}</p>`}
      <div class="buttons">
        <button type="submit" class=${`button ${button.style}`}>${button.label}</button>
        <button type="button" class="button plain" onClick=${() => dialog.current?.close()}>Back</button>
      </div>
    </form>
  </dialog>`;
}
