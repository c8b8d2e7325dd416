import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Audit, type AuditOptions, openAudit } from '../../src/audit/audit.ts';
import type { Link } from '../../src/audit/record.ts';
import type { Logger } from '../../src/lib/log.ts';
import { fakeClock } from '../support/clock.ts';

/** An audit's folder of a test, and ways to spoil it. */
export interface AuditRig {
  readonly dir: string;
  readonly log: string;
  readonly headFile: string;
  readonly logged: { readonly level: string; readonly fields: Record<string, unknown>; readonly message: string }[];
  open(more?: Partial<AuditOptions>): Promise<Audit>;
  /** Opens, appends `count` entries one by one, closes; returns their links. */
  fill(count: number): Promise<readonly Link[]>;
  bytes(): Buffer;
  /** The lines with their line feeds. */
  lines(): readonly string[];
  write(content: Buffer | string): void;
  /** Keeps both files; the returned function puts them back as they were. */
  snapshot(): () => void;
  /** Both files as they are; undefined for one that isn't there. */
  snapshotText(): readonly (string | undefined)[];
  end(): void;
}

/** Makes an empty folder. */
export function auditRig(): AuditRig {
  const dir = mkdtempSync(join(tmpdir(), 'daytwo-audit-'));
  const log = join(dir, 'audit.jsonl');
  const headFile = join(dir, 'audit.head');
  const logged: { level: string; fields: Record<string, unknown>; message: string }[] = [];
  const logger: Logger = {
    info: (fields, message) => logged.push({ level: 'info', fields, message }),
    warn: (fields, message) => logged.push({ level: 'warn', fields, message }),
    error: (fields, message) => logged.push({ level: 'error', fields, message }),
  };
  const rig: AuditRig = {
    dir,
    log,
    headFile,
    logged,
    open: (more = {}) => openAudit({ dir, clock: fakeClock(), log: logger, redact: (text) => text, ...more }),
    fill: async (count) => {
      const audit = await rig.open();
      const links: Link[] = [];
      for (let i = 0; i < count; i += 1)
        links.push(
          await audit.append({ kind: 'test.entry', by: 'ana', chat: 'slack', details: { i, text: 'ünï 🦊' } }),
        );
      await audit.close();
      return links;
    },
    bytes: () => readFileSync(log),
    lines: () => readFileSync(log, 'utf8').split(/(?<=\n)/),
    write: (content) => writeFileSync(log, content),
    snapshot: () => {
      const kept = mkdtempSync(join(dir, 'kept-'));
      for (const file of ['audit.jsonl', 'audit.head']) cpSync(join(dir, file), join(kept, file));
      return () => {
        for (const file of ['audit.jsonl', 'audit.head']) cpSync(join(kept, file), join(dir, file));
      };
    },
    snapshotText: () =>
      [log, headFile].map((file) => {
        try {
          return readFileSync(file, 'latin1');
        } catch {
          return undefined;
        }
      }),
    end: () => rmSync(dir, { recursive: true, force: true }),
  };
  return rig;
}
