import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/lib/errors.ts';
import type { Sample, Series } from '../../../src/telemetry/port.ts';
import type { EvidenceStatus, Finding } from '../../../src/triage/evidence.ts';
import type { BackupTarget, Probe } from '../../../src/triage/probe.ts';
import { backupState } from '../../../src/triage/probes/backupState.ts';
import { backupTrend, judgeRuns, type Run, runsOf } from '../../../src/triage/probes/backupTrend.ts';
import { certificates } from '../../../src/triage/probes/certificates.ts';
import { diskTrend } from '../../../src/triage/probes/diskTrend.ts';
import { etcd } from '../../../src/triage/probes/etcd.ts';
import { jobs } from '../../../src/triage/probes/jobs.ts';
import { memoryTrend } from '../../../src/triage/probes/memoryTrend.ts';
import { increase, podMemoryTrend, restartTrend } from '../../../src/triage/probes/restartTrend.ts';
import { machineMatcher } from '../../../src/triage/probes/selectors.ts';
import { targets } from '../../../src/triage/probes/targets.ts';
import { velero } from '../../../src/triage/probes/velero.ts';
import { volumeUsage } from '../../../src/triage/probes/volumeUsage.ts';
import {
  DAY,
  type FakeWorld,
  fakeWorld,
  HOUR,
  MINUTE,
  NIGHT,
  nodeView,
  podView,
  sample,
  series,
} from '../../support/world.ts';

const signal = new AbortController().signal;
const look = (probe: Probe, world: FakeWorld) => probe.look(fakeWorld(world), signal);
const seconds = (ms: number) => ms / 1000;
const pictures = (found: Finding) => found.parts.filter(({ kind }) => kind === 'picture').length;

const backup: BackupTarget = {
  name: 'restic_k8s_data',
  kind: 'restic',
  host: 'node-0',
  unit: 'restic.service',
  repository: undefined,
  paths: [],
  rpoMs: DAY,
  staleAfterMs: undefined,
};
const failedUnit =
  'LoadState=loaded\nActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainCode=1\nExecMainStatus=1\n';
const goodUnit = 'LoadState=loaded\nActiveState=inactive\nSubState=dead\nResult=success\n';

describe('backupState', () => {
  const metrics = (ok: number, agoMs: number) => [
    sample('backup_success', ok),
    sample('backup_timestamp', seconds(NIGHT - agoMs)),
    sample('backup_duration_seconds', 250),
    sample('push_time_seconds', seconds(NIGHT - agoMs)),
  ];
  const without = { ...backup, unit: undefined };
  it.each<[string, FakeWorld, BackupTarget, EvidenceStatus, RegExp]>([
    [
      'a fresh one',
      { query: (e) => (e.includes('max_over_time') ? [] : metrics(1, HOUR)) },
      without,
      'ok',
      /^last good backup 1 h ago against an RPO of 1 d$/,
    ],
    [
      'an old one',
      { query: (e) => (e.includes('max_over_time') ? [] : metrics(1, 46 * HOUR)) },
      without,
      'bad',
      /^last good backup 1 d 22 h ago/,
    ],
    [
      'a failed one',
      { query: (e) => (e.includes('max_over_time') ? [] : metrics(0, HOUR)) },
      without,
      'bad',
      /no good backup known; the last run failed 1 h ago$/,
    ],
    [
      'one that Prometheus does not know',
      { query: () => [] },
      without,
      'unknown',
      /no good backup known; Prometheus has no metric/,
    ],
    [
      'good metrics and a failed unit',
      { query: (e) => (e.includes('max_over_time') ? [] : metrics(1, HOUR)), host: () => ({ stdout: failedUnit }) },
      backup,
      'bad',
      /; unit failed/,
    ],
    [
      'a good unit without metrics',
      { query: () => 'unreachable', host: () => ({ stdout: goodUnit }) },
      backup,
      'unknown',
      /^no metrics; unit inactive/,
    ],
    [
      'good metrics and an unreachable host',
      { query: (e) => (e.includes('max_over_time') ? [] : metrics(1, HOUR)), host: () => 'unreachable' },
      backup,
      'ok',
      /last good backup/,
    ],
  ])('judges %s', async (_, world, target, status, words) => {
    const found = await look(backupState({ backup: target, job: undefined }), world);
    expect(found.status).toBe(status);
    expect(found.summary).toMatch(words);
  });

  it('fails with the reason where neither metrics nor unit can be seen', async () => {
    const away = look(backupState({ backup, job: undefined }), {
      query: () => 'not-configured',
      host: () => 'unreachable',
    });
    await expect(away).rejects.toMatchObject({ code: 'not-configured' });
  });

  it('says where the alert names no backup', async () => {
    expect(await look(backupState({ backup: undefined, job: undefined }), {})).toMatchObject({ status: 'unknown' });
  });

  it('goes on without the history', async () => {
    const query = (e: string) => (e.includes('max_over_time') ? ('timeout' as const) : metrics(1, HOUR));
    expect(await look(backupState({ backup: without, job: undefined }), { query })).toMatchObject({ status: 'ok' });
  });
});

describe('backupTrend', () => {
  const daily = (count: number) => ({
    stamp: series({ __name__: 'backup_timestamp' }, count * 4, 6 * HOUR, (i) =>
      seconds(NIGHT - (count - Math.floor(i / 4)) * DAY),
    ),
    duration: series({ __name__: 'backup_duration_seconds' }, count * 4, 6 * HOUR, (i) => 240 + Math.floor(i / 4)),
    success: series({ __name__: 'backup_success' }, count * 4, 6 * HOUR, (i) => (i >= (count - 1) * 4 ? 0 : 1)),
  });

  it('draws the runs and the age against the RPO', async () => {
    const { stamp, duration, success } = daily(8);
    const found = await look(backupTrend({ backup, job: undefined }), { range: () => [stamp, duration, success] });
    expect(found).toMatchObject({ status: 'bad', summary: expect.stringContaining('8 runs in 14 d, 1 failed') });
    expect(pictures(found)).toBe(2);
  });

  it('tells runs apart by their time stamps', () => {
    const { stamp, duration } = daily(5);
    const runs = runsOf([stamp, duration]);
    expect(runs.map(({ seconds: took }) => took)).toEqual([240, 241, 242, 243, 244]);
    expect(runs[0]?.at).toBe(NIGHT - 5 * DAY);
  });

  it('tells them apart by the duration where there is no time stamp', () => {
    expect(runsOf([daily(5).duration])).toHaveLength(5);
  });

  const run = (change: Partial<Run> = {}): Run => ({ at: NIGHT, ok: true, seconds: 100, bytes: 1e9, ...change });
  it.each<[string, Run[], EvidenceStatus, string]>([
    ['as usual', [run(), run(), run(), run()], 'ok', 'last took 1 min 40 s, usually 1 min 40 s'],
    ['far slower', [run(), run(), run(), run({ seconds: 300 })], 'warn', 'far more than usual'],
    ['far smaller', [run(), run(), run(), run({ bytes: 1e8 })], 'warn', 'only 95.4 MiB rather than 954 MiB'],
    ['failed', [run(), run(), run(), run({ ok: false })], 'bad', 'the last run failed'],
    ['failed before', [run(), run({ ok: false }), run(), run()], 'warn', '1 failed'],
    ['alone', [run()], 'ok', '1 run in 14 d'],
    ['too long ago', [run({ at: NIGHT - 46 * HOUR })], 'bad', 'last good run 1 d 22 h ago, beyond the RPO'],
  ])('judges a last run that is %s', (_, runs, status, words) => {
    const judged = judgeRuns(runs, DAY, NIGHT);
    expect(judged.status).toBe(status);
    expect(judged.line).toContain(words);
  });

  it('never calls no history ok', async () => {
    expect(await look(backupTrend({ backup, job: undefined }), { range: () => [] })).toMatchObject({
      status: 'unknown',
    });
    expect(await look(backupTrend({ backup: undefined, job: undefined }), {})).toMatchObject({ status: 'unknown' });
  });
});

describe('diskTrend', () => {
  const disk = (value: (i: number) => number, mountpoint = '/var'): Series =>
    series({ mountpoint }, 200, 7 * MINUTE, value);
  const scope = { node: 'worker-1', mountpoint: '/var', instance: undefined };

  it.each<[string, (i: number) => number, EvidenceStatus, string]>([
    ['full within 4 h', (i) => 18 + i * 0.36, 'bad', 'full in about'],
    ['full within a day', (i) => 40 + i * 0.15, 'warn', 'full in about'],
    ['level', () => 43, 'ok', '/var now 43 %; not filling (level for 6 h)'],
    ['above the threshold', () => 93, 'bad', '/var now 93 %; not filling'],
    ['near the threshold', () => 87, 'warn', '/var now 87 %'],
    ['being cleaned', (i) => 80 - i * 0.1, 'ok', 'not filling (falling)'],
    ['up and down', (i) => 50 + (i % 10), 'ok', 'not filling (up and down'],
  ])('judges what is %s', async (_, value, status, words) => {
    const found = await look(diskTrend(scope), { nodes: [], range: () => [disk(value)] });
    expect(found.summary).toContain(words);
    expect(found.status).toBe(status);
    expect(pictures(found)).toBe(1);
  });

  it('asks by node, by name and by address, and takes what the alert itself names first', async () => {
    const world = fakeWorld({
      nodes: [nodeView('worker-1', { internalIPs: ['10.0.0.5', 'fd00::5'] })],
      range: () => [disk(() => 1)],
    });
    await diskTrend(scope).look(world, signal);
    await diskTrend({ ...scope, instance: 'w"1:9100' }).look(world, signal);
    expect(world.asked.expressions[0]).toContain('mountpoint="/var",node="worker-1"');
    expect(world.asked.expressions[0]).toContain(
      'instance=~"(\\\\[?(worker\\\\-1|10\\\\.0\\\\.0\\\\.5|fd00::5)\\\\]?)(:[0-9]+)?"',
    );
    expect(world.asked.expressions[1]).toContain('instance="w\\"1:9100"');
  });

  it('says plainly that Prometheus has no such series', async () => {
    const found = await look(diskTrend(scope), { nodes: 'unreachable', range: () => [] });
    expect(found).toMatchObject({
      status: 'unknown',
      summary: expect.stringContaining('no node_filesystem_* series of worker-1 at /var'),
    });
  });

  it('draws nothing out of figures that are none', async () => {
    expect(await look(diskTrend(scope), { nodes: [], range: () => [disk(() => Number.NaN)] })).toMatchObject({
      status: 'unknown',
    });
  });
});

describe('machineMatcher', () => {
  it.each([
    ['worker-1', 'worker-1:9100', true],
    ['10.0.0.5', '10.0.0.5:9100', true],
    ['10.0.0.5', '10.0.0.5', true],
    ['10.0.0.5', '10.0.0.51:9100', false],
    ['10.0.0.5', '1000005:9100', false],
    ['fd00::5', '[fd00::5]:9100', true],
    ['worker-1', 'worker-10:9100', false],
  ])('%s meets %s: %s', (name, instance, expected) => {
    const pattern: unknown = JSON.parse(machineMatcher([name]).replace('instance=~', ''));
    expect(new RegExp(`^(?:${pattern})$`).test(instance)).toBe(expected);
  });
});

describe('memoryTrend, restartTrend, podMemoryTrend', () => {
  it.each<[number, EvidenceStatus]>([
    [50, 'ok'],
    [85, 'warn'],
    [95, 'bad'],
  ])('judges %d %% of memory as %s', async (value, status) => {
    const found = await look(memoryTrend('worker-1'), {
      nodes: [],
      range: () => [series({}, 60, 6 * MINUTE, () => value)],
    });
    expect(found).toMatchObject({ status, summary: `worker-1 now ${value} %` });
  });

  it.each<[string, (i: number) => number, EvidenceStatus, string]>([
    ['none', () => 3, 'ok', 'No restart in 6 h'],
    ['some long ago', (i) => (i > 5 ? 4 : 3), 'warn', '1 restart in 6 h, 0 in the last hour'],
    ['some just now', (i) => (i > 58 ? 5 : 3), 'bad', '2 restarts in 6 h, 2 in the last hour'],
  ])('counts restarts: %s', async (_, value, status, summary) => {
    const range = () => [series({ container: 'app' }, 60, 6 * MINUTE, value)];
    expect(await look(restartTrend('web', 'web-1'), { range })).toMatchObject({ status, summary });
  });

  it('counts on over a reset', () => {
    expect(increase(series({}, 4, MINUTE, (i) => [5, 6, 0, 2][i] ?? 0).points)).toBe(3);
  });

  it.each<[number, readonly Sample[], EvidenceStatus, string]>([
    [0.97, [sample('l', 2 ** 30, { container: 'app' })], 'bad', '97 % of its limit of 1.0 GiB'],
    [0.9, [sample('l', 2 ** 30, { container: 'app' })], 'warn', '90 % of its limit'],
    [0.5, [sample('l', 2 ** 30, { container: 'app' })], 'ok', '50 % of its limit'],
    [0.5, [], 'ok', 'no memory limit is known'],
  ])('judges memory at %d of the limit', async (part, limits, status, words) => {
    const range = () => [series({ container: 'app' }, 60, 6 * MINUTE, () => part * 2 ** 30)];
    const found = await look(podMemoryTrend('web', 'web-1'), { range, query: () => limits });
    expect(found).toMatchObject({ status, summary: expect.stringContaining(words) });
  });
});

describe('volumeUsage', () => {
  const labels = { namespace: 'db', persistentvolumeclaim: 'data-0' };
  const stats = (free: number, freeInodes = 500) => [
    sample('kubelet_volume_stats_available_bytes', free * 1e9, labels),
    sample('kubelet_volume_stats_capacity_bytes', 100e9, labels),
    sample('kubelet_volume_stats_inodes', 1000, labels),
    sample('kubelet_volume_stats_inodes_free', freeInodes, labels),
  ];
  it.each<[string, Sample[], EvidenceStatus]>([
    ['half full', stats(50), 'ok'],
    ['at 90 %', stats(10), 'warn'],
    ['at 98 %', stats(2), 'bad'],
    ['out of inodes', stats(50, 10), 'bad'],
    ['not measured', [], 'unknown'],
    ['of no size', [sample('kubelet_volume_stats_capacity_bytes', 0, labels)], 'unknown'],
  ])('judges a volume that is %s', async (_, samples, status) => {
    expect((await look(volumeUsage('db', undefined), { query: () => samples })).status).toBe(status);
  });

  it('draws the trend of one claim', async () => {
    const range = () => [series(labels, 200, 7 * MINUTE, (i) => 60 + i * 0.1)];
    const found = await look(volumeUsage('db', 'data-0'), { query: () => stats(20), range });
    expect(found.summary).toMatch(/^data-0 80 % used, 18.6 GiB free; full in about/);
    expect(pictures(found)).toBe(1);
  });
});

describe('certificates', () => {
  const cert = (leftMs: number) =>
    sample('certmanager_certificate_expiration_timestamp_seconds', seconds(NIGHT + leftMs), {
      exported_namespace: 'shop',
      name: 'tls',
    });
  const unready = sample('certmanager_certificate_ready_status', 1, {
    exported_namespace: 'shop',
    name: 'tls',
    condition: 'False',
  });
  it.each<[string, Sample[], EvidenceStatus, string]>([
    ['long valid', [cert(60 * DAY)], 'ok', 'shop/tls (cert-manager) expires in 60 d'],
    ['short of three weeks', [cert(20 * DAY)], 'warn', 'expires in 20 d'],
    ['at its end', [cert(2 * DAY)], 'bad', 'expires in 2 d'],
    ['expired', [cert(-HOUR)], 'bad', 'expired 1 h ago'],
    ['not ready', [cert(60 * DAY), unready], 'warn', '1 certificate not ready'],
    [
      'of a kubelet, by seconds left',
      [sample('kubelet_certificate_manager_client_ttl_seconds', 3600, { node: 'w1' })],
      'bad',
      'w1 (kubelet, client) expires in 1 h',
    ],
    ['infinite', [sample('x509_cert_not_after', Number.POSITIVE_INFINITY)], 'unknown', 'no certificate metrics'],
    ['nowhere', [], 'unknown', 'no certificate metrics'],
  ])('judges one that is %s', async (_, samples, status, words) => {
    const found = await look(certificates(), { query: () => samples });
    expect(found.status).toBe(status);
    expect(found.summary).toContain(words);
  });
});

describe('jobs', () => {
  const failed = podView('nightly-1-x', {
    owner: 'Job/nightly-1',
    inTrouble: true,
    status: 'Error',
    phase: 'Failed',
    lastTermination: { container: 'a', reason: 'Error', exitCode: 3, at: NIGHT - MINUTE, message: '' },
  });
  it.each<[string, FakeWorld, EvidenceStatus, string]>([
    ['failed', { pods: [failed], query: () => [] }, 'bad', 'nightly-1-x Error, last: Error (exit code 3) 1 min ago'],
    [
      'failed by the metric',
      { pods: [], query: () => [sample('kube_job_status_failed', 1, { job_name: 'nightly-1' })] },
      'bad',
      '1 failed job',
    ],
    [
      'suspended',
      { pods: [], query: () => [sample('kube_cronjob_spec_suspend', 1, { cronjob: 'nightly' })] },
      'warn',
      'nightly is suspended',
    ],
    [
      'fine',
      { pods: [podView('nightly-1-y', { owner: 'Job/nightly-1' })], query: () => [] },
      'ok',
      'No failed job is left',
    ],
    ['gone', { pods: [podView('other')], query: () => [] }, 'unknown', 'No pod or metric'],
    ['seen by its pods alone', { pods: [failed], query: () => 'not-configured' }, 'bad', 'exit code 3'],
  ])('judges one that is %s', async (_, world, status, words) => {
    const found = await look(jobs('web', 'nightly-1'), world);
    expect(found.status).toBe(status);
    expect(found.summary).toContain(words);
  });

  it('takes no other job for this one', async () => {
    const other = podView('x', { owner: 'Job/nightlyreport-1', inTrouble: true });
    expect(await look(jobs('web', 'nightly'), { pods: [other], query: () => [] })).toMatchObject({ status: 'unknown' });
  });
});

describe('targets, velero, etcd', () => {
  const up = (value: number, instance: string) => sample('up', value, { job: 'node', instance });
  it.each<[string, Sample[], EvidenceStatus, string]>([
    ['all up', [up(1, 'a'), up(1, 'b')], 'ok', 'All 2 targets of job node answer now'],
    ['one down', [up(1, 'a'), up(0, 'b')], 'bad', '1 of 2 targets of job node down: b'],
    ['none there', [], 'unknown', 'no target of job node'],
  ])('targets: %s', async (_, samples, status, words) => {
    const found = await look(targets({ job: 'node', instance: undefined }), { query: () => samples });
    expect(found.status).toBe(status);
    expect(found.summary).toContain(words);
  });

  const last = (value: number, schedule: string) => sample('velero_backup_last_status', value, { schedule });
  const good = (agoMs: number, schedule: string) =>
    sample('velero_backup_last_successful_timestamp', seconds(NIGHT - agoMs), { schedule });
  it.each<[string, Sample[], EvidenceStatus, string]>([
    ['good', [last(1, 'daily'), good(HOUR, 'daily')], 'ok', 'daily: last backup good, last good 1 h ago'],
    ['failed', [last(0, 'daily'), good(30 * HOUR, 'daily')], 'bad', 'daily: last backup failed, last good 1 d 6 h ago'],
    ['old', [last(1, 'daily'), good(30 * HOUR, 'daily')], 'warn', 'last good 1 d 6 h ago'],
    ['never run', [last(1, 'daily')], 'warn', 'none good is known'],
    [
      'without its store',
      [
        last(1, 'daily'),
        good(HOUR, 'daily'),
        sample('velero_backup_location_status_gauge', 0, { backup_location_name: 's3' }),
      ],
      'bad',
      'storage location not available: s3',
    ],
    ['not scraped', [], 'unknown', 'no Velero metrics'],
  ])('velero: %s', async (_, samples, status, words) => {
    const found = await look(velero('daily'), { query: () => samples });
    expect(found.status).toBe(status);
    expect(found.summary).toContain(words);
  });

  const member = (leader: number, bytes: number) => [
    sample('etcd_server_has_leader', leader, { instance: 'm1' }),
    sample('etcd_mvcc_db_total_size_in_bytes', bytes, { instance: 'm1' }),
    sample('etcd_server_quota_backend_bytes', 2e9, { instance: 'm1' }),
  ];
  it.each<[string, Sample[], number, EvidenceStatus]>([
    ['healthy', member(1, 1e8), 0.01, 'ok'],
    ['without a leader', member(0, 1e8), 0.01, 'bad'],
    ['slow', member(1, 1e8), 0.6, 'warn'],
    ['very slow', member(1, 1e8), 1.2, 'bad'],
    ['near its quota', member(1, 1.95e9), 0.01, 'bad'],
    ['without load (NaN)', member(1, 1e8), Number.NaN, 'ok'],
  ])('etcd: %s', async (_, gauges, fsync, status) => {
    const query = (e: string) =>
      e.includes('fsync') ? [sample('', fsync, { instance: 'm1' })] : e.includes('leader_changes') ? [] : gauges;
    expect((await look(etcd(), { query })).status).toBe(status);
  });

  it('etcd: says where there is none', async () => {
    expect(await look(etcd(), { query: () => [] })).toMatchObject({ status: 'unknown' });
  });
});

describe('every probe of Prometheus', () => {
  const probes = [
    backupTrend({ backup, job: undefined }),
    backupState({ backup: undefined, job: 'x' }),
    certificates(),
    diskTrend({ node: 'w1', mountpoint: undefined, instance: undefined }),
    memoryTrend('w1'),
    restartTrend('web', 'web-1'),
    podMemoryTrend('web', 'web-1'),
    volumeUsage('web', undefined),
    jobs('web'),
    targets({}),
    velero(undefined),
    etcd(),
  ];
  const codes: ErrorCode[] = [
    'not-configured',
    'unreachable',
    'timeout',
    'forbidden',
    'bad-answer',
    'invalid',
    'cancelled',
  ];

  it.each(codes)('passes %s on to the collector', async (code) => {
    const away = fakeWorld({ query: () => code, range: () => code, nodes: [], pods: code });
    for (const probe of probes) await expect(probe.look(away, signal), probe.id).rejects.toMatchObject({ code });
  });

  it('never calls nothing ok', async () => {
    const empty = fakeWorld({ query: () => [], range: () => [], nodes: [], pods: [] });
    for (const probe of probes) expect((await probe.look(empty, signal)).status, probe.id).toBe('unknown');
  });
});
