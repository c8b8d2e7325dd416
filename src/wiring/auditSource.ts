import { type AuditSource, fileSource, rowSource } from '../audit/source.ts';
import type { Config } from '../config/schema.ts';
import { databaseUrl } from './state.ts';

/** The audit as the configuration says where it is, to be read. @throws DaytwoError invalid */
export async function auditSource(config: Config): Promise<AuditSource> {
  const url = databaseUrl(config);
  return url === undefined ? fileSource(config.store.dir) : rowSource(url, config.store.dir);
}
