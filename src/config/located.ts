/** A value of the file with its place. Offsets count UTF-16 units from the file's start. */
export interface Located {
  readonly at: number;
  /** Where the text of a scalar begins, if it stands there just as its value is: then places within it are known too. */
  readonly textAt?: number;
  /** The variables that were put into it. */
  readonly variables?: readonly string[];
  /** For a mapping: each key's own place and its value. */
  readonly entries?: ReadonlyMap<string, { readonly at: number; readonly value: Located }>;
  /** For a list. */
  readonly items?: readonly Located[];
}

/** The deepest place on the way that the file has, and whether the way went on from there. */
export function find(root: Located, path: readonly PropertyKey[]): { readonly node: Located; readonly whole: boolean } {
  let node = root;
  for (const step of path) {
    const next = typeof step === 'number' ? node.items?.[step] : node.entries?.get(String(step))?.value;
    if (!next) return { node, whole: false };
    node = next;
  }
  return { node, whole: true };
}

/** Where the last key of the path stands itself; the deepest known place otherwise. */
export function keyAt(root: Located, path: readonly PropertyKey[]): number {
  const parent = find(root, path.slice(0, -1));
  return (parent.whole ? parent.node.entries?.get(String(path.at(-1)))?.at : undefined) ?? find(root, path).node.at;
}
