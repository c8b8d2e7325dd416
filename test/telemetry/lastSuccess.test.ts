import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { lastSuccessQuery } from '../../src/telemetry/backupMetrics.ts';
import { missing } from '../support/real/process.ts';

const absent = missing(['promtool'], 'the PromQL of the last good backup, evaluated by promtool over days');
const HOUR = 60;

/** Series by the minute, in promtool's notation: `value` for `minutes`. */
const hold = (...parts: readonly (readonly [value: number, minutes: number])[]) =>
  parts.map(([value, minutes]) => `${value}+0x${minutes - 1}`).join(' ');

describe.skipIf(absent.length > 0)('lastSuccessQuery', () => {
  it.each<[string, Record<string, string>, number | undefined]>([
    [
      'the good run that two failures have overwritten',
      {
        'backup_success{job="j"}': hold([1, 24 * HOUR], [0, 48 * HOUR]),
        'backup_timestamp{job="j"}': hold([1000, 24 * HOUR], [90_000, 24 * HOUR], [170_000, 24 * HOUR]),
      },
      1000,
    ],
    [
      'the newest of several good ones',
      {
        'backup_success{job="j"}': hold([1, 72 * HOUR]),
        'backup_timestamp{job="j"}': hold([1000, 24 * HOUR], [90_000, 48 * HOUR]),
      },
      90_000,
    ],
    [
      'the push where no time stamp is pushed',
      {
        'pg_dump_success{job="j",database="shop"}': hold([1, 24 * HOUR], [0, 48 * HOUR]),
        'push_time_seconds{job="j"}': hold([500, 24 * HOUR], [90_500, 48 * HOUR]),
      },
      500,
    ],
    [
      'a job that the scrape renamed',
      {
        'backup_success{job="push",exported_job="j",instance="p:9091"}': hold([1, 72 * HOUR]),
        'backup_timestamp{job="push",exported_job="j",instance="p:9091"}': hold([4000, 72 * HOUR]),
      },
      4000,
    ],
    ['nothing of another job', { 'backup_success{job="k"}': hold([1, 72 * HOUR]) }, undefined],
    [
      'nothing where every run failed',
      { 'backup_success{job="j"}': hold([0, 72 * HOUR]), 'backup_timestamp{job="j"}': hold([1000, 72 * HOUR]) },
      undefined,
    ],
  ])('finds %s', async (_, series, expected) => {
    const folder = await mkdtemp(join(tmpdir(), 'daytwo-promtool-'));
    try {
      const samples = expected === undefined ? [] : [{ labels: '{}', value: expected }];
      const test = {
        interval: '1m',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [{ expr: lastSuccessQuery('j'), eval_time: '71h', exp_samples: samples }],
      };
      await writeFile(join(folder, 'test.yml'), JSON.stringify({ tests: [test] }));
      const { stdout, stderr, exitCode } = await execa('promtool', ['test', 'rules', 'test.yml'], {
        cwd: folder,
        reject: false,
      });
      expect(`${stdout}${stderr}`).toContain('SUCCESS');
      expect(exitCode).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
