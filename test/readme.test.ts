import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtIn } from '../alerts/index.ts';
import { commands } from '../commands/index.ts';
import { readConfig } from '../src/config/load.ts';
import { WITHOUT_EFFECT } from '../src/config/notices.ts';
import { policyFor } from '../src/gate/policy.ts';
import { requestCard } from '../src/gate/requestCard.ts';
import { offerOf } from '../src/triage/offers.ts';
import type { Subject } from '../src/triage/runbook.ts';
import { confirmed } from './gate/requests.ts';

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

  it('shows policies and freezes that are right, and says truly what holds without any', () => {
    const yaml = /```yaml\n(policies:[\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const { config } = readConfig(yaml, { file: '', env: {}, base: '/' });
    expect(policyFor(config.policies, 'backup.run', 'any')).toMatchObject({ approvals: 1, source: 'policies[0]' });
    expect(config.freezes.map(({ name }) => name)).toEqual(['weekend']);
    expect(yaml).toContain("what none names takes a typed name and one admin who didn't ask");
    expect(policyFor(config.policies, 'restore.run', 'any')).toMatchObject({
      ...{ confirm: 'typed', approvals: 1, approve: ['admin'], source: 'default' },
    });
  });

  it('names the buttons of a request as its cards do', () => {
    const { buttons } = requestCard({
      request: confirmed(),
      place: { chat: 'console', conversation: { chat: 'console', id: 'home' }, event: 'e' },
      tokens: { confirm: 'c', approve: 'a', deny: 'd', cancel: 'x' },
      ...{ called: 0, direct: [] },
    });
    const labels = buttons.map(({ label }) => label).filter((label) => label !== 'Deny');
    for (const label of ['Back up now', 'Confirm', ...labels]) expect(readme).toContain(`**${label}**`);
  });

  it('says of every key without effect that it has none', () => {
    for (const path of WITHOUT_EFFECT) expect(readme).toContain(`\`${path.split('.').at(-1)}\``);
  });

  it('counts its lines of security', () => {
    const lines = /### Security in ten lines\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? '';
    expect(lines.match(/^\d+\. /gm)).toHaveLength(10);
  });

  it('counts the runbooks that there are', () => {
    expect(builtIn.length - 1).toBe(22);
    expect(readme).toContain('twenty-two');
  });

  it('names the buttons of a full node’s thread as the thread does', () => {
    const runbook = builtIn.find(({ name }) => name === 'DiskPressure');
    const subject = { node: 'worker-1', host: 'worker-1' } as Subject;
    const offered = runbook?.offers(subject).map(({ label }) => label) ?? [];
    const next = offerOf('node.uncordon', 'worker-1').label;
    const shown = [...readme.matchAll(/\*\*([^*]+ worker-1)\*\*/g)].map(([, label]) => label);
    expect(shown.length).toBeGreaterThan(2);
    for (const label of shown) expect([...offered, next]).toContain(label);
  });

  it('calls nothing missing that is there', () => {
    const missing = /## What isn't there yet\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? '';
    expect(missing).not.toBe('');
    expect(missing).not.toMatch(/disk|drain|cordon|backup\.run/i);
  });

  it('names npm scripts and files that exist', () => {
    for (const [, script] of readme.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty(script ?? '');
    for (const [, file] of readme.matchAll(/\]\(([\w./-]+)\)/g)) {
      expect(existsSync(new URL(`../${file}`, import.meta.url)), file).toBe(true);
    }
  });
});
