import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { inbox, parked } from '../src/alerting/inbox.ts';
import { incidents } from '../src/alerting/incident.ts';
import { CONSOLE_COLLECTIONS, MESSAGES, THREADS } from '../src/chat/console/model.ts';
import { openLowdbStore } from '../src/store/lowdb/store.ts';
import { metric, signIn } from '../test/support/botProcess.ts';
import { all } from '../test/support/documents.ts';
import { load, withBot, withFolder } from './processes.ts';
import { ms, type Row } from './stats.ts';

const CONNECTIONS = 16;
const WITHIN_MS = 60_000;
const SETTLE_MS = 600_000;

/** So many alerts, each of a group of its own, as fast as 16 connections get rid of them; refusals are sent again as Alertmanager would. */
export async function benchStorm(count: number): Promise<readonly Row[]> {
  return withFolder(async (dir) => {
    let sent: Awaited<ReturnType<typeof load>> | undefined;
    const times = { workedIn: 0, delivered: 0, peakMb: 0 };
    let listMs = 0;
    await withBot({ dir }, async (bot) => {
      const cookie = await signIn(bot);
      const began = performance.now();
      sent = await load({
        url: bot.url,
        connections: CONNECTIONS,
        warmUp: 0,
        forMs: WITHIN_MS,
        count,
        name: 'storm',
        retryMs: 100,
      });
      const list = performance.now();
      await (await fetch(`${bot.url}/api/threads`, { headers: { cookie } })).arrayBuffer();
      listMs = performance.now() - list;
      for (;;) {
        times.peakMb = Math.max(times.peakMb, bot.rssBytes() / 1_000_000);
        const waiting = await metric(bot, 'daytwo_inbox_waiting');
        if (waiting === 0 && times.workedIn === 0) times.workedIn = performance.now() - began;
        const left = (await metric(bot, 'daytwo_outbox_waiting')) + (await metric(bot, 'daytwo_triage_waiting'));
        if (waiting + left === 0) break;
        if (performance.now() - began > SETTLE_MS) throw new Error(`${waiting + left} things still wait`);
        await wait(200);
      }
      times.delivered = performance.now() - began;
      await bot.stop();
    });
    const store = await openLowdbStore({
      dir: join(dir, 'data'),
      collections: CONSOLE_COLLECTIONS,
      now: Date.now,
      warn: () => {},
    });
    const known = await all(store, incidents);
    const fingerprints = new Set(known.flatMap(({ body }) => Object.keys(body.members)));
    const left = (await store.count(inbox)) + (await store.count(parked));
    const threads = (await all(store, THREADS)).filter(({ body }) => body.isIncident).length;
    const messages = await store.count(MESSAGES);
    await store.close();
    const acknowledged = sent?.acknowledged ?? 0;
    const isWhole =
      acknowledged >= count && known.length === acknowledged && fingerprints.size === acknowledged && left === 0;
    const seconds = (value: number): string => `${(value / 1000).toFixed(1)} s`;
    return [
      {
        what: `storm of ${count} alerts: acknowledged`,
        figure: `${acknowledged} in ${seconds((sent?.seconds ?? 0) * 1000)}, ${sent?.refused ?? 0} × 503, ${sent?.broken ?? 0} broken`,
        target: `${count} within 60 s`,
        ok: acknowledged >= count && (sent?.seconds ?? 0) <= WITHIN_MS / 1000,
      },
      {
        what: 'storm: incidents, none lost, none twice',
        figure: `${known.length} incidents, ${threads} threads`,
        target: `${acknowledged}`,
        ok: isWhole && threads === acknowledged,
      },
      {
        what: 'storm: console messages (root and evidence each)',
        figure: `${messages}, ${(messages / Math.max(1, known.length)).toFixed(2)} per incident`,
        target: '≤ 2 per incident',
        ok: messages <= 2 * known.length,
      },
      { what: 'storm: all worked in after', figure: seconds(times.workedIn), target: '', ok: undefined },
      {
        what: 'storm: all evidence and messages there after',
        figure: seconds(times.delivered),
        target: '',
        ok: undefined,
      },
      { what: 'storm: list of threads answered meanwhile in', figure: ms(listMs), target: '', ok: undefined },
      { what: 'storm: highest resident memory', figure: `${Math.round(times.peakMb)} MB`, target: '', ok: undefined },
    ];
  });
}
