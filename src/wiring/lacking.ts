/** What to set where an action isn't there, as a sentence for who asked for it; undefined for an action that there never is. Pure. */
export function whatLacks(action: string): string | undefined {
  const noun = action.split('.')[0];
  if (action === 'disk.images' || action === 'disk.journal')
    return 'No host is configured: name the node under `hosts` in the configuration, local or by ssh (docs/disk.md).';
  if (noun === 'node' || noun === 'disk')
    return 'No cluster is configured: name its kubeconfig under `cluster` in the configuration (docs/drain.md).';
  return undefined;
}
