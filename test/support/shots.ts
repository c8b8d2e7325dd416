import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { hasBrowser, openBrowser, type TestBrowser } from './browser.ts';

const VIEWS = [
  ['light', 'light', 1280],
  ['dark', 'dark', 1280],
  ['phone', 'light', 390],
] as const;

/** The console in a browser, and pictures of what it shows; without a browser nothing is shown, and nothing fails. */
export interface Shots {
  readonly page: Page | undefined;
  readonly browser: TestBrowser | undefined;
  /** Takes the first or last message whose title begins so: light, dark and on a phone; and the whole page. */
  shoot(name: string, title: string, which?: 'first' | 'last'): Promise<void>;
  /** Says where the pictures are, which stay. */
  close(): Promise<void>;
}

/** Opens a one-time link of the console. */
export async function openShots(link: string): Promise<Shots> {
  const browser = (await hasBrowser()) ? await openBrowser() : undefined;
  const page = await browser?.open(link);
  const folder = await mkdtemp(join(tmpdir(), 'daytwo-shots-'));
  return {
    page,
    browser,
    shoot: async (name, title, which = 'first') => {
      if (!page) return;
      const card = page.locator(`article.message[aria-label^="${title}"]`)[which]();
      await card.waitFor();
      for (const [look, colorScheme, width] of VIEWS) {
        await page.emulateMedia({ colorScheme });
        // So high that the whole of a long card is there.
        await page.setViewportSize({ width, height: 2600 });
        await card.scrollIntoViewIfNeeded();
        await card.screenshot({ path: join(folder, `${name}-${look}.png`) });
      }
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 1280, height: 900 });
      await card.scrollIntoViewIfNeeded();
      await page.screenshot({ path: join(folder, `${name}-page.png`) });
    },
    close: async () => {
      await browser?.close();
      console.info(`in pictures: ${folder}`);
    },
  };
}
