/** Size of one folder, its own file system only. */
export interface FolderSize {
  readonly path: string;
  readonly sizeBytes: number;
}

/** What `du -k -d 1` says of one folder. */
export interface DiskUse {
  /** The folder itself; undefined where du didn't come to the end. */
  readonly totalBytes: number | undefined;
  /** Its folders, biggest first. */
  readonly folders: readonly FolderSize[];
  /** How many more there are. */
  readonly more: number;
}

/** How many folders are kept unless said otherwise. */
const FOLDERS_MAX = 15;

/** Parses `du -x -k -d 1 PATH`: biggest first, at most `max` folders. A name with a newline in it gives lines that are skipped. */
export function parseDu(text: string, path: string, max = FOLDERS_MAX): DiskUse {
  const root = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  const folders: FolderSize[] = [];
  let totalBytes: number | undefined;
  for (const line of text.split('\n')) {
    const tab = line.indexOf('\t');
    const figure = line.slice(0, Math.max(0, tab));
    const found = line.slice(tab + 1);
    if (!/^\d{1,15}$/.test(figure) || !found.startsWith('/')) continue;
    const sizeBytes = Number(figure) * 1024;
    if (found === root) totalBytes = sizeBytes;
    else folders.push({ path: found, sizeBytes });
  }
  folders.sort((a, b) => b.sizeBytes - a.sizeBytes);
  return { totalBytes, folders: folders.slice(0, max), more: Math.max(0, folders.length - max) };
}
