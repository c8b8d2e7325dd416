import { z } from 'zod';
import { listSnapshots } from '../src/actions/restic/snapshots.ts';
import { privately } from '../src/commanding/answers.ts';
import { command } from '../src/commanding/command.ts';
import { humanBytes, humanDuration, inertLine } from '../src/lib/text.ts';

/** Snapshots that are listed. */
const MOST = 25;

/** `/backups [NAME]`. */
export const backups = command({
  name: 'backups',
  usage: '/backups [NAME]',
  summary: 'Lists the configured backups; with a name, its snapshots with their times, sizes and paths.',
  examples: ['/backups', '/backups restic_k8s_data'],
  may: 'anyone',
  args: z.union([z.tuple([]), z.tuple([z.string()])], { error: 'name one backup, or none' }),
  run: async ([name], { signal }, { backups: world, clock }) => {
    if (name === undefined) {
      if (world.backups.length === 0)
        return privately('No backup is configured; `backups` in the configuration names them.');
      const rows = world.backups.map((one) => [
        one.name,
        one.kind,
        one.host ?? '–',
        one.unit ?? one.repository ?? '–',
        one.rpoMs === undefined ? '–' : humanDuration(one.rpoMs),
      ]);
      return privately(`${rows.length} ${rows.length === 1 ? 'backup' : 'backups'}`, [
        {
          kind: 'table',
          columns: [
            { label: 'Backup' },
            { label: 'Kind' },
            { label: 'Host' },
            { label: 'Unit or repository' },
            { label: 'RPO', align: 'right' },
          ],
          rows,
        },
      ]);
    }
    const found = await listSnapshots(name, world, signal, MOST);
    const rows = found.map(({ id, time, sizeBytes, files, paths }) => [
      id.slice(0, 8),
      humanDuration(clock.now() - time),
      sizeBytes === undefined ? '–' : humanBytes(sizeBytes),
      files === undefined ? '–' : String(files),
      paths.join(' '),
    ]);
    return privately(`${rows.length} ${rows.length === 1 ? 'snapshot' : 'snapshots'} of ${inertLine(name)}`, [
      {
        kind: 'table',
        columns: [
          { label: 'Snapshot' },
          { label: 'Age', align: 'right' },
          { label: 'Size', align: 'right' },
          { label: 'Files', align: 'right' },
          { label: 'Paths' },
        ],
        rows,
      },
    ]);
  },
});
