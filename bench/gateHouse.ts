import { type App, createApp } from '../src/app.ts';
import { readConfig } from '../src/config/load.ts';
import { gateRequests, type StoredRequest } from '../src/gate/requests.ts';
import type { ActingHosts } from '../src/host/actPort.ts';
import { createOutside } from '../src/wiring/outside.ts';
import type { ResticLab } from '../test/support/real/restic.ts';

/** The whole bot in this process, with a real backup, ana who asks and ben who approves, both at the console. */
export interface GateHouse {
  readonly app: App;
  readonly url: string;
  /** The cookie of a person. */
  readonly cookies: Readonly<Record<string, string>>;
  /** Gives a command; resolves once it is taken. */
  command(who: string, text: string): Promise<void>;
  press(who: string, token: string): Promise<void>;
  /** Waits until a request is in one of the states. */
  until(name: string, states: readonly string[]): Promise<StoredRequest>;
  /** How long at least one command ran on the host since the last call, ms. */
  commandMs(): number;
}

const GIVE_UP_MS = 120_000;
const LOOK_MS = 2;

/** Starts it. */
export async function startGate(dir: string, lab: ResticLab): Promise<GateHouse> {
  process.env['XDG_CACHE_HOME'] = `${lab.folder}/cache`;
  const { config } = readConfig(
    `
server: { listen: "127.0.0.1:0" }
people:
  - { name: ana, roles: [oncall] }
  - { name: ben, roles: [oncall, admin] }
hosts: [{ name: node-0, via: local }]
policies:
  - { actions: [backup.*], request: [oncall], confirm: button, approvals: 1, approve: [oncall, admin], ttl: 1h }
backups:
  - { name: data, kind: restic, host: node-0, repository: ${lab.repository}, passwordFile: ${lab.passwordFile}, paths: [${lab.source}] }
`,
    { file: '', env: {}, base: dir },
  );
  const env = { HOME: dir };
  const outside = createOutside(config, { hasFile: true, env });
  const busy = busyTime();
  const act: ActingHosts['act'] = (...call) => busy.during(() => outside.hosts.act(...call));
  const log = { info: () => {}, warn: () => {}, error: (fields: object, text: string) => console.error(text, fields) };
  const app = await createApp(
    { ...config, store: { ...config.store, dir } },
    { hasFile: true, env },
    { log, outside: { ...outside, hosts: { ...outside.hosts, act } } },
  );
  const url = await app.start();
  const cookies: Record<string, string> = {};
  for (const line of app.loginLines(url)) {
    const [, who, link] = /for (\w+), once: (\S+)/.exec(line) ?? [];
    if (who === undefined || link === undefined) continue;
    const answer = await fetch(link, { method: 'POST', headers: { origin: url } });
    cookies[who] = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  }
  let events = 0;
  const send = async (path: string, who: string, body: object): Promise<void> => {
    events += 1;
    const headers = { origin: url, cookie: cookies[who] ?? '', 'content-type': 'application/json' };
    const id = `bench-event-${String(events).padStart(8, '0')}`;
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify({ id, ...body }) });
    if (answer.status !== 202) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  return {
    app,
    url,
    cookies,
    command: (who, text) => send('/api/command', who, { text }),
    press: (who, token) => send('/api/press', who, { token }),
    commandMs: busy.take,
    async until(name, states) {
      const began = performance.now();
      for (;;) {
        const found = await app.store.find(gateRequests, { order: 'down', limit: 50 });
        const own = found.find(({ body }) => body.request.name === name)?.body;
        if (own && states.includes(own.request.state)) return own;
        if (performance.now() - began > GIVE_UP_MS)
          throw new Error(`${name} is ${own?.request.state}, not ${states.join(' or ')}`);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
  };
}

/** Adds up the time during which at least one task ran. */
function busyTime() {
  let running = 0;
  let since = 0;
  let totalMs = 0;
  return {
    async during<T>(task: () => Promise<T>): Promise<T> {
      if (running === 0) since = performance.now();
      running += 1;
      try {
        return await task();
      } finally {
        running -= 1;
        if (running === 0) totalMs += performance.now() - since;
      }
    },
    take: (): number => {
      const took = totalMs;
      totalMs = 0;
      return took;
    },
  };
}
