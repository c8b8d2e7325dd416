import { z } from 'zod';
import { choice } from '../leaf/leaf.ts';
import { count } from '../leaf/numbers.ts';
import { duration, timezone, weekTime } from '../leaf/times.ts';
import { actionPattern, plain } from '../leaf/words.ts';
import { roles } from './people.ts';

/** `policies:` */
export const policies = z
  .array(
    z.strictObject({
      actions: z
        .array(actionPattern())
        .describe('Which actions; `x.*` takes all that begin so.')
        .meta({ examples: [['node.drain']] }),
      targets: z
        .array(plain('the name of a target'))
        .describe('Which targets (nodes, backups); all where absent.')
        .optional(),
      request: roles().describe('Who may ask.').prefault(['oncall']),
      confirm: choice(['button', 'typed'])
        .describe("How the requester confirms: by a button, or by typing the target's name.")
        .prefault('typed'),
      approvals: count(0, 10).describe('How many other people must approve.').prefault(1),
      approve: roles().describe('Who may approve.').prefault(['admin']),
      ttl: duration().describe('How long a request waits for its approval, and then for its start.').prefault('15m'),
    }),
  )
  .describe('Who may ask for what, and who must agree. The first entry that matches counts.');

/** `freezes:` */
export const freezes = z
  .array(
    z
      .strictObject({
        name: plain('a name')
          .describe('What a refusal calls the window; `from` and `to` where absent.')
          .meta({ examples: ['weekend'] })
          .optional(),
        from: weekTime()
          .describe('Begin, every week.')
          .meta({ examples: ['Fri 18:00'] }),
        to: weekTime()
          .describe('End, every week.')
          .meta({ examples: ['Mon 08:00'] }),
        timezone: timezone().describe('Time zone of both.').prefault('UTC'),
        except: z
          .array(actionPattern())
          .describe('What stays allowed.')
          .meta({ examples: [['backup.*']] })
          .prefault([]),
      })
      .transform((freeze) => ({ ...freeze, name: freeze.name ?? `${freeze.from.text} to ${freeze.to.text}` })),
  )
  .describe('Times of the week in which nothing may be changed.');
