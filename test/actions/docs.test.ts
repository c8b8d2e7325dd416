import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { DEFAULT_RESTORE_ROOT } from '../../src/actions/restic/world.ts';
import { readConfig } from '../../src/config/load.ts';
import { createPushgateway } from '../../src/telemetry/pushgateway.ts';
import { missing } from '../support/real/process.ts';
import { PUSHGATEWAY, startPushgateway } from '../support/real/pushgateway.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const page = await readFile(at('docs/backups.md'), 'utf8');
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
const rows = (heading: string): string[][] =>
  (page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()));

async function sources(): Promise<string> {
  const texts: string[] = [];
  for (const folder of ['backup', 'restic', 'restore'])
    for (const name of await readdir(at(`src/actions/${folder}`)))
      texts.push(await readFile(at(`src/actions/${folder}/${name}`), 'utf8'));
  return texts.join('\n');
}

describe('docs/backups.md', () => {
  it('shows a configuration that is taken as it is', () => {
    const { config } = readConfig(blocks[0] ?? '', { file: '', env: {}, base: '/' });
    expect(config.backups.map(({ name }) => name)).toEqual(['restic_etc', 'restic_k8s_data', 'restic_worker']);
    expect(config.backups[1]?.unit).toBe('restic-k8s-backup.service');
  });

  it('names every finding with its level, and none that there isn’t', async () => {
    const text = await sources();
    const told = new Map(rows('What a plan looks for').map(([, code = '', level = '']) => [code.slice(1, -1), level]));
    expect(told.size).toBeGreaterThan(25);
    for (const code of told.keys()) expect(text, code).toContain(`'${code}'`);
    const found = [...text.matchAll(/found\(\s*'(BLOCK|ACKNOWLEDGE|NOTE)',\s*'([a-z-]+)'/g)];
    expect(found.length).toBeGreaterThan(20);
    for (const [, level, code = ''] of found) expect(`${code} ${told.get(code)}`).toBe(`${code} ${level}`);
    // Those that are chosen by a reason.
    const chosen = [...text.matchAll(/: '((?:repository|password-file)-[a-z]+|wrong-password|host-[a-z]+)'/g)];
    for (const [, code = ''] of chosen) expect([...told.keys()]).toContain(code);
    for (const code of ['live-path', 'unsafe-root']) expect(told.get(code)).toBe('BLOCK');
  });

  it('names the steps and the folder as they are', async () => {
    const text = await sources();
    for (const step of ['look', 'backup', 'start', 'follow', 'check']) {
      expect(page).toContain(`\`${step}\``);
      expect(text).toContain(`run.step('${step}'`);
    }
    expect(page).toContain(`\`${DEFAULT_RESTORE_ROOT}/NAME-…\``);
  });

  it.skipIf(missing([PUSHGATEWAY], 'the metrics that docs/backups.md names').length > 0)(
    'names the metrics that are pushed, and what stays after a failure',
    async () => {
      const gateway = await startPushgateway();
      try {
        const never = new AbortController().signal;
        const client = createPushgateway({ url: gateway.url });
        const figures = async () => {
          const text = await (await fetch(`${gateway.url}/metrics`)).text();
          return new Map(
            [...text.matchAll(/^(backup_\w+)\{.*\} (\S+)$/gm)].map(([, name = '', value]) => [name, value]),
          );
        };
        const backup = { job: 'docs', instances: ['node-0'] };
        await client.pushSuccess(
          { ...backup, at: 1_795_000_000_000, durationMs: 5000, filesNew: 1, filesChanged: 2 },
          never,
        );
        const good = await figures();
        const named = rows('Metrics').flatMap(([, names = '']) =>
          [...names.matchAll(/`(\w+)`/g)].map(([, one]) => one),
        );
        expect([...good.keys()].sort()).toEqual(named.sort());
        await client.pushFailure(backup, never);
        expect(await figures()).toEqual(new Map([...good, ['backup_success', '0']]));
      } finally {
        await gateway.stop();
      }
    },
  );

  it.skipIf(missing(['promtool'], 'the rules of docs/backups.md').length > 0)(
    'gives rules that fire and resolve by what is pushed',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'backup-rules-'));
      try {
        await writeFile(join(folder, 'rules.yml'), blocks[1] ?? '');
        const fires = (alertname: string, time: string, labels: string) =>
          `      - { eval_time: ${time}, alertname: ${alertname}, exp_alerts: ${labels} }`;
        const failed = (job: string) =>
          `[{ exp_labels: { severity: critical, job: ${job} }, exp_annotations: { summary: "The last run of ${job} failed." } }]`;
        const stale =
          '[{ exp_labels: { severity: critical, job: old }, exp_annotations: { summary: "old has no good backup for more than 25 h." } }]';
        const gone =
          '[{ exp_labels: { severity: critical, job: restic_k8s_data }, exp_annotations: { summary: "Nothing is known of restic_k8s_data." } }]';
        await writeFile(
          join(folder, 'test.yml'),
          `rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - { series: 'backup_success{job="a"}', values: '1x10 0x20 1x100' }
      - { series: 'backup_timestamp{job="a"}', values: '0x200' }
      - { series: 'backup_success{job="restic_k8s_data"}', values: '1x200' }
    alert_rule_test:
${fires('BackupFailed', '5m', '[]')}
${fires('BackupFailed', '20m', failed('a'))}
${fires('BackupFailed', '60m', '[]')}
${fires('BackupStale', '100m', '[]')}
  - interval: 1m
    input_series:
      - { series: 'backup_success{job="old"}', values: '1x2000' }
      - { series: 'backup_last_success_timestamp_seconds{job="old"}', values: '0x1600 96000x300' }
      - { series: 'backup_success{job="restic_k8s_data"}', values: '1x2000' }
    alert_rule_test:
${fires('BackupStale', '24h', '[]')}
${fires('BackupStale', '26h', stale)}
${fires('BackupStale', '30h', '[]')}
  - interval: 1m
    input_series: [{ series: 'up', values: '1x100' }]
    alert_rule_test:
${fires('BackupStale', '90m', gone)}
`,
        );
        const { exitCode, all } = await execa('promtool', ['test', 'rules', 'test.yml'], {
          cwd: folder,
          reject: false,
          all: true,
        });
        expect(all).toContain('SUCCESS');
        expect(exitCode).toBe(0);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});
