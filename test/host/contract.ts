import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkHost } from '../../src/host/check.ts';
import { parseDf, parseInodes, realFileSystems } from '../../src/host/parse/df.ts';
import { parseDu } from '../../src/host/parse/du.ts';
import { parseJournal } from '../../src/host/parse/journal.ts';
import { why } from '../../src/host/parse/why.ts';
import type { HostCommand, Hosts } from '../../src/host/port.ts';
import { type JournalFolder, journalMissing, writeJournal } from '../support/real/journal.ts';

/** What an implementation gives the suite. */
export interface HostsUnderTest {
  readonly hosts: Hosts;
  /** The name of its host that is this very machine. */
  readonly name: string;
  readonly end: () => Promise<void>;
}

const never = new AbortController().signal;

const ENTRY = { _SYSTEMD_UNIT: 'restic-k8s-backup.service', SYSLOG_IDENTIFIER: 'restic' };

/** What every implementation of `Hosts` does, on this machine's real tools. `make` gets the folder of a journal written for the test. */
export function hostsContract(what: string, make: (journalDirectory: string) => Promise<HostsUnderTest>): void {
  describe(`${what}, as Hosts`, async () => {
    const noJournal = await journalMissing();
    let under: HostsUnderTest;
    let journal: JournalFolder | undefined;
    let folder: string;

    const run = (command: HostCommand, signal = never) => under.hosts.run(under.name, command, signal);

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'contract-'));
      if (noJournal) console.warn(`NOT TESTED, the journal of ${what}: ${noJournal}`);
      else {
        journal = await writeJournal([
          { at: 1_795_182_813_000, fields: { ...ENTRY, PRIORITY: '6', MESSAGE: 'open repository' } },
          {
            at: 1_795_182_814_000,
            fields: { ...ENTRY, PRIORITY: '3', MESSAGE: 'repository is already locked by PID 4121' },
          },
          {
            at: 1_795_182_815_000,
            fields: { ...ENTRY, PRIORITY: '6', MESSAGE: Uint8Array.of(0x66, 0xff, 0x1b, 0x5b) },
          },
          { at: 1_795_182_816_000, fields: { ...ENTRY, PRIORITY: '6', MESSAGE: 'x'.repeat(10_000) } },
          { at: 1_795_182_817_000, fields: { _SYSTEMD_UNIT: 'other.service', MESSAGE: 'not asked for' } },
        ]);
      }
      under = await make(journal?.path ?? folder);
    });
    afterAll(async () => {
      await under.end();
      await journal?.remove();
      await rm(folder, { recursive: true, force: true });
    });

    it('tells the use of this machine’s disks', async () => {
      const { stdout, exitCode, truncated } = await run({ tool: 'df' });
      const real = realFileSystems(parseDf(stdout));
      expect({ exitCode, truncated }).toEqual({ exitCode: 0, truncated: false });
      expect(real.some(({ sizeBytes, freeBytes }) => sizeBytes > freeBytes)).toBe(true);
      expect(parseInodes((await run({ tool: 'inodes' })).stdout).length).toBeGreaterThan(0);
    });

    it('tells the size of folders, one with blanks in its name as well', async () => {
      const inner = join(folder, 'a  b');
      await mkdir(inner);
      await writeFile(join(inner, 'file'), Buffer.alloc(300 * 1024, 1));
      const use = parseDu((await run({ tool: 'du', path: folder })).stdout, folder);
      expect(use.folders[0]?.path).toBe(inner);
      expect(use.folders[0]?.sizeBytes).toBeGreaterThanOrEqual(300 * 1024);
      expect(parseDu((await run({ tool: 'du', path: inner })).stdout, inner).totalBytes).toBeGreaterThanOrEqual(
        300 * 1024,
      );
    });

    it('says what du said where there is no such folder: that is an answer', async () => {
      expect(await run({ tool: 'du', path: '/no/such/folder' })).toMatchObject({
        exitCode: 1,
        stdout: '',
        stderr: expect.stringMatching(/No such file or directory/),
      });
    });

    it.skipIf(noJournal !== undefined)('reads the journal of one unit, whole messages, newest last', async () => {
      const { lines, skipped } = parseJournal(
        (await run({ tool: 'journal', unit: 'restic-k8s-backup', lines: 10 })).stdout,
      );
      expect(skipped).toBe(0);
      expect(lines.map(({ at }) => at)).toEqual([
        1_795_182_813_000, 1_795_182_814_000, 1_795_182_815_000, 1_795_182_816_000,
      ]);
      expect(lines[2]).toMatchObject({ message: 'f\ufffd\u001b[', lost: 'not-utf8' });
      expect(lines[3]?.message).toHaveLength(10_000);
      expect(why(lines)[0]?.line.message).toBe('repository is already locked by PID 4121');
    });

    it.skipIf(noJournal !== undefined)(
      'reads only so many lines, only from a time on, nothing for a stranger',
      async () => {
        const read = async (command: Omit<Extract<HostCommand, { tool: 'journal' }>, 'tool'>) =>
          parseJournal((await run({ tool: 'journal', ...command })).stdout).lines.length;
        expect(await read({ unit: 'restic-k8s-backup.service', lines: 2 })).toBe(2);
        expect(await read({ unit: 'restic-k8s-backup.service', lines: 10, sinceMs: 1_795_182_815_500 })).toBe(1);
        expect(await read({ unit: 'nobody.service', lines: 10 })).toBe(0);
      },
    );

    it('tells the uptime', async () => {
      expect((await run({ tool: 'uptime' })).stdout).toMatch(/ up .*load average/);
    });

    it('passes the check of a host, but for what this machine has not', async () => {
      const check = await checkHost(under.hosts, under.name, never);
      expect(check).toMatchObject({ reachable: true, uptime: expect.stringMatching(/ up /) });
      const codes = check.reachable ? check.problems.filter(({ tool }) => tool !== 'journal' && tool !== 'unit') : [];
      expect(codes).toEqual([]);
    });

    it('knows its names, and no other host', async () => {
      expect(under.hosts.names()).toContain(under.name);
      await expect(under.hosts.run('worker-9\u001b[31m', { tool: 'df' }, never)).rejects.toMatchObject({
        code: 'not-configured',
        message: expect.not.stringContaining('\u001b'),
      });
    });

    it.each<[string, HostCommand]>([
      ['a unit', { tool: 'unit', unit: '$(touch x)' }],
      ['a unit', { tool: 'journal', unit: 'a; touch x', lines: 1 }],
      ['a path', { tool: 'du', path: '/x`touch x`' }],
      ['a number', { tool: 'journal', unit: 'a', lines: Number.POSITIVE_INFINITY }],
    ])('refuses %s that is none before anything starts', async (_, command) => {
      await expect(run(command)).rejects.toMatchObject({ code: 'invalid', retryable: false });
    });

    it('starts nothing for one who has left', async () => {
      await expect(run({ tool: 'df' }, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
    });
  });
}
