import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inbox, parked } from '../../src/alerting/inbox.ts';
import { groupHash, incidents } from '../../src/alerting/incident.ts';
import { isMeta, parseWebhook, type Snapshot } from '../../src/alerting/webhook.ts';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/load.ts';
import { all } from '../support/documents.ts';
import { eventually } from '../support/real/process.ts';
import { anyBody } from './bodies.ts';
import { keptAlive, post } from './post.ts';

const BODIES = 10_000;
const CONNECTIONS = 16;
const WITHIN_MS = 300_000;

describe('the webhook under fuzzed bodies', () => {
  const dir = mkdtempSync(join(tmpdir(), 'daytwo-fuzz-'));
  const agent = keptAlive(CONNECTIONS);
  const errors: unknown[] = [];
  let app: App;
  let url = '';

  beforeAll(async () => {
    const yaml = 'server: { listen: "127.0.0.1:0" }\nchats: { console: { enabled: false } }\n';
    const { config } = readConfig(yaml, { file: '', env: {}, base: dir });
    const log = {
      info: () => {},
      warn: () => {},
      error: (fields: object, message: string) => errors.push({ ...fields, message }),
    };
    app = await createApp(
      { ...config, store: { ...config.store, dir } },
      { hasFile: true, env: { HOME: dir } },
      { log },
    );
    url = await app.start();
  });
  afterAll(async () => {
    agent.destroy();
    await app.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it(`takes ${BODIES} of any kind: 200 for what can be read, 400 for the rest, never a fault, nothing half-stored`, {
    timeout: WITHIN_MS,
  }, async () => {
    const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
    console.log(`fuzz seed ${seed} (again with FUZZ_SEED=${seed})`);
    const bodies = fc.sample(anyBody, { numRuns: BODIES, seed });
    const taken: Snapshot[] = [];
    const wrong: string[] = [];
    let at = 0;
    const connection = async (): Promise<void> => {
      for (let body = bodies[at++]; body; body = bodies[at++]) {
        const parsed = parseWebhook(body.toString('utf8'));
        const { status, text } = await post(url, body, { agent });
        if ('snapshot' in parsed) taken.push(parsed.snapshot);
        if (status !== ('snapshot' in parsed ? 200 : 400))
          wrong.push(`${status} ${text}: ${body.toString('base64').slice(0, 4000)}`);
        else if (status === 400 && !/"error":"\$/.test(text)) wrong.push(`400 without a path: ${text}`);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, connection));
    expect(wrong).toEqual([]);
    // A generator that makes only one kind proves little.
    expect(taken.length).toBeGreaterThan(BODIES / 4);
    expect(taken.length).toBeLessThan((BODIES * 3) / 4);

    await eventually('an empty inbox', async () => (await app.store.count(inbox)) === 0 || undefined, WITHIN_MS);
    expect(errors).toEqual([]);
    expect(await app.store.count(parked)).toBe(0);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();

    // A firing is one wherever its group goes: an unknown group whose firing alerts an open incident has goes on in that one.
    const known = await all(app.store, incidents);
    const kept = new Set(
      known.flatMap(({ body }) => Object.keys(body.members).map((fingerprint) => `${body.receiver} ${fingerprint}`)),
    );
    const fired = taken.flatMap(({ receiver, alerts }) =>
      alerts
        .filter(({ status, labels }) => status === 'firing' && !isMeta(labels))
        .map(({ fingerprint }) => `${receiver} ${fingerprint}`),
    );
    expect(fired.filter((one) => !kept.has(one))).toEqual([]);
    const groups = new Set(taken.map(({ receiver, groupKey }) => groupHash(receiver, groupKey)));
    expect(known.filter(({ body }) => !groups.has(groupHash(body.receiver, body.groupKey)))).toEqual([]);
    expect(known.flatMap(({ body }) => Object.values(body.members)).filter(({ firings }) => !(firings >= 1))).toEqual(
      [],
    );
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });
});
