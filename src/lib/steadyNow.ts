/** A clock that goes back by more than this was set; less is its ordinary correction. */
const SET_BACK_MS = 1000;

/**
 * The time for those who count what lies behind them, epoch ms. A clock that was set back makes all of that lie ahead: `forget` is called
 * then, rather than waiting for it.
 */
export function steadyNow(now: () => number, forget: () => void): () => number {
  let last = 0;
  return () => {
    const at = now();
    if (at < last - SET_BACK_MS) forget();
    last = at;
    return at;
  };
}
