import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { inboundEvents } from '../../../src/chat/inbound.ts';
import { outbox } from '../../../src/chat/outbox.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { openLowdbStore } from '../../../src/store/lowdb/store.ts';
import { startTelegram } from '../../support/telegram/telegram.ts';
import { handled } from './handled.ts';

const VICTIM = fileURLToPath(new URL('./victim.ts', import.meta.url));
const COMMANDS = 40;
/** After its start a process lives this long, in ms: long enough to get somewhere, too short to get done. */
const LIVES = [5, 20, 60, 10, 120, 35, 15, 80, 200, 50];

it('kill -9 at any moment loses no update and handles none twice', { timeout: 120_000 }, async () => {
  const tg = await startTelegram({ budgets: 'off' });
  const dir = await mkdtemp(join(tmpdir(), 'daytwo-telegram-kill-'));
  const ana = tg.person({ id: 1001, started: true });
  for (let n = 0; n < COMMANDS; n += 1) ana.send(1001, `/ack INC-${n}`);
  const live = async (forMs: number | undefined): Promise<void> => {
    const child = execa(process.execPath, [VICTIM, dir, tg.apiRoot, tg.token, '1001'], {
      buffer: false,
      reject: false,
      cleanup: true,
      stderr: 'inherit',
    });
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    if (forMs === undefined) {
      const until = Date.now() + 60_000;
      while (
        new Set(tg.sent(1001).map(({ content }) => content.text)).size < COMMANDS + LIVES.length &&
        Date.now() < until
      )
        await systemClock.sleep(20);
      // The last answer's mark is written after Telegram took it.
      await systemClock.sleep(300);
    } else await systemClock.sleep(forMs);
    child.kill('SIGKILL');
    await child;
  };
  for (const [n, ms] of LIVES.entries()) {
    await live(ms);
    ana.send(1001, `/ack later-${n}`);
  }
  await live(undefined);

  const store = await openLowdbStore({
    dir,
    collections: [inboundEvents, outbox, handled],
    now: Date.now,
    warn: () => {},
  });
  const marks = (await store.find(handled, { limit: 1000 })).map(({ body }) => body.text);
  const said = tg.sent(1001).map(({ content }) => content.text.replace('🟢 done: ', ''));
  const expected = [
    ...Array.from({ length: COMMANDS }, (_, n) => `ack INC-${n}`),
    ...LIVES.map((_, n) => `ack later-${n}`),
  ];
  expect([...marks].sort()).toEqual([...expected].sort());
  expect([...new Set(said)].sort()).toEqual([...expected].sort());
  // A kill between Telegram's yes and our mark posts again: what Telegram can't tell. One a kill at the most.
  expect(said.length - expected.length).toBeLessThanOrEqual(LIVES.length);
  expect(tg.violations).toEqual([]);
  await store.close();
  await tg.close();
  await rm(dir, { recursive: true, force: true });
});
