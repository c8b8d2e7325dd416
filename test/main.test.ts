import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, messageOf } from '../src/lib/errors.ts';
import { type Invocation, readArgs, version } from '../src/main.ts';

const LAUNCHER = fileURLToPath(new URL('../bin/daytwo.js', import.meta.url));
const plain: Invocation = { word: 'serve', file: undefined, once: false, probe: false };

describe('the command line', () => {
  it.each<[string[], Partial<Invocation>]>([
    [[], { word: 'help' }],
    [['serve'], {}],
    [['serve', '--config', 'a.yaml'], { file: 'a.yaml' }],
    [['--config=a.yaml', 'serve'], { file: 'a.yaml' }],
    [['demo', '--once'], { word: 'demo', once: true }],
    [['check-config', '--probe'], { word: 'check-config', probe: true }],
    [
      ['audit', 'verify', '--head', '3:3fa981c0', '--head=4:00ff00ff'],
      { word: 'audit', rest: ['verify', '3:3fa981c0', '4:00ff00ff'] },
    ],
    [['migrate-store', '--from', 'old'], { word: 'migrate-store', from: 'old' }],
    [['serve', '-h'], { word: 'help' }],
    [['--help'], { word: 'help' }],
    [['version'], { word: 'version' }],
    [['serve', '--version'], { word: 'version' }],
    [['-v'], { word: 'version' }],
  ])('%j', (args, expected) => {
    expect(readArgs(args)).toEqual({ ...plain, ...expected });
  });

  it.each([
    [['srve'], 'there is no “srve”; did you mean serve? daytwo help says what there is.'],
    [['frobnicate'], 'there is no “frobnicate”. daytwo help says what there is.'],
    [['serve', 'now'], 'serve takes no “now”. daytwo help says what there is.'],
    [['serve', '--head', '3:3fa981c0'], 'serve takes no “3:3fa981c0”. daytwo help says what there is.'],
    [['--confg', 'x'], "Unknown option '--confg'. daytwo help says what there is."],
  ])('%j is refused with what to do', (args, sentence) => {
    let thrown: unknown;
    try {
      readArgs(args);
    } catch (error) {
      thrown = error;
    }
    expect(codeOf(thrown)).toBe('invalid');
    expect(messageOf(thrown)).toBe(sentence);
  });
});

describe('daytwo', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'daytwo-main-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const daytwo = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    execa(process.execPath, [LAUNCHER, ...args], {
      reject: false,
      cwd: dir,
      extendEnv: false,
      env: { PATH: process.env['PATH'] ?? '', HOME: dir, ...env },
      timeout: 20_000,
    });
  const file = (text: string): string => {
    const path = join(dir, 'daytwo.yaml');
    writeFileSync(path, text);
    return path;
  };

  it('help names every word and both variables', async () => {
    const { stdout, exitCode } = await daytwo(['help']);
    expect(exitCode).toBe(0);
    for (const word of ['serve', 'demo', 'check-config', 'migrate-store', 'DAYTWO_CONFIG', 'DAYTWO_DATA_DIR', '--once'])
      expect(stdout).toContain(word);
    expect(version()).toMatch(/^\d+\.\d+\.\d+/);
    expect((await daytwo(['--version'])).stdout).toBe(version());
  });

  it('wrong words end with 2', async () => {
    const { stderr, exitCode } = await daytwo(['srve']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('did you mean serve?');
  });

  it('check-config says that a file is right, and that none is needed', async () => {
    const path = file('server: { listen: 127.0.0.1:8080 }\n');
    expect(await daytwo(['check-config'], { DAYTWO_CONFIG: path })).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`${path} is right.`),
    });
    expect(await daytwo(['check-config'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('No configuration file'),
    });
  });

  it('check-config names every mistake with its place, and ends with 2', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: how the configuration names a variable
    const path = file('server:\n  listn: 127.0.0.1:8080\nalertmanager: { webhookToken: "${NOT_SET_ANYWHERE}" }\n');
    const { stderr, exitCode } = await daytwo(['check-config', '--config', path]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/daytwo\.yaml:2:3/);
    expect(stderr).toContain('listen');
    expect(stderr).toContain('NOT_SET_ANYWHERE');
  });

  it('check-config --probe asks what is named, and ends with 1 when one does not answer', async () => {
    const path = file('prometheus: { url: "http://127.0.0.1:1" }\nhosts: [{ name: here, via: local }]\n');
    const { stdout, exitCode } = await daytwo(['check-config', '--probe', '--config', path]);
    expect(stdout).toMatch(/^failed {2}prometheus: .*127\.0\.0\.1/m);
    expect(stdout).toMatch(/^off {5}alertmanager: alertmanager\.url is not set$/m);
    expect(stdout).toMatch(/^works {3}host here: /m);
    expect(exitCode).toBe(1);
  });

  it('serve refuses to listen for others without a token, before it touches anything', async () => {
    const path = file('server: { listen: 0.0.0.0:0 }\n');
    const { stderr, exitCode } = await daytwo(['serve', '--config', path]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('webhookToken');
  });
});
