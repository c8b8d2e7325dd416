import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtIn } from '../alerts/index.ts';
import { commands } from '../commands/index.ts';
import { readConfig } from '../src/config/load.ts';

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const readme = read('README.md');
const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;

describe('the README', () => {
  it('lists every command with its usage, and no other', () => {
    const listed = [...readme.matchAll(/^\| `(\/[^`]+)` \|/gm)].map(([, usage]) => usage?.replaceAll('\\|', '|'));
    expect(listed.toSorted()).toEqual(commands.map(({ usage }) => usage).toSorted());
  });

  it('shows a configuration that is right', () => {
    const yaml = /```yaml\n(# daytwo\.yaml\n[\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const { config } = readConfig(yaml, {
      file: '/etc/daytwo/daytwo.yaml',
      env: { DAYTWO_WEBHOOK_TOKEN: 'x'.repeat(20), HOME: '/root' },
      base: '/etc/daytwo',
    });
    expect(config.hosts.map(({ name }) => name)).toEqual(['node-0', 'worker-1']);
    expect(config.backups[0]?.name).toBe('restic_k8s_data');
  });

  it('counts the runbooks that there are', () => {
    expect(builtIn.length - 1).toBe(22);
    expect(readme).toContain('twenty-two');
  });

  it('names npm scripts and files that exist', () => {
    for (const [, script] of readme.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty(script ?? '');
    for (const [, file] of readme.matchAll(/\]\(([\w./-]+)\)/g)) {
      expect(existsSync(new URL(`../${file}`, import.meta.url)), file).toBe(true);
    }
  });
});
