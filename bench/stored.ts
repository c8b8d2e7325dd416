import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type BotProcess, metric, startBot } from '../test/support/botProcess.ts';
import { notification } from '../test/support/notification.ts';
import { cpuMs, withBot, withFolder } from './processes.ts';
import { copyOf, seed } from './seed.ts';
import { median, ms, type Row, times } from './stats.ts';

/** Sizes of the folders that are compared. */
const SMALL = 100;
const READY_MS = 1500;

/** What one webhook costs a bot: time to the answer, and processor time until all that follows from it is done. */
interface Cost {
  readonly answerMs: number;
  readonly cpuMsEach: number;
}

async function idle(bot: BotProcess): Promise<void> {
  for (let quiet = 0; quiet < 3; ) {
    const left =
      (await metric(bot, 'daytwo_inbox_waiting')) +
      (await metric(bot, 'daytwo_outbox_waiting')) +
      (await metric(bot, 'daytwo_triage_waiting'));
    quiet = left === 0 ? quiet + 1 : 0;
    await wait(30);
  }
}

async function costOf(bot: BotProcess, round: number, webhooks: number): Promise<Cost> {
  await idle(bot);
  const before = await cpuMs(bot.pid);
  const tookMs: number[] = [];
  for (let i = 0; i < webhooks; i += 1) {
    const name = `new-${round}-${i}`;
    const alerts = [{ fingerprint: name, startsAt: Date.now() - 60_000 }];
    const body = notification({ name, alertname: 'KubeJobFailed', severity: 'warning', alerts });
    const began = performance.now();
    const response = await fetch(`${bot.url}/webhooks/alertmanager`, { method: 'POST', body });
    await response.arrayBuffer();
    tookMs.push(performance.now() - began);
    if (!response.ok) throw new Error(`a webhook was answered ${response.status}`);
    await wait(20);
  }
  await idle(bot);
  return { answerMs: median(tookMs), cpuMsEach: ((await cpuMs(bot.pid)) - before) / webhooks };
}

/** What is stored must not make a webhook dearer, and must not make the start late. */
export async function benchStored(size: {
  readonly stored: number;
  readonly rounds: number;
  readonly webhooks: number;
  readonly starts: number;
}): Promise<readonly Row[]> {
  return withFolder(async (dir) => {
    const folders = { small: join(dir, 'small'), large: join(dir, 'large') };
    await seed(folders.small, SMALL);
    await seed(folders.large, size.stored);
    const readyMs: number[] = [];
    for (let i = 0; i < size.starts; i += 1) {
      // A copy for each start: a start may write.
      const readiness = await withFolder(async (own) => {
        await copyOf(folders.large, own);
        return withBot({ dir: own }, async (bot) => bot.readyMs);
      });
      readyMs.push(readiness);
    }
    const small = await startBot({ dir: folders.small });
    const large = await startBot({ dir: folders.large });
    const answer: number[] = [];
    const cpu: number[] = [];
    const costs: { small: Cost[]; large: Cost[] } = { small: [], large: [] };
    try {
      // The first round only warms both.
      for (let round = 0; round <= size.rounds; round += 1) {
        const few = await costOf(small, round, size.webhooks);
        const many = await costOf(large, round, size.webhooks);
        if (round === 0) continue;
        costs.small.push(few);
        costs.large.push(many);
        answer.push(many.answerMs / few.answerMs);
        cpu.push(many.cpuMsEach / few.cpuMsEach);
      }
    } finally {
      await small.kill();
      await large.kill();
    }
    const told = (of: (cost: Cost) => number): string =>
      `${times(median(of === answerOf ? answer : cpu))} (${ms(median(costs.large.map(of)))} against ${ms(median(costs.small.map(of)))})`;
    const start = median(readyMs);
    return [
      {
        what: `one webhook, ${size.stored} stored against ${SMALL}: answer`,
        figure: told(answerOf),
        target: '≤ 1.20 ×',
        ok: median(answer) <= 1.2,
      },
      {
        what: `one webhook, ${size.stored} stored against ${SMALL}: processor, with thread and evidence`,
        figure: told(cpuOf),
        target: '≤ 1.20 ×',
        ok: median(cpu) <= 1.2,
      },
      {
        what: `start to ready with ${size.stored} stored`,
        figure: ms(start),
        target: `≤ ${READY_MS} ms`,
        ok: start <= READY_MS,
      },
    ];
  });
}

const answerOf = ({ answerMs }: Cost): number => answerMs;
const cpuOf = ({ cpuMsEach }: Cost): number => cpuMsEach;
