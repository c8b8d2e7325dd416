import { cpSync, mkdtempSync, rmSync } from 'node:fs';
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
/** More writes than any story has: ask, confirm, approve, locks, claim, four of the journal, verifying, finished. */
const MOST_WRITES = 14;

/** Real processes, killed at every write of requests, journal and locks; a fresh one then looks at what there is. */
describe('killed at any write', () => {
  const dirs: string[] = [];
  afterEach(() => {
    for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
  });
  const fresh = (): string => {
    const dir = mkdtempSync(join(tmpdir(), 'daytwo-kill-'));
    dirs.push(dir);
    return dir;
  };
  const run = (dir: string, story: string, when: string, at: number) =>
    execa(process.execPath, [CHILD, dir, story, when, String(at)], { reject: false, timeout: 60_000 });

  /** What a killed and then a fresh process left behind. */
  async function found(dir: string) {
    const house = await openHouse({ dir });
    const request = await house.request().catch(() => undefined);
    const lines = effectsOf(dir);
    const steps = await journalOf(house.store, request?.execution?.id ?? '');
    const held = (await heldLocks(house.store)).map(({ id, body }) => `${id} ${body.holder?.owner ?? 'nobody'}`);
    await house.store.close();
    expect(new Set(lines).size).toBe(lines.length);
    expect(new Set(lines.map((line) => line.split(' ')[0])).size).toBeLessThanOrEqual(1);
    // Nothing was done that no intent tells of.
    expect(steps.length).toBeGreaterThanOrEqual(lines.length);
    return { request, lines: lines.length, held };
  }

  /** Kills at each write of a story, lets a fresh process tell the same story to its end, and judges what is there. */
  async function each(
    story: string,
    when: string,
    judge: (left: Awaited<ReturnType<typeof found>> & { readonly waits: boolean }) => void,
    begun?: string,
  ): Promise<number> {
    const states: string[] = [];
    for (let at = 1; at <= MOST_WRITES; at += 1) {
      const dir = fresh();
      if (begun !== undefined) cpSync(begun, dir, { recursive: true });
      const killed = await run(dir, story, when, at);
      if (killed.exitCode === 0) break;
      expect(killed.signal, killed.stderr).toBe('SIGKILL');
      const { exitCode, stderr } = await run(dir, story, 'never', 0);
      expect([0, WAITS], stderr).toContain(exitCode);
      const left = await found(dir);
      states.push(`${at}:${left.request?.state} ${left.lines}`);
      judge({ ...left, waits: exitCode === WAITS });
    }
    console.info(`killed ${when} write, ${story}: ${states.join(', ')}`);
    return states.length;
  }

  describe.each(['before', 'after'])('%s', { timeout: 300_000 }, (when) => {
    it('on the whole way: executes at most once and ends honestly', async () => {
      const kills = await each('way', when, ({ request, lines, held, waits }) => {
        if (waits) expect(['confirming', 'approving']).toContain(request?.state);
        else expect(request?.state).toBe(lines === 2 ? 'succeeded' : 'failed');
        expect(held).toEqual([]);
      });
      expect(kills).toBeGreaterThanOrEqual(11);
    });

    it('during a cancel: stopped, as cancelled where the wish was durable, and unlocked', async () => {
      const kills = await each('cancel', when, ({ request, lines, held }) => {
        expect(request?.state).toBe(request?.cancelAsked ? 'cancelled' : 'failed');
        expect([lines, held]).toEqual([1, []]);
      });
      expect(kills).toBeGreaterThanOrEqual(3);
    });

    it('on the way to an unknown end: unknown, and locked by nobody’s hand', async () => {
      const kills = await each('unknown', when, ({ request, lines, held }) => {
        expect(request?.state).toBe('unknown');
        expect([lines, held]).toEqual([1, ['file/notes nobody', 'request/REQ-1 nobody']]);
      });
      expect(kills).toBeGreaterThanOrEqual(2);
    });

    it('while it takes over what a dead process left: it ends as reality shows, unlocked', async () => {
      const begun = fresh();
      expect((await run(begun, 'left', 'never', 0)).signal).toBe('SIGKILL');
      const kills = await each(
        'takeover',
        when,
        ({ request, lines, held }) => {
          expect(request?.state).toBe('failed');
          expect([lines, held]).toEqual([1, []]);
        },
        begun,
      );
      expect(kills).toBeGreaterThanOrEqual(2);
    });

    it('while a person settles: settled once, and unlocked with it', async () => {
      const begun = fresh();
      expect((await run(begun, 'unknown', 'never', 0)).exitCode).toBe(0);
      const kills = await each(
        'settle',
        when,
        ({ request, held }) => {
          expect(request).toMatchObject({ state: 'unknown', settled: { by: 'ben', found: 'not-done' } });
          expect(held).toEqual([]);
        },
        begun,
      );
      expect(kills).toBe(1);
    });
  });
});
