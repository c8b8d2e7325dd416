/** Spends the one-time link by a POST of this page alone, once a person really looks at it. */

const say = document.getElementById('say');
const go = document.getElementById('go');

/** @param {string} text */
function tell(text) {
  if (say) say.textContent = text;
}

async function signIn() {
  if (go instanceof HTMLButtonElement) go.disabled = true;
  tell('Signing in…');
  try {
    const answer = await fetch(location.pathname, { method: 'POST', headers: { accept: 'application/json' } });
    const body = await answer.json();
    if (answer.ok) {
      // The secret must not stay in the history. A fragment like #INC-42 is kept.
      location.replace(`/${location.hash}`);
      return;
    }
    tell(body.error);
    await offerConsole();
  } catch {
    tell('daytwo did not answer. Check that it runs, then try again.');
    if (go instanceof HTMLButtonElement) go.disabled = false;
  }
}

/** A used link in a browser that is signed in already needs no other one. */
async function offerConsole() {
  const me = await fetch('/api/me');
  if (!me.ok || !go) return;
  const link = document.createElement('a');
  link.href = `/${location.hash}`;
  link.className = 'button primary';
  link.textContent = `Go on as ${(await me.json()).name}`;
  go.replaceWith(link);
}

go?.addEventListener('click', () => void signIn());

// Prefetching and prerendering browsers run this page unseen: then nothing is spent yet.
if ('prerendering' in document && document.prerendering)
  document.addEventListener('prerenderingchange', () => void signIn(), { once: true });
else if (document.visibilityState === 'visible') void signIn();
else document.addEventListener('visibilitychange', () => void signIn(), { once: true });
