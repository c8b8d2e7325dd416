import { commands } from '../../commands/index.ts';
import { slackManifest } from '../../src/chat/slack/manifest.ts';
import { menuOf } from '../../src/chat/telegram/session.ts';

/** The buttons under root messages, what they do, and the command that does the same. */
export const BUTTONS: readonly { readonly label: string; readonly does: string; readonly same: string }[] = [
  { label: 'Ack', does: 'Takes the incident on, in your name.', same: 'ack' },
  { label: 'Silence 2h', does: 'Makes a silence in Alertmanager for two hours.', same: 'silence' },
  { label: 'End silence', does: 'Ends the silences made from the incident; there while one lasts.', same: 'unsilence' },
  { label: 'Look again', does: 'Gathers the evidence anew.', same: 'triage' },
];

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** How a command is typed in each chat: the words in code quotes, or `–` where a chat lacks it. */
export interface Typed {
  readonly name: string;
  readonly console: string;
  readonly slack: readonly string[];
  readonly telegram: string | undefined;
}

/** Every command as each chat takes it, told by what the chats register. */
export function typedCommands(): readonly Typed[] {
  const words = new Set(
    slackManifest(commands, { mode: 'socket' }).features.slash_commands.map(({ command }) => command),
  );
  const menu = new Set(menuOf(commands).map(({ command }) => command));
  return commands.map(({ name }) => ({
    name,
    console: `/${name}`,
    slack: [...(words.has(`/${name}`) ? [`/${name}`] : []), ...(words.has('/daytwo') ? [`/daytwo ${name}`] : [])],
    telegram: menu.has(name) ? `/${name}@your_bot` : undefined,
  }));
}

function commandRow({ name, console, slack, telegram }: Typed): string {
  const found = commands.find((one) => one.name === name);
  const may = found?.may === 'role' ? 'people with a role' : 'everybody known';
  const quoted = slack.map((one) => `\`${one}\``).join(' or ');
  return `| \`${cell(found?.usage ?? '')}\` | \`${console}\` | ${quoted || '–'} | ${telegram ? `\`${telegram}\`` : '–'} | ${may} |`;
}

/** The page that shows every command and button in every chat. Pure. */
export function renderChats(): string {
  const may = new Map(commands.map((one) => [one.name, one.may === 'role' ? 'people with a role' : 'everybody known']));
  const only = typedCommands().filter(({ name, slack }) => !slack.includes(`/${name}`));
  return `# Commands and buttons, chat by chat

Made from the code by \`npm run docs\`. What a command does: \`/help\`, \`/help silence\`. Who is who: [people.md](people.md).

| Command | Console | Slack | Telegram | May |
| --- | --- | --- | --- | --- |
${typedCommands().map(commandRow).join('\n')}

Within an incident's thread its number may be left out. In Telegram the bot's name may be left out where no other bot listens, and in a private chat.
${only.map(({ name }) => `Slack has a \`/${name}\` of its own: there it goes as \`/daytwo ${name}\` only.`).join('\n')}
Slack takes no slash commands within threads: name the incident, or mention the bot in the thread: \`@daytwo ack\`.

| Button | What it does | Console | Slack | Telegram | As a command | May |
| --- | --- | --- | --- | --- | --- | --- |
${BUTTONS.map(({ label, does, same }) => `| ${label} | ${cell(does)} | click | tap below the root | tap below the root | \`/${same}\` | ${may.get(same) ?? '–'} |`).join('\n')}

Buttons stand below the root message of an open incident and go when it is resolved. A press counts by who pressed, at that moment.
`;
}
