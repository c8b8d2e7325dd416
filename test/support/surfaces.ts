import { textOf, type Visitor } from '../e2e/bot.ts';
import { CHANNEL, GROUP } from './bothChats.ts';
import { eventually } from './real/process.ts';
import type { SlackEmulator } from './slack/index.ts';
import type { TelegramEmulator } from './telegram/telegram.ts';

/** From an event to its words in every chat, on a machine that is busy with other tests. */
const SEEN_WITHIN_MS = 60_000;

/** The three surfaces as people see them: Slack's channel, Telegram's group and an incident's thread in the console. */
export function surfacesOf(
  chats: { readonly slack: SlackEmulator; readonly telegram: TelegramEmulator },
  visitor: Visitor,
  thread: string,
) {
  const inSlack = () =>
    chats.slack
      .messages(CHANNEL)
      .filter(({ byBot, ephemeralFor }) => byBot && ephemeralFor === undefined)
      .map((message) => ({ message, text: JSON.stringify([message.text, message.blocks, message.attachments]) }));
  const inTelegram = () =>
    chats.telegram.sent(GROUP).map((message) => ({
      message,
      text: message.content.text,
      buttons: JSON.stringify(message.markup ?? {}),
    }));
  return {
    inSlack,
    inTelegram,
    /** The newest message with these words and this button in Slack's channel. */
    slackButton: (words: string, label: string) =>
      eventually(
        `“${label}” on “${words}” in Slack`,
        () => inSlack().findLast(({ text }) => text.includes(words) && text.includes(`"text":"${label}"`))?.message,
        SEEN_WITHIN_MS,
      ),
    /** The same in Telegram's group. */
    telegramButton: (words: string, label: string) =>
      eventually(
        `“${label}” on “${words}” in Telegram`,
        () =>
          inTelegram().findLast(({ text, buttons }) => text.includes(words) && buttons.includes(`"${label}"`))?.message,
        SEEN_WITHIN_MS,
      ),
    /** The same in the console: the button itself. */
    consoleButton: (words: string, label: string) =>
      eventually(
        `“${label}” on “${words}” in the console`,
        async () =>
          (await visitor.messages(thread))
            .findLast(
              ({ card }) => textOf(card).includes(words) && card.buttons.some((button) => button.label === label),
            )
            ?.card.buttons.find((button) => button.label === label),
        SEEN_WITHIN_MS,
      ),
    /** Waits until a message of each of the three fits. */
    everywhere: (what: string, fits: (text: string) => boolean, withinMs = SEEN_WITHIN_MS): Promise<unknown> =>
      Promise.all([
        eventually(`Slack: ${what}`, () => inSlack().some(({ text }) => fits(text)), withinMs),
        eventually(`Telegram: ${what}`, () => inTelegram().some(({ text }) => fits(text)), withinMs),
        eventually(
          `the console: ${what}`,
          async () => (await visitor.messages(thread)).some(({ card }) => fits(textOf(card))),
          withinMs,
        ),
      ]),
  };
}

/** What `surfacesOf` gives. */
export type Surfaces = ReturnType<typeof surfacesOf>;
