import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { notification } from '../test/support/notification.ts';

/** What the load's process is told, as JSON in its first argument. */
export interface LoadOrder {
  readonly url: string;
  readonly connections: number;
  /** Notifications that are sent before anything is measured. */
  readonly warmUp: number;
  /** Ends after this time or this many acknowledged notifications, whichever comes first. */
  readonly forMs: number;
  readonly count: number;
  /** Goes into every group's name, so that no two loads send the same. */
  readonly name: string;
  /** Waits this long after a 503 or a broken connection; Alertmanager begins with some 100 ms and doubles. */
  readonly retryMs: number;
}

/** What it measured, as JSON on its standard output. */
export interface LoadResult {
  readonly acknowledged: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly refused: number;
  readonly broken: number;
}

const ALERTNAMES = [
  'KubePodCrashLooping',
  'KubeJobFailed',
  'NodeFilesystemAlmostOutOfSpace',
  'BackupFailed',
  'TargetDown',
];
const LONGEST_RETRY_MS = 5000;

/** The body of one notification: its group is in no other. */
function bodyOf({ name }: LoadOrder, number: number): string {
  const group = `${name}-${number}`;
  return notification({
    name: group,
    alertname: ALERTNAMES[number % ALERTNAMES.length] ?? '',
    severity: number % 50 === 0 ? 'critical' : 'warning',
    alerts: [{ fingerprint: group, startsAt: Date.now() - 60_000 }],
  });
}

/** One POST over a connection that is kept alive; the status, 0 where it broke. */
function post(url: string, body: string, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(
      `${url}/webhooks/alertmanager`,
      {
        method: 'POST',
        agent,
        headers: {
          'user-agent': 'Alertmanager/0.25.0',
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
        response.on('error', () => resolve(0));
      },
    );
    sent.on('error', () => resolve(0));
    sent.end(body);
  });
}

/** Runs a load to its end. */
export async function runLoad(order: LoadOrder): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: order.connections });
  let next = 0;
  let refused = 0;
  let broken = 0;
  const tookMs: number[] = [];
  const acknowledge = async (number: number): Promise<void> => {
    const body = bodyOf(order, number);
    for (let waitMs = order.retryMs; ; waitMs = Math.min(LONGEST_RETRY_MS, waitMs * 2)) {
      const began = performance.now();
      const status = await post(order.url, body, agent);
      if (status === 200) {
        tookMs.push(performance.now() - began);
        return;
      }
      if (status >= 400 && status < 500) throw new Error(`a good notification was answered ${status}`);
      if (status === 0) broken += 1;
      else refused += 1;
      await wait(waitMs);
    }
  };
  const until = async (isOver: () => boolean): Promise<void> => {
    await Promise.all(
      Array.from({ length: order.connections }, async () => {
        while (!isOver()) {
          const number = next;
          next += 1;
          await acknowledge(number);
        }
      }),
    );
  };
  await until(() => next >= order.warmUp);
  tookMs.length = 0;
  const began = performance.now();
  const last = next + order.count;
  await until(() => next >= last || performance.now() - began >= order.forMs);
  const seconds = (performance.now() - began) / 1000;
  agent.destroy();
  const sorted = tookMs.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    acknowledged: tookMs.length,
    seconds,
    perSecond: tookMs.length / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    refused,
    broken,
  };
}

if (process.argv[1]?.endsWith('loadChild.ts'))
  console.log(JSON.stringify(await runLoad(JSON.parse(process.argv[2] ?? '{}') as LoadOrder)));
