import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../src/audit/record.ts';
import { verifyFile } from '../../src/audit/verify.ts';
import { type AuditRig, auditRig } from './rig.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));
const KILLS = 15;
const OPEN_WITHIN_MS = 20_000;
const WRITING_MS = 250;

describe('after a crash the audit', () => {
  let rig: AuditRig;
  beforeEach(() => {
    rig = auditRig();
  });
  afterEach(() => rig.end());
  const records = (): AuditRecord[] => rig.lines().map((line) => JSON.parse(line) as AuditRecord);

  it('cuts a torn write that nobody was told of, wherever the tear is, keeps whole entries, and records both', async () => {
    await rig.fill(4);
    const acknowledged = rig.bytes();
    const head = readFileSync(rig.headFile);
    await rig.fill(3);
    const behind = rig.bytes().subarray(acknowledged.length);
    // Pages reach the disk in any order: the torn part may also hold zeros or older bytes before good ones.
    const noise = fc.option(
      fc.record({ from: fc.nat({ max: behind.length }), bytes: fc.uint8Array({ maxLength: 200 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: behind.length }), noise, async (size, hole) => {
        const torn = Buffer.from(behind.subarray(0, size));
        if (hole) torn.set(hole.bytes.subarray(0, Math.max(0, size - hole.from)), Math.min(hole.from, size));
        writeFileSync(rig.log, Buffer.concat([acknowledged, torn]));
        writeFileSync(rig.headFile, head);
        const found = await verifyFile(rig.dir);
        expect(found).toMatchObject({ ok: true });
        const { unacknowledged, tornBytes } = found as { unacknowledged: number; tornBytes: number };
        const audit = await rig.open();
        const { seq } = await audit.append({ kind: 'test.after' });
        await audit.close();
        const isRecorded = unacknowledged > 0 || tornBytes > 0;
        expect(seq).toBe(4 + unacknowledged + (isRecorded ? 2 : 1));
        expect(rig.bytes().subarray(0, acknowledged.length).equals(acknowledged)).toBe(true);
        if (isRecorded)
          expect(records().at(-2)).toMatchObject({
            kind: 'audit.recovered',
            details: {
              neverAcknowledged: unacknowledged > 0 ? { from: 5, to: 4 + unacknowledged } : null,
              cut: tornBytes > 0 ? { bytes: tornBytes } : null,
            },
          });
        expect(await verifyFile(rig.dir)).toMatchObject({ ok: true, unacknowledged: 0, tornBytes: 0, head: { seq } });
      }),
      { numRuns: 80 },
    );
  });

  it('survives crashes of its own repair', async () => {
    await rig.fill(2);
    for (let i = 0; i < 3; i += 1) {
      appendFileSync(rig.log, '{"seq":3,');
      writeFileSync(join(rig.dir, 'audit.head.part'), '{"half');
      const audit = await rig.open();
      await audit.close();
    }
    expect(records().map(({ kind }) => kind)).toEqual([
      'test.entry',
      'test.entry',
      'audit.recovered',
      'audit.recovered',
      'audit.recovered',
    ]);
    expect(await verifyFile(rig.dir)).toMatchObject({ ok: true });
  });

  it(`holds every acknowledged entry after each of ${KILLS} kill -9 at random moments`, async () => {
    const acknowledged = new Map<number, string>();
    for (let kill = 0; kill < KILLS; kill += 1) {
      for (const line of await writeAndKill(rig.dir, Math.random() * WRITING_MS)) {
        const [seq = '', hash = ''] = line.split(' ');
        if (/^\d+$/.test(seq) && hash.length === 64) acknowledged.set(Number(seq), hash);
        else expect(line).toBe('> open');
      }
      expect(await verifyFile(rig.dir)).toMatchObject({ ok: true });
    }
    const kept = new Map(records().map(({ seq, hash }) => [seq, hash]));
    for (const [seq, hash] of acknowledged) expect(kept.get(seq)).toBe(hash);
    expect(acknowledged.size).toBeGreaterThan(KILLS);
    const audit = await rig.open();
    expect(audit.problem()).toBeUndefined();
    await audit.close();
  }, 120_000);
});

/** Lets a process append for a while, kills it, and returns its whole lines. */
async function writeAndKill(dir: string, afterMs: number): Promise<readonly string[]> {
  const child = execa(process.execPath, [CHILD, dir], { reject: false, buffer: false, timeout: 60_000 });
  let output = '';
  const opened = Promise.withResolvers<void>();
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output.includes('\n')) opened.resolve();
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  await Promise.race([opened.promise, child, wait(OPEN_WITHIN_MS)]);
  await wait(afterMs);
  child.kill('SIGKILL');
  await child;
  if (!output.includes('\n')) throw new Error(`the child did not open the audit: ${errors}`);
  return output.split('\n').slice(0, -1);
}
