/** By which program a node's container runtime is asked: crictl itself, or k3s, which has one within. */
export type Crictl = 'crictl' | 'k3s';

/** What freeing disk space needs of a host: looks, and the two commands that free. */
export type DiskCommand =
  /** `crictl images -o json`: every image with its size. */
  | { readonly tool: 'images'; readonly by: Crictl }
  /** `crictl ps -a -o json`: every container, those that ended included, with its image. */
  | { readonly tool: 'containers'; readonly by: Crictl }
  /** `crictl imagefsinfo`: where images lie. */
  | { readonly tool: 'image-fs'; readonly by: Crictl }
  /** `crictl rmi --prune`: removes the images that no container uses, but for pinned ones. */
  | { readonly tool: 'images-prune'; readonly by: Crictl }
  /** `journalctl --disk-usage`: how much all journal files take. */
  | { readonly tool: 'journal-use' }
  /** `journalctl --vacuum-size`: removes the oldest archived journal files until no more than this is left, MiB. */
  | { readonly tool: 'journal-vacuum'; readonly keepMib: number }
  /** `du -s` of folders: how much each takes on the disk, those that aren't there left out. */
  | { readonly tool: 'sizes'; readonly paths: readonly string[] };
