import { describe, expect, it } from 'vitest';
import type { JournalLine } from '../../../src/host/parse/journal.ts';
import { why } from '../../../src/host/parse/why.ts';

function line(message: string, change: Partial<JournalLine> = {}): JournalLine {
  return { at: 0, message, priority: 6, identifier: 'restic', pid: 1, lost: undefined, ...change };
}

const messages = (lines: readonly JournalLine[]): string[] => why(lines).map((reason) => reason.line.message);

describe('why', () => {
  it('puts the cause before the program’s echo and systemd’s', () => {
    expect(
      messages([
        line('open repository'),
        line('unable to create lock in backend: repository is already locked by PID 4121 on node-0'),
        line('the backup failed'),
        line('restic.service: Main process exited, code=exited, status=1/FAILURE', {
          identifier: 'systemd',
          priority: 5,
        }),
        line("restic.service: Failed with result 'exit-code'.", { identifier: 'systemd', priority: 4 }),
        line('Failed to start restic backup.', { identifier: 'systemd', priority: 3 }),
      ]),
    ).toEqual([
      'unable to create lock in backend: repository is already locked by PID 4121 on node-0',
      'the backup failed',
      'Failed to start restic backup.',
      "restic.service: Failed with result 'exit-code'.",
      'restic.service: Main process exited, code=exited, status=1/FAILURE',
    ]);
  });

  it('takes the priority into account, and then the newest', () => {
    expect(
      messages([line('odd', { priority: 4 }), line('worse', { priority: 3 }), line('worse still', { priority: 2 })]),
    ).toEqual(['worse still', 'worse', 'odd']);
  });

  it('counts repetitions that differ in numbers alone, and shows the newest', () => {
    expect(
      why([
        line('timeout after 3 s'),
        line('ok'),
        line('dial 10.0.0.1: i/o timeout'),
        line('dial 10.0.0.2: i/o timeout'),
      ]),
    ).toMatchObject([{ line: { message: 'dial 10.0.0.2: i/o timeout' }, times: 2 }]);
  });

  it.each([
    'GET / 200',
    '0 errors, 0 failures',
    'finished without error',
    'done err=nil',
    '{"error":null,"n":1}',
    'failed: 0',
    '',
  ])('sees no reason in %j', (message) => {
    expect(why([line(message)])).toEqual([]);
  });

  it.each([
    'write /var/x: no space left on device',
    'Fatal: wrong password or no key found',
    'panic: runtime error',
    'x509: certificate has expired or is not yet valid',
    'Memory cgroup out of memory: Killed process 12',
    'dial tcp 10.0.0.5:22: connect: connection refused',
    'failed: 3',
    '2 errors',
  ])('sees a reason in %j', (message) => {
    expect(why([line(message)])).toHaveLength(1);
  });

  it('keeps a kernel’s or a program’s words that look like systemd’s', () => {
    expect(
      messages([
        line('Failed to start worker: no such file'),
        line('Failed to start x', { identifier: 'systemd', priority: 3 }),
      ])[0],
    ).toBe('Failed to start worker: no such file');
  });
});
