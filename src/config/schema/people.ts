import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { choice, notes } from '../leaf/leaf.ts';
import { numericId } from '../leaf/numbers.ts';
import { duration, timezone, wallTime } from '../leaf/times.ts';
import { personName, plain } from '../leaf/words.ts';
import { Secret } from '../secret.ts';

/** What a person may do is said by role. */
const ROLES = ['oncall', 'admin'] as const;

/** A list of roles. */
export const roles = () => z.array(choice(ROLES));

const HOUR_MS = 3_600_000;

/** `people:` */
export const people = z
  .array(
    z.strictObject({
      name: personName()
        .describe('What the person is called everywhere; unique.')
        .meta({ examples: ['ana'] }),
      slack: plain('a Slack member id such as U0123ABCD', (value) => /^[UW][A-Z0-9]{2,}$/.test(value))
        .describe('Member id on Slack (in the profile, "Copy member ID").')
        .meta({ examples: ['U0123ABCD'] })
        .optional(),
      telegram: numericId("a Telegram user's number such as 123456789", (value) => /^[1-9]\d{0,18}$/.test(value))
        .describe('User id on Telegram, a number.')
        .meta({ examples: [123456789] })
        .optional(),
      roles: roles()
        .describe('What the person may do; without a role, look only.')
        .meta({ examples: [['oncall']] })
        .prefault([]),
    }),
  )
  .describe('Who may do what, one entry a person. Without any, the console has one person, `local`, with every role.');

const rotation = z
  .strictObject({
    people: z
      .array(personName())
      .min(1)
      .register(notes, { type: 'list of names', expected: 'a list of names, one at least', shown: false })
      .describe('Names from `people`, in their order.')
      .meta({ examples: [['ana', 'ben']] }),
    start: wallTime()
      .describe("The first handover, on the wall clock of `timezone`: the first person's turn begins.")
      .prefault('2024-01-01T09:00'),
    every: duration(HOUR_MS)
      .describe('Length of a turn. Handovers keep their time of day when the clocks change.')
      .prefault('7d'),
    timezone: timezone().describe('Time zone of `start` and of the overrides.').prefault('UTC'),
    overrides: z
      .array(
        z.strictObject({
          from: wallTime()
            .describe('From when.')
            .meta({ examples: ['2026-08-03T09:00'] }),
          to: wallTime()
            .describe('Until when.')
            .meta({ examples: ['2026-08-10T09:00'] }),
          person: personName()
            .describe('Who stands in; a name from `people`.')
            .meta({ examples: ['ben'] }),
        }),
      )
      .describe('Exceptions; where two overlap, the later entry counts.')
      .prefault([]),
  })
  .describe('Turns of equal length.');

/** Where a calendar is. */
export type CalendarPlace =
  | { readonly is: 'url'; readonly url: Secret; readonly host: string }
  | { readonly is: 'file'; readonly path: string };

const calendar = () =>
  z
    .string()
    .transform((value, context): CalendarPlace => {
      const url = URL.parse(value);
      if (url && /^https?:$/.test(url.protocol)) return { is: 'url', url: new Secret(value), host: url.host };
      if (isAbsolute(value)) return { is: 'file', path: value };
      context.addIssue({
        code: 'custom',
        message: 'expected the URL (http or https) or the path of a calendar',
        params: { whole: true },
      });
      return z.NEVER;
    })
    .register(notes, {
      type: 'URL or path',
      expected: 'the URL or the path of a calendar',
      shown: false,
      role: 'path',
    });

/** `oncall:` */
export const oncall = z
  .strictObject({
    rotation: rotation.optional(),
    ical: calendar()
      .describe(
        'URL or path of an iCalendar. The event that covers now names the person in its summary or its attendees. The URL is treated as a secret.',
      )
      .meta({ examples: ['https://calendar.example.com/oncall.ics'] })
      .optional(),
    timezone: timezone()
      .describe("For the calendar's events without a time zone of their own (whole days), where it names none itself.")
      .prefault('UTC'),
    slackUsergroup: plain("a Slack user group's id such as S0123ABCD", (value) => /^S[A-Z0-9]{2,}$/.test(value))
      .describe('Id of the Slack user group whose members are on call.')
      .meta({ examples: ['S0123ABCD'] })
      .optional(),
  })
  .describe('Who is on call: one of `rotation`, `ical` and `slackUsergroup`.');
