import { copyFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAnchors, lastAnchor } from '../../src/audit/anchors.ts';
import type { Audit } from '../../src/audit/audit.ts';
import { auditCommand } from '../../src/audit/command.ts';
import { outbox } from '../../src/chat/outbox.ts';
import { tamper } from '../gate-run/house.ts';
import { fakeClock } from '../support/clock.ts';
import { type TempStore, tempStore } from '../support/tempStore.ts';
import { type AuditRig, auditRig } from './rig.ts';

const DAY = 24 * 60 * 60_000;
const TARGETS = [
  { conversation: { chat: 'slack' as const, id: 'C1' }, bounded: true, pictures: 'apart' as const },
  { conversation: { chat: 'console' as const, id: 'home' }, bounded: false, pictures: 'inline' as const },
];

describe('the anchor of the day', () => {
  let rig: AuditRig;
  let temp: TempStore;
  let audit: Audit;
  let clock: ReturnType<typeof fakeClock>;
  const logged: string[] = [];
  const say = (_: unknown, message: string): void => void logged.push(message);
  const log = { info: say, warn: say, error: say };
  beforeEach(async () => {
    logged.length = 0;
    clock = fakeClock();
    rig = auditRig();
    temp = await tempStore();
    audit = await rig.open();
  });
  afterEach(async () => {
    await audit.close();
    await temp.drop();
    rig.end();
  });
  const anchors = () => createAnchors({ store: temp.store, clock, log, audit, targets: TARGETS });
  const posts = async () => (await temp.store.find(outbox, { limit: 100 })).map(({ body }) => body);
  const titles = async () => (await posts()).map(({ card, conversation }) => `${conversation.chat}: ${card.title}`);
  const write = () => audit.append({ kind: 'test.entry', by: 'ana' });

  it('is posted in every home a day after the first look, once, with what verify takes', async () => {
    await write();
    await anchors().look();
    await clock.advance(DAY - 1);
    await anchors().look();
    expect(await titles()).toEqual([]);
    await clock.advance(1);
    await anchors().look();
    await anchors().look();
    expect(await titles()).toEqual(['slack: The audit holds 1 entries', 'console: The audit holds 1 entries']);
    expect(logged).toContain('audit head of the day');
    const [, given] = /--head (\S+)/.exec(JSON.stringify((await posts())[0]?.card)) ?? [];
    const printed: string[] = [];
    expect(await auditCommand(['verify', given?.replace(/".*/, '') ?? ''], rig.dir, (line) => printed.push(line))).toBe(
      0,
    );
  });

  it('is posted once by several processes, and not again after a restart', async () => {
    await anchors().look();
    await write();
    await clock.advance(DAY);
    await Promise.all(Array.from({ length: 8 }, () => anchors().look()));
    await temp.restart();
    await anchors().look();
    expect(await titles()).toHaveLength(TARGETS.length);
    expect(await lastAnchor(temp.store)).toMatchObject({ seq: 1, hash: audit.head().hash });
  });

  it('is left out on a day without an entry', async () => {
    await anchors().look();
    await clock.advance(DAY);
    await anchors().look();
    expect(await lastAnchor(temp.store)).toBeUndefined();
    await write();
    await clock.advance(DAY);
    await anchors().look();
    await clock.advance(DAY);
    await anchors().look();
    expect(await titles()).toHaveLength(TARGETS.length);
  });

  it.each([
    ['a year ahead', 365 * DAY],
    ['a year back', -365 * DAY],
  ])('comes after the clock stood %s, too', async (_, ms) => {
    const wrong = { ...clock, now: () => clock.now() + ms };
    await write();
    await createAnchors({ store: temp.store, clock: wrong, log, audit, targets: TARGETS }).look();
    await anchors().look();
    expect(await titles()).toHaveLength(TARGETS.length);
  });

  it('tells of a broken audit instead: a rewriting of both files, too', async () => {
    await anchors().look();
    await write();
    await clock.advance(DAY);
    await anchors().look();
    await audit.close();
    // Whoever rewrites the file and its head leaves a chain that fits itself.
    const other = auditRig();
    await other.fill(3);
    rig.write(other.bytes());
    copyFileSync(other.headFile, rig.headFile);
    other.end();
    audit = await rig.open();
    expect((await audit.verify()).ok).toBe(true);
    await clock.advance(DAY);
    await anchors().look();
    expect((await titles()).at(-1)).toBe('console: The audit is BROKEN at entry 1');
    expect((await posts()).at(-1)?.card.tone).toBe('critical');
    expect(logged).toContain('audit is broken');
    expect((await lastAnchor(temp.store))?.seq).toBe(1);
  });

  it('tells of an audit that is gone', async () => {
    await anchors().look();
    await write();
    await clock.advance(DAY);
    await anchors().look();
    await audit.close();
    for (const file of [rig.log, rig.headFile]) rmSync(file);
    audit = await rig.open();
    await clock.advance(DAY);
    await anchors().look();
    expect((await titles()).at(-1)).toContain('BROKEN');
  });

  it('looks by itself, and again when the store was away', async () => {
    const store = tamper(temp.store);
    store.before = async () => {
      throw new Error('no space left');
    };
    const own = createAnchors({ store, clock, log, audit, targets: TARGETS });
    own.start();
    await write();
    await expect.poll(() => logged).toContain('audit head could not be posted, will retry');
    store.before = async () => {};
    const anHourOn = async (): Promise<number> => {
      await clock.advance(60 * 60_000);
      return (await titles()).length;
    };
    await expect.poll(anHourOn, { timeout: 20_000 }).toBe(TARGETS.length);
    await own.stop();
  });
});
