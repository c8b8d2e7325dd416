import { mkdtemp, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Card } from '../../../src/chat/message.ts';
import type { Delivery, InboundEvent, TakeIn } from '../../../src/chat/port.ts';
import { DaytwoError } from '../../../src/lib/errors.ts';
import { inert } from '../../../src/lib/text.ts';
import type { Store } from '../../../src/store/port.ts';
import { type BrowserOptions, hasBrowser, openBrowser, type TestBrowser } from '../../support/browser.ts';
import { type ConsoleServer, serveConsole, signIn, temporaryStore } from '../../support/consoleServer.ts';
import { delivery, HOSTILE, seedThreads } from '../../support/consoleThreads.ts';
import { eventually } from '../../support/real/process.ts';

const never = new AbortController().signal;
const VIEWS: [string, BrowserOptions][] = [
  ['light', {}],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { width: 390, height: 844, isPhone: true }],
];
/** What is shown and lower than a thumb needs (44 px, WCAG 2.5.5). Scripts for the page are strings: it has other types than Node. */
const SMALL = `[...document.querySelectorAll('button, summary, .back, .list a, input')]
  .map((one) => ({ height: one.getBoundingClientRect().height, what: one.outerHTML.slice(0, 80) }))
  .filter(({ height }) => height > 0 && height < 44)
  .map(({ what, height }) => height + ' ' + what)`;
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shots = await mkdtemp(join(tmpdir(), 'daytwo-shots-'));

let store: Store;
let drop: () => Promise<void>;
let server: ConsoleServer;
let takeIn: TakeIn;
let events: InboundEvent[];
let browser: TestBrowser;
let page: Page;

const deliver = (one: Delivery) => server.chat.deliver(one, never);

/** Rule and place of each violation. */
async function violations(): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { axe: tool } = globalThis as unknown as { axe: { run(): Promise<AxeResults> } };
    return tool.run();
  });
  expect(found.passes.length).toBeGreaterThan(10);
  return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}`));
}

async function shoot(name: string): Promise<void> {
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

async function start(options: BrowserOptions = {}, person = 'ana'): Promise<void> {
  browser = await openBrowser(options);
  page = await browser.open(server.link(person));
  await page.waitForSelector('.connection.live');
}

describe.skipIf(!(await hasBrowser()))('in Chromium', () => {
  beforeAll(() => console.info(`screenshots: ${shots}`));
  beforeEach(async () => {
    ({ store, drop } = await temporaryStore());
    events = [];
    takeIn = async (event) => void events.push(event);
    server = await serveConsole(store, { takeIn: (event) => takeIn(event) });
  });
  afterEach(async () => {
    await browser?.close();
    await server.close();
    await drop();
  });
  afterAll(() => console.info(`screenshots: ${shots}`));

  it.each(VIEWS)('is without fault in list, thread, completion and help: %s', async (name, options) => {
    await seedThreads(server.chat, store);
    await start(options);
    const isPhone = options.isPhone ?? false;
    expect(page.url()).toBe(`${server.url}/`);
    expect(await page.title()).toBe('(3) daytwo');
    expect(await page.locator('.list a.row .row-title').allTextContents()).toEqual([
      '# Channel',
      'INC-42 BackupFailed',
      'INC-40 NodeFilesystemSpaceFillingUp (2 firing)',
      'INC-41 CertificateExpiresSoon',
      'INC-39 KubePodCrashLooping resolved after 14 min',
    ]);
    await shoot(`${name}-1-list`);
    expect(await violations()).toEqual([]);

    await page.click('[data-thread="INC-42"]');
    await page.waitForSelector('.section');
    await eventually('the picture', () =>
      page
        .locator('img')
        .first()
        .evaluate((img: unknown) => (img as { readonly complete: boolean }).complete),
    );
    expect(await page.locator('.list').isVisible()).toBe(!isPhone);
    expect(await page.locator('.message').count()).toBe(4);
    expect(await page.locator('details.section[open] .section-title').allTextContents()).toEqual(
      expect.arrayContaining([
        'Backup restic_k8s_data',
        'Journal of restic-k8s-backup.service',
        'Size of the last runs',
      ]),
    );
    expect(await page.locator('details.section.ok[open]').count()).toBe(0);
    const picture = await page.evaluate<{ src: string; width: number }>(
      '(({ currentSrc, naturalWidth }) => ({ src: currentSrc, width: naturalWidth }))(document.querySelector("img"))',
    );
    expect(picture.width).toBeGreaterThan(100);
    const dark = await page.locator('picture source').getAttribute('srcset');
    expect(picture.src.endsWith(dark ?? '?')).toBe(options.colorScheme === 'dark');
    await shoot(`${name}-2-thread`);
    expect(await violations()).toEqual([]);
    for (const [i, top] of [600, 1200, 99_999].entries()) {
      await page.evaluate(`document.querySelector('.messages').scrollTo(0, ${top})`);
      await shoot(`${name}-3-scrolled-${i}`);
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(options.width ?? 1280);

    await page.fill('#command', '/s');
    await page.waitForSelector('[role=option]');
    await shoot(`${name}-4-completion`);
    expect(await violations()).toEqual([]);
    await page.fill('#command', '');
    await page.click('.me');
    await page.waitForSelector('dialog[open]');
    await shoot(`${name}-5-help`);
    expect(await violations()).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog[open]').count()).toBe(0);
    if (isPhone) {
      const small = await page.evaluate<string[]>(SMALL);
      expect(small).toEqual([]);
      await page.click('.back');
      expect(await page.locator('.list').isVisible()).toBe(true);
    }
    expect(browser.complaints).toEqual([]);
  });

  it('says what to do where there is nothing yet', async () => {
    await start();
    await page.waitForSelector('.start');
    await shoot('light-6-empty');
    expect(await page.locator('.nothing').textContent()).toContain('All quiet');
    expect(await violations()).toEqual([]);
  });

  it('calls a request by what it is, not as an incident', async () => {
    await start();
    await deliver(delivery('REQ-7', { tone: 'ok', title: 'REQ-7 Back up k8s_data: succeeded in 3 s' }));
    await deliver(delivery('INC-7', { tone: 'ok', title: 'INC-7 X resolved after 3 min' }));
    const badge = (key: string) => page.locator(`.list [data-thread="${key}"] .badge`);
    await badge('INC-7').waitFor();
    expect([await badge('REQ-7').innerText(), await badge('INC-7').innerText()]).toEqual(['Done', 'Resolved']);
    await page.click('[data-thread="REQ-7"]');
    expect(await page.getAttribute('#command', 'placeholder')).toBe('/requests');
  });

  it('shows hostile text as text', async () => {
    const long = `${HOSTILE} ${'x'.repeat(10_000)} \u202eevil\u202c`;
    const text = inert(long);
    const card: Card = {
      tone: 'critical',
      title: text,
      blocks: [
        {
          kind: 'text',
          text: [text, { strong: text }, { code: text }, { link: 'click', href: 'javascript:window.pwned=1' }],
        },
        { kind: 'text', text: [{ link: 'data', href: 'data:text/html,<script>1</script>' }] },
        { kind: 'pre', text: long },
        { kind: 'fields', fields: [{ name: text, value: text }] },
        { kind: 'list', items: [text] },
        { kind: 'table', columns: [{ label: text, align: 'right' }], rows: [[long]], more: text },
        { kind: 'picture', picture: { light: '"><script>', dark: '//evil.example/x', alt: text, width: 1, height: 1 } },
        {
          kind: 'section',
          tone: 'warning',
          title: text,
          summary: text,
          folded: false,
          blocks: [{ kind: 'quiet', text }],
        },
      ],
      buttons: [{ label: HOSTILE, token: HOSTILE.slice(0, 100), style: 'danger' }],
    };
    await deliver(delivery('INC-1', card));
    await deliver(delivery('a/1', card, { replyTo: JSON.stringify(['e', HOSTILE, HOSTILE]) }));
    for (const options of [{}, { width: 390, height: 844, isPhone: true }]) {
      browser = await openBrowser(options);
      page = await browser.open(server.link());
      const requests: string[] = [];
      page.on('request', (request) => requests.push(request.url()));
      await page.waitForSelector('.connection.live');
      for (const hash of ['', '#INC-1', `#${encodeURIComponent(HOSTILE)}`, '#%E0%A4%A']) {
        await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
        await page.waitForTimeout(150);
        expect(await page.evaluate('window.pwned')).toBeUndefined();
        const wide = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
        expect(wide).toBe(0);
      }
      await page.evaluate("location.hash = 'INC-1'");
      await page.waitForSelector('.section');
      await shoot(`hostile-${options.width ?? 'wide'}`);
      expect(await page.locator('.pane script, .pane a[href^="javascript"], .pane a[href^="data"]').count()).toBe(0);
      expect(await page.locator('.text').first().textContent()).toContain(HOSTILE);
      expect(requests.filter((url) => !url.startsWith(server.url))).toEqual([]);
      await browser.close();
    }
  });

  it('takes a command by keyboard, marks what only this person sees, keeps history', async () => {
    await seedThreads(server.chat, store);
    takeIn = async (event) => {
      events.push(event);
      if (event.what.kind !== 'command') return;
      await deliver(
        delivery(
          `answer/${event.id}`,
          { title: `Answer to ${event.what.text}` },
          {
            in: 'INC-42',
            onlyFor: event.identity.id,
            ...(event.replyTo === undefined ? {} : { replyTo: event.replyTo }),
          },
        ),
      );
    };
    await start();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForSelector('h2:has-text("INC-42")');
    expect(await page.evaluate('document.activeElement.id')).toBe('thread-title');
    // The reader's clock names its zone, for the card below speaks in UTC.
    expect(await page.textContent('.head .when')).toMatch(/^opened .*\d\d:\d\d (CES?T|GMT\+[12])$/);
    await page.keyboard.press('/');
    await page.keyboard.type('sil');
    expect(await page.inputValue('#command')).toBe('/sil');
    await page.keyboard.press('Tab');
    expect(await page.inputValue('#command')).toBe('/silence ');
    expect(await page.locator('#usage').textContent()).toContain('/silence [INCIDENT] DURATION');
    await page.keyboard.type('2h');
    await page.keyboard.press('Enter');
    const answer = page.locator('.message.private', { hasText: 'Answer to silence 2h' });
    await answer.waitFor();
    expect(await answer.textContent()).toContain('only you see this');
    expect(await answer.textContent()).toContain('/silence 2h');
    expect(await page.locator('.waiting').count()).toBe(0);
    expect(events[0]).toMatchObject({ thread: 'INC-42', what: { kind: 'command', text: 'silence 2h' } });
    expect(await page.evaluate('document.activeElement.id')).toBe('command');
    await page.keyboard.press('ArrowUp');
    expect(await page.inputValue('#command')).toBe('/silence 2h');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    expect(await page.evaluate('document.activeElement.dataset.thread')).toBe('INC-42');
  });

  it('completes names of nodes where a command takes one', async () => {
    await server.close();
    server = await serveConsole(store, { takeIn: (event) => takeIn(event), nodes: async () => ['node-0', 'worker-1'] });
    await start();
    await page.fill('#command', '/nodes ');
    await page.waitForSelector('[role=option]');
    expect(await page.locator('[role=option]').allTextContents()).toEqual(['node-0 ', 'worker-1 ']);
    expect(await violations()).toEqual([]);
    await page.locator('#command').press('ArrowUp');
    expect(await page.locator('[aria-selected=true]').textContent()).toBe('worker-1 ');
    await page.keyboard.press('Enter');
    expect(await page.inputValue('#command')).toBe('/nodes worker-1');
    await page.keyboard.press('Enter');
    await eventually('it was sent', () => events.length > 0);
    expect(events[0]).toMatchObject({ what: { kind: 'command', text: 'nodes worker-1' } });
  });

  it('presses a button once however often it is clicked, until the message changes', async () => {
    const button = { label: 'Ack', token: 'tok', style: 'primary' } as const;
    const posted = await deliver(delivery('INC-1', { tone: 'critical', title: 'INC-1 X', buttons: [button] }));
    await start();
    await page.goto(`${server.url}/#INC-1`);
    const ack = page.locator('.buttons .button');
    await ack.dblclick();
    await ack.click({ force: true });
    await ack.press('Enter');
    expect(await ack.getAttribute('aria-disabled')).toBe('true');
    await page.waitForTimeout(300);
    expect(events).toHaveLength(1);
    const edit = { do: 'edit', ref: posted.is === 'delivered' ? posted.ref : '' } as const;
    await deliver(delivery('INC-1', { tone: 'critical', title: 'INC-1 X, acknowledged', buttons: [button] }, edit));
    await expect.poll(() => ack.getAttribute('aria-disabled')).toBeNull();
    expect(events).toHaveLength(1);
  });

  it.each(VIEWS)('asks for a line in a dialog, by keyboard and for screen readers: %s', async (name, options) => {
    const input = {
      title: 'Confirm REQ-17',
      about: `Restore of k8s_data. ${HOSTILE}`,
      label: 'Type the name: k8s_data',
      hint: 'To the letter.',
      optional: false,
      maxLength: 200,
      instead: '/confirm REQ-17 k8s_data',
    };
    const card: Partial<Card> & { title: string } = {
      tone: 'warning',
      title: 'REQ-17 Restore k8s_data: ana must confirm',
      buttons: [
        { label: 'Confirm', token: 'tok-confirm', style: 'primary', input },
        {
          label: 'Deny',
          token: 'tok-deny',
          style: 'danger',
          input: { ...input, title: 'Deny REQ-17', optional: true },
        },
      ],
    };
    await deliver(delivery('REQ-17', card));
    takeIn = async (event) => {
      events.push(event);
      // A wrong name is answered, and changes nothing in the message.
      const { id, identity, replyTo } = event;
      const answer = { in: 'REQ-17', onlyFor: identity.id, ...(replyTo === undefined ? {} : { replyTo }) };
      await deliver(delivery(`reply/${id}`, { title: 'REQ-17: that is not the name.' }, answer));
    };
    await start(options);
    await page.goto(`${server.url}/#REQ-17`);
    const confirm = page.locator('.message > .buttons .button', { hasText: 'Confirm' });
    await confirm.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Confirm REQ-17' });
    await dialog.waitFor();
    await shoot(`${name}-8-question`);
    expect(await violations()).toEqual([]);
    const line = page.getByRole('textbox', { name: 'Type the name: k8s_data' });
    await line.waitFor();
    expect(await page.evaluate('document.activeElement.labels[0].textContent')).toBe('Type the name: k8s_data');
    expect(await page.evaluate('window.pwned')).toBeUndefined();
    if (options.isPhone) expect(await page.evaluate<string[]>(SMALL)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(options.width ?? 1280);

    // Nothing is sent empty, and nothing by leaving.
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'Type something first' }).waitFor();
    expect(await violations()).toEqual([]);
    await shoot(`${name}-9-question-empty`);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Confirm');
    expect(events).toEqual([]);

    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await page.keyboard.type('k8s_date');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.message.private:has-text("that is not the name")');
    expect(events.map(({ what }) => what)).toEqual([{ kind: 'button', token: 'tok-confirm', typed: 'k8s_date' }]);
    // Answered, so that it can be tried again at once.
    await expect.poll(() => confirm.getAttribute('aria-disabled')).toBeNull();
    expect(await page.locator('.asked').count()).toBe(0);
    await confirm.click();
    await line.fill('k8s_data');
    await page.locator('.question .button.primary').dblclick();
    await expect.poll(() => events.length).toBe(2);
    expect(events[1]?.what).toEqual({ kind: 'button', token: 'tok-confirm', typed: 'k8s_data' });

    await page.locator('.message > .buttons .button', { hasText: 'Deny' }).click();
    await page.getByRole('dialog', { name: 'Deny REQ-17' }).getByRole('textbox').press('Enter');
    await expect.poll(() => events.length).toBe(3);
    expect(events[2]?.what).toEqual({ kind: 'button', token: 'tok-deny' });
    expect(browser.complaints).toEqual([]);
  });

  it('follows live without losing scroll, folds or typing, and comes back after a break', async () => {
    await seedThreads(server.chat, store);
    await start();
    await page.goto(`${server.url}/#INC-42`);
    await page.waitForSelector('.section');
    await page.locator('summary', { hasText: 'df on node-0' }).click();
    await page.evaluate("document.querySelector('.messages').scrollTo(0, 300)");
    await page.fill('#command', 'half a tho');
    const scroll = () => page.evaluate("document.querySelector('.messages').scrollTop");
    await deliver(delivery('INC-42/more', { title: 'It goes on' }, { in: 'INC-42' }));
    await page.waitForSelector('.below:has-text("1 new message")');
    expect(await scroll()).toBe(300);
    expect(await page.inputValue('#command')).toBe('half a tho');
    expect(await page.locator('details', { hasText: 'df on node-0' }).last().getAttribute('open')).not.toBeNull();
    expect(await page.locator('[aria-live=polite]').last().textContent()).toBe('It goes on');

    const port = Number(new URL(server.url).port);
    await server.close();
    await page.waitForSelector('.connection.reconnecting');
    await shoot('light-7-reconnecting');
    server = await serveConsole(store, { port, takeIn: (event) => takeIn(event) });
    await deliver(delivery('INC-43', { tone: 'critical', title: 'INC-43 NodeDown' }));
    await page.waitForSelector('.connection.live', { timeout: 20_000 });
    await page.waitForSelector('[data-thread="INC-43"]');
    await expect.poll(() => page.title()).toBe('(4) daytwo · INC-42');
    expect(await page.locator('[data-thread="INC-43"] .new').count()).toBe(1);
    await page.click('.below');
    await expect.poll(() => page.locator('.below').count()).toBe(0);
  });

  it('says who is signed out, and lets a used link go on where one is signed in', async () => {
    browser = await openBrowser();
    page = await browser.open(server.url);
    await page.waitForSelector('text=This browser is not signed in');
    expect(await violations()).toEqual([]);
    const link = server.link();
    await page.goto(`${link}#INC-1`);
    await page.waitForSelector('.frame');
    expect(page.url()).toBe(`${server.url}/#INC-1`);
    await page.goto(link);
    await page.waitForSelector('text=was used before');
    expect(await violations()).toEqual([]);
    await page.click('text=Go on as ana');
    await page.waitForSelector('.connection.live');
    await page.click('.me');
    await page.click('text=Sign in on another device');
    await page.waitForSelector('.link');
    await page.click('text=Sign out here');
    await page.waitForSelector('text=This browser is not signed in');
  });

  it('keeps a command that could not be taken, and sends it again under the same id', async () => {
    let isAway = true;
    takeIn = async (event) => {
      events.push(event);
      if (isAway) throw new DaytwoError('store-unavailable', 'disk full');
    };
    await start();
    await page.fill('#command', '/status');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.waiting.failed', { timeout: 15_000 });
    isAway = false;
    await page.click('text=Send again');
    await page.waitForSelector('.waiting:has-text("The answer is on its way")');
    expect(new Set(events.map(({ id }) => id)).size).toBe(1);
  });

  it('finds, and says when nothing is found', async () => {
    await seedThreads(server.chat, store);
    await start();
    await page.keyboard.press('f');
    await page.keyboard.type('locked 4121');
    await expect.poll(() => page.locator('.list .group a').count()).toBe(1);
    await page.fill('#find', 'zzz');
    await page.waitForSelector('.nothing:has-text("Nothing matches zzz")');
    await page.click('text=Show all incidents');
    await expect.poll(() => page.locator('.list .group a').count()).toBe(4);
    expect(await page.inputValue('#find')).toBe('');
    await page.click('.scopes >> text=Ended');
    await expect.poll(() => page.locator('.list .group a').count()).toBe(1);
  });

  it('lets a second person see the same thread, but not the first one’s answers', async () => {
    await seedThreads(server.chat, store);
    await signIn(server, 'ana');
    await start({}, 'ben');
    await page.goto(`${server.url}/#INC-42`);
    await page.waitForSelector('.section');
    expect(await page.locator('.message').count()).toBe(3);
    expect(await page.locator('.private').count()).toBe(0);
  });
});
