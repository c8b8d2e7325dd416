import { describe, expect, it } from 'vitest';
import { commands } from '../../commands/index.ts';
import { BUTTONS, GATE_BUTTONS, renderChats, typedCommands } from '../../scripts/docs/chats.ts';
import { roots } from '../../scripts/preview/samples.ts';
import { slackManifest } from '../../src/chat/slack/manifest.ts';
import { menuOf } from '../../src/chat/telegram/session.ts';
import type { RequestState } from '../../src/gate/model.ts';
import { requestCard } from '../../src/gate/requestCard.ts';
import { requestIn, stored } from './authorisation/requests.ts';

const STATES: readonly RequestState[] = ['planned', 'confirming', 'approving', 'ready', 'running', 'succeeded'];

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

  it('names the buttons that a request’s card has, how each asks, and commands that do the same', () => {
    const cards = STATES.map((state) => {
      const request = requestIn(state, { name: 'REQ-17', action: 'restore.run', requester: 'ana', now: 0 });
      return requestCard(stored('17', request, { chat: 'slack', id: 'C0' }).stored);
    });
    const buttons = new Map(cards.flatMap((card) => card.buttons.map((button) => [button.label, button])));
    expect([...buttons.keys()].toSorted()).toEqual(GATE_BUTTONS.map(({ label }) => label).toSorted());
    for (const { label, typed, telegram, instead } of GATE_BUTTONS) {
      const input = buttons.get(label)?.input;
      expect(typed.includes('dialog')).toBe(input !== undefined);
      expect(telegram.includes('reply')).toBe(input?.optional === false);
      expect(commands.map(({ name }) => `/${name}`)).toContain(instead.split(' ')[0]);
      if (input) expect(input.instead.split(' ').slice(0, 2)).toEqual(instead.split(' ').slice(0, 2));
    }
  });
});
