import type { Clock } from '../../lib/clock.ts';
import type { Api } from './api.ts';
import { failureOf } from './failure.ts';
import { at, listAt, textAt } from './fields.ts';
import { BOT_SCOPES } from './manifest.ts';
import type { Standing } from './standing.ts';

/** Who the bot is. */
export interface Me {
  readonly team: string;
  readonly user: string;
  readonly bot: string | undefined;
}

/** Waits between tries, doubled from the first to the longest. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
/** How soon a trouble is looked at again, and how often all is looked at without one. */
const TROUBLED_MS = 20_000;
const WELL_MS = 10 * 60_000;

/** Asks Slack who the bot is, and whether it may and can do its work. */
export interface Introduction {
  /** Tries until Slack tells; undefined when stopped. */
  me(): Promise<Me | undefined>;
  /** Looks again and again, sooner while something is wrong: what people repaired is seen without a message to send. */
  watch(): Promise<void>;
}

/** Builds it. https://docs.slack.dev/reference/methods/auth.test and conversations.info */
export function createIntroduction(options: {
  readonly api: Api;
  readonly clock: Clock;
  readonly standing: Standing;
  readonly home: string;
  readonly signal: AbortSignal;
}): Introduction {
  const { api, clock, standing, home, signal } = options;

  async function ask(): Promise<Me | undefined> {
    const answer = await api.call('auth.test', {}, signal);
    if (!answer.ok) {
      // Before the first answer anything that broke is worth a word.
      if (answer.is === 'ambiguous' && answer.code !== 'AbortError') standing.down('network', answer.text);
      return undefined;
    }
    const granted = listAt(answer.data, 'response_metadata', 'scopes');
    const missing = granted.length > 0 ? BOT_SCOPES.filter((scope) => !granted.includes(scope)) : [];
    if (missing.length > 0)
      standing.down('scope', failureOf({ error: 'missing_scope', needed: missing.join(', ') }).text);
    else standing.clear('scope');
    const [team, user] = [textAt(answer.data, 'team_id'), textAt(answer.data, 'user_id')];
    return team === undefined || user === undefined ? undefined : { team, user, bot: textAt(answer.data, 'bot_id') };
  }

  async function lookAtHome(): Promise<void> {
    const answer = await api.call('conversations.info', { channel: home }, signal);
    if (!answer.ok) return;
    const channel = at(answer.data, 'channel');
    const wrong =
      at(channel, 'is_archived') === true
        ? 'is_archived'
        : at(channel, 'is_member') === false && at(channel, 'is_im') !== true
          ? 'not_in_channel'
          : undefined;
    if (wrong) standing.down('place', failureOf({ error: wrong }).text);
    else standing.clear('place');
  }

  return {
    async me() {
      for (let waitMs = FIRST_WAIT_MS; !signal.aborted; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
        const me = await ask();
        if (me) {
          await lookAtHome();
          return me;
        }
        await clock.sleep(waitMs, signal);
      }
      return undefined;
    },
    async watch() {
      let lookedAt = clock.now();
      while (!signal.aborted) {
        await clock.sleep(TROUBLED_MS, signal);
        if (signal.aborted) return;
        if (!standing.troubled && clock.now() - lookedAt < WELL_MS) continue;
        lookedAt = clock.now();
        if (await ask()) await lookAtHome();
      }
    },
  };
}
