/** The few methods of a structured logger (pino's own order: fields, then a constant message). */
export interface Logger {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

/** Says nothing; for tests and tools. */
export const silentLog: Logger = { info: () => {}, warn: () => {}, error: () => {} };
