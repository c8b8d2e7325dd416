import type { Audit } from '../audit/audit.ts';
import type { SignInHeard } from '../chat/console/model.ts';
import { messageOf } from '../lib/errors.ts';
import type { Logger } from '../lib/log.ts';

/**
 * Records who came to the console, by which kind of link and from where. Looking is no action: where the audit can't be written the
 * sign-in stands, and the log tells both.
 */
export function recordSignIns(audit: Audit, log: Logger): SignInHeard {
  return (person, by) => {
    log.info({ person, ...by }, 'signed in to the console');
    void audit
      .append({ kind: 'console.signed-in', by: person, chat: 'console', details: { ...by } })
      .catch((error: unknown) => log.warn({ person, error: messageOf(error) }, 'sign-in could not be recorded'));
  };
}
