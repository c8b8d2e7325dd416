import { writeSync } from 'node:fs';
import { openAudit } from '../../src/audit/audit.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';

const AT_ONCE = 5;

/** Appends until it is killed; a line `seq hash` on standard output for each entry that was acknowledged, and not before. */
async function write(dir: string): Promise<void> {
  const audit = await openAudit({ dir, clock: systemClock, log: silentLog, redact: (text) => text });
  writeSync(1, `> ${audit.problem() ?? 'open'}\n`);
  const worker = async (number: number): Promise<void> => {
    for (let i = 0; ; i += 1) {
      const filling = 'x'.repeat((i * 977 + number * 131) % 20_000);
      const { seq, hash } = await audit.append({ kind: 'test.entry', by: 'ana', details: { number, i, filling } });
      writeSync(1, `${seq} ${hash}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, number) => worker(number)));
}

await write(process.argv[2] ?? '');
