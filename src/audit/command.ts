import { messageOf } from '../lib/errors.ts';
import { inertLine } from '../lib/text.ts';
import { readLine } from './record.ts';
import { type AuditSource, fileSource } from './source.ts';
import { type Anchor, anchorText, readAnchor, type Verification } from './verify.ts';

const USAGE = `daytwo audit verify [--head SEQ:HASH …]   is the audit what was written? Heads noted elsewhere (log, chat) are checked too
daytwo audit export                       every entry as a line of JSON`;

/**
 * The words of `daytwo audit …` on a data folder, or on another place; the bot may be stopped. `print` gets a line of output, `complain` what is wrong.
 * @returns 0 it is as it was written, 1 it isn't or can't be read, 2 the words are wrong
 */
export async function auditCommand(
  args: readonly string[],
  from: string | AuditSource,
  print: (line: string) => void,
  complain: (line: string) => void = print,
): Promise<number> {
  const source = typeof from === 'string' ? fileSource(from) : from;
  const [word, ...rest] = args;
  const anchors = rest.map(readAnchor).filter((anchor) => anchor !== undefined);
  if (!(word === 'verify' && anchors.length === rest.length) && !(word === 'export' && rest.length === 0)) {
    complain(USAGE);
    return 2;
  }
  try {
    return word === 'verify' ? await verify(source, anchors, print) : await exportAll(source, print, complain);
  } catch (error) {
    complain(`the audit in ${source.where} can't be read: ${messageOf(error)}`);
    return 1;
  }
}

async function verify(source: AuditSource, anchors: readonly Anchor[], print: (line: string) => void): Promise<number> {
  const found = await source.verify(anchors);
  for (const line of verdict(found)) print(line);
  return found.ok ? 0 : 1;
}

/** A verification in sentences. Pure. */
export function verdict(found: Verification): readonly string[] {
  if (!found.ok && found.fault === 'nothing-there')
    return [
      `NOTHING THERE: ${found.text}. Either this isn’t the bot’s folder (--config FILE or DAYTWO_DATA_DIR names another), or the audit was taken away.`,
    ];
  if (!found.ok) return [`BROKEN at entry ${found.seq} (${found.fault}): ${found.text}`];
  const { head, lastAt, unacknowledged, tornBytes } = found;
  const lines = [
    lastAt === undefined
      ? 'The audit holds no entry yet.'
      : `The audit is as it was written: ${head.seq} entries, the last of ${lastAt}.`,
    `Head: ${anchorText(head)}`,
  ];
  if (unacknowledged > 0) lines.push(`The last ${unacknowledged} were written, but nobody was told of them.`);
  if (tornBytes > 0)
    lines.push(`${tornBytes} bytes at the end are a torn write that nobody was told of; the next start cuts them off.`);
  return lines;
}

async function exportAll(
  source: AuditSource,
  print: (line: string) => void,
  complain: (line: string) => void,
): Promise<number> {
  let line = 0;
  for await (const text of source.export()) {
    line += 1;
    // Only records go out as JSON: somebody else's bytes could be anything, to a terminal too.
    if (readLine(Buffer.from(`${text}\n`))) print(text);
    else complain(`line ${line} is no record and is left out: ${inertLine(text).slice(0, 200)}`);
  }
  const found = await source.verify([]);
  if (found.ok) return 0;
  for (const sentence of verdict(found)) complain(sentence);
  return 1;
}
