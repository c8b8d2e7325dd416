import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { journalOf } from '../../src/gate/journal.ts';
import { heldLocks } from '../../src/gate/locks.ts';
import { effectsOf, openHouse } from './house.ts';

const CHILD = fileURLToPath(new URL('./killChild.ts', import.meta.url));
/** Exit code of a child whose request waits for people. */
const WAITS = 3;
/** More writes than an undisturbed way has: ask, confirm, approve, claim, four of the journal, verifying, finished. */
const MOST_WRITES = 14;

/** Real processes, killed at every write of the gate; a fresh one then looks at what there is. */
describe('killed at any write', () => {
  const dirs: string[] = [];
  afterEach(() => {
    for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
  });
  const run = (dir: string, when: string, at: number) =>
    execa(process.execPath, [CHILD, dir, when, String(at)], { reject: false, timeout: 60_000 });

  it.each(['before', 'after'])(
    'executes at most once and ends honestly, killed %s each',
    async (when) => {
      const states: string[] = [];
      for (let at = 1; at <= MOST_WRITES; at += 1) {
        const dir = mkdtempSync(join(tmpdir(), 'daytwo-kill-'));
        dirs.push(dir);
        const killed = await run(dir, when, at);
        if (killed.exitCode === 0) break;
        expect(killed.signal, killed.stderr).toBe('SIGKILL');
        const fresh = await run(dir, 'never', 0);
        const waits = fresh.exitCode === WAITS;
        expect([0, WAITS], fresh.stderr).toContain(fresh.exitCode);
        const house = await openHouse({ dir });
        const request = await house.request().catch(() => undefined);
        const lines = effectsOf(dir);
        const steps = await journalOf(house.store, request?.execution?.id ?? '');
        const held = (await heldLocks(house.store)).length;
        await house.store.close();
        states.push(`${at}:${request?.state} ${lines.length}`);
        expect(new Set(lines).size).toBe(lines.length);
        expect(new Set(lines.map((line) => line.split(' ')[0])).size).toBeLessThanOrEqual(1);
        if (waits) expect(['confirming', 'approving']).toContain(request?.state);
        else expect(request?.state).toBe(lines.length === 2 ? 'succeeded' : 'failed');
        expect(held).toBe(0);
        // Nothing was done that no intent tells of.
        expect(steps.length).toBeGreaterThanOrEqual(lines.length);
      }
      expect(states.length).toBeGreaterThanOrEqual(10);
      console.info(`killed ${when} write: ${states.join(', ')}`);
    },
    300_000,
  );
});
