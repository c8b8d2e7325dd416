import { useEffect, useState } from './hooks.js';
import { html } from './html.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** How often "3 min ago" is counted anew. */
const TICK_MS = 20_000;

/** With its zone: cards near by say UTC. */
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** @param {number} at epoch ms */
const utc = (at) => `${new Date(at).toISOString().replace('T', ' ').slice(0, 19)} UTC`;

/** @param {number} ms */
export function agoWords(ms) {
  if (ms < MINUTE_MS) return 'just now';
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.floor(ms / HOUR_MS)} h`;
  return `${Math.floor(ms / DAY_MS)} d`;
}

/** How long ago, with the exact time in UTC as its title. @param {{ at: number }} props */
export function Ago({ at }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return html`<time dateTime=${new Date(at).toISOString()} title=${utc(at)}>${agoWords(Math.max(now, Date.now()) - at)}</time>`;
}

/** The reader's local time with its zone, and UTC as its title. @param {{ at: number }} props */
export function Local({ at }) {
  const when = new Date(at);
  const isToday = when.toDateString() === new Date().toDateString();
  const time = clock.format(when);
  const text = isToday ? time : `${date.format(when)}, ${time}`;
  return html`<time dateTime=${when.toISOString()} title=${utc(at)}>${text}</time>`;
}
