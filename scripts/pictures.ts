/** Takes the pictures of the documentation: Slack and Telegram from the preview, the console with threads of its own. Needs Chromium. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBrowser } from '../test/support/browser.ts';
import { serveConsole, temporaryStore } from '../test/support/consoleServer.ts';
import { delivery } from '../test/support/consoleThreads.ts';
import { samples } from './preview/samples.ts';
import { previewPage } from './preview.ts';

const folder = fileURLToPath(new URL('../docs/pictures', import.meta.url));
const SHOWN = ['Root: acknowledged', 'Evidence: table, journal, picture'];
/** A request on its way, and its end. */
const GATED = ['Request: to approve', 'End: succeeded'];
/** Its picture is a name without a file. */
const PICTURED = 'Size of the last runs';

await mkdir(folder, { recursive: true });
const { store, drop } = await temporaryStore();
const server = await serveConsole(store);
const browser = await openBrowser({ width: 1280, height: 860 });
try {
  const all = await samples();
  const shown = all.filter(({ name }) => SHOWN.includes(name));
  const gated = all.filter(({ name }) => GATED.includes(name));
  for (const { card, root } of shown) {
    const blocks = card.blocks.filter((block) => block.kind !== 'section' || block.title !== PICTURED);
    const message = root ? 'INC-42' : 'INC-42/evidence';
    const sent = delivery(message, { ...card, blocks }, root ? {} : { in: 'INC-42' });
    await server.chat.deliver(sent, AbortSignal.timeout(10_000));
  }
  const page = await browser.open(server.link());
  await page.getByText('INC-42 BackupFailed').first().click();
  await page.getByText('repository is already locked').first().waitFor();
  await page.screenshot({ path: join(folder, 'console.png') });

  await page.setViewportSize({ width: 1280, height: 860 });
  const [plan] = gated;
  if (plan) {
    await server.chat.deliver(delivery('INC-42/REQ-17', plan.card, { in: 'INC-42' }), AbortSignal.timeout(10_000));
    await page.getByRole('button', { name: 'Approve' }).scrollIntoViewIfNeeded();
    await page.getByText('evidence: ').first().waitFor();
    await page.screenshot({ path: join(folder, 'gate-console.png') });
  }

  for (const [chat, cards, name] of [
    ['slack', shown, 'slack'],
    ['telegram', shown, 'telegram'],
    ['telegram', gated, 'gate-telegram'],
  ] as const) {
    await page.goto('about:blank');
    await page.setContent(previewPage(cards));
    const rest = `h1, h2, .counts, section > div:not(:has(.${chat})) { display: none }`;
    await page.addStyleTag({
      content: `${rest} body { margin: 0; width: 640px } section { display: block; margin: 0 } section > div { max-height: none }`,
    });
    await page.locator('body').screenshot({ path: join(folder, `${name}.png`) });
  }
} finally {
  await browser.close();
  await server.close();
  await drop();
}
console.log(`wrote ${folder}`);
