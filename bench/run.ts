import { parseArgs } from 'node:util';
import { benchDrain } from './drain.ts';
import { benchEvidence } from './evidence.ts';
import { benchGate } from './gate.ts';
import { benchIntake } from './intake.ts';
import { benchMemory } from './memory.ts';
import { printTable, type Row } from './stats.ts';
import { benchStored } from './stored.ts';
import { benchStorm } from './storm.ts';
import { benchVisible } from './visible.ts';

/** `--smoke`: everything once and small, to see that it runs; its figures mean nothing. `--only NAME`: one part. */
const { values } = parseArgs({ options: { smoke: { type: 'boolean' }, only: { type: 'string' } } });
const smoke = values.smoke === true;

const PARTS: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  intake: () => benchIntake(smoke ? { rounds: 1, forMs: 300, warmUp: 50 } : { rounds: 7, forMs: 2500, warmUp: 2000 }),
  visible: () => benchVisible(smoke ? 3 : 20),
  evidence: () => benchEvidence(smoke ? 1 : 5),
  memory: () => benchMemory(smoke ? 1000 : 10_000),
  storm: () => benchStorm(smoke ? 100 : 10_000),
  stored: () =>
    benchStored(
      smoke
        ? { stored: 200, rounds: 1, webhooks: 5, starts: 1 }
        : { stored: 10_000, rounds: 7, webhooks: 30, starts: 5 },
    ),
  gate: () =>
    benchGate(
      smoke
        ? { backups: 1, clicks: 2, audited: 1000, appends: 10 }
        : { backups: 7, clicks: 20, audited: 100_000, appends: 200 },
    ),
  drain: () =>
    benchDrain(
      smoke
        ? { nodes: 3, pods: 40, onNode: 10, plans: 2, idleMs: 1000 }
        : { nodes: 100, pods: 5000, onNode: 100, plans: 20, idleMs: 30_000 },
    ),
};

const rows: Row[] = [];
for (const [name, part] of Object.entries(PARTS)) {
  if (values.only !== undefined && values.only !== name) continue;
  console.error(`bench: ${name} …`);
  rows.push(...(await part()));
}
printTable(smoke ? rows.map((row) => ({ ...row, ok: undefined })) : rows);
const missed = rows.filter(({ ok }) => ok === false);
if (smoke) console.log('smoke: everything ran; sizes are too small for the figures to mean anything');
else if (missed.length > 0) process.exitCode = 1;
