import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { backupRun } from '../../src/actions/backup/action.ts';
import type { BackupSpec, BackupWorld } from '../../src/actions/restic/world.ts';
import { createHosts } from '../../src/host/hosts.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createPushgateway } from '../../src/telemetry/pushgateway.ts';
import { makePrograms, type Programs } from '../host/programs.ts';
import { missing } from '../support/real/process.ts';
import { PUSHGATEWAY, type RealPushgateway, startPushgateway } from '../support/real/pushgateway.ts';
import { makeResticLab, type ResticLab } from '../support/real/restic.ts';
import { type Sshd, sshdMissing, startSshd } from '../support/real/sshd.ts';
import { badChecks, findingsOf, planned, testRun } from './kit.ts';

const never = new AbortController().signal;
const noRestic = missing(['restic'], 'backup.run with a real restic').length > 0;
const noGateway = missing([PUSHGATEWAY], 'metrics of backup.run').length > 0;
const noSshd = await sshdMissing();
if (noSshd) console.warn(`NOT TESTED, backup.run over ssh: ${noSshd}`);

/** Real servers on a machine that others use as well. */
vi.setConfig({ testTimeout: 120_000 });

const VIAS = noSshd ? (['local'] as const) : (['local', 'ssh'] as const);

describe.skipIf(noRestic).each(VIAS)('backup.run, restic itself, %s', (via) => {
  let lab: ResticLab;
  let gateway: RealPushgateway | undefined;
  let sshd: Sshd | undefined;
  let programs: Programs;
  let close: () => Promise<void>;
  let world: BackupWorld;

  const spec = (change: Partial<BackupSpec> = {}): BackupSpec => ({
    name: 'restic_k8s_data',
    kind: 'restic',
    host: 'node-0',
    unit: undefined,
    repository: lab.repository,
    passwordFile: lab.passwordFile,
    paths: [lab.source],
    rpoMs: 86_400_000,
    rtoMs: undefined,
    ...change,
  });
  const use = (change: Partial<BackupSpec>): void => {
    world = { ...world, backups: [spec(change)] };
  };
  const plan = async () => planned(await backupRun.plan({ backup: 'restic_k8s_data' }, world, never));
  /** The whole way: plan, execute, verify. */
  const go = async (executionId: string) => {
    const run = testRun(executionId);
    const made = await plan();
    await backupRun.execute(made, run, world, never);
    return { plan: made, run, verdict: await backupRun.verify(made, run.journal, world, never) };
  };

  beforeAll(async () => {
    if (!noGateway) gateway = await startPushgateway();
  });
  afterAll(() => gateway?.stop());
  beforeEach(async () => {
    [lab, programs] = await Promise.all([makeResticLab(), makePrograms()]);
    if (via === 'ssh')
      sshd = await startSshd({ setEnv: { PATH: programs.path, XDG_CACHE_HOME: join(lab.folder, 'cache') } });
    process.env['XDG_CACHE_HOME'] = join(lab.folder, 'cache');
    const hosts = createHosts(
      [sshd ? { name: 'node-0', via: 'ssh', ...pick(sshd) } : { name: 'node-0', via: 'local' }],
      { path: programs.path },
    );
    close = () => hosts.close();
    world = {
      hosts,
      clock: systemClock,
      backups: [spec()],
      pushgateway: gateway && createPushgateway({ url: gateway.url }),
    };
  });
  afterEach(async () => {
    await close();
    await sshd?.stop();
    await programs.remove();
    await lab.remove();
    await gateway?.forget({ job: 'restic_k8s_data' });
    await gateway?.forget({ job: 'restic_k8s_data', instance: 'node-0:9100' });
    delete process.env['XDG_CACHE_HOME'];
  });

  it('backs up, verifies, and tells the Pushgateway what the runbooks read', async () => {
    const { plan: made, run, verdict } = await go('exec-0001-good');
    expect(findingsOf(made)).toEqual(['NOTE first-snapshot']);
    expect(made.effects).toMatchObject({ how: 'restic', repository: lab.repository, paths: [lab.source] });
    expect(verdict.outcome.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(verdict.is).toBe('succeeded');
    expect(verdict.outcome.facts.find(({ name }) => name === 'Snapshot')?.value).toMatch(/^[0-9a-f]{8}$/);
    const [snapshot] = JSON.parse(await lab.restic('snapshots', '--json'));
    expect(snapshot).toMatchObject({ tags: ['exec-0001-good'], paths: [lab.source] });
    expect(run.said.at(-1)?.text).toMatch(/^checking the repository/);
    expect(await lab.locks()).toEqual([]);
    if (gateway) {
      const told = await (await fetch(`${gateway.url}/metrics`)).text();
      expect(told).toMatch(/^backup_success\{instance="",job="restic_k8s_data"\} 1$/m);
      expect(told).toMatch(/^backup_timestamp\{.*\} 1\.\d+e\+09$/m);
      expect(told).toMatch(/^backup_files_new\{.*\} 22$/m);
      expect(told).toMatch(/^backup_duration_seconds\{/m);
    }
    // The same again is planned alike, but for what only informs.
    expect(findingsOf(await plan())).toEqual(['NOTE last-snapshot']);
  });

  it.skipIf(noGateway || via === 'ssh')('pushes into the group that the job has, with the types it has', async () => {
    const path = '/metrics/job/restic_k8s_data/instance/node-0:9100';
    const body = '# TYPE backup_success untyped\nbackup_success 0\nbackup_timestamp_seconds 1\n';
    expect((await fetch(`${gateway?.url}${path}`, { method: 'POST', body })).status).toBe(200);
    const { verdict } = await go('exec-0002-group');
    expect(badChecks(verdict.outcome)).toEqual([]);
    const told = await (await fetch(`${gateway?.url}/metrics`)).text();
    expect(told.match(/^backup_success\{.*$/gm)).toEqual([
      'backup_success{instance="node-0:9100",job="restic_k8s_data"} 1',
    ]);
    expect(told).toMatch(/^backup_timestamp_seconds\{.*\} 1\.\d+e\+09$/m);
  });

  it.skipIf(via === 'ssh')('says so where no Pushgateway is set up, and succeeds', async () => {
    world = { ...world, pushgateway: undefined };
    const { verdict } = await go('exec-0005-nobody');
    expect(verdict.is).toBe('succeeded');
    const value = 'not pushed: no Pushgateway is set up (pushgateway.url)';
    expect(verdict.outcome.facts).toContainEqual({ name: 'Metrics', value });
  });

  it.skipIf(via === 'ssh')('is degraded where the Pushgateway is away', async () => {
    world = { ...world, pushgateway: createPushgateway({ url: 'http://127.0.0.1:9' }) };
    const { verdict } = await go('exec-0003-away');
    expect(verdict.is).toBe('degraded');
    expect(verdict.outcome.text).toMatch(
      /^restic_k8s_data is backed up and verified; only its metrics could not be pushed, .* the Pushgateway at .* can't be reached/,
    );
  });

  it.skipIf(noGateway || via === 'ssh')('pushes a failed run as failed, and the next good one as good', async () => {
    const figures = async () => {
      const told = await (await fetch(`${gateway?.url}/metrics`)).text();
      const of = (name: string) => Number(new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'm').exec(told)?.[1]);
      return {
        success: of('backup_success'),
        at: of('backup_timestamp'),
        good: of('backup_last_success_timestamp_seconds'),
      };
    };
    await go('exec-0021-good');
    const before = await figures();
    expect(before).toMatchObject({ success: 1, at: before.good });
    const made = await plan();
    await programs.add(
      'restic',
      'case " $* " in *" backup "*) echo Fatal: no luck >&2; exit 1;; esac\nexec /usr/bin/restic "$@"',
    );
    await expect(backupRun.execute(made, testRun('exec-0022-bad'), world, never)).rejects.toMatchObject({
      code: 'failed',
      message: 'restic backup on node-0: restic ended with 1 (Fatal: no luck)',
    });
    expect(await figures()).toEqual({ ...before, success: 0 });
    // Where nobody hears of it, that is said as well.
    const deaf = { ...world, pushgateway: createPushgateway({ url: 'http://127.0.0.1:9' }) };
    await expect(backupRun.execute(made, testRun('exec-0023-deaf'), deaf, never)).rejects.toMatchObject({
      message: expect.stringMatching(/no luck\); nor could the Pushgateway be told: the Pushgateway at /),
    });
    await programs.add('restic', 'exec /usr/bin/restic "$@"');
    await go('exec-0024-good');
    expect((await figures()).success).toBe(1);
    expect((await figures()).good).toBeGreaterThanOrEqual(before.good);
  });

  it('is degraded, and pushes nothing, where a file could not be read', async () => {
    // Root reads everything; without its capability it doesn't.
    const drop = 'setpriv --bounding-set -dac_override,-dac_read_search --inh-caps -dac_override,-dac_read_search';
    await programs.add('restic', `exec ${process.getuid?.() === 0 ? drop : ''} /usr/bin/restic "$@"`);
    await rm(join(lab.source, 'file-3'));
    await writeFile(join(lab.source, 'file-3'), 'hidden', { mode: 0o000 });
    const { verdict } = await go('exec-0004-partial');
    expect(verdict.is).toBe('degraded');
    expect(badChecks(verdict.outcome)).toEqual(['everything could be read: no, 1 could not']);
    expect(verdict.outcome.facts).toContainEqual({ name: 'Metrics', value: 'not pushed: the alert stays as it is' });
    if (gateway) expect(await (await fetch(`${gateway.url}/metrics`)).text()).not.toContain('restic_k8s_data');
  });

  it.skipIf(via === 'ssh')(
    'blocks on a path that is missing, which restic 0.14 would pass over with exit code 0',
    async () => {
      use({ paths: [lab.source, '/no/such/folder'] });
      expect(findingsOf(await plan())).toContain('BLOCK path-missing');
    },
  );

  it.skipIf(via === 'ssh')('is degraded where a path went missing after the plan', async () => {
    const lost = join(lab.folder, 'lost');
    await writeFile(lost, 'x');
    use({ paths: [lab.source, lost] });
    const made = await plan();
    await rm(lost);
    const run = testRun('exec-0005-lost');
    await backupRun.execute(made, run, world, never);
    const verdict = await backupRun.verify(made, run.journal, world, never);
    expect(verdict.is).toBe('degraded');
    expect(badChecks(verdict.outcome).join()).toMatch(/everything could be read: no, 1 could not/);
  });

  it.skipIf(via === 'ssh').each<[string, (lab: ResticLab) => Partial<BackupSpec>, string]>([
    ['a wrong password', ({ source }) => ({ passwordFile: join(source, 'file-1') }), 'BLOCK wrong-password'],
    ['a missing password file', () => ({ passwordFile: '/no/such/file' }), 'BLOCK password-file-missing'],
    ['a missing repository', () => ({ repository: '/no/such/repository' }), 'BLOCK repository-missing'],
    ['an unknown host', () => ({ host: 'node-9' }), 'BLOCK host-unknown'],
  ])('blocks on %s', async (_, change, expected) => {
    use(change(lab));
    expect(findingsOf(await plan())).toEqual([expected]);
  });

  it.skipIf(via === 'ssh')('says that restic is missing', async () => {
    await programs.add('restic', 'exit 127');
    expect(findingsOf(await plan())).toEqual(['BLOCK restic-missing']);
  });

  it('tells a dead shared lock, goes on when that is acknowledged, and never unlocks', async () => {
    await lab.leaveLock('shared');
    const locks = await lab.locks();
    expect(locks).toHaveLength(1);
    const made = await plan();
    expect(findingsOf(made)).toContain('ACKNOWLEDGE stale-lock');
    expect(made.findings.find(({ code }) => code === 'stale-lock')?.text).toMatch(/by root on \S+ \(PID \d+\)/);
    const run = testRun('exec-0006-stale');
    await backupRun.execute(made, run, world, never);
    expect((await backupRun.verify(made, run.journal, world, never)).is).toBe('succeeded');
    expect(await lab.locks()).toEqual(locks);
  });

  it('blocks on a dead exclusive lock, says what a person does, and never unlocks', async () => {
    await lab.restic('backup', lab.source);
    await lab.leaveLock('exclusive');
    const locks = await lab.locks();
    const made = await plan();
    expect(findingsOf(made)).toContain('BLOCK repository-locked-stale');
    expect(made.findings.find(({ code }) => code === 'lock-age')?.text).toMatch(
      /^the lock that was left is \d+ m?s( \d+ s)? old \(PID \d+ on \S+\)$/,
    );
    expect(made.findings.find(({ level }) => level === 'BLOCK')?.text).toMatch(/`restic unlock` by hand/);
    // Whoever would execute it all the same fails cleanly.
    await expect(backupRun.execute(made, testRun('exec-0007-locked'), world, never)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(
        /the repository is locked: restic ended with 1 \(.*already locked exclusively by PID/,
      ),
    });
    expect(await lab.locks()).toEqual(locks);
  });

  it('fails where the repository was tampered with', async () => {
    await writeFile(join(lab.source, 'file-0'), Buffer.alloc(50_000, 'x'));
    const made = await plan();
    const run = testRun('exec-0008-tampered');
    await backupRun.execute(made, run, world, never);
    await lab.restic('backup', lab.source);
    const data = join(lab.repository, 'data');
    for (const folder of await readdir(data)) {
      for (const pack of await readdir(join(data, folder))) {
        const bytes = await readFile(join(data, folder, pack));
        bytes[10] = (bytes[10] ?? 0) ^ 1;
        await rm(join(data, folder, pack));
        await writeFile(join(data, folder, pack), bytes);
      }
    }
    // As after a crash between the backup and the check: verification checks by itself.
    const journal = run.journal.filter(({ step }) => step !== 'check');
    const verdict = await backupRun.verify(made, journal, world, never);
    expect(verdict.is).toBe('failed');
    expect(badChecks(verdict.outcome).join()).toMatch(
      /restic check: restic ended with 1 \(Fatal: repository contains errors/,
    );
  });

  it('is ended by a cancel, takes its lock away, and leaves nothing running', async () => {
    await slow(programs);
    await writeFile(join(lab.source, 'big'), randomBytes(20_000_000));
    const made = await plan();
    const run = testRun('exec-0009-cancel');
    const running = backupRun.execute(made, run, world, never);
    const ended = expect(running).rejects.toMatchObject({
      code: 'cancelled',
      message: expect.stringMatching(/untouched/),
    });
    await expect.poll(() => lab.locks(), { timeout: 10_000 }).toHaveLength(1);
    run.cancel();
    await ended;
    expect(await lab.locks()).toEqual([]);
    const { stdout } = await world.hosts.act(
      'node-0',
      { tool: 'marked', marker: 'exec-0009-cancel' },
      { signal: never },
    );
    expect(stdout).toBe('');
    // Nothing is there, and that is what is observed.
    const later = { ...world, clock: { ...systemClock, now: () => Date.now() + 60_000 } };
    expect(await backupRun.observe(made, run.journal, later, never)).toMatchObject({ is: 'not-done' });
  });

  it('observes: not begun, done by its tag, cut off', async () => {
    const { plan: made, run } = await go('exec-0010-observe');
    const [look, backup] = run.journal;
    if (!look || !backup) throw new Error('no journal');
    expect((await backupRun.observe(made, [look], world, never)).is).toBe('not-done');
    const cut = { step: backup.step, intentAt: backup.intentAt };
    expect(await backupRun.observe(made, [look, cut], world, never)).toMatchObject({
      is: 'done',
      text: expect.stringMatching(/^Its snapshot [0-9a-f]{8} is there/),
    });
    // What nobody saw is not claimed.
    const verdict = await backupRun.verify(made, [look, cut], world, never);
    expect(badChecks(verdict.outcome)).toEqual([
      'everything could be read: not known: the end of the run was not seen',
    ]);
    const gone = { ...world, backups: [spec()], hosts: world.hosts, clock: systemClock };
    expect(
      await backupRun.observe(
        planned({ ...made, effects: { ...(made.effects as object), host: 'node-9' } }),
        [look, cut],
        gone,
        never,
      ),
    ).toMatchObject({ is: 'unknown' });
  });
});

describe('backup.run', () => {
  it.each(['$(id)', '-x', 'a b', 'a/../b', '', 'x'.repeat(200)])('takes no backup named %j', (backup) => {
    expect(backupRun.args.safeParse({ backup }).success).toBe(false);
  });

  it.each<[string, Partial<BackupSpec>]>([
    ['a path that is an option', { paths: ['--stdin'] }],
    ['a path with a command', { paths: ['/x$(touch x)'] }],
    ['a repository with an option of ssh', { repository: 'sftp:-oProxyCommand=id:/x' }],
    ['a repository with a password', { repository: 'rest:https://user:hunter2@example.com/' }],
    ['a password file that is an option', { passwordFile: '--repo' }],
  ])('starts nothing for %s', async (_, change) => {
    const spec: BackupSpec = {
      ...{ name: 'restic_k8s_data', kind: 'restic', host: 'node-0', unit: undefined },
      ...{ repository: '/srv/restic', passwordFile: '/etc/restic', paths: ['/srv/data'] },
      ...{ rpoMs: undefined, rtoMs: undefined },
      ...change,
    };
    const hosts = { act: () => Promise.reject(new Error('something was started')) };
    const world = { hosts, clock: systemClock, backups: [spec] };
    const answer = await backupRun.plan({ backup: 'restic_k8s_data' }, world, never);
    expect(answer).toEqual({ refused: expect.stringMatching(/^restic_k8s_data can't be used as it is configured: /) });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });
});

/** restic over a narrow line, so that there is time to interrupt it. */
async function slow(programs: Programs): Promise<void> {
  await programs.add(
    'restic',
    'case " $* " in *" backup "*) exec /usr/bin/restic --limit-upload 500 "$@";; esac\nexec /usr/bin/restic "$@"',
  );
}

const pick = ({ address, port, identityFile, knownHostsFile }: Sshd) => ({
  address,
  port,
  identityFile,
  knownHostsFile,
});
