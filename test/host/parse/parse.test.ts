import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDf, parseInodes, realFileSystems } from '../../../src/host/parse/df.ts';
import { parseDu } from '../../../src/host/parse/du.ts';
import { parseJournal } from '../../../src/host/parse/journal.ts';
import { parseUnit } from '../../../src/host/parse/unit.ts';
import { cpuMs } from '../../support/cpuTime.ts';

const capture = (name: string): string => readFileSync(new URL(`../../captures/host/${name}`, import.meta.url), 'utf8');

describe('parseDf', () => {
  it('reads a recorded table, in bytes', () => {
    const mounts = parseDf(capture('df-Pk.txt'));
    expect(mounts.map(({ mount }) => mount)).toEqual([
      '/dev',
      '/dev/shm',
      '/',
      '/mnt/sandboxing/model_tools_env/v1/python',
      '/sys/fs/cgroup',
    ]);
    expect(mounts[2]).toMatchObject({ source: '/dev/vda', sizeBytes: 264212084 * 1024, freeBytes: 77241836 * 1024 });
    expect(mounts[2]?.usedRatio).toBeCloseTo(0.274, 3);
  });

  it.each<[what: string, line: string, expected: object]>([
    [
      'blanks in the mount point',
      '/dev/sdb1 100 40 50 45% /mnt/my  disk',
      { source: '/dev/sdb1', mount: '/mnt/my  disk' },
    ],
    ['blanks in the source', '//nas/my share 100 40 50 45% /mnt/nas', { source: '//nas/my share', mount: '/mnt/nas' }],
    [
      'figures in both',
      '//nas/7 8 9 100 40 50 45% /mnt/1 2 3 4% /x',
      { source: '//nas/7 8 9', mount: '/mnt/1 2 3 4% /x' },
    ],
    ['no room beyond the reserve', '/dev/sda1 100 99 -3 104% /', { freeBytes: 0, usedRatio: 1 }],
  ])('reads a row with %s', (_, line, expected) => {
    expect(parseDf(`Filesystem 1024-blocks Used Available Capacity Mounted on\n${line}\n`)).toMatchObject([expected]);
  });

  it('takes the block size from the header', () => {
    expect(parseDf('Filesystem 512-blocks Used Available Capacity Mounted on\n/dev/a 100 40 50 45% /')).toMatchObject([
      { sizeBytes: 51_200 },
    ]);
  });

  it.each([
    '',
    'df: no file systems processed',
    '/dev/a - - - - /',
    '/dev/a 0 0 0 - /',
    '/dev/a x 1 1 1% /',
    'a 1 1 1 1%',
  ])('skips %j', (line) => {
    expect(parseDf(line)).toEqual([]);
  });

  it('takes any text, and gives figures that make sense', () => {
    const word = fc.constantFrom(
      '/dev/a',
      '/',
      '1',
      '-2',
      '50%',
      '-',
      ' ',
      '  ',
      '\n',
      'tmpfs',
      '99999999999999999999',
    );
    fc.assert(
      fc.property(
        fc.array(word).map((words) => words.join(' ')),
        (text) => {
          for (const { usedRatio, freeBytes } of parseDf(text)) {
            expect(usedRatio).toBeGreaterThanOrEqual(0);
            expect(usedRatio).toBeLessThanOrEqual(1);
            expect(freeBytes).toBeGreaterThanOrEqual(0);
          }
        },
      ),
    );
  });

  it('stays fast on a hostile megabyte', () => {
    const took = cpuMs(() => {
      parseDf('1 1 1 '.repeat(170_000));
      parseDf(' '.repeat(1_000_000));
    });
    expect(took).toBeLessThan(2_000);
  });
});

describe('parseInodes', () => {
  it('reads a recorded table', () => {
    const root = parseInodes(capture('df-i.txt')).find(({ mount }) => mount === '/');
    expect(root).toMatchObject({ source: '/dev/vda', inodes: 16777216, used: 463900, free: 16313316 });
    expect(root?.usedRatio).toBeCloseTo(0.0276, 3);
  });

  it('leaves out file systems without a number of inodes', () => {
    expect(parseInodes('/dev/btrfs 0 0 0 - /data')).toEqual([]);
  });
});

describe('realFileSystems', () => {
  it('keeps the disks of a recorded table', () => {
    expect(realFileSystems(parseDf(capture('df-Pk.txt'))).map(({ mount }) => mount)).toEqual(['/']);
    expect(realFileSystems(parseInodes(capture('df-i.txt'))).map(({ mount }) => mount)).toContain('/');
  });

  it.each<[what: string, source: string, mount: string, kept: boolean]>([
    ['a disk', '/dev/sda1', '/var', true],
    ['NFS', 'nas:/export', '/backup', true],
    ['a disk named after nothing else', 'tank/data', '/tank', true],
    ["a container's own root", 'overlay', '/', true],
    ["somebody else's container", 'overlay', '/run/k3s/containerd/x/rootfs', false],
    ['memory', 'tmpfs', '/tmp', false],
    ['a snap', '/dev/loop3', '/snap/core/1', false],
    ["the kernel's", 'efivarfs', '/sys/firmware/efi/efivars', false],
  ])('judges %s', (_, source, mount, kept) => {
    expect(realFileSystems([{ source, mount, sizeBytes: 1e9 }])).toHaveLength(kept ? 1 : 0);
  });

  it('names a device once, at its shortest mount point', () => {
    const mounts = ['/etc/hosts', '/data', '/data/sub'].map((mount) => ({ source: '/dev/vda', mount }));
    expect(realFileSystems(mounts).map(({ mount }) => mount)).toEqual(['/data']);
  });
});

describe('parseDu', () => {
  it('sorts the biggest first, bounded, with the total apart', () => {
    const text = '4\t/var/a\n900\t/var/b c\n12\t/var/d\ndu: noise\n950\t/var\n';
    expect(parseDu(text, '/var/', 2)).toEqual({
      totalBytes: 950 * 1024,
      folders: [
        { path: '/var/b c', sizeBytes: 900 * 1024 },
        { path: '/var/d', sizeBytes: 12 * 1024 },
      ],
      more: 1,
    });
  });

  it('has no total where du was cut off', () => {
    expect(parseDu('4\t/var/a\n9', '/var')).toMatchObject({ totalBytes: undefined, folders: [{ path: '/var/a' }] });
  });
});

describe('parseUnit', () => {
  it.each<[file: string, expected: object]>([
    [
      'unit-failed.txt',
      {
        id: 'bk.service',
        description: 'restic backup',
        found: true,
        activeState: 'failed',
        result: 'exit-code',
        lastExit: { kind: 'exited', code: 3 },
        startedAt: Date.UTC(2026, 10, 21, 4, 49, 10),
        exitedAt: Date.UTC(2026, 10, 21, 4, 49, 11),
        activeSince: undefined,
      },
    ],
    ['unit-killed.txt', { result: 'signal', lastExit: { kind: 'signalled', signal: 9, dumped: false } }],
    ['unit-running.txt', { activeState: 'active', subState: 'running', lastExit: undefined, exitedAt: undefined }],
    ['unit-missing.txt', { found: false, activeState: 'inactive', startedAt: undefined }],
  ])('reads %s', (file, expected) => {
    expect(parseUnit(capture(file))).toMatchObject(expected);
  });

  it.each<[string, number | undefined]>([
    ['@1795236550', 1_795_236_550_000],
    ['@0', undefined],
    ['n/a', undefined],
    ['Sat 2026-11-21 05:49:10 CET', undefined],
    ['2026-11-21 04:49:10 UTC', Date.UTC(2026, 10, 21, 4, 49, 10)],
  ])('reads the time %j', (text, expected) => {
    expect(parseUnit(`StateChangeTimestamp=${text}`).changedAt).toBe(expected);
  });

  it('makes a unit that is not found of nothing', () => {
    expect(parseUnit('')).toMatchObject({ found: false, id: '', restarts: 0 });
  });
});

describe('parseJournal', () => {
  it('reads recorded odd messages: bytes that are not UTF-8, null, escape sequences', () => {
    const { lines, skipped } = parseJournal(capture('journalctl-odd-messages.jsonl'));
    expect(skipped).toBe(0);
    expect(lines.slice(0, 3)).toMatchObject([
      { message: 'f\ufffd\ufffdg', lost: 'not-utf8', priority: 3, identifier: 'x', at: 1795182813996 },
      { message: '', lost: 'too-long' },
      { message: '\u001b[31mred\u001b[0m', lost: undefined },
    ]);
  });

  it('puts the newest last, in whichever order they came', () => {
    const text = capture('journalctl-nginx.jsonl');
    const lines = parseJournal(text).lines;
    expect(lines).toHaveLength(40);
    expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at ?? 0).toSorted((a, b) => a - b));
    expect(parseJournal(text.trim().split('\n').toReversed().join('\n')).lines).toEqual(lines);
  });

  it.each<[what: string, json: string, expected: object]>([
    ['a missing message', '{"PRIORITY":"3"}', { message: '', lost: 'absent', at: undefined }],
    ['a message that was sent twice', '{"MESSAGE":["a",[98],null]}', { message: 'a\nb\n', lost: 'too-long' }],
    ['an empty list', '{"MESSAGE":[]}', { lost: 'absent' }],
    ['a priority that is none', '{"MESSAGE":"a","PRIORITY":"12"}', { priority: undefined }],
    [
      'the program where no identifier is',
      '{"MESSAGE":"a","_COMM":"restic","_PID":"7"}',
      { identifier: 'restic', pid: 7 },
    ],
    ['bytes beyond a byte', '{"MESSAGE":[300,-1,1.5]}', { lost: 'not-utf8' }],
    ['an object', '{"MESSAGE":{"a":1}}', { lost: 'absent' }],
  ])('reads %s', (_, json, expected) => {
    expect(parseJournal(json).lines).toMatchObject([expected]);
  });

  it('counts what is no entry, and ignores what journalctl says beside', () => {
    expect(parseJournal('-- No entries --\n{"MESSAGE":"a"}\n{"MESSAGE":"cu\n[1]\nnull')).toMatchObject({
      lines: [{ message: 'a' }],
      skipped: 3,
    });
  });

  it('takes any JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (message, other) => {
        expect(parseJournal(`{"MESSAGE":${message},"PRIORITY":${other},"_PID":${other}}`).lines).toHaveLength(1);
      }),
    );
  });
});
