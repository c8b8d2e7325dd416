import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, section, textOf, type Visitor, visit } from '../e2e/bot.ts';
import { CHANNEL, GROUP } from '../support/bothChats.ts';
import { eventually } from '../support/real/process.ts';
import { openShots, type Shots } from '../support/shots.ts';
import { type Surfaces, surfacesOf } from '../support/surfaces.ts';
import { FULL, fill, leaveEvicted, OTHER, setPressure } from './night/nodes.ts';
import { type NodeNight, nodeNightMissing, startNodeNight } from './night/start.ts';
import { clusterTarget } from './target.ts';

const target = clusterTarget();
const absent = target.own ? await nodeNightMissing() : ['a cluster of the suite’s own'];
/** Some half a minute; on a machine that is busy with other tests the cluster itself takes its time. */
const DONE_WITHIN_MS = 300_000;
/** One after the other, as their budget wants it: long enough to be watched, and cancelled in the middle. */
const REPLICAS = 60;
const AT_ONCE = 1;
/** People take their time. Telegram takes 20 messages a minute in a group: where all of them are used up, progress is what waits. */
const PAUSE_MS = 40_000;
const EVIDENCE = 'INC-1 evidence';

// Nodes are made and drained here: only where they are nobody's.
describe.runIf(absent.length === 0)('a night: a node’s disk is full, and it is drained from the thread', () => {
  let night: NodeNight;
  let ana: Visitor;
  let ben: Visitor;
  let seen: Surfaces;
  let shots: Shots;
  const times: Record<string, number> = {};

  beforeAll(async () => {
    night = await startNodeNight(target);
    await fill(target, night.space, [
      { name: 'web', replicas: REPLICAS, maxUnavailable: AT_ONCE },
      { name: 'db', kind: 'StatefulSet', replicas: 1 },
    ]);
    await leaveEvicted(target, night.space, ['report-1', 'report-2']);
    ana = await visit(night.bot.link('ana'));
    ben = await visit(night.bot.link('ben'));
    seen = surfacesOf(night, ana, 'INC-1');
    shots = await openShots(night.bot.link('cleo'));
    await eventually('both chats are up', async () => {
      const { parts } = await night.bot.ready();
      return ['slack', 'telegram'].every((chat) => parts.some(({ part, state }) => part === chat && state === 'up'));
    });
  }, 1_800_000);
  afterAll(async () => {
    console.info(`the night of a full node, ms: ${JSON.stringify(times)}`);
    await shots?.close();
    await night?.end();
  });

  const since = (name: string, began: number): void => {
    times[name] = Date.now() - began;
  };
  const podsOn = async (node: string): Promise<readonly string[]> => {
    const words = ['get', 'pods', '-n', night.space.name, '--field-selector', `spec.nodeName=${node}`, '-o', 'json'];
    const { items } = JSON.parse(await target.kubectl(words)) as {
      items: { metadata: { name: string; deletionTimestamp?: string } }[];
    };
    return items.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name);
  };
  const isCordoned = async (): Promise<boolean> =>
    (await target.kubectl(['get', 'node', FULL, '-o', 'jsonpath={.spec.unschedulable}'])) === 'true';
  const cardOf = async (title: RegExp) =>
    (await ana.messages('INC-1')).findLast(({ card }) => title.test(card.title))?.card;
  /** Presses Confirm in Telegram and types the name: to the bot's question or, where the group's rate leaves no room for one, as the bot says. */
  const confirmInTelegram = async (who: number, name: string): Promise<void> => {
    const card = await seen.telegramButton(name, 'Confirm');
    const person = night.telegram.user(who);
    person.press(card, 'Confirm');
    const said = await night.telegram.sees(
      GROUP,
      ({ id, markup, content }) =>
        id > card.id && (markup?.kind === 'force-reply' || content.text.includes(`say /confirm ${name} ${FULL}`)),
      30_000,
    );
    if (said.markup?.kind === 'force-reply') person.reply(said, FULL);
    else person.send(GROUP, `/confirm@daytwo_bot ${name} ${FULL}`);
  };
  const pressed = async (who: Visitor, button: { readonly token: string }, typed?: string): Promise<void> => {
    const body = { id: crypto.randomUUID(), token: button.token, thread: 'INC-1', ...(typed ? { typed } : {}) };
    expect((await who.post('/api/press', body)).status).toBe(202);
  };

  it('the node’s condition becomes a thread with the evidence, in all three', async () => {
    const began = Date.now();
    await setPressure(target, true);
    await seen.everywhere('a root', (text) => text.includes('INC-1 KubernetesNodeDiskPressure'));
    since('condition → thread', began);
    await seen.everywhere('the evidence', (text) => text.includes(`${FULL} has DiskPressure`));
    const card = await eventually('all of it', async () => {
      const found = await cardOf(/^INC-1 evidence/);
      return found && !found.title.includes('looking at') ? found : undefined;
    });
    since('condition → evidence', began);
    expect(section(card, `Conditions of ${FULL}`)?.tone).toBe('critical');
    // What a host of the node's name says, over a real ssh.
    expect(section(card, 'Disk space')?.summary).toMatch(/% used, .+ free/);
    expect(JSON.stringify(section(card, 'Disk space'))).toContain(`df on ${FULL}`);
    expect(section(card, 'Largest folders')?.summary).toMatch(/^Largest: \/var\/log/);
    // metrics-server has figures of the real node, and none of one that kwok plays.
    const top = section(card, 'kubectl top nodes');
    expect(top?.summary).toContain(`no figures of ${FULL}`);
    if (target.realNode) expect(JSON.stringify(top)).toMatch(new RegExp(`"${target.realNode}","\\d+m","\\d+%"`));
    expect(section(card, 'Pods in trouble')?.summary).toMatch(/report-[12] Evicted; 2 of \d+ pods/);
    expect(section(card, 'What changed')?.summary).toContain(`${FULL}: DiskPressure turned True`);
    expect(JSON.stringify(section(card, 'What changed'))).toContain(`${night.space.name}/Deployment/web rolled out`);
    await shots.page?.getByText('INC-1 Kubernetes').first().click();
    await shots.shoot('1-root', 'INC-1 KubernetesNodeDiskPressure');
    await shots.shoot('1-evidence', EVIDENCE);
  }, 120_000);

  it('offered in Slack, its name typed into a dialog, it is denied with a reason: nothing was done', async () => {
    const offer = await seen.slackButton(EVIDENCE, `Drain ${FULL}`);
    const began = Date.now();
    await night.slack.user('U0ANA').press(offer.ts, `Drain ${FULL}`);
    const plan = await seen.slackButton('REQ-1', 'Confirm');
    since('press → plan', began);
    await seen.everywhere('the plan', (text) => text.includes('REQ-1') && text.includes(`to ${OTHER}`));
    const card = await cardOf(/^REQ-1/);
    expect(textOf(card as never)).toContain(`Takes ${REPLICAS + 1} pods off ${FULL}`);
    expect(textOf(card as never)).toMatch(/StatefulSet \S+\/db.*|single-replica/);
    await shots.shoot('2-plan', 'REQ-1');
    await night.slack.user('U0ANA').press(plan.ts, 'Confirm');
    await night.slack.user('U0ANA').submit(undefined, { typed: OTHER });
    await eventually('another node’s name is refused', () =>
      JSON.stringify(night.slack.ephemerals('U0ANA')).includes('that is not the name'),
    );
    await night.slack.user('U0ANA').press(plan.ts, 'Confirm');
    await night.slack.user('U0ANA').submit(undefined, { typed: FULL });
    const approval = await seen.slackButton('REQ-1', 'Deny');
    await shots.shoot('3-approving', 'REQ-1');
    await night.slack.user('U0BEN').press(approval.ts, 'Deny');
    await night.slack.user('U0BEN').submit(undefined, { typed: 'the batch runs until 4' });
    await seen.everywhere('the reason', (text) => text.includes('the batch runs until 4'));
    expect(await isCordoned()).toBe(false);
    expect(await podsOn(OTHER)).toEqual([]);
  }, 90_000);

  it('asked for in Telegram and approved in the console, it is cancelled in Slack, and says how many remain', async () => {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const root = seen.inTelegram().find(({ text }) => text.includes('INC-1 Kubernetes'))?.message;
    night.telegram.user(1001).send(GROUP, `/drain@daytwo_bot ${FULL}`, root ? { replyTo: root } : {});
    await confirmInTelegram(1001, 'REQ-2');
    await pressed(ben, await seen.consoleButton('REQ-2', 'Approve'));
    await seen.everywhere('progress', (text) => /REQ-2 /.test(text) && /\d+ of \d+ pods left/.test(text), 30_000);
    const running = await seen.slackButton('REQ-2', 'Cancel');
    expect((await podsOn(OTHER)).length).toBeGreaterThan(0);
    await night.slack.user('U0ANA').press(running.ts, 'Cancel');
    await seen.everywhere('how many remain', (text) => /stays cordoned; \d+ pods? remain/.test(text));
    const said = textOf((await cardOf(/^REQ-2 .*cancelled/)) as never);
    const left = await podsOn(FULL);
    expect(left.length).toBeGreaterThan(0);
    expect(said).toContain(`${left.length} ${left.length === 1 ? 'pod remains' : 'pods remain'}`);
    expect(await isCordoned()).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await podsOn(FULL)).toEqual(left);
    await shots.shoot('5-cancelled', 'REQ-2', 'last');
  }, 180_000);

  it('goes on by the button below that end, and is drained and verified', async () => {
    await pressed(ana, await seen.consoleButton('REQ-2', `Drain ${FULL}`));
    await pressed(ana, await seen.consoleButton('REQ-3', 'Confirm'), FULL);
    const approval = await seen.telegramButton('REQ-3', 'Approve');
    night.telegram.user(1001).press(approval, 'Approve');
    await eventually('the requester’s own approval is refused', () =>
      JSON.stringify([night.telegram.calls('answerCallbackQuery'), seen.inTelegram()]).includes('You asked for REQ-3'),
    );
    const began = Date.now();
    night.telegram.user(1002).press(approval, 'Approve');
    await shots.page
      ?.getByText(/\d+ of \d+ pods left/)
      .first()
      .waitFor();
    await shots.shoot('4-running', 'REQ-3');
    await seen.everywhere('the end', (text) => text.includes(`${FULL} is drained and cordoned.`), DONE_WITHIN_MS);
    since('approval → drained', began);
    const end = textOf((await cardOf(/^REQ-3 .*succeeded/)) as never);
    expect(end).toContain('✓ pods that had to leave: none');
    expect(end).toContain('✓ controllers as ready as before: all');
    expect(await podsOn(FULL)).toEqual([]);
    expect((await podsOn(OTHER)).toSorted()).toHaveLength(REPLICAS + 1);
    await shots.shoot('6-finished', 'REQ-3', 'last');
    await shots.shoot('6-plan-after', 'REQ-3');
  }, 420_000);

  it('tells all of it on the node’s sheet', async () => {
    const sheet = await ana.say(`/nodes ${FULL}`);
    expect(sheet.card.title).toBe(`${FULL}: Ready, SchedulingDisabled, DiskPressure`);
    const text = textOf(sheet.card);
    for (const words of ['REQ-3: Drain', 'REQ-2: Drain', 'DiskPressure is True']) expect(text).toContain(words);
    expect(text).toContain('Nothing seen here blocks a drain');
    // And for cleo, who may look: nothing is tried that could change anything.
    await shots.page?.locator('form.commandline input, form.commandline textarea').first().fill(`/nodes ${FULL}`);
    await shots.page?.keyboard.press('Enter');
    await shots.shoot('6-sheet', `${FULL}: Ready`, 'last');
  }, 60_000);

  it('is uncordoned by the button below the end, in Telegram, through a gate of its own', async () => {
    const end = await seen.telegramButton('is drained and cordoned', `Uncordon ${FULL}`);
    night.telegram.user(1002).press(end, `Uncordon ${FULL}`);
    await confirmInTelegram(1002, 'REQ-4');
    const approval = await seen.slackButton('REQ-4', 'Approve');
    expect(await isCordoned()).toBe(true);
    await night.slack.user('U0ANA').press(approval.ts, 'Approve');
    await seen.everywhere('the end', (text) => text.includes(`${FULL} is schedulable.`));
    expect(await isCordoned()).toBe(false);
    await shots.shoot('7-uncordoned', 'REQ-4', 'last');
  }, 90_000);

  it('is over when the kubelet says so: the roots turn green in all three', async () => {
    await setPressure(target, false);
    await seen.everywhere('resolved', (text) => /INC-1 Kubernetes.*resolved after/.test(text));
    const root = (await ana.messages('INC-1')).find(({ isRoot }) => isRoot)?.card;
    expect(root).toMatchObject({ tone: 'ok', buttons: [] });
    await shots.shoot('8-resolved', 'INC-1 Kubernetes');
  }, 60_000);

  it('leaves a record that verifies, names each pod once, and is counted', async () => {
    const env = { DAYTWO_DATA_DIR: join(night.bot.dir, 'data') };
    const verify = await execa(process.execPath, [join(ROOT, 'bin', 'daytwo.js'), 'audit', 'verify'], {
      ...{ reject: false, cwd: night.bot.dir, env },
    });
    expect(verify.exitCode, verify.stderr).toBe(0);
    const record = await readFile(join(night.bot.dir, 'data', 'audit.jsonl'), 'utf8');
    const evicted = [...record.matchAll(/"step":"(evict [^"]+)"/g)].map(([, step]) => step);
    const mine = new Set(evicted.filter((step) => step?.includes(`${night.space.name}/`)));
    // Both that the kubelet had evicted are cleared away by an eviction, too.
    expect(mine.size).toBe(REPLICAS + 1 + 2);
    for (const word of ['ana', 'ben', 'REQ-1', 'REQ-4', 'the batch runs until 4'])
      expect(record.includes(word), word).toBe(true);
    const metrics = await night.bot.metrics();
    const counted = (state: string, action: string) =>
      new RegExp(`^daytwo_gate_requests_total\\{(?=[^}]*"${state}")(?=[^}]*"${action}")[^}]*\\} 1$`, 'm');
    for (const state of ['denied', 'cancelled', 'succeeded']) expect(metrics).toMatch(counted(state, 'node.drain'));
    expect(metrics).toMatch(counted('succeeded', 'node.uncordon'));
    expect(metrics).toMatch(/^daytwo_incidents_open(?:\{[^}]*\})? 0$/m);
  }, 60_000);

  it('has broken no rule of either vendor, and called nobody who wasn’t meant', () => {
    expect(night.slack.violations).toEqual([]);
    expect(night.telegram.violations).toEqual([]);
    expect(night.slack.duplicates()).toEqual([]);
    expect(shots.browser?.complaints ?? []).toEqual([]);
    expect(night.slack.messages(CHANNEL).every(({ text }) => !/<!(?:channel|here)/.test(text ?? ''))).toBe(true);
  });
});
