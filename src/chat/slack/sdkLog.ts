import type { LogLevel } from '@slack/bolt';
import type { Logger } from '../../lib/log.ts';
import { inertLine } from '../../lib/text.ts';

/** The logger that the SDK wants. */
export interface SdkLogger {
  debug(...said: unknown[]): void;
  info(...said: unknown[]): void;
  warn(...said: unknown[]): void;
  error(...said: unknown[]): void;
  setLevel(level: LogLevel): void;
  getLevel(): LogLevel;
  setName(name: string): void;
}

/** Characters of one line that are kept. */
const LINE = 300;

/**
 * Hands the SDK's warnings and errors to ours, as details of a constant message. Its debug and info lines hold whole payloads, which
 * belong to people: they go nowhere. What it calls an error is a warning here, since it is retried by us.
 */
export function sdkLogger(log: Logger): SdkLogger {
  const nothing = (): void => {};
  const warn = (...said: unknown[]): void =>
    log.warn({ chat: 'slack', detail: inertLine(said.map(String).join(' ')).slice(0, LINE) }, 'the Slack SDK says');
  // The enum's values are these words; importing it would load the SDK.
  const level = 'warn' as LogLevel;
  return {
    debug: nothing,
    info: nothing,
    warn,
    error: warn,
    setLevel: nothing,
    getLevel: () => level,
    setName: nothing,
  };
}
