import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHANNEL, GROUP } from '../support/bothChats.ts';
import type { BotProcess } from '../support/botProcess.ts';
import { notification } from '../support/notification.ts';
import { postgresAvailable } from '../support/real/postgres.ts';
import { available, eventually } from '../support/real/process.ts';
import { type Replicas, slackRoots, startReplicas, telegramRoots } from '../support/replicas.ts';

const HERE = postgresAvailable('several replicas on one data base were not tried');
const RESTIC = available('restic');
const SEED = Number(process.env['REPLICAS_SEED'] ?? Date.now() % 1_000_000);

/** Numbers from 0 to 1 by a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe.runIf(HERE)('two replicas on one PostgreSQL', () => {
  let all: Replicas;
  let kills = 0;
  const names: string[] = [];
  const cookies = { ana: '' };
  beforeAll(async () => {
    all = await startReplicas(
      2,
      (dir) => `
hosts: [{ name: node-0, via: local }]
policies:
  - { actions: [backup.*], request: [oncall], confirm: button, approvals: 1, approve: [oncall, admin], ttl: 15m }
backups:
  - { name: k8s_data, kind: restic, host: node-0, repository: ${dir}/repo, passwordFile: ${dir}/password, paths: [${dir}/data], rpo: 24h }`,
    );
  }, 120_000);
  afterAll(() => all?.end(), 60_000);

  const alert = (alertname: string): string => {
    names.push(alertname);
    const alerts = [{ fingerprint: alertname.toLowerCase(), startsAt: Date.now() }];
    return notification({ name: alertname.toLowerCase(), alertname, severity: 'warning', alerts });
  };
  const open = async (): Promise<number> =>
    Number((await all.ask(`SELECT count(*) AS n FROM daytwo.documents WHERE kind = 'incident'`))[0]?.['n']);
  const rooted = (withinMs: number): Promise<unknown> =>
    eventually(
      'every incident has its root in both chats',
      () => names.every((name) => slackRoots(all, name) > 0 && telegramRoots(all, name) > 0),
      withinMs,
    );

  it('give every incident one root in each chat, whichever takes the notification', async () => {
    await Promise.all([0, 1, 0, 1, 0, 1].map((place, i) => all.post(alert(`Both${i}`), place)));
    // The same again at the other one, as a second Alertmanager sends it.
    const again = alert('Twice');
    await Promise.all([all.post(again, 0), all.post(again, 1)]);
    await rooted(60_000);
    for (const name of names) expect([name, slackRoots(all, name), telegramRoots(all, name)]).toEqual([name, 1, 1]);
    expect(await open()).toBe(names.length);
    expect(await all.leader()).toBeDefined();
  }, 120_000);

  it('know a session of each other, and show each other’s messages', async () => {
    const [a, b] = all.bots as [BotProcess, BotProcess];
    const cookie = await signedIn('ana', a, b);
    cookies.ana = cookie;
    const of = async (bot: BotProcess): Promise<unknown> =>
      (await fetch(`${bot.url}/api/threads`, { headers: { cookie } })).json();
    expect(await of(b)).toEqual(await of(a));
    // A stream at one hears what the other writes.
    const follow = new AbortController();
    const stream = await fetch(`${b.url}/api/stream`, { headers: { cookie }, signal: follow.signal });
    const heard = (async () => {
      let text = '';
      const decoder = new TextDecoder();
      for await (const chunk of stream.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        if (text.includes('Streamed')) return true;
      }
      return false;
    })();
    await all.post(alert('Streamed'), 0);
    expect(await heard).toBe(true);
    follow.abort();
  }, 60_000);

  it.runIf(RESTIC)(
    'execute a request once that was asked through one, confirmed through another, and approved 64 times',
    async () => {
      const [a, b] = all.bots as [BotProcess, BotProcess];
      await mkdir(join(all.dir, 'data'));
      await writeFile(join(all.dir, 'data', 'ledger.txt'), 'worth keeping\n'.repeat(1000));
      await writeFile(join(all.dir, 'password'), 'correct horse', { mode: 0o600 });
      const restic = ['--repo', join(all.dir, 'repo'), '--password-file', join(all.dir, 'password')];
      await execa('restic', ['init', ...restic]);
      const { ana } = cookies;
      const ben = await signedIn('ben', b, a);
      expect(await send(a, ana, 'command', { id: randomUUID(), text: '/backup k8s_data' })).toBe(202);
      const confirm = await eventually('the plan', () => token(b, ana, 'Confirm'), 30_000);
      expect(await send(b, ana, 'press', { id: randomUUID(), token: confirm })).toBe(202);
      const approve = await eventually('it waits for approval', () => token(a, ben, 'Approve'), 30_000);
      const inSlack = await eventually('the card in Slack', () =>
        all.slack
          .messages(CHANNEL)
          .find((one) => one.ephemeralFor === undefined && JSON.stringify(one).includes('"Approve"')),
      );
      const inTelegram = await eventually(
        'the card in Telegram',
        () => all.telegram.transcript(GROUP).find((one) => JSON.stringify(one.markup ?? '').includes('"Approve"')),
        90_000,
      );
      await Promise.all([
        ...Array.from({ length: 44 }, (_, i) =>
          send(i % 2 === 0 ? a : b, ben, 'press', { id: randomUUID(), token: approve }),
        ),
        ...Array.from({ length: 10 }, () => all.slack.user('U0BEN').press(inSlack.ts, 'Approve')),
        ...Array.from({ length: 10 }, async () => all.telegram.user(1002).press(inTelegram, 'Approve')),
      ]);
      const state = async (): Promise<string> =>
        String(
          (
            await all.ask(`SELECT body #>> '{request,state}' AS is FROM daytwo.documents WHERE kind = 'gaterequest'`)
          )[0]?.['is'],
        );
      await eventually('it succeeded', async () => (await state()) === 'succeeded', 90_000);
      const handled = `SELECT count(*) AS n FROM daytwo.keys WHERE kind = 'inbound' AND name = 'state' AND value = 'new'`;
      await eventually('all presses are handled', async () => Number((await all.ask(handled))[0]?.['n']) === 0, 60_000);
      const { stdout } = await execa('restic', ['snapshots', '--json', ...restic]);
      expect(JSON.parse(stdout)).toHaveLength(1);
      const entries = await all.ask(`SELECT convert_from(line, 'UTF8') AS line FROM daytwo.audit ORDER BY seq`);
      const kinds = entries.map(({ line }) => (JSON.parse(String(line)) as { kind: string }).kind);
      expect(kinds.filter((kind) => kind === 'request.started')).toHaveLength(1);
    },
    240_000,
  );

  it('lose nothing when either is killed at any moment, and double nothing where the chat lets one know', async () => {
    console.log(`replicas seed ${SEED} (again with REPLICAS_SEED=${SEED})`);
    const random = seeded(SEED);
    for (let round = 0; round < 4; round += 1) {
      const victim = random() < 0.5 ? 0 : 1;
      const posting = Promise.all([0, 1].map((place) => all.post(alert(`Kill${round}x${place}`), place)));
      await new Promise((resolve) => setTimeout(resolve, random() * 1500));
      await all.kill(victim);
      kills += 1;
      await posting;
      await all.start(victim);
    }
    await rooted(150_000);
    expect(await open()).toBe(names.length);
    for (const name of names) expect([name, slackRoots(all, name)]).toEqual([name, 1]);
    const doubled = names.filter((name) => telegramRoots(all, name) > 1);
    console.log(`${kills} kills: ${names.length} incidents, roots twice in Slack 0, in Telegram ${doubled.length}`);
    expect(doubled.length).toBeLessThanOrEqual(kills);
    expect(all.slack.duplicates()).toEqual([]);
  }, 300_000);

  it('do nothing twice when one stands still for a while, is taken for gone, and goes on', async () => {
    const place = await eventually('somebody leads', () => all.leader(), 30_000);
    const still = all.bots[place] as BotProcess;
    const other = 1 - place;
    process.kill(still.pid, 'SIGSTOP');
    try {
      await Promise.all([0, 1, 2].map((i) => all.post(alert(`Still${i}`), other)));
      await eventually('the other leads', async () => {
        const ready = await fetch(`${all.bots[other]?.url}/readyz`);
        return (await ready.text()).includes('this one leads');
      });
    } finally {
      process.kill(still.pid, 'SIGCONT');
    }
    await rooted(120_000);
    await eventually('both are at work', async () =>
      (await (await fetch(`${still.url}/readyz`)).text()).includes('"2: '),
    );
    expect(await open()).toBe(names.length);
    for (const name of names.slice(-3))
      expect([name, slackRoots(all, name), telegramRoots(all, name)]).toEqual([name, 1, 1]);
  }, 200_000);

  it('let another poll Telegram once the one that did was killed', async () => {
    const holders = async (): Promise<string | undefined> =>
      (
        await all.ask(`SELECT body ->> 'holder' AS is FROM daytwo.documents WHERE kind = 'lease' AND id = 'telegram'`)
      )[0]?.['is'] as string | undefined;
    const before = await eventually('somebody polls', holders);
    const [{ name } = {}] = await all.ask(
      `SELECT body ->> 'name' AS name FROM daytwo.documents WHERE kind = 'replica' AND id = '${before}'`,
    );
    const place = all.bots.findIndex((bot) => bot && String(name).includes(new URL(bot.url).host));
    const began = performance.now();
    await all.kill(place);
    kills += 1;
    await all.telegram.user(1001).send(GROUP, '/oncall@daytwo_bot');
    await eventually(
      'the other answers',
      async () => ((await holders()) ?? before) !== before && all.telegram.pendingUpdates === 0,
      60_000,
    );
    console.log(`another polls ${((performance.now() - began) / 1000).toFixed(1)} s after the leader was killed`);
    await all.start(place);
  }, 120_000);

  it('refuse with 503 while the data base is away, and go on by themselves', async () => {
    await all.postgres.halt('crash');
    const bot = all.bots[0] as BotProcess;
    const posted = await fetch(`${bot.url}/webhooks/alertmanager`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: alert('Away'),
    });
    expect(posted.status).toBe(503);
    const ready = await fetch(`${bot.url}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('PostgreSQL')]);
    await all.postgres.start();
    names.pop();
    await all.post(alert('Back'), 0);
    await rooted(120_000);
    expect(await open()).toBe(names.length);
    expect(slackRoots(all, 'Back')).toBe(1);
    expect((await fetch(`${bot.url}/readyz`)).status).toBe(200);
  }, 180_000);

  it('leave one audit that is as it was written, and break no rule of either vendor', async () => {
    const { stdout } = await execa(process.execPath, [
      'bin/daytwo.js',
      'audit',
      'verify',
      '--config',
      join(all.dir, 'replica-0', 'daytwo.yaml'),
    ]);
    expect(stdout).toContain('The audit is as it was written');
    expect(all.slack.violations).toEqual([]);
    expect(all.telegram.violations).toEqual([]);
    for (const bot of all.bots) expect(bot?.output()).not.toContain('postgres://');
  }, 30_000);
});

/** Signs in at one replica by the one-time URL that another printed for the person at its start. */
async function signedIn(person: string, printed: BotProcess, at: BotProcess): Promise<string> {
  const path = await eventually(
    'the link',
    () => new RegExp(`Console for ${person}, once: ${printed.url}(\\S+)`).exec(printed.output())?.[1],
  );
  const answer = await fetch(at.url + path, { method: 'POST', headers: { origin: at.url } });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0];
  if (cookie === undefined) throw new Error(`sign-in was answered ${answer.status}`);
  return cookie;
}

async function send(bot: BotProcess, cookie: string, what: 'command' | 'press', body: unknown): Promise<number> {
  const answer = await fetch(`${bot.url}/api/${what}`, {
    method: 'POST',
    headers: { cookie, origin: bot.url, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** The token of a request card's button, as the console shows it. */
async function token(bot: BotProcess, cookie: string, label: string): Promise<string | undefined> {
  const answer = await fetch(`${bot.url}/api/threads/REQ-1`, { headers: { cookie } });
  const { messages = [] } = (await answer.json()) as {
    messages?: readonly { card: { buttons: readonly { label: string; token: string }[] } }[];
  };
  return messages.flatMap(({ card }) => card.buttons).find((button) => button.label === label)?.token;
}
