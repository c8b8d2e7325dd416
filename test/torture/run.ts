import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ownCluster } from '../cluster/lab/ownCluster.ts';
import { killActions } from './actionKills.ts';
import { fillDisk } from './diskFull.ts';
import { killDrains } from './drainKills.ts';
import { killUnderLoad } from './kills.ts';
import { killStore } from './storeKills.ts';

/** Kills of each kind without `--runs`. */
const RUNS = 200;
const SEEDS = 2 ** 31;

const { values } = parseArgs({
  options: { runs: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
});
const runs = Number(values.runs ?? RUNS);
const seed = Number(values.seed ?? randomInt(SEEDS));
const wants = (part: string): boolean => values.only === undefined || values.only === part;
let failed = false;

const list = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([what, count]) => `${count} × ${what}`)
    .join(', ');

function tell(faults: readonly string[]): void {
  for (const fault of faults) console.error(`  FAULT ${fault}`);
  if (faults.length > 0) failed = true;
}

console.log(
  `torture: ${runs} kills of each kind, seed ${seed} (again: npm run torture -- --runs ${runs} --seed ${seed})`,
);

if (wants('load')) {
  console.log('kill -9 of the whole bot under 16 connections');
  const report = await killUnderLoad({ runs, seed, say: (line) => console.log(line) });
  const answers = [...report.answers].map(([status, count]) => `${count} × ${status || 'broken'}`).join(', ');
  console.log(
    `  ${report.runs} kills (${report.duringStart} during the start); of the starts, ${report.foundInbox} found notifications to work in and ${report.foundOutbox} messages to deliver; slowest start ${Math.round(report.slowestStartMs)} ms`,
  );
  console.log(
    `  ${report.alerts} acknowledged alerts, ${report.incidents} incidents, ${report.messages} messages; answers: ${answers}; faults: ${report.faults.length}`,
  );
  tell(report.faults);
}

if (wants('store')) {
  console.log('kill -9 of a bare store that commits and compacts');
  const report = await killStore({ runs, seed });
  console.log(
    `  ${report.runs} kills, ${report.acknowledged} acknowledged commits, about ${report.snapshots} snapshots; ${report.duringSnapshot} kills fell into one, ${report.torn} tore the last record; faults: ${report.faults.length}`,
  );
  tell(report.faults);
}

if (wants('disk')) {
  console.log('full disk');
  const report = await fillDisk();
  if ('skipped' in report) console.warn(`SKIPPED: the full disk. ${report.skipped}`);
  else {
    console.log(
      `  ${report.acknowledged} acknowledged, ${report.refused} refused with 503, taken again ${report.recoveredMs} ms after there was room; /readyz: ${report.readyz}; faults: ${report.faults.length}`,
    );
    tell(report.faults);
  }
}

if (wants('actions')) {
  console.log('kill -9 of the whole bot in the midst of real backups and restores');
  const report = await killActions({ runs, seed, say: (line) => console.log(line) });
  if ('skipped' in report) console.warn(`SKIPPED: kills during backups and restores. ${report.skipped}`);
  else {
    console.log(
      `  ${report.kills} kills (${report.duringStart} during the start) cut off ${report.cuts} executions: ${list(report.where)}`,
    );
    console.log(
      `  ${report.executions} executions; ends: ${list(report.ends)}; the audit verified ${report.audited} times; faults: ${report.faults.length}`,
    );
    tell(report.faults);
  }
}

if (wants('drain')) {
  console.log('kill -9 of the whole bot in the midst of drains on a real cluster');
  const target = await ownCluster();
  if ('skipped' in target) console.warn(`SKIPPED: kills during drains. ${target.skipped}`);
  else {
    const since = performance.now();
    const report = await killDrains({ runs, seed, target, say: (line) => console.log(line) });
    console.log(
      `  ${report.kills} kills in ${report.drains} drains within ${Math.round((performance.now() - since) / 1000)} s, they fell: ${list(report.where)}`,
    );
    console.log(
      `  ends: ${list(report.ends)}; ${report.resumed} had evicted something and went on by themselves; ${report.evictions} evictions; faults: ${report.faults.length}`,
    );
    tell(report.faults);
  }
}

console.log(failed ? 'torture: FAILED' : 'torture: nothing acknowledged is lost, nothing was done twice');
process.exitCode = failed ? 1 : 0;
