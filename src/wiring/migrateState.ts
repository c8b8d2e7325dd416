import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openAudit } from '../audit/audit.ts';
import { HEAD_FILE, LOG_FILE } from '../audit/head.ts';
import { copyAudit } from '../audit/migrateAudit.ts';
import type { Config } from '../config/schema.ts';
import { systemClock } from '../lib/clock.ts';
import { DaytwoError } from '../lib/errors.ts';
import { silentLog } from '../lib/log.ts';
import { migrateStore } from '../store/postgres/migrateStore.ts';
import { COLLECTIONS } from './collections.ts';
import { databaseUrl, whereIs } from './state.ts';

/**
 * Moves the state and the audit of a stopped bot from its folder (default: `store.dir`) into the PostgreSQL of the configuration, all in
 * one transaction. The folder stays as it is. `print` gets what was moved.
 * @throws DaytwoError invalid (no PostgreSQL configured, no state in the folder, a data base that isn't empty) | store-locked (the bot
 * runs) | failed (a damaged audit, or what was read back differs) | store-unavailable
 */
export async function migrateState(
  config: Config,
  from: string | undefined,
  print: (line: string) => void,
): Promise<void> {
  const url = databaseUrl(config);
  if (url === undefined)
    throw new DaytwoError(
      'invalid',
      'store.kind is lowdb: set it to postgres, with the url of the data base to move to',
    );
  const dir = resolve(from ?? config.store.dir);
  if (!existsSync(join(dir, 'state')))
    throw new DaytwoError('invalid', `there is no state in ${dir}: name the folder with --from DIR`);
  const hasAudit = existsSync(join(dir, LOG_FILE)) || existsSync(join(dir, HEAD_FILE));
  if (hasAudit) {
    // Opened as the bot would: what a crash tore is cut off, and the chain says so.
    const audit = await openAudit({ dir, clock: systemClock, log: silentLog, redact: (text) => text });
    await audit.close();
  }
  let entries = 0;
  const moved = await migrateStore({
    from: dir,
    to: url,
    collections: COLLECTIONS,
    now: systemClock.now,
    warn: (message, fields) => print(`note: ${message} ${JSON.stringify(fields)}`),
    also: async (query) => {
      if (hasAudit) entries = await copyAudit(query, dir);
    },
  });
  print(`moved from ${dir} to ${whereIs(config)}:`);
  for (const { kind, documents } of moved.kinds) print(`${String(documents).padStart(9)} ${kind}`);
  print(`${String(moved.documents).padStart(9)} documents in all, read back and compared`);
  print(`${String(moved.blobs).padStart(9)} pictures`);
  print(`${String(entries).padStart(9)} entries of the audit`);
  print('The folder is as it was. Start the bot with this configuration; keep the folder until you have seen it work.');
}
