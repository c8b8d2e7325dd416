import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textOf, type Visitor, visit } from '../e2e/bot.ts';
import { eventually } from '../support/real/process.ts';
import { openShots, type Shots } from '../support/shots.ts';
import { type Surfaces, surfacesOf } from '../support/surfaces.ts';
import { FULL, fill, leaveEvicted, setPressure } from './night/nodes.ts';
import { type NodeNight, nodeNightMissing, startNodeNight } from './night/start.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();
const absent = target.own ? await nodeNightMissing() : ['a cluster of the suite’s own'];
const MIB = 1024 * 1024;
const EVIDENCE = 'INC-1 evidence';
const EVICTED = ['report-1', 'report-2', 'report-3'];

// A node is made here, and its finished pods deleted: only where it is nobody's.
describe.runIf(absent.length === 0)('a night: a node’s disk is full, and room is made from the thread', () => {
  let night: NodeNight;
  let ana: Visitor;
  let seen: Surfaces;
  let shots: Shots;

  beforeAll(async () => {
    night = await startNodeNight(target);
    await fill(target, night.space, [{ name: 'web', replicas: 2 }]);
    await leaveEvicted(target, night.space, EVICTED);
    ana = await visit(night.bot.link('ana'));
    seen = surfacesOf(night, ana, 'INC-1');
    shots = await openShots(night.bot.link('cleo'));
    await setPressure(target, true);
    await seen.everywhere('the offers', (text) => text.includes(EVIDENCE) && text.includes('DiskPressure for'));
    await shots.page?.getByText('INC-1 Kubernetes').first().click();
  }, 1_800_000);
  afterAll(async () => {
    await shots?.close();
    await night?.end();
  });

  const cardOf = async (title: RegExp): Promise<string> =>
    textOf((await ana.messages('INC-1')).findLast(({ card }) => title.test(card.title))?.card as never);
  const pods = async (): Promise<readonly string[]> => {
    const names = await target.kubectl([
      'get',
      'pods',
      '-n',
      night.space.name,
      '-o',
      'jsonpath={.items[*].metadata.name}',
    ]);
    return names.split(' ').toSorted();
  };
  const journalBytes = async (): Promise<number> => {
    const files = await readdir(night.journalDirectory);
    const sizes = await Promise.all(files.map(async (name) => (await stat(join(night.journalDirectory, name))).blocks));
    return sizes.reduce((sum, blocks) => sum + blocks * 512, 0);
  };

  it('says what could be freed, and what can’t be told and why', async () => {
    await night.slack.user('U0ANA').slash('/daytwo', `disk ${FULL}`, { channel: 'C0OPS' });
    const said = await eventually('the estimates', () =>
      night.slack
        .ephemerals('U0ANA')
        .map((one) => JSON.stringify(one))
        .find((text) => text.includes('could be freed')),
    );
    expect(said).toMatch(/nodefs \(\/[^)]*\) has [\d.]+ \w+ free \([\d.]+ %; the kubelet evicts below 10 %\)/);
    expect(said).toContain('neither crictl nor k3s is installed');
    expect(said).toContain('3 finished, 3 of them evicted');
    expect(said).toContain(`/disk ${FULL} pods`);
  }, 60_000);

  it('blocks what can’t be done there, and says why', async () => {
    const offer = await seen.slackButton(EVIDENCE, `Free unused images on ${FULL}`);
    await night.slack.user('U0ANA').press(offer.ts, `Free unused images on ${FULL}`);
    await seen.everywhere('the block', (text) => text.includes('REQ-1') && text.includes('crictl-missing'));
    const card = (await ana.messages('INC-1')).find(({ card }) => card.title.startsWith('REQ-1'))?.card;
    expect(card?.buttons.map(({ label }) => label)).not.toContain('Confirm');
    await shots.shoot('1-blocked', 'REQ-1');
  }, 60_000);

  it('clears the finished pods, offered in Telegram and approved in Slack, with the least rights', async () => {
    const before = await pods();
    const offer = await seen.telegramButton(EVIDENCE, `Clear finished pods on ${FULL}`);
    night.telegram.user(1001).press(offer, `Clear finished pods on ${FULL}`);
    const plan = await seen.telegramButton('REQ-2', 'Confirm');
    expect(plan.content.text).toContain('3 finished pods, 3 of them evicted');
    expect(plan.content.text).toContain('bare-pods');
    expect(await pods()).toEqual(before);
    await shots.shoot('2-plan', 'REQ-2');
    night.telegram.user(1001).press(plan, 'Confirm');
    const approval = await seen.slackButton('REQ-2', 'Approve');
    await night.slack.user('U0BEN').press(approval.ts, 'Approve');
    await seen.everywhere('the end', (text) => text.includes('3 finished pods of 3 are gone'), 120_000);
    expect(await cardOf(/^REQ-2 .*(?:succeeded|degraded)/)).toMatch(/freed, by df/);
    expect(await pods()).toEqual(before.filter((name) => !EVICTED.includes(name)));
    await shots.shoot('3-finished', 'REQ-2', 'last');
    const again = await ana.say(`/disk ${FULL} pods`, { thread: 'INC-1' });
    expect(again.card.title).toContain('there is nothing to free');
  }, 240_000);

  it('shortens the journal by what the plan said, and tells what it freed', async () => {
    const before = await journalBytes();
    await ana.say(`/disk ${FULL} journal 16M`, { thread: 'INC-1' });
    const plan = await cardOf(/^REQ-3 Shorten/);
    const most = Number(/at most ([\d.]+) MiB become free/.exec(plan)?.[1]);
    expect(Math.abs(most * MIB - (before - 16 * MIB))).toBeLessThan(2 * MIB);
    const confirm = await seen.consoleButton('REQ-3', 'Confirm');
    await ana.press(confirm.token, 'INC-1');
    const approval = await seen.telegramButton('REQ-3', 'Approve');
    expect(await journalBytes()).toBe(before);
    night.telegram.user(1002).press(approval, 'Approve');
    await seen.everywhere('the end', (text) => /The journal takes [\d.]+ MiB now, [\d.]+ MiB less/.test(text), 120_000);
    const after = await journalBytes();
    expect(after).toBeLessThanOrEqual(16 * MIB);
    const freed = Number(/now, ([\d.]+) MiB less/.exec(await cardOf(/^REQ-3 .*succeeded/))?.[1]);
    expect(Math.abs(freed * MIB - (before - after))).toBeLessThan(MIB);
    await shots.shoot('4-journal', 'REQ-3', 'last');
  }, 180_000);

  it('does nothing that was denied, and shows the reason', async () => {
    await leaveEvicted(target, night.space, ['late-1']);
    await ana.say(`/disk ${FULL} pods`, { thread: 'INC-1' });
    const confirm = await seen.consoleButton('REQ-4', 'Confirm');
    await ana.press(confirm.token, 'INC-1');
    const approval = await seen.slackButton('REQ-4', 'Deny');
    await night.slack.user('U0BEN').press(approval.ts, 'Deny');
    await night.slack.user('U0BEN').submit(undefined, { typed: 'I want to read that log first' });
    await seen.everywhere('the reason', (text) => text.includes('I want to read that log first'));
    expect(await pods()).toContain('late-1');
  }, 90_000);

  it('is over when the kubelet says so, and no vendor’s rule was broken', async () => {
    await setPressure(target, false);
    await seen.everywhere('resolved', (text) => /INC-1 Kubernetes.*resolved after/.test(text));
    expect(night.slack.violations).toEqual([]);
    expect(night.telegram.violations).toEqual([]);
    expect(shots.browser?.complaints ?? []).toEqual([]);
    expect(await night.bot.metrics()).toMatch(/^daytwo_gate_requests_total\{action="disk\.pods",end="denied"\} 1$/m);
  }, 60_000);
});
