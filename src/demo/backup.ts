import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Config, configSchema } from '../config/schema.ts';
import { stream } from '../host/stream.ts';
import { hostSpecs } from '../wiring/outside.ts';

/** The `job` of the recorded BackupFailed: so its thread offers to back this up. */
export const DEMO_BACKUP = 'restic_k8s_data';
/** A local host where the configuration has none. */
const OWN_HOST = 'this-machine';
/** Making an empty repository takes restic a second; this is for a machine that is busy. */
const INIT_MS = 30_000;

/** What the demo lets somebody try, or why not, in a sentence. */
export interface DemoGate {
  readonly config: Config;
  readonly canBackUp: boolean;
  readonly said: string;
}

/** One backup goes without a second person; nothing else can be asked for at all. */
const POLICIES = [
  { actions: ['backup.run'], targets: [DEMO_BACKUP], request: ['oncall', 'admin'], confirm: 'button', approvals: 0 },
  { actions: ['*'], request: [] },
];

/**
 * The configuration with one backup of the demo's own in place of all others: a folder, a restic repository and its password, all below
 * `dir`. Policies are the demo's, too, and nothing is pushed anywhere: whatever the file says, nothing outside `dir` can be acted upon.
 */
export async function withDemoBackup(
  { config, hasFile, dir }: { readonly config: Config; readonly hasFile: boolean; readonly dir: string },
  signal: AbortSignal,
): Promise<DemoGate> {
  const place = join(dir, 'backup');
  // restic’s cache is no business of the home folder’s.
  process.env['XDG_CACHE_HOME'] = join(place, 'cache');
  const [source, repository, passwordFile] = [join(place, 'data'), join(place, 'repository'), join(place, 'password')];
  mkdirSync(source, { recursive: true });
  if (!existsSync(passwordFile))
    writeFileSync(passwordFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  for (const [name, text] of FILES) writeFileSync(join(source, name), text);
  const made = existsSync(join(repository, 'config')) ? 'ready' : await init(repository, passwordFile, signal);
  const { policies, freezes, pushgateway, backups: none } = configSchema.parse({ policies: POLICIES });
  const tame = { ...config, policies, freezes, pushgateway, backups: none };
  if (made !== 'ready') return { config: tame, canBackUp: false, said: made };
  const specs = hostSpecs(config, hasFile);
  const local = specs.find(({ via }) => via === 'local')?.name;
  const { backups, hosts } = configSchema.parse({
    hosts: [{ name: local ?? OWN_HOST, via: 'local' }],
    backups: [
      // Restores go elsewhere than into the demo’s folder, so nobody may ask for one.
      {
        ...{ name: DEMO_BACKUP, kind: 'restic', host: local ?? OWN_HOST, repository, passwordFile, paths: [source] },
        ...{ rpo: '24h', whoCanRestore: [] },
      },
    ],
  });
  return {
    config: {
      ...tame,
      backups,
      hosts: config.hosts.length > 0 && local !== undefined ? config.hosts : [...config.hosts, ...hosts],
    },
    canBackUp: true,
    said: `Try the gate: open INC-1 BackupFailed, press Back up now, read the plan, confirm. It backs up ${source} and nothing else. Here you alone confirm; without a policy of your own it would also take a second person.`,
  };
}

const FILES: readonly (readonly [string, string])[] = [
  ['README.txt', 'This folder is what the demo of daytwo backs up. Change it, and back it up again.\n'],
  ['ledger.csv', 'day,entry\n1,opened\n2,kept running\n'],
];

/** Makes an empty repository; says why not where it can't. */
async function init(repository: string, passwordFile: string, signal: AbortSignal): Promise<string> {
  const { PATH = '', HOME = '', XDG_CACHE_HOME = '' } = process.env;
  const found = PATH.split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, 'restic')));
  const missing =
    'restic isn’t installed here, so there is no backup to try the gate with (Debian: apt-get install restic).';
  if (!found) return missing;
  const result = await stream(['restic', 'init', '--repo', repository, '--password-file', passwordFile], {
    ...{ timeoutMs: INIT_MS, gentleMs: 1000, maxBytes: 64 * 1024, delimiter: '\n', signal },
    env: { PATH, HOME, XDG_CACHE_HOME },
  });
  if (result.end === 'exited' && result.exitCode === 0) return 'ready';
  if (result.end === 'missing') return missing;
  return 'restic could not make a repository in the demo’s folder, so there is no backup to try the gate with.';
}
