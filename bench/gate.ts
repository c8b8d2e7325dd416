import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Audit, openAudit } from '../src/audit/audit.ts';
import { systemClock } from '../src/lib/clock.ts';
import { COLLECTIONS } from '../src/wiring/collections.ts';
import { all } from '../test/support/documents.ts';
import { available } from '../test/support/real/process.ts';
import { makeResticLab, type ResticLab } from '../test/support/real/restic.ts';
import { type GateHouse, startGate } from './gateHouse.ts';
import { withFolder } from './processes.ts';
import { median, ms, percentile, type Row, times } from './stats.ts';
import { follow } from './visible.ts';

/** How much of each is measured. */
export interface GateSizes {
  /** Backups through the gate, and bare ones beside them. */
  readonly backups: number;
  readonly clicks: number;
  /** Entries of the longer audit. */
  readonly audited: number;
  readonly appends: number;
}

/** The ends a backup may have here. */
const ENDED = ['succeeded', 'degraded', 'failed', 'unknown'];
const CLICK_TARGET_MS = 1000;
const APPEND_TARGET = 1.2;
const SHORT_AUDIT = 100;
const FILL_AT_ONCE = 500;

/** What the gate costs: beside the bare command, at a click, in bytes, and in its audit. */
export async function benchGate(sizes: GateSizes): Promise<readonly Row[]> {
  const rows: Row[] = [];
  if (available('restic')) {
    // With a key as restic makes it: checking the password is part of every real call.
    const lab = await makeResticLab({ real: true });
    const cheap = await makeResticLab();
    try {
      rows.push(...(await withFolder((dir) => overhead(dir, lab, sizes.backups))));
      rows.push(...(await withFolder((dir) => clicks(dir, cheap, sizes.clicks))));
    } finally {
      await lab.remove();
      await cheap.remove();
    }
  } else console.warn('SKIPPED: the gate beside the bare command. restic is not installed');
  rows.push(...(await auditAppends(sizes)));
  return rows;
}

/** One backup after the other, a bare one and a gated one in turns. */
async function overhead(dir: string, lab: ResticLab, rounds: number): Promise<readonly Row[]> {
  const house = await startGate(dir, lab);
  const [bare, careful, gated, own]: [number[], number[], number[], number[]] = [[], [], [], []];
  const sizes: { live: number; audit: number }[] = [];
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const began = performance.now();
      await lab.restic('backup', '--json', lab.source);
      const backedUp = performance.now() - began;
      await lab.restic('check', '--read-data-subset=64M');
      const checked = performance.now() - began;
      const before = await stateBytes(house, dir);
      const took = await gatedBackup(house, `REQ-${round + 1}`);
      const after = await stateBytes(house, dir);
      // The first one loads libraries.
      if (round === 0) continue;
      bare.push(backedUp);
      careful.push(checked);
      gated.push(took.totalMs);
      own.push(took.ownMs);
      sizes.push({ live: after.live - before.live, audit: after.audit - before.audit });
    }
  } finally {
    await house.app.stop();
  }
  const against = (base: readonly number[]): string => {
    const over = median(gated) - median(base);
    return `+${(over / 1000).toFixed(1)} s, ${times(median(gated) / median(base))} (${ms(median(gated))} against ${ms(median(base))})`;
  };
  return [
    {
      what: 'last approval → verified, beside a bare `restic backup`',
      figure: against(bare),
      target: '',
      ok: undefined,
    },
    { what: '… beside `restic backup` and `restic check`', figure: against(careful), target: '', ok: undefined },
    {
      what: '… what of it no command ran',
      figure: `${ms(median(own))}, ${((100 * median(own)) / median(gated)).toFixed(1)} %`,
      target: '',
      ok: undefined,
    },
    {
      what: 'state of one request, from its asking to its end',
      figure: `${median(sizes.map(({ live }) => live))} bytes stored, ${median(sizes.map(({ audit }) => audit))} of audit`,
      target: '',
      ok: undefined,
    },
  ];
}

/** Asks, confirms, approves; from the approval on it is timed. */
async function gatedBackup(house: GateHouse, name: string): Promise<{ totalMs: number; ownMs: number }> {
  await house.command('ana', '/backup data');
  await house.until(name, ['confirming']);
  await house.command('ana', `/confirm ${name}`);
  await house.until(name, ['approving']);
  house.commandMs();
  const began = performance.now();
  await house.command('ben', `/approve ${name}`);
  const { request } = await house.until(name, ENDED);
  const totalMs = performance.now() - began;
  if (request.state !== 'succeeded') throw new Error(`${name} is ${request.state}: ${request.outcome?.text}`);
  return { totalMs, ownMs: totalMs - house.commandMs() };
}

/** Bytes of all documents, and of the audit. */
async function stateBytes({ app }: GateHouse, dir: string): Promise<{ live: number; audit: number }> {
  let live = 0;
  for (const collection of COLLECTIONS)
    for (const { id, body } of await all(app.store, collection)) live += id.length + JSON.stringify(body).length;
  return { live, audit: (await readFile(join(dir, 'audit.jsonl'))).length };
}

/** Presses Confirm on one card after the other, and waits until a browser that follows has its answer. */
async function clicks(dir: string, lab: ResticLab, count: number): Promise<readonly Row[]> {
  const house = await startGate(dir, lab);
  const tookMs: number[] = [];
  try {
    const stream = await follow(house.url, house.cookies['ana'] ?? '');
    for (let click = 1; click <= count; click += 1) {
      const name = `REQ-${click}`;
      await house.command('ana', '/backup data');
      const { tokens } = await house.until(name, ['confirming']);
      // Until the card itself has been shown.
      await stream.seen(tokens.confirm);
      const answer = stream.seen(`${name} waits for approval`);
      const began = performance.now();
      await house.press('ana', tokens.confirm);
      tookMs.push((await answer) - began);
      await house.command('ana', `/cancel ${name}`);
      await house.until(name, ['cancelled']);
    }
    stream.end();
  } finally {
    await house.app.stop();
  }
  const late = percentile(tookMs, 0.95);
  return [
    {
      what: `click on Confirm → visible answer in the console, ${count} in a row`,
      figure: `p95 ${ms(late)}, median ${ms(median(tookMs))}`,
      target: `p95 ≤ ${CLICK_TARGET_MS} ms`,
      ok: late <= CLICK_TARGET_MS,
    },
  ];
}

/** One durable entry after the other, in turns on a short audit, a long one, and a bare file that is only synced. */
async function auditAppends({ audited, appends }: GateSizes): Promise<readonly Row[]> {
  return withFolder(async (dir) => {
    const short = await openBenchAudit(join(dir, 'short'));
    const long = await openBenchAudit(join(dir, 'long'));
    try {
      await fill(short, SHORT_AUDIT);
      await fill(long, audited);
      const took: { short: number[]; long: number[] } = { short: [], long: [] };
      for (let at = 0; at < appends; at += 1) {
        for (const kind of at % 2 === 0 ? (['short', 'long'] as const) : (['long', 'short'] as const)) {
          const began = performance.now();
          await (kind === 'short' ? short : long).append(entry(at));
          took[kind].push(performance.now() - began);
        }
      }
      const ratio = median(took.long) / median(took.short);
      return [
        {
          what: `audit append at ${audited} entries beside ${SHORT_AUDIT}`,
          figure: `${times(ratio)} (${ms(median(took.long))} against ${ms(median(took.short))})`,
          target: `≤ ${APPEND_TARGET} ×`,
          ok: ratio <= APPEND_TARGET,
        },
      ];
    } finally {
      await short.close();
      await long.close();
    }
  });
}

const entry = (at: number) => ({
  ...{ kind: 'request.approve', by: 'ben', chat: 'console', request: `REQ-${at}` },
  details: { digest: 'a'.repeat(64), state: 'ready', facts: [{ is: 'approved', by: 'ben' }] },
});

function openBenchAudit(dir: string): Promise<Audit> {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  return openAudit({ dir, clock: systemClock, log, redact: (text) => text });
}

async function fill(audit: Audit, count: number): Promise<void> {
  for (let at = 0; at < count; at += FILL_AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(FILL_AT_ONCE, count - at) }, (_, i) => audit.append(entry(at + i))),
    );
}
