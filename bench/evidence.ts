import { setTimeout as wait } from 'node:timers/promises';
import { MESSAGES } from '../src/chat/console/model.ts';
import type { HostCommand } from '../src/host/port.ts';
import { evidenceRounds } from '../src/triage/evidenceRound.ts';
import { notification } from '../test/support/notification.ts';
import { withFolder } from './processes.ts';
import { median, ms, type Row } from './stats.ts';
import { appWith, recordedHosts } from './world.ts';

/** How long each look takes: the slowest decides. */
const TOOK_MS: Readonly<Record<HostCommand['tool'], number>> = {
  df: 300,
  inodes: 450,
  du: 250,
  journal: 1200,
  unit: 120,
  uptime: 50,
};
const GIVE_UP_MS = 20_000;
const TARGET = 0.1;

/** From the webhook to the complete evidence in the thread, beside the slowest of its probes. */
export async function benchEvidence(rounds: number): Promise<readonly Row[]> {
  return withFolder(async (dir) => {
    // Equal looks within 15 s are one: each round looks at a host of its own.
    const hosts = Array.from({ length: rounds + 1 }, (_, i) => `worker-${i}`);
    const { app, url } = await appWith(
      dir,
      recordedHosts(hosts, ({ tool }) => TOOK_MS[tool]),
    );
    const over: number[] = [];
    const wholeMs: number[] = [];
    const slowestMs: number[] = [];
    try {
      for (const [i, node] of hosts.entries()) {
        const name = `evidence-${i}`;
        const alerts = [{ fingerprint: name, startsAt: Date.now() - 60_000 }];
        const body = notification({
          name,
          alertname: 'NodeFilesystemAlmostOutOfSpace',
          severity: 'critical',
          alerts,
          node,
        });
        const began = performance.now();
        await (await fetch(`${url}/webhooks/alertmanager`, { method: 'POST', body })).arrayBuffer();
        const key = `INC-${i + 1}`;
        const isWhole = async (): Promise<boolean> => {
          const messages = await app.store.find(MESSAGES, { key: ['thread', key], limit: 20 });
          const evidence = messages.find(({ body: message }) => message.key === `${key}/evidence-1`);
          return evidence !== undefined && !evidence.body.card.title.includes('looking at');
        };
        while (!(await isWhole())) {
          if (performance.now() - began > GIVE_UP_MS) throw new Error(`${key} never got its evidence`);
          await wait(2);
        }
        const took = performance.now() - began;
        const [round] = await app.store.find(evidenceRounds, { order: 'down', limit: 1 });
        const slowest = Math.max(...(round?.body.items ?? []).map(({ tookMs }) => tookMs));
        // The first one loads libraries.
        if (i === 0) continue;
        wholeMs.push(took);
        slowestMs.push(slowest);
        over.push(took / slowest - 1);
      }
    } finally {
      await app.stop();
    }
    return [
      {
        what: 'complete evidence beside its slowest probe',
        figure: `+${(median(over) * 100).toFixed(1)} % (${ms(median(wholeMs))} against ${ms(median(slowestMs))})`,
        target: '≤ +10 %',
        ok: median(over) <= TARGET,
      },
    ];
  });
}
