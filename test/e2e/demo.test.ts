import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BrowserOptions, hasBrowser, openBrowser, type TestBrowser } from '../support/browser.ts';
import { freePort } from '../support/real/ports.ts';
import { type Bot, ROOT, startBot } from './bot.ts';

const shots = await mkdtemp(join(tmpdir(), 'daytwo-demo-shots-'));
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'daytwo-demo-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** The lines of `df -P -k` of this machine: what the threads must tell of. */
async function roots(): Promise<{ percent: string; device: string }> {
  const { stdout } = await execa('df', ['-P', '-k', '/'], { env: { LC_ALL: 'C' } });
  const [device = '', , , , percent = ''] = stdout.trim().split('\n').at(-1)?.split(/\s+/) ?? [];
  return { percent: percent.replace('%', ''), device };
}

describe('npm run demo -- --once', () => {
  const once = (env: Readonly<Record<string, string>> = {}) =>
    execa('npm', ['run', '--silent', 'demo', '--', '--once'], {
      cwd: ROOT,
      reject: false,
      extendEnv: false,
      env: { PATH: process.env['PATH'] ?? '', HOME: dir, TMPDIR: dir, ...env },
      timeout: 60_000,
    });

  it('prints three threads with this machine’s own disks, without colours, and leaves nothing', async () => {
    const { stdout, stderr, exitCode } = await once();
    expect(stderr).not.toContain('"level":50');
    expect(exitCode).toBe(0);
    for (const title of ['INC-1 BackupFailed', 'INC-2 BackupStale', 'INC-3 DiskPressure'])
      expect(stdout.split('\n').filter((line) => line.endsWith(` ${title}`))).toHaveLength(1);
    expect(stdout.match(/^\[.{2}\] INC-\d evidence: /gm)).toHaveLength(3);
    const { device } = await roots();
    // df's own row of the root file system, in each of the threads.
    expect(
      stdout.split('\n').filter((line) => /^ +\/ +\d/.test(line) && line.endsWith(device)).length,
    ).toBeGreaterThanOrEqual(3);
    expect(stdout).toMatch(/Disk space: \/\S* \d+(\.\d+)? % used/);
    expect(stdout).toContain('<Ack> <Silence 2h> <Look again>');
    expect(stdout).not.toContain('\u001b');
    expect((await readdir(dir)).filter((name) => name.startsWith('daytwo-demo-'))).toEqual([]);
  }, 90_000);

  it('keeps its state where DAYTWO_DATA_DIR says', async () => {
    const data = join(dir, 'kept');
    expect((await once({ DAYTWO_DATA_DIR: data })).exitCode).toBe(0);
    expect(existsSync(data)).toBe(true);
    expect((await readdir(data)).length).toBeGreaterThan(0);
  }, 90_000);
});

const VIEWS: [string, BrowserOptions][] = [
  ['light', {}],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { width: 390, height: 844, isPhone: true }],
];

describe.skipIf(!(await hasBrowser()))('the demo in Chromium', () => {
  let bot: Bot;
  let browser: TestBrowser | undefined;
  let page: Page;

  beforeEach(async () => {
    bot = await startBot({
      words: ['demo'],
      dir,
      config: { server: { listen: `127.0.0.1:${await freePort()}` }, hosts: [{ name: 'this-machine', via: 'local' }] },
    });
  });
  afterEach(async () => {
    await browser?.close();
    browser = undefined;
    await bot.stop();
  });
  afterAll(() => console.info(`screenshots: ${shots}`));
  const shoot = (name: string) => page.screenshot({ path: join(shots, `${name}.png`) });

  it.each(VIEWS)(
    'from the printed URL to acknowledged: %s',
    async (name, options) => {
      browser = await openBrowser(options);
      page = await browser.open(bot.link('local'));
      await page.waitForSelector('.connection.live');
      await page.waitForFunction("document.querySelectorAll('.list a.row').length >= 3");
      const rows = page.locator('.list a.row .row-title');
      const titles = await rows.allTextContents();
      for (const title of ['INC-1 BackupFailed', 'INC-2 BackupStale', 'INC-3 DiskPressure'])
        expect(titles).toContain(title);
      await shoot(`${name}-1-list`);

      await page.getByText('INC-1 BackupFailed').first().click();
      await page.getByText('Disk space').first().waitFor();
      await page
        .getByText(/INC-1 evidence: .*(fine|bad|watch)/)
        .first()
        .waitFor();
      await shoot(`${name}-2-thread`);

      await page.getByRole('button', { name: 'Ack', exact: true }).first().click();
      await page.getByText('acknowledged by').first().waitFor();
      expect(await page.getByRole('button', { name: 'Ack', exact: true }).count()).toBe(0);
      await page.getByText('INC-1 is yours').first().waitFor();
      await shoot(`${name}-3-acknowledged`);
      expect(browser.complaints).toEqual([]);
    },
    60_000,
  );

  it('a command is typed, completed and answered', async () => {
    browser = await openBrowser();
    page = await browser.open(bot.link('local'));
    await page.waitForSelector('.connection.live');
    const line = page.getByRole('combobox').first();
    await line.click();
    await line.pressSequentially('/inc');
    await page.getByText('/incidents').first().waitFor();
    await shoot('command-1-completion');
    await line.fill('/incidents');
    await line.press('Enter');
    await page.getByText('3 open incidents').first().waitFor();
    await shoot('command-2-answer');
    expect(browser.complaints).toEqual([]);
  }, 60_000);
});
