import { z } from 'zod';
import { lastAnchor } from '../src/audit/anchors.ts';
import { readLine } from '../src/audit/record.ts';
import { shortAnchor } from '../src/audit/verify.ts';
import type { Block } from '../src/chat/message.ts';
import { privately } from '../src/commanding/answers.ts';
import { noArgs } from '../src/commanding/args.ts';
import { command } from '../src/commanding/command.ts';
import { clip, inertLine } from '../src/lib/text.ts';

/** Entries that are shown, the newest last. */
const MOST = 20;

/** What of a line is shown. */
const Line = z.object({
  seq: z.number(),
  at: z.string(),
  kind: z.string(),
  by: z.string().nullable(),
  chat: z.string().nullable(),
  request: z.string().nullable(),
});

/** `/audit`. */
export const audit = command({
  name: 'audit',
  usage: '/audit',
  summary: 'Verifies the record of who asked, decided and did what, and shows its last entries.',
  examples: ['/audit'],
  may: 'role',
  args: noArgs,
  run: async (_, __, { audit: record, store }) => {
    const last: string[] = [];
    for await (const line of record.export()) {
      last.push(line);
      if (last.length > MOST) last.shift();
    }
    const posted = await lastAnchor(store);
    const found = await record.verify(posted ? [posted] : []);
    const rows = last.flatMap((line) => {
      const read = Line.safeParse(readLine(Buffer.from(`${line}\n`)));
      // What is no record is told of by the verdict.
      if (!read.success) return [];
      const { seq, at, kind, by, chat, request } = read.data;
      return [
        [String(seq), at.slice(0, 19).replace('T', ' '), kind, inertLine(by ?? '–'), chat ?? '–', request ?? '–'],
      ];
    });
    const verdict = found.ok
      ? `The record is as it was written: ${found.head.seq} entries.`
      : `The record is BROKEN at entry ${found.seq}: ${clip(inertLine(found.text), 200)}`;
    const columns = [
      { label: 'No', align: 'right' as const },
      { label: 'UTC' },
      { label: 'What' },
      { label: 'Who' },
      { label: 'Chat' },
      { label: 'Request' },
    ];
    const heads: Block[] =
      found.ok && found.head.seq > 0 ? [{ kind: 'quiet', text: ['Head: ', { code: shortAnchor(found.head) }] }] : [];
    if (posted) {
      const on = new Date(posted.at).toISOString().slice(0, 10);
      heads.push({ kind: 'quiet', text: [`Posted here on ${on}: `, { code: shortAnchor(posted) }] });
    }
    const table: Block[] = rows.length > 0 ? [{ kind: 'table', columns, rows }] : [];
    return privately(verdict, [...table, ...heads], found.ok ? 'ok' : 'critical');
  },
});
