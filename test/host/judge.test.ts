import { describe, expect, it } from 'vitest';
import { type Invocation, invocation } from '../../src/host/commands.ts';
import type { ExecResult } from '../../src/host/exec.ts';
import { judge } from '../../src/host/judge.ts';
import type { HostCommand } from '../../src/host/port.ts';

const local = { name: 'node-0', via: 'local' } as const;
const ssh = { name: 'worker-1', via: 'ssh', address: 'h', journalDirectory: '/j' } as const;
const call = (tool: 'df' | 'du' | 'journal' | 'unit' | 'uptime'): Invocation => {
  const commands: Record<typeof tool, HostCommand> = {
    df: { tool: 'df' },
    du: { tool: 'du', path: '/x' },
    journal: { tool: 'journal', unit: 'k3s', lines: 1 },
    unit: { tool: 'unit', unit: 'k3s' },
    uptime: { tool: 'uptime' },
  };
  return invocation(commands[tool]);
};
const exited = (exitCode: number, stdout = '', stderr = ''): ExecResult => ({
  end: 'exited',
  exitCode,
  stdout,
  stderr,
  tookMs: 1,
});

describe('judge', () => {
  it.each<[string, Invocation, ExecResult, object]>([
    ['success', call('uptime'), exited(0, 'up'), { exitCode: 0, stdout: 'up', truncated: false }],
    [
      'a table with a stale mount',
      call('df'),
      exited(1, '/dev/a 1 1 1 1% /', 'df: /mnt: Stale file handle'),
      { exitCode: 1 },
    ],
    [
      'output that was cut',
      call('du'),
      { end: 'cut', stdout: 'x', stderr: '', tookMs: 1 },
      { truncated: true, exitCode: 0 },
    ],
    [
      'a folder that is not there',
      call('du'),
      exited(1, '', "du: cannot access '/x': No such file or directory"),
      { exitCode: 1, stdout: '' },
    ],
    ['an empty journal', call('journal'), exited(0, '-- No entries --\n'), { exitCode: 0 }],
    [
      'a journal with a hint beside entries',
      call('journal'),
      exited(0, '{}', 'Hint: You are currently not seeing messages from other users'),
      { exitCode: 0 },
    ],
  ])('takes %s for an answer', (_, invoked, result, expected) => {
    expect(judge(local, invoked, result)).toMatchObject(expected);
  });

  it.each<[string, Invocation, ExecResult, string, RegExp]>([
    [
      'a time-out',
      call('du'),
      { end: 'timeout', stdout: '', stderr: '', tookMs: 1 },
      'timeout',
      /du took longer than 30 s and was ended/,
    ],
    ['an abort', call('du'), { end: 'aborted', stdout: '', stderr: '', tookMs: 1 }, 'cancelled', /du was cancelled/],
    [
      'a kill by somebody else',
      call('du'),
      { end: 'killed', reason: 'SIGKILL', stdout: '', stderr: '', tookMs: 1 },
      'failed',
      /SIGKILL/,
    ],
    [
      'a folder that may not be read',
      call('du'),
      exited(1, '', "du: cannot read directory '/x': Permission denied"),
      'failed',
      /Permission denied/,
    ],
    ['exit 1 without a word', call('df'), exited(1), 'failed', /df ended with exit code 1$/],
    ['another exit code', call('df'), exited(2, 'x', 'df: bad'), 'failed', /exit code 2: df: bad/],
    [
      'a missing program',
      call('journal'),
      exited(127, '', 'sh: 1: journalctl: not found'),
      'not-found',
      /journalctl is not installed there/,
    ],
    [
      'a missing timeout',
      call('df'),
      exited(127, '', 'env: ‘timeout’: No such file or directory'),
      'not-found',
      /the program timeout is not installed/,
    ],
    [
      'a missing timeout, by the shell',
      call('df'),
      exited(127, '', 'sh: timeout: not found'),
      'not-found',
      /the program timeout is not installed/,
    ],
    [
      'a journal that may not be read',
      call('journal'),
      exited(0, '-- No entries --', 'Hint: You are currently not seeing messages from other users and the system.'),
      'forbidden',
      /the ssh user may not read the journal; add it to the group systemd-journal/,
    ],
    [
      'a journal that may not be opened',
      call('journal'),
      exited(1, '', 'No journal files were opened due to insufficient permissions.'),
      'forbidden',
      /systemd-journal/,
    ],
    [
      'no journal at all',
      call('journal'),
      exited(0, '', 'No journal files were found.'),
      'not-found',
      /no journal files in \/j/,
    ],
    [
      'no systemd',
      call('unit'),
      exited(1, '', 'System has not been booted with systemd as init system (PID 1).'),
      'not-found',
      /systemd doesn't run/,
    ],
  ])('takes %s for an error', (_, invoked, result, code, message) => {
    expect(() => judge(ssh, invoked, result)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it('names the user and the machine of a local host', () => {
    expect(() =>
      judge(local, call('journal'), exited(0, '', 'No journal files were opened due to insufficient permissions.')),
    ).toThrow(/^node-0: the user that daytwo runs as may not read the journal/);
  });
});
