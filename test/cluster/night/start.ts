import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bot, startBot } from '../../e2e/bot.ts';
import { CHANNEL, GROUP } from '../../support/bothChats.ts';
import { createParts, startNightTelegram, stop } from '../../support/parts.ts';
import { ALERTMANAGER, startAlertmanager } from '../../support/real/alertmanager.ts';
import { journalMissing } from '../../support/real/journal.ts';
import { missing } from '../../support/real/process.ts';
import { PROMETHEUS, startPrometheus } from '../../support/real/prometheus.ts';
import { sshdMissing, startSshd } from '../../support/real/sshd.ts';
import { type SlackEmulator, startSlack } from '../../support/slack/index.ts';
import type { TelegramEmulator } from '../../support/telegram/telegram.ts';
import { grantsOf, makeAccounts, removeAccounts } from '../rights.ts';
import type { Target, TestNamespace } from '../target.ts';
import { archivedJournal } from './journal.ts';
import { FULL, makeNodes, removeNodes } from './nodes.ts';
import { startStateMetrics } from './stateMetrics.ts';

/** What `daytwo serve` may do in the cluster: what is in deploy/rbac, and nothing else. */
const ROLES = ['read.yaml', 'nodes.yaml', 'disk.yaml'];

/** A night in which a node's disk fills up. All but the chats, which are emulators, is real; the node is kwok's, its host this machine by ssh. */
export interface NodeNight {
  readonly space: TestNamespace;
  readonly slack: SlackEmulator;
  readonly telegram: TelegramEmulator;
  readonly bot: Bot;
  /** Where the full node's journal lies. */
  readonly journalDirectory: string;
  end(): Promise<void>;
}

/** Says loudly what isn't installed here; empty where the night can be had. */
export async function nodeNightMissing(): Promise<readonly string[]> {
  const what = 'the night of a full node, through both chats';
  const others = [await sshdMissing(), await journalMissing()].filter((why) => why !== undefined);
  for (const why of others) console.warn(`SKIPPED: ${what}: ${why}`);
  return [...missing([ALERTMANAGER, PROMETHEUS], what), ...others];
}

/** Starts all of it; `end` stops it in the other order. ana and ben are on call, ben is an admin, cleo may look. */
export async function startNodeNight(target: Target): Promise<NodeNight> {
  const parts = createParts();
  const { kept, end } = parts;
  try {
    const folder = kept(await mkdtemp(join(tmpdir(), 'daytwo-node-night-')), (path) =>
      rm(path, { recursive: true, force: true }),
    );
    const space = kept(await target.namespace('cellar'), (made) => made.remove());
    kept(space, (made) => removeAccounts(target, made));
    kept(target, removeNodes);
    await makeNodes(target);
    const [account] = await makeAccounts(target, { namespace: space, folder }, [ROLES.flatMap(grantsOf)]);
    const stateMetrics = kept(await startStateMetrics(target.kubeconfig), stop);
    const alertmanager = kept(await startAlertmanager(), stop);
    const prometheus = kept(await startPrometheus(rulesOf(stateMetrics.target, alertmanager.url)), stop);
    const sshd = kept(await startSshd(), stop);
    const journalDirectory = await archivedJournal(folder);
    const slack = kept(await startSlack(), stop);
    const telegram = await startNightTelegram(parts);
    const { address, port, identityFile, knownHostsFile } = sshd;
    const config = {
      server: { listen: '127.0.0.1:0' },
      alertmanager: { url: alertmanager.url },
      prometheus: { url: prometheus.url },
      cluster: { kubeconfig: account?.kubeconfig },
      chats: {
        slack: { channel: CHANNEL, botToken: slack.botToken, appToken: slack.appToken, apiUrl: slack.apiUrl },
        telegram: { chatId: GROUP, botToken: telegram.token, apiRoot: telegram.apiRoot },
      },
      hosts: [
        { name: FULL, via: 'ssh', address: `${address}:${port}`, identityFile, knownHostsFile, journalDirectory },
      ],
      people: [
        { name: 'ana', slack: 'U0ANA', telegram: 1001, roles: ['oncall'] },
        { name: 'ben', slack: 'U0BEN', telegram: 1002, roles: ['oncall', 'admin'] },
        { name: 'cleo', slack: 'U0CLEO', telegram: 1003 },
      ],
      policies: [
        { actions: ['node.*'], request: ['oncall'], confirm: 'typed', approvals: 1, approve: ['oncall', 'admin'] },
        { actions: ['disk.*'], request: ['oncall'], confirm: 'button', approvals: 1, approve: ['oncall', 'admin'] },
      ],
    };
    const bot = kept(await startBot({ config }), stop);
    const webhookUrl = `${bot.url}/webhooks/alertmanager`;
    await alertmanager.configure({ webhookUrl, groupBy: ['alertname', 'node'] });
    return { space, slack, telegram, bot, journalDirectory, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The rule as awesome-prometheus-alerts has it, for this node, and without its two minutes of patience. */
function rulesOf(stateMetrics: string, alertmanager: string) {
  return {
    scrape: [{ job: 'kube-state-metrics', targets: [stateMetrics] }],
    rules: [
      {
        alert: 'KubernetesNodeDiskPressure',
        expr: `kube_node_status_condition{condition="DiskPressure",status="true",node="${FULL}"} == 1`,
        labels: { severity: 'critical' },
        annotations: {
          summary: 'Kubernetes Node disk pressure (node {{ $labels.node }})',
          description: 'Node {{ $labels.node }} has DiskPressure condition',
        },
      },
    ],
    alertmanager,
  };
}
