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

/** The buttons of a request's card. `instead`: the words that do the same. */
export const GATE_BUTTONS: readonly {
  readonly label: string;
  readonly does: string;
  readonly typed: string;
  readonly telegram: string;
  readonly instead: string;
}[] = [
  {
    label: 'Confirm',
    does: 'Goes on with your own request; a policy with `confirm: typed` wants the name of what it touches.',
    typed: 'at once, or a dialog that asks for the name',
    telegram: 'at once, or a question of the bot’s: reply to that very message within ten minutes',
    instead: '/confirm REQ-17 NAME',
  },
  {
    label: 'Approve',
    does: 'Agrees to the plan that the card shows, as somebody else than who asked.',
    typed: 'at once',
    telegram: 'at once',
    instead: '/approve REQ-17',
  },
  {
    label: 'Deny',
    does: 'Ends the request.',
    typed: 'a dialog takes a reason, which may stay empty',
    telegram: 'at once, without a reason',
    instead: '/deny REQ-17 REASON',
  },
  {
    label: 'Cancel',
    does: 'Calls your own request off.',
    typed: 'at once',
    telegram: 'at once',
    instead: '/cancel REQ-17',
  },
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

A request's card has buttons of its own, also where it stands in a direct message to those who may approve:

| Button | What it does | Console and Slack | Telegram | In words |
| --- | --- | --- | --- | --- |
${GATE_BUTTONS.map(({ label, does, typed, telegram, instead }) => `| ${label} | ${cell(does)} | ${typed} | ${telegram} | \`${instead}\` |`).join('\n')}

They go when the request has moved on; an old one says why it does nothing.
`;
}
