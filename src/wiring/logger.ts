import { pino } from 'pino';
import type { Logger } from '../lib/log.ts';

/** JSON lines on standard error; every string goes through `redact`, so that no secret is logged whoever logs it. */
export function createLogger(
  redact: (text: string) => string,
  write: { write(line: string): void } = process.stderr,
): Logger {
  const log = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string) => void write.write(redact(line)) },
  );
  return {
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
  };
}
