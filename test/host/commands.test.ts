import { describe, expect, it } from 'vitest';
import { invocation } from '../../src/host/commands.ts';
import type { HostCommand } from '../../src/host/port.ts';

describe('invocation', () => {
  it.each<[HostCommand, string[]]>([
    [{ tool: 'df' }, ['df', '-P', '-k']],
    [{ tool: 'inodes' }, ['df', '-P', '-i']],
    [{ tool: 'du', path: '/var/log/' }, ['du', '-x', '-k', '-d', '1', '--', '/var/log']],
    [{ tool: 'uptime' }, ['uptime']],
  ])('fixes %j', (command, argv) => {
    expect(invocation(command).argv).toEqual(argv);
  });

  it('asks for the newest lines of one unit, from a time on, in a folder', () => {
    const { argv } = invocation(
      { tool: 'journal', unit: 'k3s', lines: 200, sinceMs: 1_795_182_813_996 },
      { journalDirectory: '/host/var/log/journal' },
    );
    expect(argv).toContain('--unit=k3s.service');
    expect(argv).toContain('--lines=200');
    expect(argv).toContain('--since=@1795182813.996');
    expect(argv).toContain('--directory=/host/var/log/journal');
    expect(invocation({ tool: 'journal', unit: 'k3s', lines: 1 }).argv.join(' ')).not.toMatch(/since|directory/);
  });

  it('keeps a unit from being an option', () => {
    expect(invocation({ tool: 'unit', unit: 'k3s' }).argv.slice(-2)).toEqual(['--', 'k3s.service']);
  });

  it.each<[HostCommand, string | undefined]>([
    [{ tool: 'du', path: '/var/../etc' }, undefined],
    [{ tool: 'du', path: '--files0-from=/etc/shadow' }, undefined],
    [{ tool: 'journal', unit: '*', lines: 1 }, undefined],
    [{ tool: 'journal', unit: 'k3s', lines: 0 }, undefined],
    [{ tool: 'journal', unit: 'k3s', lines: 2001 }, undefined],
    [{ tool: 'journal', unit: 'k3s', lines: 1, sinceMs: -5 }, undefined],
    [{ tool: 'journal', unit: 'k3s', lines: 1, sinceMs: Number.NaN }, undefined],
    [{ tool: 'journal', unit: 'k3s', lines: 1 }, 'var/log'],
    [{ tool: 'unit', unit: '--version' }, undefined],
  ])('refuses %j in %j', (command, journalDirectory) => {
    expect(() => invocation(command, { journalDirectory })).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});
