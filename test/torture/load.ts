import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { groupKeyOf, type LoadAlert, notification } from '../support/notification.ts';
import { type Chance, chanceOf } from './random.ts';

/** Connections that post at the same time. */
const CONNECTIONS = 16;
/** Alert names that the groups share, so that looking for an adopted group has something to look through. */
const NAMES = ['KubePodCrashLooping', 'BackupFailed', 'NodeFilesystemAlmostOutOfSpace', 'KubeJobFailed', 'TargetDown'];
const SEVERITIES = ['critical', 'warning', 'info'];
const RETRY_MS = 15;
const POST_MS = 10_000;

/** What a sender was promised of one group: each 200 moves it on. */
export interface Promised {
  readonly groupKey: string;
  /** Firing alerts that were acknowledged, by fingerprint, with their start. */
  readonly fired: Map<string, number>;
  /** True once a notification was acknowledged that says that all of it is over. */
  resolved: boolean;
}

/** A sender as Alertmanager is one: it repeats a notification until it is acknowledged, and a group's next comes after that. */
export interface Load {
  /** Where to post now; undefined while nobody listens. */
  target: string | undefined;
  /** Lets `groups` more groups begin. */
  release(groups: number): void;
  /** Waits until everything released is acknowledged. */
  drained(): Promise<void>;
  stop(): void;
  readonly promised: readonly Promised[];
  /** Answers by status; 0 is a connection that broke. */
  readonly answers: ReadonlyMap<number, number>;
}

/** Starts the connections; they post once something is released and there is a target. */
export function startLoad(seed: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS + 4 });
  const promised: Promised[] = [];
  const answers = new Map<number, number>();
  const stopping = new AbortController();
  let released = 0;
  let begun = 0;
  let busy = 0;

  const load: Load = {
    target: undefined,
    release: (groups) => {
      released += groups;
    },
    drained: async () => {
      while ((begun < released || busy > 0) && !stopping.signal.aborted) await wait(20);
    },
    stop: () => {
      stopping.abort();
      agent.destroy();
    },
    promised,
    answers,
  };

  /** Posts until it is acknowledged. */
  async function deliver(body: string): Promise<void> {
    while (!stopping.signal.aborted) {
      if (load.target === undefined) {
        await wait(RETRY_MS);
        continue;
      }
      const status = await post(`${load.target}/webhooks/alertmanager`, body, agent);
      answers.set(status, (answers.get(status) ?? 0) + 1);
      if (status === 200) return;
      if (status >= 400 && status < 500) throw new Error(`a good notification was answered ${status}`);
      await wait(RETRY_MS);
    }
    throw new Error('stopped before it was acknowledged');
  }

  async function group(number: number): Promise<void> {
    const chance = chanceOf(seed ^ Math.imul(number + 1, 0x9e3779b1));
    const name = `ns-${number}`;
    const alertname = NAMES[chance.between(0, NAMES.length - 1)] ?? '';
    const severity = SEVERITIES[chance.between(0, 2)] ?? '';
    const one: Promised = { groupKey: groupKeyOf(alertname, name), fired: new Map(), resolved: false };
    promised.push(one);
    for (const alerts of storyOf(number, chance)) {
      const body = notification({ name, alertname, severity, alerts });
      // The other replica of a highly available pair sends the same at the same moment.
      await Promise.all(chance.is(0.3) ? [deliver(body), deliver(body)] : [deliver(body)]);
      for (const { fingerprint, startsAt } of alerts) one.fired.set(fingerprint, startsAt);
      one.resolved = alerts.every(({ resolved }) => resolved);
    }
  }

  async function connection(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (begun >= released) {
        await wait(5);
        continue;
      }
      busy += 1;
      const number = begun;
      begun += 1;
      await group(number).catch((error: unknown) => {
        if (!stopping.signal.aborted) throw error;
      });
      busy -= 1;
    }
  }
  for (let i = 0; i < CONNECTIONS; i += 1) void connection();
  return load;
}

/** The notifications of one group, in their order: it fires, perhaps repeats, perhaps grows, perhaps ends. */
function storyOf(number: number, chance: Chance): readonly (readonly LoadAlert[])[] {
  const startsAt = Date.now() - chance.between(30_000, 600_000);
  const first: LoadAlert = { fingerprint: `f${number}a`, startsAt };
  const second: LoadAlert = { fingerprint: `f${number}b`, startsAt: startsAt + 10_000 };
  const story: (readonly LoadAlert[])[] = [[first]];
  if (chance.is(0.4)) story.push([first]);
  if (chance.is(0.4)) story.push([first, second]);
  if (chance.is(0.6)) story.push((story.at(-1) ?? []).map((alert) => ({ ...alert, resolved: true })));
  return story;
}

/** One POST; the status, or 0 where no answer came. */
function post(url: string, body: string, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(
      url,
      {
        method: 'POST',
        agent,
        timeout: POST_MS,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
        response.on('error', () => resolve(0));
      },
    );
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(0));
    sent.end(body);
  });
}
