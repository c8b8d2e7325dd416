import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { HostCommand } from '../../../src/host/port.ts';
import { DaytwoError, type ErrorCode } from '../../../src/lib/errors.ts';
import { inertLine } from '../../../src/lib/text.ts';
import type { EvidenceStatus } from '../../../src/triage/evidence.ts';
import type { Probe } from '../../../src/triage/probe.ts';
import { df, diskStatus } from '../../../src/triage/probes/df.ts';
import { du } from '../../../src/triage/probes/du.ts';
import { inodeStatus, inodes } from '../../../src/triage/probes/inodes.ts';
import { journal } from '../../../src/triage/probes/journal.ts';
import { nodeAgent } from '../../../src/triage/probes/nodeAgent.ts';
import { unitState } from '../../../src/triage/probes/unitState.ts';
import { uptime } from '../../../src/triage/probes/uptime.ts';
import { fakeWorld, HOUR, MINUTE, NIGHT } from '../../support/world.ts';

const signal = new AbortController().signal;
const capture = (name: string) => readFileSync(new URL(`../../captures/host/${name}`, import.meta.url), 'utf8');
const look = (probe: Probe, stdout: string | ((command: HostCommand) => string), exitCode = 0) =>
  probe.look(
    fakeWorld({
      host: (_, command) => ({ stdout: typeof stdout === 'string' ? stdout : stdout(command), exitCode }),
    }),
    signal,
  );

const GIB = 1024 * 1024;
const dfTable = (...rows: [source: string, size: number, used: number, free: number, mount: string][]) =>
  ['Filesystem 1024-blocks Used Available Capacity Mounted on']
    .concat(
      rows.map(
        ([s, size, used, free, m]) => `${s} ${size} ${used} ${free} ${Math.ceil((100 * used) / (used + free))}% ${m}`,
      ),
    )
    .join('\n');

const entry = (fields: { message: string; agoMs: number; priority?: number; who?: string }) =>
  JSON.stringify({
    MESSAGE: fields.message,
    PRIORITY: String(fields.priority ?? 6),
    SYSLOG_IDENTIFIER: fields.who ?? 'restic',
    __REALTIME_TIMESTAMP: String((NIGHT - fields.agoMs) * 1000),
  });

const unit = (change: Record<string, string> = {}) =>
  Object.entries({
    Id: 'restic.service',
    LoadState: 'loaded',
    ActiveState: 'active',
    SubState: 'running',
    Result: 'success',
    ...change,
  })
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');

describe('df', () => {
  it.each<[number, EvidenceStatus]>([
    [0.099, 'bad'],
    [0.1, 'warn'],
    [0.149, 'warn'],
    [0.15, 'ok'],
    [0, 'bad'],
  ])('judges %d free as %s, by the thresholds of the kubelet', (free, expected) => {
    expect(diskStatus({ freeBytes: free * 1000, sizeBytes: 1000 })).toBe(expected);
  });

  it('tells the fullest file system in numbers', async () => {
    const text = dfTable(
      ['/dev/vda1', 100 * GIB, 40 * GIB, 60 * GIB, '/'],
      ['/dev/vdb1', 30 * GIB, 28 * GIB, Math.round(1.2 * GIB), '/var'],
    );
    expect(await look(df('w1'), text)).toMatchObject({
      status: 'bad',
      summary: '/var 96 % used, 1.2 GiB free (the kubelet evicts below 10 % free)',
    });
  });

  it("leads with the alert's mount point and names others that are full", async () => {
    const text = dfTable(
      ['/dev/vda1', 100 * GIB, 40 * GIB, 60 * GIB, '/'],
      ['/dev/vdb1', 30 * GIB, 29 * GIB, GIB, '/var'],
    );
    expect((await look(df('w1', '/'), text)).summary).toBe('/ 40 % used, 60.0 GiB free; also full: /var');
  });

  it('says where nothing is mounted at the mount point', async () => {
    const text = dfTable(['/dev/vda1', 100 * GIB, 40 * GIB, 60 * GIB, '/']);
    expect((await look(df('w1', '/data'), text)).summary).toContain('nothing is mounted at /data');
  });

  it.each(['', 'garbage', 'Filesystem 1024-blocks Used Available Capacity Mounted on'])(
    'knows nothing from %j',
    async (text) => {
      expect(await look(df('w1'), text)).toMatchObject({ status: 'unknown' });
    },
  );

  it('reads a real one', async () => {
    expect(await look(df('w1'), capture('df-Pk.txt'))).toMatchObject({
      summary: expect.stringMatching(/^\/.* % used, .* free/),
    });
  });
});

describe('inodes', () => {
  it.each<[number, EvidenceStatus]>([
    [49, 'bad'],
    [50, 'warn'],
    [99, 'warn'],
    [100, 'ok'],
  ])('judges %d of 1000 free as %s', (free, expected) => {
    expect(inodeStatus({ free, inodes: 1000 })).toBe(expected);
  });

  it('reads a real one', async () => {
    expect(await look(inodes('w1'), capture('df-i.txt'))).toMatchObject({
      summary: expect.stringContaining('of its inodes used'),
    });
  });
});

describe('du', () => {
  it('tells the largest folder of all', async () => {
    const sizes: Record<string, string> = {
      '/var/log': '10\t/var/log/pods\n20\t/var/log',
      '/srv': '900000\t/srv/data\n900100\t/srv',
    };
    const found = await look(du('w1', ['/var/log', '/srv']), (command) =>
      'path' in command ? (sizes[command.path] ?? '') : '',
    );
    expect(found).toMatchObject({
      status: 'ok',
      summary: 'Largest: /srv/data 879 MiB; in all /var/log 20.0 KiB, /srv 879 MiB',
    });
  });

  it('goes on where one folder takes too long, and says so', async () => {
    const world = fakeWorld({
      host: (_, command) => {
        if ('path' in command && command.path === '/slow') throw new DaytwoError('timeout', 'too slow');
        return { stdout: '5\t/srv/a\n6\t/srv' };
      },
    });
    const found = await du('w1', ['/slow', '/srv']).look(world, signal);
    expect(found.summary).toContain('1 folder not measured in time');
    expect(JSON.stringify(found.parts)).toContain('/slow: not measured within 8 s');
  });

  it('aborts a folder at its own bound', async () => {
    let aborted = false;
    const world = fakeWorld({
      host: (_, __, own) =>
        new Promise((_, reject) =>
          own.addEventListener('abort', () => {
            aborted = true;
            reject(new DaytwoError('cancelled', 'cancelled'));
          }),
        ),
    });
    const hurried = { ...world, clock: { now: () => NIGHT, sleep: async () => {} } };
    expect(await du('w1', ['/slow']).look(hurried, signal)).toMatchObject({ status: 'unknown' });
    expect(aborted).toBe(true);
  });

  it('leaves out folders that are not there', async () => {
    expect(await look(du('w1', ['/none']), '', 1)).toMatchObject({
      status: 'unknown',
      summary: expect.stringContaining('none of the folders is there'),
    });
  });
});

describe('journal', () => {
  it('puts the line that says why first', async () => {
    const text = [
      entry({ message: 'open repository', agoMs: 3 * MINUTE }),
      entry({
        message: 'unable to create lock: repository is already locked by PID 4121',
        agoMs: 2 * MINUTE,
        priority: 3,
      }),
      entry({ message: 'Failed to start restic.', agoMs: 2 * MINUTE, who: 'systemd', priority: 3 }),
      entry({ message: 'done', agoMs: MINUTE }),
    ].join('\n');
    expect(await look(journal('w1', 'restic.service'), text)).toMatchObject({
      status: 'bad',
      summary: 'unable to create lock: repository is already locked by PID 4121 (2 min ago)',
      parts: [
        { kind: 'text', text: expect.stringMatching(/^01-05 03:08:00 restic: unable to create lock/) },
        { kind: 'text' },
      ],
    });
  });

  it('does not dig up trouble of another day', async () => {
    const text = [
      entry({ message: 'no space left on device', agoMs: 72 * HOUR, priority: 3 }),
      entry({ message: 'all is well', agoMs: MINUTE }),
    ].join('\n');
    expect(await look(journal('w1', 'restic.service'), text)).toMatchObject({ status: 'ok' });
  });

  it('warns where words of failure come without a priority of failure', async () => {
    const text = entry({ message: 'connection refused, will retry', agoMs: MINUTE });
    expect(await look(journal('w1', 'restic.service'), text)).toMatchObject({ status: 'warn' });
  });

  it.each(['', '-- No entries --', 'garbage'])('knows nothing from %j', async (text) => {
    expect(await look(journal('w1', 'restic.service'), text)).toMatchObject({ status: 'unknown' });
  });

  it.each(['journalctl-nginx.jsonl', 'journalctl-odd-messages.jsonl'])('reads %s', async (name) => {
    const found = await look(journal('w1', 'nginx.service'), capture(name));
    expect(found.parts.length).toBeGreaterThan(0);
    expect(inertLine(found.summary)).toBe(found.summary);
  });
});

describe('unitState', () => {
  it.each<[string, Record<string, string>, EvidenceStatus, string]>([
    ['running', {}, 'ok', 'active'],
    ['finished well', { ActiveState: 'inactive', SubState: 'dead' }, 'ok', 'inactive'],
    [
      'failed',
      { ActiveState: 'failed', Result: 'exit-code', ExecMainCode: '1', ExecMainStatus: '3' },
      'bad',
      'exit code 3',
    ],
    [
      'killed',
      { ActiveState: 'failed', Result: 'oom-kill', ExecMainCode: '2', ExecMainStatus: '9' },
      'bad',
      'signal 9',
    ],
    [
      'started again and again',
      { ActiveState: 'activating', SubState: 'auto-restart', NRestarts: '7' },
      'bad',
      'restarted 7 times',
    ],
    ['starting', { ActiveState: 'activating', SubState: 'start' }, 'warn', 'activating'],
    ['missing', { LoadState: 'not-found' }, 'unknown', 'w1 has no unit'],
  ])('judges what is %s', async (_, change, status, words) => {
    const found = await look(unitState('w1', 'restic.service'), unit(change));
    expect(found.status).toBe(status);
    expect(found.summary).toContain(words);
  });

  it.each<[string, EvidenceStatus]>([
    ['unit-failed.txt', 'bad'],
    ['unit-running.txt', 'ok'],
    ['unit-missing.txt', 'unknown'],
    ['unit-killed.txt', 'bad'],
  ])('reads %s as %s', async (name, status) => {
    expect((await look(unitState('w1', 'x.service'), capture(name))).status).toBe(status);
  });
});

describe('nodeAgent', () => {
  const node = (found: string, state: Record<string, string>, said: string) => (command: HostCommand) => {
    if (command.tool === 'journal') return said;
    return 'unit' in command && command.unit === found ? unit(state) : unit({ LoadState: 'not-found' });
  };

  it.each<[string, Record<string, string>, string, EvidenceStatus]>([
    ['runs quietly', {}, entry({ message: 'ok', agoMs: MINUTE }), 'ok'],
    ['runs without a journal', {}, '', 'ok'],
    [
      'runs and complains',
      {},
      entry({ message: 'image garbage collection failed', agoMs: MINUTE, priority: 3 }),
      'warn',
    ],
    ['is stopped', { ActiveState: 'inactive', SubState: 'dead' }, '', 'bad'],
    ['failed', { ActiveState: 'failed', Result: 'exit-code' }, '', 'bad'],
  ])('finds the agent that is there, which %s', async (_, state, said, status) => {
    const found = await look(nodeAgent('w1'), node('k3s-agent.service', state, said));
    expect(found).toMatchObject({ status, summary: expect.stringMatching(/^k3s-agent.service /) });
  });

  it('says where there is none', async () => {
    expect(await look(nodeAgent('w1'), unit({ LoadState: 'not-found' }))).toMatchObject({ status: 'unknown' });
  });
});

describe('uptime', () => {
  it('says that the host answers', async () => {
    expect(await look(uptime('w1'), ' 03:10:00 up 3 days, load average: 0.1\n')).toMatchObject({
      status: 'ok',
      summary: 'w1 answers after 1 ms: 03:10:00 up 3 days, load average: 0.1',
    });
  });
});

describe('every probe of a host', () => {
  const probes = [
    df('w1'),
    inodes('w1'),
    du('w1', ['/srv']),
    journal('w1', 'x.service'),
    unitState('w1', 'x.service'),
    nodeAgent('w1'),
    uptime('w1'),
  ];
  const codes: ErrorCode[] = [
    'not-configured',
    'unreachable',
    'forbidden',
    'not-found',
    'failed',
    'invalid',
    'cancelled',
  ];

  it.each(codes)('passes %s on to the collector', async (code) => {
    for (const probe of probes)
      await expect(probe.look(fakeWorld({ host: () => code }), signal), probe.id).rejects.toMatchObject({ code });
  });

  it('names its host, for running few at a time', () => {
    expect(new Set(probes.map(({ host }) => host))).toEqual(new Set(['w1']));
  });

  it('keeps hostile output on one inert line', async () => {
    const nasty = '\u001b[31m\u202e<!channel> a\nb';
    const found = await look(journal('w1', 'x.service'), entry({ message: `error ${nasty}`, agoMs: MINUTE }));
    expect(inertLine(found.summary)).toBe(found.summary);
  });
});
