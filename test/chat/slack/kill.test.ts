import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SlackEmulator, startSlack } from '../../support/slack/index.ts';
import type { Orders } from './killed.ts';
import { HOME } from './night.ts';

const CHILD = fileURLToPath(new URL('killed.ts', import.meta.url));
const MESSAGES = ['INC-1', 'INC-1/evidence', 'INC-1/picture', 'INC-2'];

let slack: SlackEmulator;
let dir: string;
beforeEach(async () => {
  slack = await startSlack({ rateLimits: false });
  dir = mkdtempSync(join(tmpdir(), 'daytwo-slack-kill-'));
});
afterEach(async () => {
  await slack.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Runs the bot until it is done or killed. */
const run = (messages: readonly string[], dieAt?: Orders['dieAt']) => {
  const orders: Orders = { dir, apiUrl: slack.apiUrl, botToken: slack.botToken, messages, ...(dieAt ? { dieAt } : {}) };
  return execa(process.execPath, [CHILD, JSON.stringify(orders)], { reject: false, timeout: 20_000 });
};

describe('a bot killed (-9) between Slack’s yes and its own note of it', () => {
  it.each([
    ['the first root', { kind: 'posted', nth: 1 }],
    ['the last root', { kind: 'posted', nth: 2 }],
    ['a reply', { kind: 'posted', nth: 3 }],
    ['a picture', { kind: 'posted', nth: 4 }],
    ['the root, before its thread is known', { kind: 'slackthread', nth: 1 }],
    ['a picture, before its file is known', { kind: 'slackupload', nth: 1 }],
  ] as const)(
    'sends %s once',
    async (_, dieAt) => {
      const first = await run(MESSAGES, dieAt);
      expect(first.signal).toBe('SIGKILL');
      const second = await run([]);
      expect({ code: second.exitCode, stderr: second.stderr }).toEqual({ code: 0, stderr: '' });
      const [root] = slack.messages(HOME);
      expect(
        slack.messages(HOME).map(({ text, files, threadTs }) => [text.split('\n')[0], files.length, threadTs]),
      ).toEqual([
        ['Critical: INC-1', 0, undefined],
        ['Critical: INC-2', 0, undefined],
        ['Critical: INC-1/evidence', 0, root?.ts],
        ['', 1, root?.ts],
      ]);
      expect(slack.duplicates()).toEqual([]);
      expect(slack.violations).toEqual([]);
    },
    40_000,
  );

  it('looks once a lane, not before every message', async () => {
    await run(MESSAGES);
    expect(slack.calls('conversations.history')).toHaveLength(1);
    expect(slack.calls('conversations.replies')).toHaveLength(0);
  });
});
