import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Audit } from '../../src/audit/audit.ts';
import { prepareHead, replaceHead } from '../../src/audit/head.ts';
import { BEGINNING, follow, type Link, lineOf } from '../../src/audit/record.ts';
import { verifyFile } from '../../src/audit/verify.ts';
import { canonicalJson } from '../../src/lib/canonical.ts';
import type { Json } from '../../src/lib/json.ts';
import { createRedactor } from '../../src/lib/redact.ts';
import { type AuditRig, auditRig } from './rig.ts';

describe('the audit', () => {
  let rig: AuditRig;
  let audit: Audit | undefined;
  beforeEach(() => {
    rig = auditRig();
  });
  afterEach(async () => {
    await audit?.close();
    audit = undefined;
    rig.end();
  });
  const parsed = (): Record<string, Json>[] => rig.lines().map((line) => JSON.parse(line) as Record<string, Json>);

  it('writes one record a line, each with the SHA-256 of its canonical JSON and of the one before', async () => {
    audit = await rig.open();
    const first = await audit.append({
      kind: 'request.approved',
      by: 'ben',
      chat: 'telegram',
      request: 'REQ-17',
      incident: 'INC-42',
      details: { z: 1, a: ['b', null], gone: undefined },
    });
    const second = await audit.append({ kind: 'request.started' });
    const [one = {}, two = {}] = parsed();
    const { hash, ...rest } = one;
    expect(rest).toEqual({
      seq: 1,
      at: '2026-11-20T03:10:00.000Z',
      kind: 'request.approved',
      by: 'ben',
      chat: 'telegram',
      request: 'REQ-17',
      incident: 'INC-42',
      details: { a: ['b', null], z: 1 },
      prev: '0'.repeat(64),
    });
    expect(Object.keys(one).join()).toBe('seq,at,kind,by,chat,request,incident,details,prev,hash');
    expect(hash).toBe(createHash('sha256').update(canonicalJson(rest)).digest('hex'));
    expect(first).toEqual({ seq: 1, hash });
    expect(two).toMatchObject({ seq: 2, by: null, details: null, prev: hash, hash: second.hash });
    expect(audit.head()).toEqual(second);
    expect(JSON.parse(readFileSync(rig.headFile, 'utf8'))).toEqual({ ...second, bytes: rig.bytes().length });
  });

  it('is checked by jq and sha256sum alone', async () => {
    await rig.fill(3);
    for (const line of rig.lines()) {
      let text: string;
      try {
        text = execFileSync('jq', ['-jcS', 'del(.hash)'], { input: line, encoding: 'utf8' });
      } catch {
        console.warn('SKIPPED: the chain was not recomputed by jq, which is not installed');
        return;
      }
      expect(createHash('sha256').update(text).digest('hex')).toBe((JSON.parse(line) as { hash: string }).hash);
    }
  });

  it('goes on where it ended, and says its head to the log and to whoever anchors it', async () => {
    const links = await rig.fill(3);
    const heads: unknown[] = [];
    audit = await rig.open({ onHead: (head) => heads.push(head) });
    expect(audit.head()).toEqual(links[2]);
    const next = await audit.append({ kind: 'test.entry' });
    expect(next.seq).toBe(4);
    expect(heads).toEqual([next]);
    expect(rig.logged.findLast(({ message }) => message === 'audit head')?.fields).toEqual(next);
    expect(await audit.verify()).toMatchObject({ ok: true, head: next, unacknowledged: 0, tornBytes: 0 });
    const lines: string[] = [];
    for await (const line of audit.export()) lines.push(`${line}\n`);
    expect(lines).toEqual(rig.lines());
  });

  it('gives entries that come at the same time one sync, and keeps their order', async () => {
    const heads: unknown[] = [];
    audit = await rig.open({ onHead: (head) => heads.push(head) });
    const opened = audit;
    const links = await Promise.all(
      Array.from({ length: 2000 }, (_, i) => opened.append({ kind: 'test.entry', details: i })),
    );
    expect(links.map(({ seq }) => seq)).toEqual(Array.from({ length: 2000 }, (_, i) => i + 1));
    expect(parsed().map(({ details }) => details)).toEqual(Array.from({ length: 2000 }, (_, i) => i));
    expect(heads.length).toBeLessThan(5);
    expect(await audit.verify()).toMatchObject({ ok: true });
  });

  it('verifies while it grows', async () => {
    audit = await rig.open();
    const opened = audit;
    let on = true;
    const growing = (async () => {
      while (on)
        await Promise.all([1, 2, 3].map(() => opened.append({ kind: 'test.entry', details: 'x'.repeat(5000) })));
    })();
    for (let i = 0; i < 40; i += 1) expect(await opened.verify()).toMatchObject({ ok: true });
    on = false;
    await growing;
  });

  it('keeps secrets out, wherever in the details they are', async () => {
    const redactor = createRedactor(['hunter2-hunter2']);
    audit = await rig.open({ redact: (text) => redactor(text).text });
    await audit.append({
      kind: 'test.entry',
      details: { out: ['RESTIC_PASSWORD=sesame-street', { deep: 'is hunter2-hunter2 here?' }], 'hunter2-hunter2': 1 },
    });
    const text = rig.bytes().toString();
    expect(text).not.toMatch(/hunter2|sesame/);
    expect(text.match(/\[redacted\]/g)).toHaveLength(3);
  });

  it('writes what could hide or reorder text as escapes, and the same value comes back', async () => {
    audit = await rig.open();
    const hostile = 'a\u202eb\u0007\u009b31m\u2028\u200b\r\n\ud800';
    await audit.append({ kind: 'test.entry', details: hostile });
    expect(rig.bytes().toString()).toMatch(/^[\x20-\x7e]+\n$/);
    expect(parsed()[0]?.['details']).toBe(hostile);
    expect(await audit.verify()).toMatchObject({ ok: true });
  });

  it.each<[string, Json, string]>([
    ['too long', 'x'.repeat(300_000), 'too-large'],
    ['no JSON', Number.NaN, 'invalid'],
  ])('refuses an entry that is %s, and goes on', async (_, details, code) => {
    audit = await rig.open();
    await expect(audit.append({ kind: 'test.entry', details })).rejects.toMatchObject({ code });
    expect(await audit.append({ kind: 'test.entry', details: 'x'.repeat(200_000) })).toMatchObject({ seq: 1 });
    await audit.close();
    audit = await rig.open();
    expect(await audit.append({ kind: 'test.entry' })).toMatchObject({ seq: 2 });
  });

  it('has one writer, and refuses once closed', async () => {
    audit = await rig.open();
    await expect(rig.open()).rejects.toMatchObject({ code: 'store-locked' });
    await audit.close();
    await expect(audit.append({ kind: 'test.entry' })).rejects.toMatchObject({ code: 'store-unavailable' });
    audit = await rig.open();
    expect(audit.problem()).toBeUndefined();
  });

  it.each<[string, () => void]>([
    ['the log was cut by a byte', () => truncateSync(rig.log, rig.bytes().length - 1)],
    ['the log lost its last line', () => rig.write(rig.lines().slice(0, -1).join(''))],
    ['the log is gone', () => rmSync(rig.log)],
    ['the head is gone', () => rmSync(rig.headFile)],
    ['the head was changed', () => appendFileSync(rig.headFile, ' ')],
    [
      'the last entry was changed',
      () =>
        rig.write(
          rig
            .bytes()
            .toString()
            .replace(/ana(?!.*ana)/s, 'eve'),
        ),
    ],
  ])(
    'opens, but refuses every entry, when %s; a fresh one is begun when both files are moved away',
    async (_, spoil) => {
      await rig.fill(5);
      spoil();
      const before = rig.snapshotText();
      audit = await rig.open();
      for (let i = 0; i < 2; i += 1)
        await expect(audit.append({ kind: 'test.entry' })).rejects.toMatchObject({
          code: 'store-unavailable',
          message: expect.stringContaining('not as it was left'),
        });
      expect(audit.problem()).toContain('daytwo audit verify');
      expect(rig.logged.filter(({ level }) => level === 'error')).toHaveLength(1);
      expect(rig.snapshotText()).toEqual(before);
      expect(await verifyFile(rig.dir)).toMatchObject({ ok: false });
      const aside = join(rig.dir, 'aside');
      mkdirSync(aside);
      for (const file of ['audit.jsonl', 'audit.head'])
        try {
          renameSync(join(rig.dir, file), join(aside, file));
        } catch {
          // It is the one that was missing.
        }
      expect(await audit.append({ kind: 'test.entry' })).toMatchObject({ seq: 1 });
      expect(audit.problem()).toBeUndefined();
    },
  );

  it.each<[string, () => void]>([
    ['cut', () => truncateSync(rig.log, 100)],
    ['removed', () => rmSync(rig.log)],
    ['removed with its head', () => [rig.log, rig.headFile].forEach((file) => void rmSync(file))],
    ['shortened to its first entry', () => rig.write(rig.lines()[0] ?? '')],
  ])('refuses when the file was %s while it is open', async (_, spoil) => {
    audit = await rig.open();
    for (let i = 0; i < 3; i += 1) await audit.append({ kind: 'test.entry' });
    spoil();
    await expect(audit.append({ kind: 'test.entry' })).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(await verifyFile(rig.dir)).toMatchObject({ ok: false });
  });

  it('refuses when both files were written anew, and longer, while it is open', async () => {
    audit = await rig.open();
    for (let i = 0; i < 3; i += 1) await audit.append({ kind: 'test.entry', details: { i } });
    let at: Link = BEGINNING;
    const lines = Array.from({ length: 5 }, () => {
      const record = follow(at, { kind: 'test.entry', by: 'eva' }, 0);
      at = { seq: record.seq, hash: record.hash };
      return lineOf(record);
    });
    rig.write(lines.join(''));
    await prepareHead(rig.dir, { ...at, bytes: rig.bytes().length });
    await replaceHead(rig.dir);
    // The files fit each other; only who wrote the third entry knows better.
    expect(await verifyFile(rig.dir)).toMatchObject({ ok: true });
    await expect(audit.append({ kind: 'test.entry' })).rejects.toThrow('entry 3 is not the one that was written');
    expect(audit.problem()).toContain('entry 3');
  });

  it('cuts off and records what somebody else wrote behind the last entry', async () => {
    audit = await rig.open();
    await audit.append({ kind: 'test.entry' });
    appendFileSync(rig.log, '{"seq":2,"kind":"forged"}\n');
    expect(await audit.append({ kind: 'test.entry' })).toMatchObject({ seq: 3 });
    expect(parsed()[1]).toMatchObject({
      kind: 'audit.recovered',
      details: { neverAcknowledged: null, cut: { bytes: 26, text: '{"seq":2,"kind":"forged"}\n' } },
    });
    expect(await audit.verify()).toMatchObject({ ok: true });
  });

  it('refuses with store-unavailable on a full disk, takes the failed ones back, and goes on when there is room', async () => {
    const dir = join(rig.dir, 'small');
    mkdirSync(dir);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', dir]);
    } catch {
      console.warn('SKIPPED: a full disk was not tried, for tmpfs can only be mounted as root');
      return;
    }
    try {
      audit = await rig.open({ dir });
      const kept: number[] = [];
      const failed: unknown[] = [];
      for (let i = 0; i < 12; i += 1)
        await audit.append({ kind: 'test.entry', details: { i, filling: 'x'.repeat(40_000) } }).then(
          () => kept.push(i),
          (error: unknown) => failed.push(error),
        );
      expect(kept.length).toBeGreaterThan(2);
      expect(failed[0]).toMatchObject({ code: 'store-unavailable', retryable: true });
      expect(audit.problem()).toContain('ENOSPC');
      execFileSync('mount', ['-o', 'remount,size=8m', dir]);
      await audit.append({ kind: 'test.entry', details: { i: 99 } });
      expect(audit.problem()).toBeUndefined();
      await audit.close();
      const records = readFileSync(join(dir, 'audit.jsonl'), 'utf8').trim().split('\n');
      const numbers = records.map((line) => (JSON.parse(line) as { details: { i: number } }).details.i);
      expect(numbers).toEqual([...kept, 99]);
      expect(await verifyFile(dir)).toMatchObject({ ok: true });
    } finally {
      await audit?.close();
      execFileSync('umount', [dir]);
    }
  });
});
