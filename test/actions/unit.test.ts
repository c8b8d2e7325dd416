import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backupRun } from '../../src/actions/backup/action.ts';
import type { BackupSpec, BackupWorld } from '../../src/actions/restic/world.ts';
import { createHosts } from '../../src/host/hosts.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createPushgateway } from '../../src/telemetry/pushgateway.ts';
import { makePrograms, type Programs } from '../host/programs.ts';
import { missing } from '../support/real/process.ts';
import { PUSHGATEWAY, type RealPushgateway, startPushgateway } from '../support/real/pushgateway.ts';
import { makeResticLab, type ResticLab } from '../support/real/restic.ts';
import { badChecks, findingsOf, planned, testRun } from './kit.ts';

const never = new AbortController().signal;
const noRestic = missing(['restic'], 'backup.run of a unit').length > 0;
const noGateway = missing([PUSHGATEWAY], 'metrics of a unit’s backup').length > 0;
const UNIT = 'restic-k8s-backup.service';

vi.setConfig({ testTimeout: 120_000 });

/**
 * A stand-in for systemd: `start` runs `$HERE/job` in the background once; `show` answers from `$HERE/state`, as systemctl 252 prints. Each
 * start is a line of `$HERE/starts`.
 */
const SYSTEMCTL = `
case "$1" in
start)
  echo "$*" >> $HERE/starts
  [ -e $HERE/denied ] && { echo 'Failed to start: Access denied' >&2; exit 4; }
  id=$(printf '%032x' $(wc -l < $HERE/starts))
  printf 'activating start success 0 %s' $id > $HERE/state
  ( sh $HERE/job; code=$?
    if [ $code = 0 ]; then printf 'inactive dead success 0 %s' $id > $HERE/state.new; else printf 'failed failed exit-code %s %s' $code $id > $HERE/state.new; fi
    mv $HERE/state.new $HERE/state ) > /dev/null 2>&1 &
  ;;
show)
  read active sub result code id < $HERE/state
  printf 'Id=%s\\nLoadState=loaded\\nActiveState=%s\\nSubState=%s\\nResult=%s\\nUnitFileState=static\\nExecMainCode=1\\nExecMainStatus=%s\\nInvocationID=%s\\n' ${UNIT} $active $sub $result $code $id
  ;;
esac`;
const IDLE = `inactive dead success 0 ${'0'.repeat(31)}f\n`;

describe.skipIf(noRestic)('backup.run of a systemd unit', () => {
  let lab: ResticLab;
  let programs: Programs;
  let close: () => Promise<void>;
  let world: BackupWorld;
  let gateway: RealPushgateway | undefined;

  const file = (name: string): string => join(programs.folder, name);
  const starts = async (): Promise<number> =>
    (await readFile(file('starts'), 'utf8').catch(() => '')).split('\n').filter(Boolean).length;
  const job = (script: string): Promise<void> => writeFile(file('job'), script);
  const resticJob = (): string =>
    `exec /usr/bin/restic --repo ${lab.repository} --password-file ${lab.passwordFile} backup ${lab.source}`;
  const plan = async () => planned(await backupRun.plan({ backup: 'data' }, world, never));
  const use = (change: Partial<BackupSpec>): void => {
    world = { ...world, backups: world.backups.map((one) => ({ ...one, ...change })) };
  };

  beforeEach(async () => {
    [lab, programs] = await Promise.all([makeResticLab(), makePrograms()]);
    process.env['XDG_CACHE_HOME'] = join(lab.folder, 'cache');
    await programs.add('systemctl', SYSTEMCTL);
    await programs.add('journalctl', 'exit 0');
    await writeFile(file('state'), IDLE);
    await job(resticJob());
    const hosts = createHosts([{ name: 'node-0', via: 'local' }], { path: programs.path });
    close = () => hosts.close();
    const spec: BackupSpec = {
      ...{ name: 'data', kind: 'restic', host: 'node-0', unit: UNIT, rpoMs: undefined, rtoMs: undefined },
      ...{ repository: lab.repository, passwordFile: lab.passwordFile, paths: [lab.source] },
    };
    world = { hosts, clock: systemClock, backups: [spec], localHosts: new Set(['node-0']) };
  });
  afterEach(async () => {
    await close();
    await gateway?.stop();
    gateway = undefined;
    await programs.remove();
    await lab.remove();
    delete process.env['XDG_CACHE_HOME'];
  });

  it('starts it once, watches it to its end, and verifies the snapshot it made', async () => {
    await job(`sleep 1\n${resticJob()}`);
    const made = await plan();
    expect(findingsOf(made)).toEqual(['NOTE first-snapshot']);
    expect(made.effects).toMatchObject({ how: 'unit', unit: UNIT });
    const run = testRun('exec-u001-good');
    await backupRun.execute(made, run, world, never);
    expect(await starts()).toBe(1);
    expect(await readFile(file('starts'), 'utf8')).toBe(`start --no-block --no-ask-password -- ${UNIT}\n`);
    expect(run.journal.find(({ step }) => step === 'follow')?.result?.value).toMatchObject({
      ...{ result: 'success', invocation: `${'0'.repeat(31)}1` },
    });
    expect(run.said.some(({ text }) => text.startsWith(`${UNIT} has been running for`))).toBe(true);
    const verdict = await backupRun.verify(made, run.journal, world, never);
    expect(badChecks(verdict.outcome)).toEqual([]);
    expect(verdict.is).toBe('succeeded');
    expect(verdict.outcome.checks.map(({ what }) => what)).toContain('a new snapshot');
  });

  it.skipIf(noGateway)(
    'tells a failed unit by systemd’s words, and pushes the failure, the last success kept',
    async () => {
      gateway = await startPushgateway();
      const at = Math.floor(Date.now() / 1000) - 90_000;
      await gateway.push({ job: 'data', instance: 'node-0' }, { backup_success: 1, backup_timestamp: at });
      world = { ...world, pushgateway: createPushgateway({ url: gateway.url }) };
      await job('exit 1');
      const made = await plan();
      const run = testRun('exec-u002-failed');
      await expect(backupRun.execute(made, run, world, never)).rejects.toMatchObject({
        code: 'failed',
        message: `${UNIT} on node-0 failed: exit-code; its journal tells more`,
      });
      const told = await (await fetch(`${gateway.url}/metrics`)).text();
      expect(told).toMatch(/^backup_success\{instance="node-0",job="data"\} 0$/m);
      expect(Number(/^backup_timestamp\{.*\} (\S+)$/m.exec(told)?.[1])).toBe(at);
      expect(await backupRun.observe(made, run.journal, world, never)).toMatchObject({
        is: 'not-done',
        text: `${UNIT} ran and failed: exit-code.`,
      });
    },
  );

  it.skipIf(noGateway)('leaves alone what the unit itself has pushed', async () => {
    gateway = await startPushgateway();
    world = { ...world, pushgateway: createPushgateway({ url: gateway.url }) };
    const pushes = (value: number) =>
      `printf 'backup_success ${value}\\nbackup_timestamp %s\\n' $(date +%s) > $0.body
exec ${process.execPath} -e 'fetch("${gateway?.url}/metrics/job/data/instance/own", { method: "POST", body: require("fs").readFileSync(process.argv[1]) })' $0.body`;
    await job(`${resticJob().replace('exec ', '')}\n${pushes(1)}`);
    const made = await plan();
    const run = testRun('exec-u003-own');
    await backupRun.execute(made, run, world, never);
    const verdict = await backupRun.verify(made, run.journal, world, never);
    expect(verdict.outcome.checks.at(-1)).toMatchObject({ what: 'metrics pushed', actual: `yes, by ${UNIT} itself` });
    await job(`${pushes(0)}\nexit 1`.replace('exec ', ''));
    const bad = await plan();
    await expect(backupRun.execute(bad, testRun('exec-u004-own'), world, never)).rejects.toMatchObject({
      code: 'failed',
    });
    const told = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(told.match(/^backup_success\{.*$/gm)).toEqual(['backup_success{instance="own",job="data"} 0']);
  });

  it('is not started where it runs already', async () => {
    await writeFile(file('state'), `activating start success 0 ${'0'.repeat(31)}e\n`);
    expect(findingsOf(await plan())).toContain('BLOCK run-going-on');
    expect(await starts()).toBe(0);
  });

  it('does nothing twice: a start that is journaled is not repeated', async () => {
    const made = await plan();
    const run = testRun('exec-u005-twice');
    await backupRun.execute(made, run, world, never);
    await backupRun.execute(made, run, world, never);
    expect(await starts()).toBe(1);
  });

  it('after the bot’s death: going on while it runs, done once it has ended, one start', async () => {
    await job(`while [ ! -e ${file('go')} ]; do sleep 0.1; done\n${resticJob()}`);
    const made = await plan();
    const run = testRun('exec-u006-killed');
    const running = backupRun.execute(made, run, world, never).catch(() => undefined);
    await expect.poll(() => run.journal.some(({ step }) => step === 'follow'), { timeout: 20_000 }).toBe(true);
    // What a process that died right here has left behind.
    const left = run.journal.map(({ step, intentAt, result }) => ({ step, intentAt, ...(result ? { result } : {}) }));
    expect(left.at(-1)).toEqual({ step: 'follow', intentAt: expect.any(Number) });
    expect(await backupRun.observe(made, left, world, never)).toEqual({
      is: 'going-on',
      text: `${UNIT} runs on node-0.`,
    });
    await writeFile(file('go'), '');
    await expect
      .poll(async () => (await backupRun.observe(made, left, world, never)).is, { timeout: 20_000 })
      .toBe('done');
    await running;
    expect(await starts()).toBe(1);
    // The end was not watched by this journal, and that is said.
    const verdict = await backupRun.verify(made, left, world, never);
    expect(verdict.is).toBe('degraded');
    expect(badChecks(verdict.outcome)).toEqual([`the run of ${UNIT}: not known: nobody watched its end`]);
  });

  it('says that it may not start it', async () => {
    const made = await plan();
    await writeFile(file('denied'), '');
    await expect(backupRun.execute(made, testRun('exec-u007-denied'), world, never)).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('polkit'),
    });
  });

  it('finds that a unit which ended well has made no snapshot', async () => {
    await lab.restic('backup', '--host', 'other', lab.source);
    await job('exit 0');
    const made = await plan();
    const run = testRun('exec-u008-empty');
    await backupRun.execute(made, run, world, never);
    const verdict = await backupRun.verify(made, run.journal, world, never);
    expect(verdict.is).toBe('failed');
    expect(badChecks(verdict.outcome)).toEqual(['a new snapshot: none']);
  });

  it('is degraded where nothing tells what the unit wrote', async () => {
    use({ repository: undefined, passwordFile: undefined });
    const made = await plan();
    expect(findingsOf(made)).toEqual(['NOTE repository-unknown']);
    const run = testRun('exec-u009-blind');
    await backupRun.execute(made, run, world, never);
    const verdict = await backupRun.verify(made, run.journal, world, never);
    expect(verdict.is).toBe('degraded');
    expect(badChecks(verdict.outcome)).toEqual(['a new snapshot: not known: no repository is configured']);
  });

  it('stops watching when cancelled, and says how the unit itself is ended', async () => {
    await job('sleep 5');
    const made = await plan();
    const run = testRun('exec-u010-cancel');
    const ended = expect(backupRun.execute(made, run, world, never)).rejects.toMatchObject({
      code: 'cancelled',
      message: expect.stringContaining(`systemctl stop ${UNIT}`),
    });
    await expect.poll(() => run.journal.some(({ step }) => step === 'follow'), { timeout: 20_000 }).toBe(true);
    run.cancel();
    await ended;
  });
});
