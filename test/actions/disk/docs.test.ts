import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { diskPressure } from '../../../alerts/disk-pressure.ts';
import { offers } from '../../../src/triage/offers.ts';
import type { Subject } from '../../../src/triage/runbook.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

describe('docs/disk.md', () => {
  it('names every finding with its level, and none that there isn’t', async () => {
    const page = await readFile(at('docs/disk.md'), 'utf8');
    const told = [...page.matchAll(/^\| `([a-z-]+)` \| (BLOCK|ACKNOWLEDGE|NOTE) \|/gm)].map(
      ([, code, level]) => `${level} ${code}`,
    );
    const sources = await Promise.all(
      (await readdir(at('src/actions/disk'))).map((name) => readFile(at(`src/actions/disk/${name}`), 'utf8')),
    );
    const made = [...sources.join('\n').matchAll(/found\(\s*'(BLOCK|ACKNOWLEDGE|NOTE)',\s*'([a-z-]+)'/g)];
    expect(made.length).toBeGreaterThan(12);
    expect(new Set(told)).toEqual(new Set(made.map(([, level, code]) => `${level} ${code}`)));
  });
});

describe('offers of DiskPressure', () => {
  const subject = (change: Partial<Subject>): Subject => ({
    ...{ alertname: 'DiskPressure', severity: 'critical', labels: {}, openedAt: 0, node: undefined, host: undefined },
    ...{ namespace: undefined, pod: undefined, backup: undefined, job: undefined, mountpoint: undefined },
    ...change,
  });

  it('free images and journals where the node is a host, and pods wherever it is known', () => {
    const both = diskPressure.offers(subject({ node: 'worker-1', host: 'worker-1' }));
    expect(both.slice(0, 3)).toEqual([
      { action: 'disk.images', label: 'Free unused images on worker-1', args: { node: 'worker-1' } },
      { action: 'disk.journal', label: 'Shorten the journal on worker-1', args: { node: 'worker-1' } },
      { action: 'disk.pods', label: 'Clear finished pods on worker-1', args: { node: 'worker-1' } },
    ]);
    expect(diskPressure.offers(subject({ node: 'worker-1' })).map(({ action }) => action)).toEqual([
      'disk.pods',
      'node.cordon',
      'node.drain',
    ]);
  });

  it('give an action without words what it may know, as before', () => {
    expect(offers(subject({ node: 'n', host: 'n' }), 'their.action')).toEqual([
      { action: 'their.action', label: 'their.action', args: { node: 'n' } },
    ]);
  });
});
