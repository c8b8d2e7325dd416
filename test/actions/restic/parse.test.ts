import { describe, expect, it } from 'vitest';
import {
  parseFound,
  parseLine,
  parseLock,
  parseNode,
  parseSnapshots,
  parseStats,
} from '../../../src/actions/restic/parse.ts';
import { checkWords, elapsedWords, restoredWords, statusWords } from '../../../src/actions/restic/progress.ts';
import { snapshotsOf, within } from '../../../src/actions/restic/snapshots.ts';

/** As restic 0.14 printed it. */
const STATUS =
  '{"message_type":"status","seconds_elapsed":1,"seconds_remaining":180,"percent_done":0.1266666666666667,"total_files":8930,"files_done":1204,"total_bytes":300000000,"bytes_done":38000000,"current_files":["/src/f31"]}';
/** As restic 0.17 prints while it restores. Source: restic 0.18 manual, "Scripting". */
const RESTORING =
  '{"message_type":"status","seconds_elapsed":2,"percent_done":0.5,"total_files":10,"files_restored":5,"total_bytes":100,"bytes_restored":50}';
const words = (line: string) => {
  const told = parseLine(line);
  return told?.message_type === 'status' ? statusWords(told) : undefined;
};

describe('progress', () => {
  it('tells share, files and what is left', () => {
    expect(words(STATUS)).toEqual({ share: 0.1266666666666667, text: '12 %, 1,204 of 8,930 files, about 3 min left' });
    expect(words(RESTORING)).toEqual({ share: 0.5, text: '50 %, 5 of 10 files' });
    expect(words('{"message_type":"status","percent_done":0,"total_files":1}')).toEqual({ share: 0, text: '0 %' });
    expect(words('{"message_type":"status","percent_done":7}')?.share).toBe(1);
  });

  it('tells what a check does, and nothing of other lines', () => {
    expect(checkWords('[0:12] 45.00%  9 / 20 snapshots')).toEqual({
      text: 'checking the repository: 9 of 20 snapshots',
    });
    expect(checkWords('load indexes')).toBeUndefined();
  });

  it('tells how much of a restore is there, and is never full before the end', () => {
    expect(restoredWords(1024 ** 3, 4 * 1024 ** 3)).toEqual({ share: 0.25, text: '25 %, 1.0 GiB of 4.0 GiB' });
    expect(restoredWords(5000, 4000)).toEqual({ share: 0.99, text: '99 %, 3.9 KiB of 3.9 KiB' });
  });

  it('tells the time against the last time, and is never full before the end', () => {
    expect(elapsedWords('restoring', 90_000, 60_000)).toEqual({
      share: 0.95,
      text: 'restoring for 1 min 30 s (the last time took 1 min)',
    });
    expect(elapsedWords('restoring', 5_000, undefined)).toEqual({ text: 'restoring for 5 s' });
  });
});

describe('parseLine', () => {
  it.each([
    ['{"message_type":"error","error":{"Op":"open"},"during":"archival","item":"/a"}', 'error'],
    ['{"message_type":"summary","files_new":3,"snapshot_id":"8a3b5518"}', 'summary'],
    ['{"message_type":"verbose_status","action":"new"}', undefined],
    ['{"message_type":"status"', undefined],
    ['[1]', undefined],
    ['/nonexistent does not exist, skipping', undefined],
  ])('reads %s as %s', (line, kind) => {
    expect(parseLine(line)?.message_type).toBe(kind);
  });
});

describe('what a repository answers', () => {
  it('gives snapshots oldest first, of 0.14 and of 0.17', () => {
    const [newer, older] = ['a', 'b'].map((digit) => digit.repeat(64));
    const text = JSON.stringify([
      {
        ...{ time: '2026-11-21T03:00:00Z', paths: ['/a'], hostname: 'h', id: newer },
        summary: {
          ...{ backup_start: '2026-11-21T03:00:00Z', backup_end: '2026-11-21T03:05:00Z' },
          ...{ total_files_processed: 5, total_bytes_processed: 10 },
        },
      },
      { time: '2026-11-20T13:50:54.435539269+01:00', paths: null, hostname: 'h', tags: ['x'], id: older },
    ]);
    expect(parseSnapshots(text)).toEqual([
      expect.objectContaining({
        id: older,
        time: Date.parse('2026-11-20T12:50:54.435Z'),
        tags: ['x'],
        paths: [],
        tookMs: undefined,
      }),
      expect.objectContaining({ id: newer, tookMs: 300_000, sizeBytes: 10, files: 5 }),
    ]);
    expect(parseSnapshots('null')).toBeUndefined();
    expect(parseSnapshots('[]')).toEqual([]);
    expect(parseSnapshots('[{"id":"--x","time":"2026-11-21T03:00:00Z"}]')).toBeUndefined();
  });

  it('gives locks, stats and entries, and nothing for nonsense', () => {
    expect(
      parseLock(
        '{"time":"2026-11-21T05:55:07.019479458Z","exclusive":false,"hostname":"vm","username":"root","pid":23791}',
      ),
    ).toEqual({
      ...{ time: Date.parse('2026-11-21T05:55:07.019Z'), exclusive: false },
      ...{ hostname: 'vm', username: 'root', pid: 23791 },
    });
    expect(parseLock('{}')).toBeUndefined();
    expect(parseStats('{"total_size":300,"total_file_count":31,"snapshots_count":1}')).toEqual({
      sizeBytes: 300,
      files: 31,
    });
    expect(
      parseNode(
        '{"name":"a","type":"file","path":"/a","size":2,"mtime":"2026-11-21T05:56:13.99Z","struct_type":"node"}',
      ),
    ).toEqual({ type: 'file', path: '/a', sizeBytes: 2, mtime: Date.parse('2026-11-21T05:56:13Z') / 1000 });
    expect(parseFound("f|2|1795240573.9900845290|tmp/a b|c\n'd'")).toEqual({
      ...{ type: 'file', path: "/tmp/a b|c\n'd'", sizeBytes: 2, mtime: 1795240573 },
    });
    expect(parseFound('nonsense')).toBeUndefined();
  });
});

describe('snapshotsOf', () => {
  const one = (id: string, hostname: string, paths: string[]) => ({
    ...{ id, hostname, paths, time: 0, tags: [] },
    ...{ tookMs: undefined, sizeBytes: undefined, files: undefined },
  });
  const all = [
    one('a', 'node-0', ['/srv/data']),
    one('b', 'node-1', ['/srv/data']),
    one('c', 'node-0', ['/etc']),
    one('d', 'node-0', ['/']),
  ];

  it.each<[string[], string, string]>([
    [['/srv/data'], 'node-0', 'ad'],
    [['/srv/data'], 'node-1', 'b'],
    [['/srv/data/x'], 'node-0', 'ad'],
    [['/srv/data'], 'node-9', 'abd'],
    [['/etc', '/srv/data'], 'node-0', 'd'],
    [['/srv/data2'], 'node-1', 'd'],
    [[], 'node-0', 'acd'],
  ])('of %j on %s are %s', (paths, hostname, ids) => {
    expect(
      snapshotsOf(all, { paths, hostname })
        .map(({ id }) => id)
        .join(''),
    ).toBe(ids);
  });

  it('knows what lies within what', () => {
    expect(within('/a/b', '/a')).toBe(true);
    expect(within('/ab', '/a')).toBe(false);
    expect(within('/a', '/')).toBe(true);
  });
});
