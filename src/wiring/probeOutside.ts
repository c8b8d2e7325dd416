import type { Config } from '../config/schema.ts';
import { checkHost } from '../host/check.ts';
import type { Hosts } from '../host/port.ts';
import { DaytwoError, messageOf } from '../lib/errors.ts';
import { backupOff, backupSpec, backupText } from './backups.ts';
import { revealed } from './chats.ts';
import { createOutside, type Outside } from './outside.ts';
import { databaseUrl, whereIs } from './state.ts';

/** How long one part may take to answer. */
const PROBE_MS = 10_000;
/** How often those who wait look again, ms. */
const LOOK_MS = 100;

/** What asking a part found. */
export interface ProbedPart {
  readonly part: string;
  readonly state: 'works' | 'failed' | 'off';
  readonly text: string;
}

/** What a host answers; throws where it doesn't. A command that evidence needs and that is missing there is named. */
async function hostText(hosts: Hosts, name: string, signal: AbortSignal): Promise<string> {
  const found = await checkHost(hosts, name, signal);
  if (!found.reachable) throw new DaytwoError(found.code, found.message);
  const missing = found.problems.map(({ tool, message }) => `no ${tool}: ${message}`);
  return [found.uptime ?? 'answers', ...missing].join('; ');
}

/** Whether PostgreSQL answers, and as what; nothing is made in it. */
async function databaseText(url: string): Promise<string> {
  const { probePostgres } = await import('../store/postgres/probe.ts');
  return probePostgres(url);
}

/** A name that no node has: following it asks for every right, and for hardly anything else. */
const NO_NODE = 'daytwo-probe';

/** Which cluster it is, and whether it can be followed, as drains do. */
async function clusterText({ cluster, following }: Outside, signal: AbortSignal): Promise<string> {
  const text = `${cluster.name}, ${await cluster.version(signal)}`;
  const node = following?.node(NO_NODE);
  if (!node) return text;
  while (node.state().is === 'starting' && !signal.aborted) await node.changed(LOOK_MS, signal);
  const state = node.state();
  await node.stop();
  return state.is === 'following'
    ? text
    : `${text}; drains can’t follow it: ${'text' in state ? state.text : 'no answer'}`;
}

type Look = (signal: AbortSignal) => Promise<string>;

/** One look for each chat of a vendor that is named. */
function chatProbes({ chats: { slack, telegram } }: Config): readonly (readonly [part: string, look: Look])[] {
  const looks: [string, Look][] = [];
  if (slack) {
    looks.push([
      'slack',
      async (signal) => {
        const { probeSlack } = await import('../chat/slack/probe.ts');
        return probeSlack({ ...slack, botToken: revealed(slack.botToken, 'chats.slack.botToken') }, signal);
      },
    ]);
  }
  if (telegram) {
    looks.push([
      'telegram',
      async (signal) => {
        const { probeTelegram } = await import('../chat/telegram/probe.ts');
        return probeTelegram({ ...telegram, botToken: revealed(telegram.botToken, 'chats.telegram.botToken') }, signal);
      },
    ]);
  }
  return looks;
}

/** Asks everything that the configuration names, read-only and at the same time: for `check-config --probe`. */
export async function probeOutside(
  config: Config,
  options: { readonly hasFile: boolean; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<readonly ProbedPart[]> {
  const outside = createOutside(config, options);
  const ask = async (part: string, look: (signal: AbortSignal) => Promise<string>): Promise<ProbedPart> => {
    try {
      return { part, state: 'works', text: await look(AbortSignal.timeout(PROBE_MS)) };
    } catch (error) {
      return { part, state: 'failed', text: messageOf(error) };
    }
  };
  const off = (part: string, text: string): Promise<ProbedPart> => Promise.resolve({ part, state: 'off', text });
  try {
    const url = databaseUrl(config);
    return await Promise.all([
      ...(url === undefined ? [] : [ask('store', async () => `${whereIs(config)}: ${await databaseText(url)}`)]),
      outside.has.alertmanager
        ? ask('alertmanager', async (signal) => `version ${(await outside.alertmanager.status(signal)).version}`)
        : off('alertmanager', 'alertmanager.url is not set'),
      outside.has.prometheus
        ? ask('prometheus', async (signal) => `version ${await outside.prometheus.version(signal)}`)
        : off('prometheus', 'prometheus.url is not set'),
      outside.has.cluster ? ask('cluster', (signal) => clusterText(outside, signal)) : off('cluster', 'no kubeconfig'),
      ...chatProbes(config).map(([part, look]) => ask(part, look)),
      ...outside.hosts.names().map((name) => ask(`host ${name}`, (signal) => hostText(outside.hosts, name, signal))),
      ...config.backups.map(backupSpec).map((spec) => {
        const why = backupOff(spec);
        return why === undefined
          ? ask(`backup ${spec.name}`, (signal) => backupText(spec, outside.hosts, signal))
          : off(`backup ${spec.name}`, why);
      }),
    ]);
  } finally {
    await outside.hosts.close();
  }
}
