import { describe, expect, it } from 'vitest';
import { commands } from '../../commands/index.ts';
import { BUTTONS, renderChats, typedCommands } from '../../scripts/docs/chats.ts';
import { roots } from '../../scripts/preview/samples.ts';
import { slackManifest } from '../../src/chat/slack/manifest.ts';
import { menuOf } from '../../src/chat/telegram/session.ts';

describe('docs/chats.md', () => {
  it('has a row for every command, and a way to say it in every chat', () => {
    const page = renderChats();
    for (const { name } of commands) {
      const row = page.split('\n').find((line) => new RegExp(`^\\| \`/${name}[ \`]`).test(line)) ?? '';
      expect(row).toContain(`\`/daytwo ${name}\``);
      expect(row).toContain(`\`/${name}@your_bot\``);
    }
    expect(typedCommands().map(({ name }) => name)).toEqual(commands.map(({ name }) => name));
  });

  it('gives what Slack’s manifest and Telegram’s menu have, no more and no less', () => {
    const typed = typedCommands();
    const own = typed.flatMap(({ slack }) => slack.filter((one) => !one.startsWith('/daytwo ')));
    const registered = slackManifest(commands, { mode: 'socket' }).features.slash_commands.map(
      ({ command }) => command,
    );
    expect(['/daytwo', ...own].toSorted()).toEqual(registered.toSorted());
    expect(typed.flatMap(({ telegram }) => telegram?.replace(/^\/|@.*$/g, '') ?? [])).toEqual(
      menuOf(commands).map(({ command }) => command),
    );
    expect(typed.find(({ name }) => name === 'status')?.slack).toEqual(['/daytwo status']);
  });

  it('names the buttons that root messages have, and commands that do the same', () => {
    const labels = new Set(roots().flatMap(({ card }) => card.buttons.map(({ label }) => label)));
    expect([...labels].toSorted()).toEqual(BUTTONS.map(({ label }) => label).toSorted());
    for (const { same } of BUTTONS) expect(commands.map(({ name }) => name)).toContain(same);
  });
});
