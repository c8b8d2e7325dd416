/** Follows the server's changes over connection breaks and a laptop's sleep. */

/** The server sends a sign of life every 15 s: two missed ones and some mean that nobody is there. */
const SILENCE_MS = 40_000;
const CHECK_MS = 5_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * @param {object} options
 * @param {string} options.after id of the last change known
 * @param {(change: import('../views.ts').ChangeView) => void} options.onChange
 * @param {() => void} options.onReset the past can't be replayed: load anew
 * @param {(state: 'connecting' | 'live' | 'reconnecting' | 'paused') => void} options.onState
 * @param {() => void} options.onBreak called at each failed connection: the session may be over
 * @returns {() => void} the way to stop
 */
export function follow({ after, onChange, onReset, onState, onBreak }) {
  /** @type {EventSource | undefined} */
  let source;
  let last = after;
  let heardAt = Date.now();
  let wait = FIRST_WAIT_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let isPaused = false;

  const heard = (/** @type {MessageEvent} */ event) => {
    heardAt = Date.now();
    if (event.lastEventId) last = event.lastEventId;
  };

  function open() {
    clearTimeout(timer);
    source?.close();
    heardAt = Date.now();
    source = new EventSource(`/api/stream?after=${encodeURIComponent(last)}`);
    source.onopen = () => {
      heardAt = Date.now();
      wait = FIRST_WAIT_MS;
      onState('live');
    };
    source.onerror = () => again();
    source.addEventListener('beat', heard);
    source.addEventListener('change', (event) => {
      heard(event);
      onChange(JSON.parse(event.data));
    });
    source.addEventListener('reset', (event) => {
      heard(event);
      onReset();
    });
    source.addEventListener('yield', () => {
      // Newer tabs of this browser follow; this one comes back when it is looked at.
      isPaused = true;
      source?.close();
      onState('paused');
    });
  }

  function again() {
    source?.close();
    onState('reconnecting');
    onBreak();
    clearTimeout(timer);
    timer = setTimeout(open, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }

  const isSilent = () => Date.now() - heardAt > SILENCE_MS;
  const check = setInterval(() => {
    if (!isPaused && isSilent() && source?.readyState !== EventSource.CLOSED) again();
  }, CHECK_MS);

  function wake() {
    if (document.visibilityState !== 'visible') return;
    if (!isPaused && source?.readyState === EventSource.OPEN && !isSilent()) return;
    isPaused = false;
    wait = FIRST_WAIT_MS;
    onState('reconnecting');
    open();
  }
  document.addEventListener('visibilitychange', wake);
  window.addEventListener('online', wake);
  window.addEventListener('focus', wake);

  open();
  return () => {
    clearInterval(check);
    clearTimeout(timer);
    source?.close();
    document.removeEventListener('visibilitychange', wake);
    window.removeEventListener('online', wake);
    window.removeEventListener('focus', wake);
  };
}
