import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/load.ts';
import { type ProbedPart, probeOutside } from '../../src/wiring/probeOutside.ts';
import { missing } from '../support/real/process.ts';
import { makeResticLab, type ResticLab } from '../support/real/restic.ts';

const noRestic = missing(['restic'], 'check-config --probe of backups').length > 0;

describe.skipIf(noRestic)('check-config --probe, asked about backups', () => {
  let lab: ResticLab;
  beforeAll(async () => {
    lab = await makeResticLab();
    await lab.restic('backup', lab.source);
    await writeFile(join(lab.folder, 'other'), 'open sesame\n', { mode: 0o600 });
  }, 60_000);
  afterAll(() => lab.remove());

  it('reads each repository, says what is wrong with it, and changes nothing', async () => {
    const before = await lab.restic('snapshots', '--json', '--no-lock');
    const restic = (name: string, repository: string, passwordFile: string): string =>
      `  - { name: ${name}, kind: restic, host: node-0, repository: ${repository}, passwordFile: ${passwordFile} }`;
    const yaml = [
      'hosts: [{ name: node-0, via: local }]',
      'backups:',
      restic('good', lab.repository, lab.passwordFile),
      restic('wrong', lab.repository, join(lab.folder, 'other')),
      restic('nowhere', join(lab.folder, 'none'), lab.passwordFile),
      '  - { name: half, kind: restic, host: node-0 }',
      '  - { name: velero, kind: velero }',
    ].join('\n');
    const { config } = readConfig(yaml, { file: '', env: {}, base: '/' });
    const found = await probeOutside(config, { hasFile: true, env: {} });
    const of = (name: string): ProbedPart | undefined => found.find(({ part }) => part === `backup ${name}`);
    expect(of('good')).toMatchObject({
      state: 'works',
      text: expect.stringMatching(/^restic [\d.]+, 1 snapshot, .* UTC$/),
    });
    expect(of('wrong')).toMatchObject({ state: 'failed', text: expect.stringMatching(/password/) });
    expect(of('nowhere')).toMatchObject({
      state: 'failed',
      text: expect.stringMatching(/no repository|does not exist|config file/i),
    });
    expect(of('half')).toMatchObject({ state: 'off', text: expect.stringContaining('passwordFile is not set') });
    expect(of('velero')).toMatchObject({ state: 'off', text: expect.stringMatching(/^velero: /) });
    expect(JSON.stringify(found)).not.toMatch(/correct horse|open sesame/);
    expect(await lab.restic('snapshots', '--json', '--no-lock')).toBe(before);
    expect(await lab.locks()).toEqual([]);
  });
});
