import { describe, expect, it } from 'vitest';
import { rootTrouble, type SeenRoot } from '../../src/actions/restore/look.ts';
import { areaOf, areasOf, parseMounts } from '../../src/actions/restore/mounts.ts';

/** As Linux prints them; `/mnt/a b` shows the folder `/srv/data/sub`, and `/srv/data/disk` is a disk of its own. */
const INFO = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 8:17 / /srv/data/disk rw,relatime - xfs /dev/sdb1 rw
31 22 8:1 /srv/data/sub /mnt/a\\040b rw,relatime - ext4 /dev/sda1 rw
32 22 8:17 /inner /mnt/inner rw,relatime - xfs /dev/sdb1 rw
33 22 0:40 / /tmp rw - tmpfs tmpfs rw
34 33 0:41 / /tmp rw - tmpfs tmpfs rw
nonsense
`;
const mounts = parseMounts(INFO);

describe('areaOf', () => {
  it.each<[string, string, string]>([
    ['/srv/data/x', '8:1', '/srv/data/x'],
    ['/srv/data/disk', '8:17', '/'],
    ['/srv/data/disk/inner/x', '8:17', '/inner/x'],
    ['/srv/data/disks', '8:1', '/srv/data/disks'],
    ['/mnt/a b/y', '8:1', '/srv/data/sub/y'],
    // Of two mounts at one place the later one is seen.
    ['/tmp/x', '0:41', '/x'],
  ])('of %s is %s %s', (path, device, within) => {
    expect(areaOf(mounts, path)).toEqual({ device, path: within });
  });

  it('knows nothing without mounts', () => {
    expect(areaOf([], '/x')).toBeUndefined();
  });
});

describe('areasOf', () => {
  it('counts what is mounted below as well', () => {
    expect(areasOf(mounts, '/srv/data')).toEqual([
      { device: '8:1', path: '/srv/data' },
      { device: '8:17', path: '/' },
    ]);
  });
});

describe('rootTrouble', () => {
  const root = (real: string, live: string): SeenRoot => ({
    ...{ folder: undefined, uid: 0, real, mounts, freeBytes: 1 },
    live: [{ path: live, real: live }],
  });

  it.each<[string, string, string | undefined]>([
    ['/srv/data/restores', '/srv/data', 'live-path'],
    ['/mnt/a b/restores', '/srv/data', 'live-path'],
    ['/mnt/inner/restores', '/srv/data', 'live-path'],
    ['/mnt/inner/restores', '/srv/other', undefined],
    ['/mnt/a b/restores', '/srv/data/other', undefined],
    ['/var/tmp/restores', '/srv/data', undefined],
    ['/var/tmp/restores', '/', 'live-path'],
  ])('of %s beside %s is %s', (real, live, code) => {
    expect(rootTrouble(real, root(real, live))?.code).toBe(code);
  });
});
