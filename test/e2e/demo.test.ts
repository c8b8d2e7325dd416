import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { DEMO_BACKUP, withDemoBackup } from '../../src/demo/backup.ts';
import { policyFor } from '../../src/gate/policy.ts';
import { type BrowserOptions, hasBrowser, openBrowser, type TestBrowser } from '../support/browser.ts';
import { freePort } from '../support/real/ports.ts';
import { available } from '../support/real/process.ts';
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
    // Where restic is, the first one's backup was made through the gate, and that ended its alert.
    const first = available('restic') ? /INC-1 BackupFailed resolved after \d+ min/ : /INC-1 BackupFailed$/;
    for (const title of [first, /INC-2 BackupStale$/, /INC-3 DiskPressure$/])
      expect(stdout.split('\n').filter((line) => title.test(line)).length).toBeGreaterThanOrEqual(1);
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

  it.skipIf(!available('restic'))(
    'backs its own folder up through the gate, verified, and touches nothing else',
    async () => {
      const { stdout, exitCode } = await once();
      expect(exitCode).toBe(0);
      for (const words of [
        'REQ-1 Back up restic_k8s_data now: succeeded',
        'is backed up and verified',
        '✓ restic check: no errors',
      ])
        expect(stdout).toContain(words);
      expect(stdout).toMatch(/effects\.paths: \["\/\S+\/backup\/data"\]/);
      // No cache of restic's in the home folder.
      expect((await readdir(dir)).filter((name) => !['.npm', 'node-compile-cache'].includes(name))).toEqual([]);
    },
    90_000,
  );

  it('says so where restic isn’t, and shows all else', async () => {
    const bare = join(dir, 'bin');
    await mkdir(bare);
    for (const program of ['df', 'uptime', 'journalctl', 'systemctl', 'sh', 'env'])
      await symlink((await execa('which', [program], { reject: false })).stdout || '/bin/false', join(bare, program));
    const { stdout, exitCode } = await execa(process.execPath, [join(ROOT, 'bin', 'daytwo.js'), 'demo', '--once'], {
      reject: false,
      cwd: dir,
      extendEnv: false,
      env: { PATH: bare, HOME: dir, TMPDIR: dir },
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('restic isn’t installed here');
    expect(stdout).toContain('INC-3 DiskPressure');
    expect(stdout).not.toContain('Back up now');
  }, 90_000);

  it('acts on nothing that its configuration names: backups, policies and the Pushgateway are its own', async () => {
    const config = configSchema.parse({
      pushgateway: { url: 'http://127.0.0.1:9091' },
      hosts: [{ name: 'real', via: 'ssh', address: 'ops@10.0.0.5' }],
      policies: [{ actions: ['restore.*'], approvals: 0 }],
      backups: [{ name: 'real', kind: 'restic', host: 'real', unit: 'real.service' }],
    });
    const { config: tame } = await withDemoBackup({ config, hasFile: true, dir }, AbortSignal.timeout(60_000));
    expect(tame.pushgateway.url).toBeUndefined();
    expect(tame.backups.map(({ name, unit, whoCanRestore }) => [name, unit, whoCanRestore])).toEqual(
      available('restic') ? [[DEMO_BACKUP, undefined, []]] : [],
    );
    for (const action of ['node.drain', 'restore.run', 'backup.run'])
      expect(policyFor(tame.policies, action, 'real')).toMatchObject({ request: [] });
    expect(policyFor(tame.policies, 'backup.run', DEMO_BACKUP)).toMatchObject({ approvals: 0, confirm: 'button' });
    for (const { paths, repository, passwordFile, host } of tame.backups) {
      for (const path of [...paths, repository, passwordFile]) expect(path?.startsWith(`${dir}/`)).toBe(true);
      expect(tame.hosts.find(({ name }) => name === host)?.via).toBe('local');
    }
  });

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
      await page.locator('.list a.row').nth(2).waitFor();
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

  it.skipIf(!available('restic'))(
    'a newcomer makes a backup through the gate: offered, planned, confirmed, verified, resolved',
    async () => {
      browser = await openBrowser();
      page = await browser.open(bot.link('local'));
      await page.getByText('INC-1 BackupFailed').first().click();
      await page.getByRole('button', { name: 'Back up now' }).first().click();
      await page.getByRole('button', { name: 'Confirm' }).first().click();
      await page.getByText('is backed up and verified').first().waitFor();
      await page.getByText('INC-1 BackupFailed resolved after').first().waitFor();
      await shoot('gate-1-verified');
      expect(bot.stdout()).toContain('Try the gate: open INC-1 BackupFailed, press Back up now');
      expect(bot.stdout()).toContain('would also take a second person');
      expect(browser.complaints).toEqual([]);
    },
    90_000,
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
