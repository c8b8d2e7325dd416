import { parseMatchers } from '../../lib/matchers.ts';
import { good, line, text } from './leaf.ts';

/** A name that people type and that is referred to: no spaces at its ends, no leading hyphen. */
export const personName = () =>
  line(
    { type: 'name', expected: 'a name: letters, digits, dots, hyphens, underscores and inner spaces', shown: true },
    (value) => /^[\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_. '-]*[\p{L}\p{N}\p{M}_.])?$/u.test(value),
    64,
  );

/** A name that is one word of a command. */
export const word = (expected = 'a name of letters, digits, dots, hyphens and underscores') =>
  line({ type: 'name', expected, shown: true }, (value) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(value), 128);

/** A text on one line that never is an option. */
export const plain = (expected: string, holds: (value: string) => boolean = () => true) =>
  line({ type: 'text', expected, shown: false }, (value) => !value.startsWith('-') && holds(value), 1024);

/** An action id `node.drain`, or a prefix `node.*`, or `*`. */
export const actionPattern = () =>
  line(
    { type: 'action', expected: 'an action such as node.drain, backup.* or *', shown: true },
    (value) => /^(?:\*|[a-z][a-z-]*\.(?:\*|[a-z][a-z-]*))$/.test(value),
    64,
  );

/** An action id. */
export const actionId = () =>
  line(
    { type: 'action', expected: 'an action such as node.drain', shown: true },
    (value) => /^[a-z][a-z-]*\.[a-z][a-z-]*$/.test(value),
    64,
  );

/** Alertmanager's matchers, read. */
export const matchers = () =>
  text(
    { type: 'matchers', expected: 'matchers such as alertname=~"Disk.*",severity="critical"', shown: false },
    (value) => {
      const found = parseMatchers(value);
      if (found.is === 'ok') return good({ text: value, matchers: found.matchers });
      return {
        message: `${found.message} (expected matchers such as alertname=~"Disk.*",severity="critical")`,
        offset: found.offset,
      };
    },
  );
