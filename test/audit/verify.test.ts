import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditCommand } from '../../src/audit/command.ts';
import { type AuditRecord, follow, hashOf, type Link, lineOf } from '../../src/audit/record.ts';
import { anchorText, readAnchor, verifyFile } from '../../src/audit/verify.ts';
import { type AuditRig, auditRig } from './rig.ts';

const COUNT = 8;

describe('verifyFile finds', () => {
  let rig: AuditRig;
  let restore: () => void;
  let links: readonly Link[];
  let whole: Buffer;
  let lines: readonly string[];
  beforeAll(async () => {
    rig = auditRig();
    links = await rig.fill(COUNT);
    restore = rig.snapshot();
    whole = rig.bytes();
    lines = rig.lines();
  });
  afterAll(() => rig.end());

  /** The number of the line that holds the byte. */
  const lineAt = (offset: number): number => whole.subarray(0, offset).filter((byte) => byte === 10).length + 1;
  const write = (content: readonly string[]): void => rig.write(content.join(''));
  const index = fc.nat({ max: COUNT - 1 });

  it('nothing in what was written', async () => {
    restore();
    expect(await verifyFile(rig.dir)).toMatchObject({ ok: true, head: links.at(-1), unacknowledged: 0, tornBytes: 0 });
  });

  it('any byte changed to any other, and names the entry', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        restore();
        const bytes = Buffer.from(whole);
        bytes[at] = (whole[at] ?? 0) ^ change;
        rig.write(bytes);
        expect(await verifyFile(rig.dir)).toMatchObject({ ok: false, seq: lineAt(at) });
      }),
      { numRuns: 400 },
    );
  });

  it('any byte removed, or put in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), fc.boolean(), async (at, byte, put) => {
        restore();
        const bytes = Buffer.concat([
          whole.subarray(0, at),
          ...(put ? [Buffer.of(byte)] : []),
          whole.subarray(at + (put ? 0 : 1)),
        ]);
        fc.pre(!bytes.equals(whole));
        rig.write(bytes);
        expect(await verifyFile(rig.dir)).toMatchObject({ ok: false });
      }),
      { numRuns: 200 },
    );
  });

  it('any byte of the head changed', async () => {
    restore();
    const head = readFileSync(rig.headFile);
    for (let at = 0; at < head.length; at += 1) {
      for (const change of [1, 16, 128]) {
        const bytes = Buffer.from(head);
        bytes[at] = (head[at] ?? 0) ^ change;
        writeFileSync(rig.headFile, bytes);
        expect(await verifyFile(rig.dir)).toMatchObject({ ok: false });
      }
    }
  });

  it('a cut after any byte', async () => {
    restore();
    // Every cut of the last two lines, and every seventh of those before.
    const fine = whole.length - (lines.at(-1)?.length ?? 0) * 2;
    for (let size = whole.length - 1; size >= 0; size -= size > fine ? 1 : 7) {
      truncateSync(rig.log, size);
      expect(await verifyFile(rig.dir)).toMatchObject({ ok: false, seq: lineAt(size) });
    }
  });

  it('any line removed, repeated, moved or put in from elsewhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('remove', 'repeat', 'swap', 'forge'), index, index, async (how, one, other) => {
        fc.pre(how !== 'swap' || one !== other);
        restore();
        const now = [...lines];
        if (how === 'remove') now.splice(one, 1);
        if (how === 'repeat') now.splice(other, 0, lines[one] ?? '');
        if (how === 'swap') [now[one], now[other]] = [lines[other] ?? '', lines[one] ?? ''];
        const forged = follow(links[one] ?? { seq: 0, hash: '' }, { kind: 'test.forged' }, 0);
        if (how === 'forge') now.splice(one + 1, 0, lineOf(forged));
        // A line behind the head was never acknowledged, whoever wrote it: the next start records that.
        fc.pre(now.slice(0, COUNT).join('') !== lines.join(''));
        write(now);
        const found = await verifyFile(rig.dir);
        expect(found).toMatchObject({ ok: false });
      }),
      { numRuns: 150 },
    );
  });

  it('a chain that was written anew from any entry on, by the head alone', async () => {
    for (let from = 1; from <= COUNT; from += 1) {
      restore();
      let before: Link = links[from - 2] ?? { seq: 0, hash: '0'.repeat(64) };
      const now = lines.map((line, i) => {
        if (i < from - 1) return line;
        const { hash: _, ...old } = JSON.parse(line) as AuditRecord;
        const rest = { ...old, by: i === from - 1 ? 'eve' : old.by, prev: before.hash };
        const record = { ...rest, hash: hashOf(rest) };
        before = record;
        return lineOf(record);
      });
      write(now);
      expect(await verifyFile(rig.dir)).toMatchObject({ ok: false, seq: COUNT, fault: 'head-differs' });
    }
  });

  it('both files written anew, or set back together, by a head that was noted elsewhere', async () => {
    restore();
    const noted = readAnchor(anchorText(links[6] ?? { seq: 0, hash: '' }));
    const anchors = noted ? [noted] : [];
    expect(await verifyFile(rig.dir, anchors)).toMatchObject({ ok: true });
    const other = auditRig();
    await other.fill(5);
    expect(await verifyFile(other.dir)).toMatchObject({ ok: true });
    expect(await verifyFile(other.dir, anchors)).toMatchObject({ ok: false, seq: 6, fault: 'anchor-differs' });
    const audit = await other.open();
    for (let i = 0; i < 5; i += 1) await audit.append({ kind: 'test.other' });
    await audit.close();
    expect(await verifyFile(other.dir, anchors)).toMatchObject({ ok: false, seq: 7, fault: 'anchor-differs' });
    other.end();
  });

  it.each<[string, () => void, string]>([
    ['a missing head', () => rmSync(rig.headFile), 'head-missing'],
    ['a missing log', () => rmSync(rig.log), 'log-missing'],
    [
      'a log and a head that are both gone',
      () => [rig.log, rig.headFile].forEach((file) => void rmSync(file)),
      'nothing-there',
    ],
    ['a line without end', () => rig.write('x'.repeat(3_000_000)), 'unreadable'],
  ])('%s', async (_, spoil, fault) => {
    restore();
    spoil();
    expect(await verifyFile(rig.dir)).toMatchObject({ ok: false, fault });
  });

  describe('in the words of the command line', () => {
    const run = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
      const out: string[] = [];
      const err: string[] = [];
      const code = await auditCommand(
        args,
        rig.dir,
        (line) => out.push(line),
        (line) => err.push(line),
      );
      return { code, out: out.join('\n'), err: err.join('\n') };
    };

    it('nothing: exit 0, the count and the head', async () => {
      restore();
      const { code, out } = await run('verify', `3:${links[2]?.hash.slice(0, 8)}`);
      expect(code).toBe(0);
      expect(out).toBe(
        `The audit is as it was written: 8 entries, the last of 2026-11-20T03:10:00.000Z.\nHead: 8:${links[7]?.hash}`,
      );
    });

    it('no audit at all: exit 1, and how to name another folder', async () => {
      restore();
      rmSync(rig.log);
      rmSync(rig.headFile);
      const { code, out } = await run('verify');
      expect(code).toBe(1);
      expect(out).toMatch(/^NOTHING THERE: there is no audit in .*DAYTWO_DATA_DIR.*or the audit was taken away\.$/);
    });

    it('one changed byte: exit 1 and the first bad entry', async () => {
      restore();
      rig.write(whole.toString().replace('"i":4', '"i":7'));
      expect(await run('verify')).toEqual({
        code: 1,
        out: 'BROKEN at entry 5 (altered): what it says does not fit its hash',
        err: '',
      });
    });

    it('every line as JSON, and on the other channel that the export is not to be trusted', async () => {
      restore();
      expect(await run('export')).toEqual({ code: 0, out: whole.toString().trimEnd(), err: '' });
      rig.write(whole.toString().replace(/^.*"i":3.*$/m, '\u001b[31mnot a record'));
      const { code, out, err } = await run('export');
      expect(code).toBe(1);
      expect(out.split('\n')).toHaveLength(COUNT - 1);
      expect(err).toBe(
        'line 4 is no record and is left out: not a record\nBROKEN at entry 4 (unreadable): it is not a record as records are written',
      );
    });

    it.each([
      ['export', 1],
      ['verify', 1],
    ])('no audit at all: %s exits with %i', async (word, code) => {
      restore();
      rmSync(rig.log);
      rmSync(rig.headFile);
      expect(await run(word)).toMatchObject({ code });
    });

    it.each([[[]], [['verfy']], [['verify', 'yesterday']], [['export', 'all']]])('wrong words: %j', async (args) => {
      expect(await run(...args)).toMatchObject({
        code: 2,
        out: '',
        err: expect.stringContaining('daytwo audit verify'),
      });
    });
  });
});
