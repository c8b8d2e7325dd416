/** Requests to our own server. Every one answers `{ ok, status, body }`; none throws. */

/**
 * @template Body
 * @typedef {{ ok: true, status: number, body: Body } | { ok: false, status: number, body: { error: string } }} Answer
 */

/** Tries of one act, all with its one id, so that it happens once however often it arrives. */
const TRIES = 4;
const FIRST_WAIT_MS = 400;
const REQUEST_MS = 15_000;

/** @template Body @param {string} path @param {RequestInit} [init] @returns {Promise<Answer<Body>>} */
async function ask(path, init = {}) {
  try {
    const answer = await fetch(path, { ...init, signal: AbortSignal.timeout(REQUEST_MS) });
    const body = await answer.json().catch(() => ({}));
    return { ok: answer.ok, status: answer.status, body };
  } catch {
    return { ok: false, status: 0, body: { error: 'daytwo did not answer.' } };
  }
}

/** @template Body @param {string} path @returns {Promise<Answer<Body>>} */
export const get = (path) => ask(path);

/** @template Body @param {string} path @param {object} body @returns {Promise<Answer<Body>>} */
export const post = (path, body) =>
  ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/**
 * Sends an act until it is taken, refused, or not to be had. @param {string} path @param {{ id: string, [key: string]: unknown }} body
 * @returns {Promise<Answer<unknown>>}
 */
export async function act(path, body) {
  let wait = FIRST_WAIT_MS;
  for (let tries = 1; ; tries += 1) {
    const answer = await post(path, body);
    const isPassing = answer.status === 0 || answer.status === 429 || answer.status >= 500;
    if (!isPassing || tries === TRIES) return answer;
    await new Promise((done) => setTimeout(done, wait));
    wait *= 2;
  }
}

/** An id for one act: 128 random bits. Works without a secure context, where crypto.randomUUID is missing. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
