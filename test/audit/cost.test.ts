import { describe, expect, it } from 'vitest';
import type { Audit } from '../../src/audit/audit.ts';
import { auditRig } from './rig.ts';

const MANY = 100_000;
const FEW = 100;
const AT_ONCE = 5000;
const SAMPLES = 150;
/** Noise of a shared machine included; measured alone it is 1.0. */
const MAX_RATIO = 1.5;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function grow(audit: Audit, count: number): Promise<void> {
  const details = { text: 'a plan of ordinary length, '.repeat(8) };
  for (let done = 0; done < count; done += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - done) }, () =>
        audit.append({ kind: 'test.entry', by: 'ana', chat: 'slack', request: 'REQ-1', details }),
      ),
    );
}

describe('the cost of the audit', () => {
  it(`of an entry and of opening is the same at ${MANY} entries as at ${FEW}`, async () => {
    const long = auditRig();
    const short = auditRig();
    for (const [rig, count] of [
      [long, MANY],
      [short, FEW],
    ] as const) {
      const audit = await rig.open();
      await grow(audit, count);
      await audit.close();
    }
    const opening = { long: [] as number[], short: [] as number[] };
    for (let i = 0; i < 9; i += 1)
      for (const [name, rig] of [
        ['long', long],
        ['short', short],
      ] as const)
        opening[name].push(await timed(async () => (await rig.open()).close()));
    const audits = { long: await long.open(), short: await short.open() };
    const append = { long: [] as number[], short: [] as number[] };
    // By turns, so that what else the machine does falls upon both.
    for (let i = 0; i < SAMPLES; i += 1)
      for (const name of ['long', 'short'] as const)
        append[name].push(await timed(() => audits[name].append({ kind: 'test.entry', by: 'ana', details: { i } })));
    const verifyMs = await timed(async () => expect(await audits.long.verify()).toMatchObject({ ok: true }));
    await audits.long.close();
    await audits.short.close();
    const of = (times: { long: number[]; short: number[] }): string =>
      `${median(times.long).toFixed(2)} ms against ${median(times.short).toFixed(2)} ms`;
    console.log(`append ${of(append)}; open ${of(opening)}; verify of ${MANY} entries ${verifyMs.toFixed(0)} ms`);
    expect(median(append.long) / median(append.short)).toBeLessThan(MAX_RATIO);
    long.end();
    short.end();
  }, 120_000);
});
