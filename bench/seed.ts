import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { inbox } from '../src/alerting/inbox.ts';
import { incidents } from '../src/alerting/incident.ts';
import type { App } from '../src/app.ts';
import { outbox } from '../src/chat/outbox.ts';
import { notification } from '../test/support/notification.ts';
import { appWith, recordedHosts } from './world.ts';

const ALERTNAMES = [
  'KubePodCrashLooping',
  'KubeJobFailed',
  'NodeFilesystemAlmostOutOfSpace',
  'BackupFailed',
  'TargetDown',
];
/** Of so many stored incidents one is still open. */
const OPEN_OF = 100;
const POSTS_AT_ONCE = 8;
const SETTLE_MS = 600_000;

/** Waits until everything is worked in, looked at and delivered. */
async function settled({ store }: App): Promise<void> {
  const until = Date.now() + SETTLE_MS;
  for (;;) {
    const left =
      (await store.count(inbox)) + (await store.count(outbox)) + (await store.count(incidents, ['triage', 'wanted']));
    if (left === 0) return;
    if (Date.now() > until) throw new Error(`${left} things still wait`);
    await wait(50);
  }
}

/**
 * Makes a data folder with so many incidents by the real code: each opened by a webhook, with evidence as recorded on real hosts and its
 * console thread, and 99 of 100 resolved.
 */
export async function seed(dir: string, count: number): Promise<void> {
  const { app, url } = await appWith(
    join(dir, 'data'),
    recordedHosts(['worker-1'], () => 0),
  );
  try {
    const startsAt = Date.now() - 3_600_000;
    const post = async (number: number, resolved: boolean): Promise<void> => {
      const name = `old-${number}`;
      const body = notification({
        name,
        alertname: ALERTNAMES[number % ALERTNAMES.length] ?? '',
        severity: 'warning',
        alerts: [{ fingerprint: name, startsAt: startsAt + number, resolved }],
      });
      const response = await fetch(`${url}/webhooks/alertmanager`, { method: 'POST', body });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`seeding was answered ${response.status}`);
    };
    for (const resolved of [false, true]) {
      let next = 0;
      const sender = async (): Promise<void> => {
        while (next < count) {
          const number = next;
          next += 1;
          if (!resolved || number % OPEN_OF !== 0) await post(number, resolved);
        }
      };
      await Promise.all(Array.from({ length: POSTS_AT_ONCE }, sender));
      await settled(app);
    }
  } finally {
    await app.stop();
  }
}

/** A copy of a seeded folder, for a bot of its own. */
export async function copyOf(seeded: string, dir: string): Promise<void> {
  await cp(join(seeded, 'data'), join(dir, 'data'), { recursive: true });
}
