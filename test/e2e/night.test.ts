import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHANNEL, GROUP } from '../support/bothChats.ts';
import { hasBrowser, openBrowser, type TestBrowser } from '../support/browser.ts';
import { JOB, type Night, nightMissing, startNight } from '../support/night.ts';
import { eventually } from '../support/real/process.ts';
import { ROOT, textOf, type Visitor, visit } from './bot.ts';

const absent = await nightMissing();
const browserIsThere = await hasBrowser();
const LOCKED = /already locked (?:exclusively )?by PID \d+/;
/** From the pushed failure to the reason in every chat, on a machine that is busy with other tests. */
const SEEN_WITHIN_MS = 60_000;
const DONE_WITHIN_MS = 120_000;
const VIEWS = [
  ['light', 'light', 1280],
  ['dark', 'dark', 1280],
  ['phone', 'light', 390],
] as const;

describe.skipIf(absent.length > 0)('a night: a stale lock, a failed backup, and the way out through the gate', () => {
  let night: Night;
  let ana: Visitor;
  let ben: Visitor;
  let browser: TestBrowser | undefined;
  let page: Page | undefined;
  let shots: string;

  beforeAll(async () => {
    shots = await mkdtemp(join(tmpdir(), 'daytwo-night-shots-'));
    night = await startNight();
    ana = await visit(night.bot.link('ana'));
    ben = await visit(night.bot.link('ben'));
    browser = browserIsThere ? await openBrowser() : undefined;
    page = await browser?.open(night.bot.link('cleo'));
    await eventually('both chats are up', async () => {
      const { parts } = await night.bot.ready();
      return ['slack', 'telegram'].every((chat) => parts.some(({ part, state }) => part === chat && state === 'up'));
    });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await night?.end();
    console.info(`the night in pictures: ${shots}`);
  });

  /** The first message of the console whose title begins so: light, dark and on a phone. */
  async function shoot(name: string, title: string, which: 'first' | 'last' = 'first'): Promise<void> {
    if (!page) return;
    const card = page.locator(`article.message[aria-label^="${title}"]`)[which]();
    for (const [look, colorScheme, width] of VIEWS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      await card.scrollIntoViewIfNeeded();
      await card.screenshot({ path: join(shots, `${name}-${look}.png`) });
    }
    await page.screenshot({ path: join(shots, `${name}-page.png`) });
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 900 });
  }

  const inSlack = () =>
    night.slack
      .messages(CHANNEL)
      .filter(({ byBot, ephemeralFor }) => byBot && ephemeralFor === undefined)
      .map((message) => ({
        message,
        text: JSON.stringify([message.text, message.blocks, message.attachments]),
        inThread: message.threadTs !== undefined && message.threadTs !== message.ts,
      }));
  const inTelegram = () => night.telegram.sent(GROUP).map((message) => ({ message, text: message.content.text }));
  /** The newest message with these words and this button, in Slack's channel. */
  const slackButton = (words: string, label: string) =>
    eventually(`“${label}” on “${words}” in Slack`, () =>
      inSlack().findLast(({ text }) => text.includes(words) && text.includes(`"text":"${label}"`)),
    );
  const telegramButton = (words: string, label: string) =>
    eventually(`“${label}” on “${words}” in Telegram`, () =>
      inTelegram().findLast(
        ({ text, message }) => text.includes(words) && JSON.stringify(message.markup ?? {}).includes(`"${label}"`),
      ),
    );
  const everywhere = (what: string, fits: (text: string) => boolean, withinMs = SEEN_WITHIN_MS): Promise<unknown> =>
    Promise.all([
      eventually(`Slack: ${what}`, () => inSlack().some(({ text }) => fits(text)), withinMs),
      eventually(`Telegram: ${what}`, () => inTelegram().some(({ text }) => fits(text)), withinMs),
      eventually(
        `the console: ${what}`,
        async () => (await ana.messages('INC-1')).some(({ card }) => fits(textOf(card))),
        withinMs,
      ),
    ]);
  const root = async () => (await ana.messages('INC-1')).find(({ isRoot }) => isRoot)?.card;

  it('a run that a stale lock kept out becomes three threads with the reason in them', async () => {
    expect((await night.nightlyRun()).exitCode).toBe(0);
    await eventually('Prometheus knows the good run', async () => {
      const answer = await fetch(`${night.prometheus.url}/api/v1/query?query=backup_success==1`);
      return (await answer.text()).includes(JOB);
    });
    await night.lab.leaveLock('exclusive');
    const run = await night.nightlyRun();
    const began = Date.now();
    expect(run.exitCode).not.toBe(0);
    expect(run.said).toMatch(LOCKED);
    await everywhere('a root', (text) => text.includes('INC-1 BackupFailed'));
    const rootMs = Date.now() - began;
    await everywhere('the reason', (text) => LOCKED.test(text));
    console.info(`the night: roots ${rootMs} ms, reasons ${Date.now() - began} ms after the push`);
    if (page) {
      await page.getByText('INC-1 BackupFailed').first().click();
      await page.getByText(LOCKED).first().waitFor();
      await shoot('1-thread', 'INC-1 evidence');
    }
  }, 120_000);

  it('backing up now is blocked by the lock, which the card names, and which nobody but a person removes', async () => {
    const { message } = await slackButton('INC-1', 'Back up now');
    await night.slack.user('U0ANA').press(message.ts, 'Back up now');
    await everywhere('the blocked plan', (text) => text.includes('REQ-1') && text.includes('restic unlock'));
    const card = (await ana.messages('INC-1')).find(({ card }) => card.title.includes('REQ-1'))?.card;
    expect(card?.buttons.map(({ label }) => label)).not.toContain('Confirm');
    await page?.getByText('restic unlock').first().waitFor();
    await shoot('2-blocked', 'REQ-1');
    expect(await night.lab.locks()).toHaveLength(1);
    // As the card says, by hand: nothing runs, so restic itself calls the lock stale and removes it.
    await night.lab.restic('unlock');
    expect(await night.lab.locks()).toEqual([]);
  }, 90_000);

  it('asked in Slack, confirmed, refused to the requester elsewhere, approved in Telegram, it runs once', async () => {
    const { message } = await slackButton('INC-1', 'Back up now');
    await night.slack.user('U0ANA').press(message.ts, 'Back up now');
    const plan = await slackButton('REQ-2', 'Confirm');
    await shoot('3-plan', 'REQ-2');
    await night.slack.user('U0ANA').press(plan.message.ts, 'Confirm');
    const waiting = await telegramButton('REQ-2', 'Approve');
    await page?.getByRole('button', { name: 'Approve' }).first().waitFor();
    await shoot('4-approving', 'REQ-2');

    night.telegram.user(1001).press(waiting.message, 'Approve');
    await eventually('the requester’s own approval is refused', () =>
      JSON.stringify([night.telegram.presses, night.telegram.calls('answerCallbackQuery'), inTelegram()]).includes(
        'You asked for REQ-2 yourself',
      ),
    );
    night.telegram.user(1002).press(waiting.message, 'Approve');
    const progress = await eventually(
      'progress on the card',
      async () => (await ana.messages('INC-1')).find(({ card }) => /REQ-2 .*: running/.test(card.title)),
      DONE_WITHIN_MS,
    );
    expect(progress.card.buttons.map(({ label }) => label)).toEqual(['Cancel']);
    await shoot('5-running', 'REQ-2');
    await everywhere('the end', (text) => /is backed up and verified/.test(text), DONE_WITHIN_MS);
    // Whatever was told meanwhile was told by edits: the card, the call for approval and the end are all there is.
    const told = inSlack().filter(({ text }) => text.includes('REQ-2'));
    expect(told.map(({ text }) => text)).toHaveLength(3);
    // ben was told in private, too, and that card is over as well.
    const [direct, ...more] = night.telegram.sent(1002);
    expect(direct?.content.text).toContain('REQ-2');
    await eventually('the private card to be over', () => direct?.markup === undefined);
    expect(more).toEqual([]);
    const card = inSlack().find(({ message: { ts } }) => ts === plan.message.ts);
    expect(card?.message.edits.length).toBeGreaterThanOrEqual(3);
    expect(JSON.stringify(card?.message.edits)).toContain('running');
    const snapshots = JSON.parse(await night.lab.restic('snapshots', '--json')) as { tags?: string[] }[];
    expect(snapshots).toHaveLength(2);
    await shoot('6-call', 'REQ-2 Back up restic_k8s_data now: approval asked of ben');
    await shoot('6-verified', 'REQ-2', 'last');
  }, 240_000);

  it('its metric makes the alert end by itself: the roots turn green in all three', async () => {
    const pushed = await (await fetch(`${night.pushgateway.url}/metrics`)).text();
    expect(pushed).toMatch(new RegExp(`backup_success\\{instance="node-0",job="${JOB}"\\} 1`));
    await everywhere('resolved after', (text) => /INC-1 BackupFailed.*resolved after/.test(text));
    expect(await root()).toMatchObject({ tone: 'ok', buttons: [] });
    await page?.getByText('resolved after').first().waitFor();
    await shoot('7-resolved', 'INC-1 BackupFailed');
  }, 90_000);

  it('the same backup is restored with its name typed and by a second person, beside the live data', async () => {
    await night.telegram.user(1001).send(GROUP, `/restore@daytwo_bot ${JOB}`);
    await eventually('the plan', () => inTelegram().some(({ text }) => /REQ-3 .*must confirm/.test(text)));
    const state = async () => textOf((await ben.say('/requests REQ-3')).card);
    await night.telegram.user(1001).send(GROUP, '/confirm@daytwo_bot REQ-3 restic_k8s');
    await eventually('the wrong name is refused', () =>
      inTelegram().some(({ text }) => text.includes('that is not the name')),
    );
    expect(await state()).toContain('must confirm');
    await night.telegram.user(1001).send(GROUP, `/confirm@daytwo_bot REQ-3 ${JOB}`);
    const card = await slackButton('REQ-3', 'Approve');
    await night.slack.user('U0BEN').press(card.message.ts, 'Approve');
    const said = await eventually(
      'it is restored',
      () => inTelegram().find(({ text }) => /is restored into \S+/.test(text)),
      DONE_WITHIN_MS,
    );
    const folder = /is restored into (\/var\/tmp\/daytwo-restore\/[\w.-]+)/.exec(said.text)?.[1] ?? '';
    expect(folder).not.toBe('');
    const { exitCode } = await execa('diff', ['-r', join(folder, night.lab.source), night.lab.source], {
      reject: false,
    });
    await rm(folder, { recursive: true, force: true });
    expect(exitCode).toBe(0);
  }, 240_000);

  it('leaves a record that verifies, and doesn’t once a byte is changed', async () => {
    const shown = await ben.say('/audit');
    expect(shown.card.title).toContain('The record is as it was written');
    const verify = () =>
      execa(process.execPath, [join(ROOT, 'bin', 'daytwo.js'), 'audit', 'verify'], {
        reject: false,
        cwd: night.bot.dir,
        env: { DAYTWO_DATA_DIR: join(night.bot.dir, 'data') },
      });
    const good = await verify();
    expect(good.exitCode, good.stderr).toBe(0);
    const file = join(night.bot.dir, 'data', 'audit.jsonl');
    const text = await readFile(file, 'utf8');
    for (const word of ['REQ-1', 'REQ-2', 'REQ-3', 'ana', 'ben']) expect(text).toContain(word);
    expect(text).not.toContain('correct horse');
    const lines = text.split('\n');
    const at = lines.findIndex((line) => line.includes('"by":"ben"'));
    lines[at] = (lines[at] ?? '').replace('"by":"ben"', '"by":"eve"');
    await writeFile(file, lines.join('\n'));
    const bad = await verify();
    expect(bad.exitCode).toBe(1);
    const seq = (JSON.parse(text.split('\n')[at] ?? '{}') as { seq: number }).seq;
    expect(bad.stdout + bad.stderr).toMatch(new RegExp(`entry ${seq}\\b`));
    await writeFile(file, text);
    expect((await verify()).exitCode).toBe(0);
  }, 60_000);

  it('has broken no rule of either vendor, shown no secret and complained of nothing', async () => {
    expect(night.slack.violations).toEqual([]);
    expect(night.telegram.violations).toEqual([]);
    expect(night.slack.duplicates()).toEqual([]);
    expect(browser?.complaints ?? []).toEqual([]);
    expect(night.bot.log() + JSON.stringify([inSlack(), inTelegram()])).not.toContain('correct horse');
    expect((await readdir(shots)).length > 0 || !browserIsThere).toBe(true);
  });
});
