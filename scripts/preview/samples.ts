import { commands } from '../../commands/index.ts';
import { rootCard } from '../../src/alerting/cards.ts';
import type { Incident } from '../../src/alerting/incident.ts';
import { digestCard } from '../../src/alerting/storm.ts';
import type { Block, Card } from '../../src/chat/message.ts';
import { staleDigest, type Waiting } from '../../src/chat/stale.ts';
import { evidenceCard } from '../../src/triage/evidenceCard.ts';
import { house } from '../../test/commanding/house.ts';
import { gateSamples } from './gate.ts';
import type { Sample } from './sample.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 0, 5, 3, 10);

const BRIEF = {
  meaning: 'The last run of a backup ended with an error: there is no new restore point.',
  impact: 'If the volume is lost now, everything since the last good run is lost with it.',
  checklist: ['Is the repository locked by a process that is gone?', 'Is there room on source and target?'],
};

/** Text that means to do something wherever it is shown. */
const HOSTILE = `<script>alert(1)</script> <!channel> @everyone @here <@U0ANA> *bold* _it_ \`code\` [x](javascript:alert(1)) <b>b</b> &amp; /silence \u202Egnp.exe`;

const INCIDENT: Incident = {
  name: 'INC-42',
  receiver: 'daytwo',
  groupKey: '{}:{alertname="BackupFailed"}',
  state: 'open',
  alertname: 'BackupFailed',
  severity: 'critical',
  groupLabels: { alertname: 'BackupFailed' },
  commonLabels: { alertname: 'BackupFailed', severity: 'critical', job: 'restic_k8s_data', instance: 'node-0' },
  commonAnnotations: {
    summary: 'Backup restic_k8s_data failed on node-0: the last good one is 46 h old.',
    runbook_url: 'https://runbooks.example/BackupFailed',
  },
  externalURL: 'http://127.0.0.1:9093',
  truncated: 0,
  members: {
    f1: {
      status: 'firing',
      labels: { alertname: 'BackupFailed', volume: 'data' },
      annotations: {},
      startsAt: NOW - 38 * MINUTE,
      generatorURL: 'http://127.0.0.1:9090/graph?g0.expr=backup_success',
      firings: 1,
    },
  },
  startedAt: NOW - 38 * MINUTE,
  openedAt: NOW - 37 * MINUTE,
  reopened: 0,
  silences: [],
  buttons: { ack: 'token-ack', silence: 'token-silence', unsilence: 'token-unsilence', triage: 'token-triage' },
  triage: { round: 1, wanted: false, at: NOW },
};

const ack = { by: 'ana', at: NOW };

/** Root messages in every state. */
export function roots(): readonly Sample[] {
  const kinds: readonly (readonly [string, Partial<Incident>])[] = [
    ['firing', {}],
    ['acknowledged', { ack }],
    ['silenced', { ack, silences: [{ id: 's1', by: 'ana', until: NOW + 120 * MINUTE }] }],
    ['resolved', { ack, state: 'resolved', resolvedAt: NOW, members: {} }],
    [
      'hostile text',
      {
        name: 'INC-43',
        alertname: HOSTILE,
        severity: '<b>',
        commonLabels: { alertname: HOSTILE, '<i>pod': HOSTILE },
        commonAnnotations: { summary: HOSTILE, description: '```\n</pre>```', runbook_url: 'javascript:alert(1)' },
      },
    ],
  ];
  return kinds.map(([name, change]) => ({
    name: `Root: ${name}`,
    card: rootCard({ ...INCIDENT, ...change }, BRIEF, NOW),
    root: true,
  }));
}

const journal = (lines: number): string =>
  Array.from(
    { length: lines },
    (_, i) =>
      `Jan 05 02:30:${String(i % 60).padStart(2, '0')} node-0 restic[48211]: repository is already locked by PID 4121 (try ${i + 1})`,
  ).join('\n');

function evidence(lines: number): Card {
  const at = { at: NOW, tookMs: 212 };
  const picture = { light: 'l', dark: 'd', alt: 'sizes of the last 28 runs; the last two wrote nothing' };
  const found = [
    {
      ...at,
      probe: 'backup',
      title: 'Backup restic_k8s_data',
      status: 'bad',
      summary: 'last good 46 h ago; RPO is 24 h',
      source: 'Prometheus',
      parts: [
        {
          kind: 'table',
          columns: [{ label: 'run' }, { label: 'result' }, { label: 'took', align: 'right' }],
          rows: [
            ['5 Jan 02:30', 'failed, exit 11', '1 s'],
            ['3 Jan 05:12', 'ok', '2 h 42 min'],
          ],
          more: '24 older runs are not shown',
        },
      ],
    },
    {
      ...at,
      probe: 'journal',
      title: 'Journal of restic-k8s-backup.service',
      status: 'bad',
      summary: 'repository is already locked by PID 4121',
      source: 'journalctl on node-0',
      parts: [{ kind: 'text', text: journal(lines) }],
    },
    {
      ...at,
      probe: 'trend',
      title: 'Size of the last runs',
      status: 'warn',
      summary: 'the last two wrote nothing',
      source: 'Prometheus',
      parts: [{ kind: 'picture', picture: { ...picture, width: 800, height: 300 } }],
    },
    {
      ...at,
      probe: 'df',
      title: 'Disk space',
      status: 'ok',
      summary: '/var/lib 61 % used, 178 GiB free',
      source: 'df on node-0',
      parts: [],
    },
  ] as const;
  const titles = [...found.map(({ title }) => title), 'What changed'];
  return evidenceCard('INC-42', 1, titles, found, []);
}

function away(): Card | undefined {
  const conversation = { chat: 'slack', id: 'C1' } as const;
  const lane: readonly Waiting[] = Array.from({ length: 24 }, (_, i) => {
    const name = `INC-${50 + Math.floor(i / 2)}`;
    const title = i % 2 === 0 ? `${name} PodCrashLooping` : `${name} PodCrashLooping resolved after 4 min`;
    const card: Card = { tone: i % 2 === 0 ? 'warning' : 'ok', title, blocks: [], buttons: [] };
    const entry = { do: i % 2 === 0 ? 'post' : 'edit', message: name, root: name, card, conversation } as const;
    return { id: String(i), entry: { ...entry, tries: 0, ambiguous: false, at: NOW - 30 * MINUTE + i * MINUTE } };
  });
  return staleDigest(lane, NOW)?.card;
}

/** Answers of the real commands in a small made-up cluster. */
async function answers(): Promise<readonly Sample[]> {
  const home = await house();
  try {
    await home.notify();
    const lines = [...commands.map(({ name }) => name), 'silence INC-1 sometimes', 'silense', 'ack INC-1'];
    const known: Sample[] = [];
    for (const line of lines) known.push({ name: `Answer: /${line}`, card: (await home.ask(line)).card, root: false });
    const looker = await home.ask('ack INC-1', 'cleo');
    const stranger = await home.ask('incidents', 'somebody');
    return [
      ...known,
      { name: 'Refusal: known, but without a role', card: looker.card, root: false },
      { name: 'Refusal: a stranger', card: stranger.card, root: false },
    ];
  } finally {
    await home.drop();
  }
}

/** One of each kind of message that the bot sends. Asks nothing outside. */
export async function samples(): Promise<readonly Sample[]> {
  const storm = digestCard({
    since: NOW - 4 * MINUTE,
    last: NOW,
    count: 470,
    bySeverity: { warning: 455, critical: 15 },
    byAlert: { PodCrashLooping: 400, NodeNotReady: 55, DiskPressure: 15 },
    critical: ['INC-120', 'INC-121'],
    told: 0,
    toldAt: 0,
  });
  const gone = away();
  const blocks: readonly Block[] = [{ kind: 'pre', text: `${HOSTILE}\n\`\`\`</pre>` }];
  return [
    ...roots(),
    { name: 'Evidence: table, journal, picture', card: evidence(3), root: false },
    { name: 'Evidence: more than fits', card: evidence(400), root: false },
    { name: 'Hostile output', card: { tone: 'critical', title: HOSTILE, blocks, buttons: [] }, root: false },
    { name: 'Digest of a storm', card: storm, root: true },
    ...(gone ? [{ name: 'Digest after being away', card: gone, root: true }] : []),
    ...gateSamples(),
    ...(await answers()),
  ];
}
