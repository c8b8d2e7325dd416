import { html } from './html.js';

/** @typedef {'critical' | 'warning' | 'info' | 'ok' | 'neutral'} Tone */

/** What each tone is called: of an incident, of a request, of a piece of evidence. */
const WORDS = {
  critical: { incident: 'Critical', request: 'Problem', evidence: 'Bad' },
  warning: { incident: 'Warning', request: 'Attention', evidence: 'Warning' },
  info: { incident: 'Info', request: 'Under way', evidence: 'Info' },
  ok: { incident: 'Resolved', request: 'Done', evidence: 'OK' },
  neutral: { incident: 'Note', request: 'Over', evidence: 'Unknown' },
};

/**
 * What a thread is about, by its key: `REQ-17` is a request.
 * @param {string} key
 * @returns {'incident' | 'request'}
 */
export function kindOf(key) {
  return key.startsWith('REQ-') ? 'request' : 'incident';
}

/** A sign of its own shape for each tone, so that no colour has to be seen. */
const SHAPES = {
  critical: 'M5.2 1h5.6L15 5.2v5.6L10.8 15H5.2L1 10.8V5.2zM7 4h2v5H7zm0 6.4h2v2H7z',
  warning: 'M8 1l7.5 14H.5zM7 6h2v4.4H7zm0 5.4h2v2H7z',
  info: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM7 7h2v5H7zm0-3.2h2v2H7z',
  ok: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zm4.2 4.9-5 5.6-3.3-3.1 1.2-1.3 2 1.9 3.8-4.2z',
  neutral: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zm0 2a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z',
};

/**
 * Sign and word of a tone.
 * @param {{ tone: Tone, of?: 'incident' | 'request' | 'evidence' }} props
 */
export function ToneBadge({ tone, of = 'incident' }) {
  return html`<span class="badge ${tone}"><${Sign} tone=${tone} />${WORDS[tone][of]}</span>`;
}

/** @param {{ tone: Tone }} props */
export function Sign({ tone }) {
  return html`<svg class="sign" viewBox="0 0 16 16" aria-hidden="true"><path fill-rule="evenodd" d=${SHAPES[tone]} /></svg>`;
}
