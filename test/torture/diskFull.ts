import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { execa } from 'execa';
import { startBot } from '../support/botProcess.ts';
import { groupKeyOf, notification } from '../support/notification.ts';
import { damageOf, settled } from './kills.ts';
import type { Promised } from './load.ts';
import { verify } from './verify.ts';

/** Room of the small disk. The journal of the run fits in easily; the ballast takes the rest. */
const DISK = '24m';
/** Room left beside the ballast. */
const LEFT_BYTES = 256 * 1024;
const MAX_POSTS = 3000;
const RECOVER_WITHIN_MS = 15_000;

/** What a full disk did; `skipped` says why it could not be tried. */
export type DiskReport =
  | { readonly skipped: string }
  | {
      readonly acknowledged: number;
      readonly refused: number;
      readonly recoveredMs: number;
      readonly readyz: string;
      readonly faults: readonly string[];
    };

/** A data folder on a small tmpfs is filled: 503 with Retry-After, not ready, and back again once there is room; nothing acknowledged is lost. */
export async function fillDisk(): Promise<DiskReport> {
  const dir = await mkdtemp(join(tmpdir(), 'daytwo-disk-'));
  const mounted = await execa('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', dir], { reject: false });
  if (mounted.failed) {
    await rm(dir, { recursive: true, force: true });
    return { skipped: `no tmpfs can be mounted here: ${mounted.stderr || mounted.shortMessage}` };
  }
  try {
    return await tryDisk(dir);
  } finally {
    await execa('umount', [dir], { reject: false });
    await rm(dir, { recursive: true, force: true });
  }
}

async function tryDisk(dir: string): Promise<DiskReport> {
  const faults: string[] = [];
  const promised: Promised[] = [];
  let bot = await startBot({ dir });
  try {
    const post = async (number: number): Promise<Response> => {
      const startsAt = Date.now() - 60_000;
      const name = `disk-${number}`;
      const alertname = 'KubeJobFailed';
      const response = await fetch(`${bot.url}/webhooks/alertmanager`, {
        method: 'POST',
        body: notification({ name, alertname, severity: 'warning', alerts: [{ fingerprint: name, startsAt }] }),
      });
      await response.arrayBuffer();
      if (response.status === 200)
        promised.push({ groupKey: groupKeyOf(alertname, name), fired: new Map([[name, startsAt]]), resolved: false });
      return response;
    };
    for (let i = 0; i < 20; i += 1) await post(i);
    const ballast = await fill(dir);
    let refused: Response | undefined;
    let refusals = 0;
    for (let i = 20; i < MAX_POSTS && refusals < 20; i += 1) {
      const response = await post(i);
      if (response.status === 200) continue;
      refused = response;
      refusals += 1;
    }
    if (refused?.status !== 503) faults.push(`a full disk was answered ${refused?.status ?? 'with 200 only'}`);
    if (!refused?.headers.get('retry-after')) faults.push('the refusal has no Retry-After');
    await wait(2500);
    const notReady = await fetch(`${bot.url}/readyz`);
    const readiness = (await notReady.json()) as { parts: readonly { part: string; state: string; text: string }[] };
    const store = readiness.parts.find(({ part }) => part === 'store');
    if (notReady.status !== 503) faults.push(`/readyz said ${notReady.status} with a full disk`);
    if (store?.state !== 'down') faults.push('/readyz does not name the store');
    if (!(await fetch(`${bot.url}/healthz`)).ok) faults.push('/healthz is not alive: a restart would mend nothing');

    await rm(ballast);
    const began = Date.now();
    while ((await post(MAX_POSTS)).status !== 200 && Date.now() - began < RECOVER_WITHIN_MS) await wait(50);
    const recoveredMs = Date.now() - began;
    await wait(2500);
    const ready = await fetch(`${bot.url}/readyz`);
    if (ready.status !== 200) faults.push(`/readyz says ${ready.status} after there was room again`);
    await settled(bot);
    await bot.kill();
    bot = await startBot({ dir });
    faults.push(...(await damageOf(bot)));
    await bot.stop();
    faults.push(...(await verify(join(dir, 'data'), promised)).faults);
    return { acknowledged: promised.length, refused: refusals, recoveredMs, readyz: store?.text ?? '', faults };
  } finally {
    await bot.kill();
  }
}

/** Takes all the room but a little. Returns the file that holds it. */
async function fill(dir: string): Promise<string> {
  const { bavail, bsize } = await statfs(dir);
  const path = join(dir, 'ballast');
  const file = await open(path, 'w');
  await file.writeFile(Buffer.alloc(Math.max(0, bavail * bsize - LEFT_BYTES), 1));
  await file.close();
  return path;
}
