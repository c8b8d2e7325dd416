import type { ChatName } from '../../../src/chat/port.ts';
import type { RequestState } from '../../../src/gate/model.ts';
import { ALONE, DEEDS, expected, type Outcome, WHO, type Who } from './table.ts';

/** Who sits at a client: the people of the table, and ivy, who is configured with every role and a guest of the workspace in Slack. */
export type Somebody = Who | 'ivy';

/** Who speaks through which chats. What ana does elsewhere is done to what she asked for in Slack. */
export const SPEAK: readonly (readonly [who: Somebody, chats: readonly ChatName[]])[] = [
  ...WHO.map((who): [Who, ChatName[]] => [
    who,
    who === 'ana elsewhere' ? ['telegram', 'console'] : ['slack', 'telegram', 'console'],
  ]),
  ['ivy', ['slack']],
];

/** The buttons of the table as they are labelled. */
export const LABELS = { confirm: 'Confirm', approve: 'Approve', deny: 'Deny', cancel: 'Cancel' } as const;

/** What a person reads, in whatever chat, when it isn't done. */
export const WORDS: Readonly<Record<Exclude<Outcome, 'yes'> | 'guest', RegExp>> = {
  'wrong-state': /nothing was done/,
  blocked: /can’t be confirmed/,
  'not-requester': /Only ana, who asked for/,
  requester: /You asked for REQ-\d+ yourself/,
  'stands-in': /takes somebody else than/,
  'not-eligible': /that isn’t you now/,
  'not-named': /only ana, cleo, dora, gus may ask for that/,
  'not-on-call': /for whoever is on call now/,
  'typed-missing': /wants the name typed/,
  'typed-mismatch': /that is not the name/,
  'not-yours': /You stand in for somebody in that role/,
  'no role': /You may look, but not act/,
  stranger: /I don’t know you yet|Not signed in/,
  guest: /Guests of the workspace can’t use me/,
};

/** What is done by somebody through a chat, and what is to come of it. */
export interface ChatCase {
  readonly title: string;
  /** The person's name. */
  readonly person: string;
  readonly wanted: Outcome | 'guest';
  /** The words of a command; empty for a press. */
  readonly words: string;
  readonly press?: keyof typeof LABELS | undefined;
  /** The request that it is done to, and the chat in which that was asked for. */
  readonly about?: {
    readonly state: RequestState;
    readonly action: string;
    readonly requester: string;
    readonly askedIn: ChatName;
  };
  readonly after?: RequestState | undefined;
}

/** Each deed in the state in which it can be done, and what needs no request of ana's. */
export function casesOf(who: Somebody, chat: ChatName): readonly ChatCase[] {
  const as = who === 'ivy' ? 'zoe' : who;
  const person = who === 'ana elsewhere' ? 'ana' : who;
  const askedIn = who === 'ana elsewhere' ? 'slack' : chat;
  const of = (wanted: Outcome): Outcome | 'guest' => (who === 'ivy' ? 'guest' : wanted);
  return [
    ...DEEDS.map((deed): ChatCase => {
      const state = ('approving' in deed.rows ? 'approving' : Object.keys(deed.rows)[0]) as RequestState;
      const wanted = of(expected(deed, state, as));
      return {
        title: `${who} (${chat}): ${deed.does}, ${state}`,
        person,
        wanted,
        words: deed.say ?? '',
        press: deed.press,
        about: { state, action: deed.on, requester: 'ana', askedIn },
        after: wanted === 'yes' ? deed.after[state] : state,
      };
    }),
    ...ALONE.map(
      ({ does, say, own, row }): ChatCase => ({
        title: `${who} (${chat}): ${does}`,
        person,
        wanted: of(row[WHO.indexOf(as)] ?? 'stranger'),
        words: say,
        ...(own
          ? {
              about: { state: 'confirming', action: 'backup.run', requester: person, askedIn },
              after: 'confirming',
            }
          : {}),
      }),
    ),
  ];
}
