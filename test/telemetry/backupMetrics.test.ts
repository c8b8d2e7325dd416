import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BackupState, readBackup } from '../../src/telemetry/backupMetrics.ts';
import type { Sample } from '../../src/telemetry/port.ts';

const HOUR = 3_600_000;
const now = Date.parse('2026-11-20T03:10:00Z');
const ago = (hours: number) => (now - hours * HOUR) / 1000;

function samples(values: Readonly<Record<string, number>>, labels: Record<string, string> = {}): Sample[] {
  return Object.entries(values).map(([name, value]) => ({
    labels: { __name__: name, job: 'restic_k8s_data', ...labels },
    at: now,
    value,
  }));
}

describe('readBackup', () => {
  it.each<[string, Sample[], number | undefined, Partial<BackupState>, RegExp]>([
    [
      'a good run within the RPO',
      samples({ backup_success: 1, backup_timestamp: ago(3), backup_duration_seconds: 61, backup_files_new: 12 }),
      24 * HOUR,
      { verdict: 'ok', lastRunOk: true, lastRunAt: now - 3 * HOUR, durationMs: 61_000, filesNew: 12 },
      /Last success 3 h ago against an RPO of 1 d\./,
    ],
    [
      'a good run kept for ever by the Pushgateway',
      samples({ backup_success: 1, backup_timestamp: ago(46) }),
      24 * HOUR,
      { verdict: 'stale', lastSuccessAt: now - 46 * HOUR },
      /Last success 1 d 22 h ago/,
    ],
    [
      'a failed run',
      samples({ backup_success: 0, backup_timestamp: ago(1), push_time_seconds: ago(1) }),
      24 * HOUR,
      { verdict: 'failed', lastRunOk: false, lastSuccessAt: undefined, lastRunAt: now - HOUR },
      /The last run failed\..*No earlier success is known\./s,
    ],
    [
      'a failed run of a script that stamps only its successes',
      samples({ backup_success: 0, backup_timestamp: ago(46), push_time_seconds: ago(1) }),
      24 * HOUR,
      { verdict: 'failed', lastSuccessAt: now - 46 * HOUR, lastRunAt: now - HOUR },
      /failed.*46|failed.*1 d 22 h/s,
    ],
    [
      'pg_dump without a time stamp, by its push',
      samples({ pg_dump_success: 1, push_time_seconds: ago(2), pg_dump_size_bytes: 4096 }),
      24 * HOUR,
      { verdict: 'ok', lastSuccessAt: now - 2 * HOUR, sizeBytes: 4096 },
      /Last success 2 h ago/,
    ],
    [
      'pg_dump without a time stamp that stopped running',
      samples({ pg_dump_success: 1, push_time_seconds: ago(72) }),
      24 * HOUR,
      { verdict: 'stale' },
      /Last success 3 d ago/,
    ],
    [
      'one data base of two failed',
      [
        ...samples({ pg_dump_success: 1, pg_dump_timestamp: ago(1), pg_dump_size_bytes: 10 }, { database: 'shop' }),
        ...samples({ pg_dump_success: 0, pg_dump_timestamp: ago(1), pg_dump_size_bytes: 5 }, { database: 'auth' }),
      ],
      24 * HOUR,
      { verdict: 'failed', sizeBytes: 15 },
      /The last run failed \(database=auth\)\./,
    ],
    [
      'one instance of two went silent',
      [
        ...samples({ backup_success: 1, backup_timestamp: ago(1) }, { instance: 'a' }),
        ...samples({ backup_success: 1, backup_timestamp: ago(90) }, { instance: 'b' }),
      ],
      24 * HOUR,
      { verdict: 'stale' },
      /3 d 18 h ago/,
    ],
    [
      'no metrics at all',
      [],
      24 * HOUR,
      { verdict: 'unknown', lastRunOk: undefined },
      /never pushed, or the Pushgateway/,
    ],
    [
      'a time stamp alone',
      samples({ backup_timestamp: ago(1) }),
      24 * HOUR,
      { verdict: 'unknown', lastRunAt: now - HOUR, lastSuccessAt: undefined },
      /whether the last run was good/,
    ],
    [
      'success alone',
      samples({ backup_success: 1 }),
      24 * HOUR,
      { verdict: 'unknown', lastSuccessAt: undefined },
      /when the last run was/,
    ],
    [
      'no RPO',
      samples({ backup_success: 1, backup_timestamp: ago(46) }),
      undefined,
      { verdict: 'unknown', lastSuccessAt: now - 46 * HOUR },
      /no RPO is set/,
    ],
    [
      'milliseconds where seconds belong',
      samples({ backup_success: 1, backup_timestamp: now - HOUR }),
      24 * HOUR,
      { verdict: 'ok', lastSuccessAt: now - HOUR },
      /1 h ago/,
    ],
    [
      'a time stamp from the future',
      samples({ backup_success: 1, backup_timestamp: ago(-5) }),
      24 * HOUR,
      { verdict: 'unknown', lastSuccessAt: undefined },
      /5 h in the future/,
    ],
    [
      'a metric named for the last success',
      samples({ backup_success: 0, backup_timestamp: ago(1), backup_last_success_timestamp_seconds: ago(30) }),
      24 * HOUR,
      { verdict: 'failed', lastSuccessAt: now - 30 * HOUR },
      /1 d 6 h ago/,
    ],
    [
      'a push that was rejected after the last good one',
      samples({ backup_success: 1, push_time_seconds: ago(5), push_failure_time_seconds: ago(1) }),
      24 * HOUR,
      { verdict: 'ok' },
      /rejected 1 h ago/,
    ],
    [
      'not-a-number',
      samples({ backup_success: Number.NaN, backup_timestamp: Number.NaN, backup_files_new: Number.NaN }),
      24 * HOUR,
      { verdict: 'unknown', filesNew: undefined, lastRunOk: undefined },
      /whether the last run was good/,
    ],
  ])('reads %s', (_, given, rpoMs, expected, reason) => {
    const state = readBackup({ samples: given, now, rpoMs });
    expect(state).toMatchObject(expected);
    expect(state.reasons.join(' ')).toMatch(reason);
  });

  it('takes an earlier success from history', () => {
    const failed = samples({ backup_success: 0, backup_timestamp: ago(1) });
    const state = readBackup({
      samples: failed,
      history: [{ labels: {}, at: now, value: ago(46) }],
      now,
      rpoMs: 24 * HOUR,
    });
    expect(state).toMatchObject({ verdict: 'failed', lastSuccessAt: now - 46 * HOUR });
  });

  it('makes label values inert', () => {
    const state = readBackup({
      samples: samples({ backup_success: 0 }, { database: 'x\u202ey\n<!channel>' }),
      now,
      rpoMs: undefined,
    });
    expect(state.reasons[0]).toBe('The last run failed (database=x\ufffdy <!channel>).');
  });

  it('calls nothing good without a success within the RPO, whatever was pushed', () => {
    const value = fc.oneof(fc.constantFrom(0, 1, Number.NaN, Number.POSITIVE_INFINITY), fc.double());
    const name = fc.constantFrom('backup_success', 'backup_timestamp', 'pg_dump_success', 'push_time_seconds', 'other');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 6 }), (pairs) => {
        const given = pairs.flatMap(([metric, figure]) => samples({ [metric]: figure }));
        const { verdict, lastRunOk, lastSuccessAt } = readBackup({ samples: given, now, rpoMs: HOUR });
        if (verdict === 'ok') {
          expect(lastRunOk).toBe(true);
          expect(now - (lastSuccessAt ?? 0)).toBeLessThanOrEqual(HOUR);
        }
      }),
    );
  });
});
