import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { secretsOf } from '../../src/config/secret.ts';
import { createRedactor } from '../../src/lib/redact.ts';
import { greeting } from '../../src/wiring/greeting.ts';
import { healthOf } from '../../src/wiring/health.ts';
import { createLogger } from '../../src/wiring/logger.ts';
import { createOutside, hasCluster, hostSpecs } from '../../src/wiring/outside.ts';
import { databaseSecrets, whereIs } from '../../src/wiring/state.ts';
import { fakeChat } from '../chat/fakeChat.ts';
import { type TempStore, tempStore } from '../support/tempStore.ts';

let dir: string;
let temp: TempStore;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'daytwo-wiring-'));
  temp = await tempStore();
});
afterEach(async () => {
  await temp.drop();
  rmSync(dir, { recursive: true, force: true });
});

function load(yaml = '', env: Record<string, string> = {}): Config {
  const file = join(dir, 'daytwo.yaml');
  writeFileSync(file, yaml);
  return loadConfig({ file, env }).config;
}
const parts = (config: Config, more: Partial<Parameters<typeof healthOf>[0]> = {}) =>
  healthOf({
    config,
    store: temp.store,
    where: whereIs(config),
    replicas: [],
    isOnDuty: true,
    storeFault: () => undefined,
    outside: createOutside(config, { hasFile: true, env: { HOME: dir } }),
    auditFault: () => undefined,
    clusterFault: () => undefined,
    reconciler: () => undefined,
    chats: [fakeChat('console')],
    ...more,
  });

describe('the hosts', () => {
  it('are this machine where no file names any, under a name that is one', () => {
    const [spec, ...others] = hostSpecs(load(), false);
    expect(others).toEqual([]);
    expect(spec?.via).toBe('local');
    expect(spec?.name).toMatch(/^[a-z0-9.-]+$/);
    expect(hostSpecs(load(), true)).toEqual([]);
    expect(hostSpecs(load('hosts: [{ name: a, via: local }]'), true)).toMatchObject([{ name: 'a' }]);
  });
});

describe('a cluster', () => {
  it.each<[string, string, Record<string, string>, boolean]>([
    ['nothing', '', {}, false],
    ['KUBECONFIG', '', { KUBECONFIG: '/x' }, true],
    ['an empty KUBECONFIG', '', { KUBECONFIG: '' }, false],
    ['a pod', '', { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, true],
    ['the file', 'cluster: { kubeconfig: /x }', {}, true],
    ['inCluster', 'cluster: { inCluster: true }', {}, true],
  ])('is named by %s: %s', (_, yaml, env, has) => {
    expect(hasCluster(load(yaml), { HOME: dir, ...env })).toBe(has);
  });

  it('is named by the kubeconfig in the usual place', () => {
    mkdirSync(join(dir, '.kube'));
    writeFileSync(join(dir, '.kube', 'config'), '');
    expect(hasCluster(load(), { HOME: dir })).toBe(true);
  });

  it('that is not there says so when asked', async () => {
    const outside = createOutside(load(), { hasFile: true, env: { HOME: dir } });
    const { signal } = new AbortController();
    for (const ask of [
      outside.cluster.nodes(signal),
      outside.prometheus.query('up', signal),
      outside.alertmanager.alerts(signal),
      outside.hosts.run('x', { tool: 'df' }, signal),
    ])
      await expect(ask).rejects.toMatchObject({ code: 'not-configured' });
    await outside.hosts.close();
  });
});

describe('the state of the parts', () => {
  it('tells of each that is off why, and how to have it on', () => {
    const off = parts(load()).filter(({ state }) => state === 'off');
    expect(off.map(({ part }) => part).sort()).toEqual(
      ['alertmanager', 'cluster', 'hosts', 'prometheus', 'slack', 'telegram'].sort(),
    );
    for (const { text } of off) expect(text).toMatch(/not set|empty|no kubeconfig|not there/);
  });

  it('tells of a cluster that did not answer, and not that it is up', () => {
    const config = load('cluster: { kubeconfig: /x }');
    const cluster = (fault?: string) =>
      parts(config, { clusterFault: () => fault }).find(({ part }) => part === 'cluster');
    expect(cluster()).toMatchObject({ state: 'up' });
    expect(cluster('It does not know us (401).')).toMatchObject({
      state: 'down',
      text: 'It does not know us (401). (asked once a minute)',
    });
  });

  it('tells of a store that can’t be written', () => {
    expect(parts(load(), { storeFault: () => 'disk full' })[0]).toEqual({
      part: 'store',
      state: 'down',
      text: 'disk full',
    });
  });

  it('tells where PostgreSQL is without its password, who is at work, and who leads', () => {
    const config = load(
      'store: { kind: postgres, url: "postgres://bot:s3cr%C3%A9t%20word@db:5432/ops?sslmode=require" }',
    );
    const told = parts(config, { replicas: ['a (x:1)', 'b (y:1)'], isOnDuty: false });
    expect(told.slice(0, 2)).toEqual([
      { part: 'store', state: 'up', text: 'PostgreSQL at db:5432, data base ops' },
      { part: 'replicas', state: 'up', text: '2: a (x:1), b (y:1); another one leads' },
    ]);
    const redactor = createRedactor([...secretsOf(config), ...databaseSecrets(config)]);
    for (const text of ['auth failed with s3cr%C3%A9t%20word', 'auth failed with s3crét word'])
      expect(redactor(text).text).toBe('auth failed with [redacted]');
  });

  it('tells what Alertmanager said last', () => {
    const config = load('alertmanager: { url: "http://127.0.0.1:9093" }');
    const told = (state: 'unknown' | 'up' | 'down', reason: string) =>
      parts(config, { reconciler: () => ({ state, reason, at: 1 }) }).find(({ part }) => part === 'alertmanager');
    expect(told('unknown', 'not asked yet')).toMatchObject({ state: 'starting', text: 'not asked yet' });
    expect(told('up', '')).toMatchObject({ state: 'up', text: expect.stringContaining('127.0.0.1:9093') });
    expect(told('down', 'no answer')).toMatchObject({ state: 'down', text: 'no answer' });
  });
});

describe('the first lines', () => {
  const lines = (yaml: string, more: Partial<Parameters<typeof greeting>[0]> = {}): readonly string[] => {
    const config = load(yaml);
    return greeting({
      version: '1.2.3',
      url: 'http://127.0.0.1:8080',
      config,
      parts: parts(config),
      incidentsOpen: 1,
      notices: [],
      ...more,
    });
  };

  it('are five, whatever is configured', () => {
    const all = lines('');
    expect(all).toHaveLength(5);
    expect(all[0]).toContain('(open, for this machine only)');
    expect(all[1]).toMatch(/; 1 open incident$/);
    expect(all[4]).toContain('“local”, with every role');
  });

  it('name people, roles, credentials and what has no effect, and no secret', () => {
    const all = lines(
      `alertmanager: { webhookToken: a-long-secret-token }
people: [{ name: ana, roles: [oncall] }, { name: ben }]
oncall: { rotation: { people: [ana] } }`,
      { notices: ['policies', 'freezes'], incidentsOpen: 0 },
    );
    expect(all).toHaveLength(5);
    expect(all[0]).toContain('(with credentials)');
    expect(all[1]).toMatch(/; 0 open incidents$/);
    expect(all[4]).toBe(
      'people: ana (oncall), ben (looks only); on call: by rotation; without effect: policies, freezes',
    );
    expect(all.join('\n')).not.toContain('a-long-secret-token');
  });
});

describe('who is on call, in the first lines,', () => {
  it.each([
    ['', 'everybody with the role (oncall is not set)'],
    ['oncall: { rotation: { people: [ana] } }', 'by rotation'],
    ['oncall: { ical: "http://127.0.0.1:1/x.ics" }', 'by calendar'],
    [
      'oncall: { slackUsergroup: S0123ABCD }\nchats: { slack: { channel: C0123ABCD, botToken: xoxb-1-2-3, appToken: xapp-1-2-3 } }',
      'by Slack user group',
    ],
  ])('is told of %j', (yaml, words) => {
    const config = load(`people: [{ name: ana, roles: [oncall] }]\n${yaml}`);
    const all = greeting({ version: '1', url: 'http://x', config, parts: [], incidentsOpen: 0, notices: [] });
    expect(all[4]).toBe(`people: ana (oncall); on call: ${words}`);
  });
});

describe('the log', () => {
  it('holds no secret, whoever logs it, also inside of fields and errors', () => {
    const config = load('alertmanager: { webhookToken: "a-long-secret-token" }');
    const redactor = createRedactor(secretsOf(config));
    const written: string[] = [];
    const log = createLogger((text) => redactor(text).text, { write: (line) => written.push(line) });
    log.info({ url: 'http://bob:a-long-secret-token@host/', deep: { list: ['a-long-secret-token'] } }, 'asked');
    log.warn({ error: 'password=correct-Horse7-battery' }, 'will retry');
    log.error({ header: 'Authorization: Bearer a-long-secret-token' }, 'failed');
    expect(written).toHaveLength(3);
    for (const line of written) {
      expect(line).not.toMatch(/a-long-secret-token|correct-Horse7/);
      expect(JSON.parse(line)).toMatchObject({
        time: expect.stringMatching(/^\d{4}-/),
        msg: expect.stringMatching(/./),
      });
    }
  });
});
