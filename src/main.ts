import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { incidents } from './alerting/incident.ts';
import { createApp } from './app.ts';
import { type Loaded, loadConfig } from './config/load.ts';
import { ConfigError, renderConfigError } from './config/problem.ts';
import { runDemo } from './demo/demo.ts';
import { DaytwoError, messageOf } from './lib/errors.ts';
import { giveBackMemory } from './lib/memory.ts';
import { nearest } from './lib/nearest.ts';
import { greeting } from './wiring/greeting.ts';
import { probeOutside } from './wiring/probeOutside.ts';

/** After SIGTERM everything has this long to end or be parked; then the process goes, for the state is safe at any moment. */
const STOP_MS = 9000;

/** What the start left behind is tidied away once its first work is done. */
const TIDY_MS = 3000;

const HELP = `daytwo: ChatOps for the second day of a Kubernetes cluster

  daytwo serve                     the bot: webhook, console, chats
  daytwo demo [--once]             the same, with three recorded alerts sent to itself; --once prints the threads and ends
  daytwo check-config [--probe]    checks the configuration; --probe also asks the store, chats, cluster, hosts, backups … it names, read-only
  daytwo audit verify              is the record of who did what as it was written? also on a stopped bot; exit code 1 if not;
                                   with --head SEQ:HASH, also against a head that was posted in a chat or logged
  daytwo audit export              the record, an entry a line of JSON
  daytwo migrate-store [--from DIR] moves the state of a stopped bot from its folder into the PostgreSQL of the configuration
  daytwo slack-manifest            prints the manifest that makes the Slack app; with --http URL, for events posted to that public URL
  daytwo version                   which one this is
  daytwo help                      this

  --config FILE    the configuration (or DAYTWO_CONFIG); without one, all defaults
  DAYTWO_DATA_DIR  the folder of the state, before store.dir
`;

const WORDS = ['serve', 'demo', 'check-config', 'audit', 'migrate-store', 'slack-manifest', 'version', 'help'] as const;

/** What the words of a command line ask for. */
export interface Invocation {
  readonly word: (typeof WORDS)[number];
  readonly file: string | undefined;
  readonly once: boolean;
  readonly probe: boolean;
  /** What follows `audit`. */
  readonly rest?: readonly string[];
  /** The public URL of `--http`. */
  readonly http?: string;
  /** The folder of `--from`. */
  readonly from?: string;
}

/** Reads a command line. Pure. @throws DaytwoError invalid with a sentence that says what to do */
export function readArgs(args: readonly string[]): Invocation {
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        once: { type: 'boolean' },
        probe: { type: 'boolean' },
        http: { type: 'string' },
        from: { type: 'string' },
        head: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
  } catch (error) {
    throw new DaytwoError('invalid', `${messageOf(error).split('. ')[0]}. daytwo help says what there is.`);
  }
  const { values, positionals } = parsed;
  const [first = 'help', ...words] = positionals;
  const rest = [...words, ...((values['head'] as string[] | undefined) ?? [])];
  const asked = (['help', 'version'] as const).find((one) => values[one] === true);
  const word = asked ?? WORDS.find((one) => one === first);
  if (word === undefined) {
    const near = nearest(first, WORDS);
    throw new DaytwoError(
      'invalid',
      `there is no “${first}”${near ? `; did you mean ${near}?` : '.'} daytwo help says what there is.`,
    );
  }
  if (rest.length > 0 && word !== 'audit')
    throw new DaytwoError('invalid', `${word} takes no “${rest[0]}”. daytwo help says what there is.`);
  return {
    word,
    file: values['config'] as string | undefined,
    once: values['once'] === true,
    probe: values['probe'] === true,
    ...(rest.length > 0 ? { rest } : {}),
    ...(typeof values['http'] === 'string' ? { http: values['http'] } : {}),
    ...(typeof values['from'] === 'string' ? { from: values['from'] } : {}),
  };
}

/** This version, as package.json says. */
export function version(): string {
  const { version: found } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return found;
}

/** Waits for SIGTERM or SIGINT. */
function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}

async function serve({ config, file, notices }: Loaded): Promise<number> {
  const app = await createApp(config, { hasFile: file !== undefined, env: process.env });
  const told = untilTold();
  try {
    const url = await app.start();
    const lines = greeting({
      version: version(),
      url,
      config,
      parts: app.health(),
      incidentsOpen: await app.store.count(incidents, ['state', 'open']),
      notices: notices.map(({ path }) => path),
    });
    for (const line of [...lines, ...app.loginLines(url)]) console.log(line);
    const tidy = setTimeout(() => void giveBackMemory(), TIDY_MS);
    await told;
    clearTimeout(tidy);
  } finally {
    const timer = setTimeout(() => {
      app.log.error({}, 'parts did not stop in time; what they were at is taken up at the next start');
      process.exit(1);
    }, STOP_MS);
    await app.stop();
    clearTimeout(timer);
  }
  return 0;
}

async function checkConfig({ config, file, notices }: Loaded, probe: boolean): Promise<number> {
  for (const { message } of notices) console.log(`note: ${message}`);
  console.log(file === undefined ? 'No configuration file: all defaults hold.' : `${file} is right.`);
  if (!probe) return 0;
  const found = await probeOutside(config, { hasFile: file !== undefined, env: process.env });
  for (const { part, state, text } of found) console.log(`${state.padEnd(7)} ${part}: ${text}`);
  return found.some(({ state }) => state === 'failed') ? 1 : 0;
}

async function auditWords(words: readonly string[], { config }: Loaded): Promise<number> {
  const [{ auditCommand }, { auditSource }] = await Promise.all([
    import('./audit/command.ts'),
    import('./wiring/auditSource.ts'),
  ]);
  const print = (line: string): void => console.log(line);
  const source = await auditSource(config);
  try {
    return await auditCommand(words, source, print, (line) => console.error(line));
  } finally {
    await source.close();
  }
}

async function moveState({ config }: Loaded, from: string | undefined): Promise<number> {
  const { migrateState } = await import('./wiring/migrateState.ts');
  await migrateState(config, from, (line) => console.log(line));
  return 0;
}

/** The Slack app's manifest as JSON; needs no configuration, for its secrets exist only after the app was made. */
async function slackManifestText(http: string | undefined): Promise<string> {
  const [{ slackManifest }, { commands }] = await Promise.all([
    import('./chat/slack/manifest.ts'),
    import('../commands/index.ts'),
  ]);
  if (http !== undefined && !http.startsWith('https://'))
    throw new DaytwoError('invalid', '--http wants the public URL that Slack posts to, beginning with https://');
  return JSON.stringify(
    slackManifest(commands, http === undefined ? { mode: 'socket' } : { mode: 'http', publicUrl: http }),
    null,
    2,
  );
}

/** Runs one command line; returns the exit code: 0 done, 1 it didn't work, 2 the words or the configuration are wrong. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { word, file, once, probe, rest, http, from } = readArgs(args);
    if (word === 'help') {
      console.log(HELP);
      return 0;
    }
    if (word === 'version') {
      console.log(version());
      return 0;
    }
    if (word === 'slack-manifest') {
      console.log(await slackManifestText(http));
      return 0;
    }
    if (word === 'demo')
      return await runDemo({ file, once, version: version(), print: (line) => console.log(line), told: untilTold });
    const loaded = loadConfig({ file, env: process.env });
    if (word === 'audit') return await auditWords(rest ?? [], loaded);
    if (word === 'migrate-store') return await moveState(loaded, from);
    return word === 'serve' ? await serve(loaded) : await checkConfig(loaded, probe);
  } catch (error) {
    if (error instanceof ConfigError) {
      console.error(renderConfigError(error));
      return 2;
    }
    if (error instanceof DaytwoError) {
      console.error(error.message);
      return error.code === 'invalid' ? 2 : 1;
    }
    throw error;
  }
}
