import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

/** Debian's chromium package. */
const CHROMIUM = '/usr/bin/chromium';

/** Nothing but what the test does: no updates, no background traffic, no display. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How the browser looks at things. */
export interface BrowserOptions {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** A phone: touch, two device pixels a CSS pixel. */
  readonly isPhone?: boolean;
}

/** A browser with a profile of its own that is gone afterwards. */
export interface TestBrowser {
  readonly context: BrowserContext;
  /** A page whose errors and refused loads are collected in `complaints`. */
  readonly open: (url: string) => Promise<Page>;
  /** Uncaught errors, console errors and policy violations of all pages. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** Whether there is a browser here; says loudly what is missed when not. */
export async function hasBrowser(): Promise<boolean> {
  try {
    await access(CHROMIUM);
    return true;
  } catch {
    console.warn(`MISSED: no ${CHROMIUM}, so nothing was tried in a browser (Debian: apt-get install chromium)`);
    return false;
  }
}

/** Starts Chromium. Call `close` whatever happens. */
export async function openBrowser(options: BrowserOptions = {}): Promise<TestBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'daytwo-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    args: FLAGS,
    headless: true,
    chromiumSandbox: false,
    colorScheme: options.colorScheme ?? 'light',
    viewport: { width: options.width ?? 1280, height: options.height ?? 860 },
    deviceScaleFactor: options.isPhone ? 2 : 1,
    hasTouch: options.isPhone ?? false,
    isMobile: options.isPhone ?? false,
    reducedMotion: 'reduce',
    timezoneId: 'Europe/Madrid',
    locale: 'en-GB',
  });
  const complaints: string[] = [];
  return {
    context,
    complaints,
    open: async (url) => {
      const page = await context.newPage();
      page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      await page.goto(url);
      return page;
    },
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
