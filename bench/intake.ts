import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { LoadResult } from './loadChild.ts';
import { load, withBaseline, withBot, withFolder } from './processes.ts';
import { median, ms, type Row, times } from './stats.ts';

const CONNECTIONS = 16;
const KINDS = ['bare', 'synced', 'daytwo'] as const;
type Kind = (typeof KINDS)[number];

/** Durable intake beside two baselines, in interleaved rounds: each round starts each server anew, warms it and measures it alone. */
export async function benchIntake(size: {
  readonly rounds: number;
  readonly forMs: number;
  readonly warmUp: number;
}): Promise<readonly Row[]> {
  const results: Record<Kind, LoadResult[]> = { bare: [], synced: [], daytwo: [] };
  for (let round = 0; round < size.rounds; round += 1) {
    for (const kind of KINDS) {
      const measure = (url: string): Promise<LoadResult> =>
        load({
          url,
          connections: CONNECTIONS,
          warmUp: size.warmUp,
          forMs: size.forMs,
          count: Number.MAX_SAFE_INTEGER,
          name: `${kind}${round}`,
          retryMs: 100,
        });
      const result = await withFolder((dir) =>
        kind === 'daytwo'
          ? withBot({ dir }, ({ url }) => measure(url))
          : withBaseline(kind === 'synced' ? join(dir, 'log') : undefined, measure),
      );
      results[kind].push(result);
      await wait(100);
    }
  }
  const rate = (kind: Kind): number => median(results[kind].map(({ perSecond }) => perSecond));
  const p99 = (kind: Kind): number => median(results[kind].map(({ p99Ms }) => p99Ms));
  // Ratios of neighbours in time: what else the machine does hits both.
  const ratio = (of: (result: LoadResult) => number, by: Kind): number =>
    median(results.daytwo.map((own, i) => of(own) / of(results[by][i] ?? own)));
  const told = (kind: Kind): string => `${Math.round(rate(kind))}/s, p99 ${ms(p99(kind))}`;
  const ofBare = ratio(({ perSecond }) => perSecond, 'bare');
  const ofSynced = ratio(({ perSecond }) => perSecond, 'synced');
  const late = ratio(({ p99Ms }) => p99Ms, 'synced');
  const lost = results.daytwo.reduce((sum, { refused, broken }) => sum + refused + broken, 0);
  return [
    { what: 'intake: bare node:http, reads and parses', figure: told('bare'), target: '', ok: undefined },
    { what: 'intake: the same, append, shared fdatasync', figure: told('synced'), target: '', ok: undefined },
    { what: `intake: daytwo (${lost} refused)`, figure: told('daytwo'), target: '', ok: undefined },
    { what: 'intake: throughput of bare', figure: times(ofBare), target: '≥ 0.60 ×', ok: ofBare >= 0.6 },
    {
      what: 'intake: throughput of bare + fdatasync',
      figure: times(ofSynced),
      target: '≥ 0.80 ×',
      ok: ofSynced >= 0.8,
    },
    { what: 'intake: p99 of bare + fdatasync', figure: times(late), target: '≤ 1.50 ×', ok: late <= 1.5 },
  ];
}
