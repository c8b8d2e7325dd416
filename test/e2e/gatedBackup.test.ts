import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditCommand } from '../../src/audit/command.ts';
import { gateRequests } from '../../src/gate/requests.ts';
import { type BothChats, CHANNEL, GROUP, startBothChats } from '../support/bothChats.ts';
import { available, eventually } from '../support/real/process.ts';

const RESTIC = available('restic');
if (!RESTIC) console.warn('SKIPPED: a gated backup was not made, for restic is not installed');

describe.skipIf(!RESTIC)('a backup through the gate, asked in one chat and approved in the other', () => {
  let night: BothChats;
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'daytwo-gated-'));
    await mkdir(join(dir, 'data'));
    await writeFile(join(dir, 'data', 'ledger.txt'), 'worth keeping\n'.repeat(1000));
    await writeFile(join(dir, 'password'), 'correct horse', { mode: 0o600 });
    await execa('restic', ['init', '--repo', join(dir, 'repo'), '--password-file', join(dir, 'password')]);
    night = await startBothChats({
      rateLimits: false,
      people: `  - { name: ana, slack: U0ANA, telegram: 1001, roles: [oncall] }
  - { name: ben, slack: U0BEN, telegram: 1002, roles: [oncall, admin] }`,
      yaml: `
hosts: [{ name: node-0, via: local }]
policies:
  - { actions: [backup.*], request: [oncall], confirm: button, approvals: 1, approve: [oncall, admin], ttl: 15m }
  - { actions: [restore.*], request: [oncall], confirm: typed, approvals: 1, approve: [admin], ttl: 15m }
backups:
  - { name: k8s_data, kind: restic, host: node-0, repository: ${dir}/repo, passwordFile: ${dir}/password, paths: [${dir}/data], rpo: 24h }`,
    });
    await eventually(
      'both chats are up',
      () =>
        night.app.health().filter(({ part, state }) => (part === 'slack' || part === 'telegram') && state === 'up')
          .length === 2,
    );
  });
  afterAll(async () => {
    await night?.end();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  const all = (message: {
    readonly text: string;
    readonly blocks: readonly unknown[];
    readonly attachments: readonly unknown[];
  }): string => JSON.stringify([message.text, message.blocks, message.attachments]);
  const inSlack = (word: string) =>
    night.slack.messages(CHANNEL).find((message) => message.ephemeralFor === undefined && all(message).includes(word));
  const state = async (name: string): Promise<string | undefined> => {
    const found = await night.app.store.find(gateRequests, { limit: 50 });
    return found.find(({ body }) => body.request.name === name)?.body.request.state;
  };
  const says = (text: string) =>
    eventually(`Telegram says “${text}”`, () =>
      night.telegram
        .transcript(GROUP)
        .some((message) => message.byBot && JSON.stringify(message.content).includes(text)),
    );

  it('shows a plan, takes the requester’s confirmation, refuses the requester’s approval, runs once, verifies', async () => {
    await night.slack.user('U0ANA').slash('/backup', 'k8s_data', { channel: CHANNEL });
    const card = await eventually('the plan', () => inSlack('REQ-1'), 30_000);
    expect(all(card)).toContain('k8s_data');
    await night.slack.user('U0ANA').press(card.ts, 'Confirm');
    await eventually('it waits for approval', async () => (await state('REQ-1')) === 'approving');
    await night.telegram.user(1001).send(GROUP, '/approve@daytwo_bot REQ-1');
    await says('You asked for REQ-1 yourself');
    expect(await state('REQ-1')).toBe('approving');
    await night.telegram.user(1002).send(GROUP, '/approve@daytwo_bot REQ-1');
    await eventually('it succeeded', async () => (await state('REQ-1')) === 'succeeded', 60_000);
    const { stdout } = await execa('restic', [
      'snapshots',
      '--json',
      '--repo',
      join(dir, 'repo'),
      '--password-file',
      join(dir, 'password'),
    ]);
    expect(JSON.parse(stdout)).toHaveLength(1);
    await eventually('the card says so', () => all(inSlack('REQ-1') as typeof card).includes('ucceeded'));
  }, 120_000);

  it('restores into a fresh folder after the name was typed, never over live data', async () => {
    await night.telegram.user(1001).send(GROUP, '/restore@daytwo_bot k8s_data');
    await says('REQ-2');
    await night.telegram.user(1001).send(GROUP, '/confirm@daytwo_bot REQ-2');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await state('REQ-2')).toBe('confirming');
    await night.telegram.user(1001).send(GROUP, '/confirm@daytwo_bot REQ-2 k8s_data');
    await eventually('it waits for approval', async () => (await state('REQ-2')) === 'approving');
    await night.telegram.user(1002).send(GROUP, '/approve@daytwo_bot REQ-2');
    await eventually('it succeeded', async () => (await state('REQ-2')) === 'succeeded', 60_000);
    const [, request] = await night.app.store.find(gateRequests, { limit: 5 });
    const folder = /(\/var\/tmp\/daytwo-restore\/[\w./-]+)/.exec(JSON.stringify(request?.body.request))?.[1];
    expect(folder).toBeDefined();
    if (folder) await rm(folder, { recursive: true, force: true });
  }, 120_000);

  it('leaves a record that verifies, and doesn’t once a byte is changed', async () => {
    const lines: string[] = [];
    const data = night.dir;
    expect(await auditCommand(['verify'], data, (line) => lines.push(line))).toBe(0);
    const file = join(data, 'audit.jsonl');
    const text = await readFile(file, 'utf8');
    expect(text).toContain('REQ-1');
    expect(text).not.toContain('correct horse');
    await writeFile(file, text.replace('ana', 'eva'));
    expect(await auditCommand(['verify'], data, (line) => lines.push(line))).toBe(1);
    await writeFile(file, text);
    expect(night.slack.violations).toEqual([]);
    expect(night.telegram.violations).toEqual([]);
  });
});
