import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { killDrains } from '../torture/drainKills.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();
/** A seed makes the same points again: DAYTWO_DRAIN_SEED. Many more: npm run torture -- --only drain --runs 50. */
const KILLS = Number(process.env['DAYTWO_DRAIN_KILLS'] ?? 5);
const SEED = Number(process.env['DAYTWO_DRAIN_SEED'] ?? randomInt(2 ** 31));

describe.runIf(target.own)('a bot that is killed in the midst of drains', () => {
  it(`goes on or says where it stands, evicts no pod twice and no replacement: ${KILLS} kills, seed ${SEED}`, async () => {
    const report = await killDrains({ runs: KILLS, seed: SEED, target, say: (line) => console.log(line) });
    expect(report.faults).toEqual([]);
    expect(report.kills).toBeGreaterThanOrEqual(KILLS);
    // A run in which nothing ever went on has shown nothing.
    expect([...report.ends.keys()].some((end) => end === 'succeeded')).toBe(true);
  }, 600_000);
});
