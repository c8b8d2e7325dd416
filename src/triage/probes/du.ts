import { type DiskUse, parseDu } from '../../host/parse/du.ts';
import { codeOf } from '../../lib/errors.ts';
import { humanBytes } from '../../lib/text.ts';
import type { Finding } from '../evidence.ts';
import type { Probe } from '../probe.ts';
import { count, finding, note, table, within } from './kit.ts';

/** Where images, containers and volumes lie: containerd, k3s, the kubelet, k3s' local-path volumes. Source: their documented defaults. */
export const CONTAINER_FOLDERS = [
  '/var/lib/containerd',
  '/var/lib/rancher/k3s',
  '/var/lib/kubelet',
  '/opt/local-path-provisioner',
] as const;
/** Where logs lie: pods' logs and the journal are below. */
export const LOG_FOLDERS = ['/var/log'] as const;

/** One folder may take this long: `du` on millions of files takes minutes, and reads the very disk that is in trouble. */
const FOLDER_MS = 8_000;

/** What became of one folder. */
type FolderLook =
  | { readonly path: string; readonly is: 'measured'; readonly use: DiskUse; readonly partly: boolean }
  | { readonly path: string; readonly is: 'late' | 'absent' };

/** What the folders hold, biggest first. It judges nothing: what is big isn't wrong. Pure. */
function duFinding(looks: readonly FolderLook[]): Finding {
  const measured = looks.filter((one) => one.is === 'measured');
  const folders = measured.flatMap(({ use }) => use.folders).toSorted((a, b) => b.sizeBytes - a.sizeBytes);
  const late = looks.filter((one) => one.is === 'late').map(({ path }) => path);
  const partly = measured.filter((one) => one.partly).map(({ path }) => path);
  const remarks = [
    ...late.map((path) => `${path}: not measured within ${FOLDER_MS / 1000} s (many files, or a slow disk)`),
    ...partly.map((path) => `${path}: some folders could not be read`),
  ];
  const first = folders[0];
  if (!first) {
    const why =
      late.length > 0 ? `${count(late.length, 'folder')} not measured in time` : 'none of the folders is there';
    return finding('unknown', `Nothing measured: ${why}.`, note(remarks));
  }
  const totals = measured.flatMap(({ path, use }) =>
    use.totalBytes === undefined ? [] : [`${path} ${humanBytes(use.totalBytes)}`],
  );
  const rest = late.length > 0 ? `; ${count(late.length, 'folder')} not measured in time` : '';
  return finding('ok', `Largest: ${first.path} ${humanBytes(first.sizeBytes)}; in all ${totals.join(', ')}${rest}`, [
    ...table(
      ['Folder', '>Size'],
      folders.map((one) => [one.path, humanBytes(one.sizeBytes)]),
    ),
    ...note(remarks),
  ]);
}

/** The largest folders below some. One after the other, each bounded in time; what takes too long is said. Source: `du -x -k -d 1`. */
export function du(host: string, folders: readonly string[]): Probe {
  return {
    id: `du:${host}:${folders.join(',')}`,
    title: 'Largest folders',
    source: `du on ${host}`,
    deadlineMs: folders.length * FOLDER_MS + 4_000,
    host,
    look: async ({ hosts, clock }, signal) => {
      const looks: FolderLook[] = [];
      for (const path of folders) {
        const run = (own: AbortSignal) => hosts.run(host, { tool: 'du', path }, own);
        try {
          const output = await within({ clock, ms: FOLDER_MS, signal }, run);
          if (output === 'late') {
            looks.push({ path, is: 'late' });
            continue;
          }
          const use = parseDu(output.stdout, path);
          const measured = use.totalBytes !== undefined || use.folders.length > 0;
          looks.push(measured ? { path, is: 'measured', use, partly: output.exitCode !== 0 } : { path, is: 'absent' });
        } catch (error) {
          if (codeOf(error) !== 'timeout') throw error;
          looks.push({ path, is: 'late' });
        }
      }
      return duFinding(looks);
    },
  };
}
