import type { Block, Button, Card, Tone } from '../../src/chat/message.ts';
import type { Chat, Delivery } from '../../src/chat/port.ts';
import type { Store } from '../../src/store/port.ts';
import { drawTrend } from '../../src/triage/pictures/trend.ts';

const HOUR = 3_600_000;

/** Text as an attacker would put it into a label: markup, quotes, direction override, mentions, great length. */
export const HOSTILE = `<script>window.pwned=1</script><img src=x onerror="window.pwned=1"> "'\`{{7*7}} javascript:alert(1) <!channel> @everyone`;

let deliveries = 0;

/** A delivery into the console's home. */
export function delivery(
  message: string,
  card: Partial<Card> & { title: string },
  more: Partial<Delivery> & { in?: string } = {},
): Delivery {
  deliveries += 1;
  const { in: root, ...rest } = more;
  return {
    id: `delivery-${process.pid}-${deliveries}`,
    do: 'post',
    conversation: { chat: 'console', id: 'home' },
    message,
    card: { tone: 'neutral', blocks: [], buttons: [], ...card },
    tries: 0,
    ambiguous: false,
    urgent: true,
    ...(root === undefined ? {} : { thread: { root, ref: undefined } }),
    ...rest,
  };
}

const button = (label: string, style: Button['style'] = 'plain'): Button => ({
  label,
  style,
  token: `token-${label.replace(/\W/g, '-')}-${Math.random().toString(36).slice(2)}`,
});

const section = (tone: Tone, title: string, summary: string, blocks: readonly Block[]): Block => ({
  kind: 'section',
  tone,
  title,
  summary,
  folded: tone === 'ok' || blocks.length === 0,
  blocks: [...blocks, { kind: 'quiet', text: `${title} · 03:10:04 UTC · 212 ms` }],
});

async function backupTrend(store: Store): Promise<Block> {
  const now = Date.UTC(2026, 0, 5, 3, 10);
  const points = Array.from({ length: 28 }, (_, i) => ({
    at: now - (28 - i) * 24 * HOUR,
    value: i > 25 ? 0 : 41e9 + i * 3.1e8 + Math.sin(i) * 5e8,
    bad: i > 25,
  }));
  const drawn = await drawTrend({
    title: 'Size of the last runs of restic_k8s_data',
    subtitle: 'the last two runs wrote nothing',
    unit: 'bytes',
    shape: 'runs',
    series: [{ name: 'snapshot', points }],
  });
  return {
    kind: 'picture',
    picture: {
      light: await store.putBlob(drawn.light),
      dark: await store.putBlob(drawn.dark),
      alt: drawn.alt,
      width: drawn.width,
      height: drawn.height,
    },
  };
}

const JOURNAL = [
  'Jan 05 02:30:01 node-0 systemd[1]: Starting restic-k8s-backup.service - Back up the cluster’s volumes with restic...',
  'Jan 05 02:30:02 node-0 restic[48211]: repository 8e2c1f0a opened (version 2, compression level auto)',
  'Jan 05 02:30:02 node-0 restic[48211]: unable to create lock in backend: repository is already locked by PID 4121 on node-0 by root (UID 0, GID 0)',
  'Jan 05 02:30:02 node-0 restic[48211]: lock was created at 2026-01-03 02:30:07 (47h59m55s ago)',
  'Jan 05 02:30:02 node-0 restic[48211]: the `unlock` command can be used to remove stale locks',
  'Jan 05 02:30:02 node-0 systemd[1]: restic-k8s-backup.service: Main process exited, code=exited, status=11/n/a',
  'Jan 05 02:30:02 node-0 systemd[1]: restic-k8s-backup.service: Failed with result ‘exit-code’.',
  'Jan 05 02:30:02 node-0 systemd[1]: Failed to start restic-k8s-backup.service - Back up the cluster’s volumes with restic.',
].join('\n');

function backupRoot(): Card {
  return {
    tone: 'critical',
    title: 'INC-42 BackupFailed',
    blocks: [
      { kind: 'text', text: [{ strong: 'Firing' }, ' since 38 min · critical'] },
      { kind: 'text', text: 'Backup restic_k8s_data failed on node-0: the last good one is 46 h old.' },
      {
        kind: 'fields',
        fields: [
          { name: 'Means', value: 'The last run of a backup ended with an error: there is no new restore point.' },
          { name: 'Impact', value: 'If the volume is lost now, everything since the last good run is lost with it.' },
        ],
      },
      { kind: 'quiet', text: 'job=restic_k8s_data · instance=node-0 · exported_job=restic-k8s-backup' },
      section('neutral', 'Checklist', '3 questions', [
        {
          kind: 'list',
          items: [
            'Is the repository locked by a process that no longer runs?',
            'Is there room on source and target?',
            'What changed since the last good run?',
          ],
        },
      ]),
      {
        kind: 'quiet',
        text: [
          { link: 'Graph', href: 'http://127.0.0.1:9090/graph?g0.expr=backup_success' },
          ' · ',
          { link: 'Alertmanager', href: 'http://127.0.0.1:9093/' },
        ],
      },
    ],
    buttons: [button('Back up now', 'primary'), button('Ack'), button('Silence 2h'), button('Look again')],
  };
}

async function backupEvidence(store: Store): Promise<Card> {
  return {
    tone: 'critical',
    title: 'INC-42 evidence: 2 bad, 1 to watch, 1 could not be looked at, 3 fine',
    blocks: [
      section('critical', 'Backup restic_k8s_data', 'Last good 46 h ago; RPO is 24 h: overdue by 22 h', [
        {
          kind: 'table',
          columns: [
            { label: 'run' },
            { label: 'result' },
            { label: 'took', align: 'right' },
            { label: 'new', align: 'right' },
            { label: 'changed', align: 'right' },
            { label: 'snapshot' },
          ],
          rows: [
            ['5 Jan 02:30', 'failed, exit 11', '1 s', '–', '–', '–'],
            ['4 Jan 02:30', 'failed, exit 11', '1 s', '–', '–', '–'],
            ['3 Jan 05:12', 'ok', '2 h 42 min', '1,204', '318', '9f3ab27c'],
            ['2 Jan 02:58', 'ok', '28 min', '988', '402', '1b07de55'],
          ],
          more: '24 older runs are not shown; /backup restic_k8s_data lists them.',
        },
      ]),
      section('critical', 'Journal of restic-k8s-backup.service', 'repository is already locked by PID 4121', [
        { kind: 'pre', text: JOURNAL },
      ]),
      section('warning', 'Size of the last runs', 'The last two runs wrote nothing', [await backupTrend(store)]),
      section('ok', 'df on node-0', '/var/lib 61 % used, 178 GiB free', [
        {
          kind: 'table',
          columns: [{ label: 'mount' }, { label: 'use', align: 'right' }, { label: 'free', align: 'right' }],
          rows: [
            ['/var/lib', '61 %', '178 GiB'],
            ['/', '44 %', '31 GiB'],
            ['/mnt/backup', '72 %', '1.1 TiB'],
          ],
        },
      ]),
      section('ok', 'kubectl top nodes', '3 nodes; busiest node-0 at 34 % CPU, 61 % memory', [
        {
          kind: 'table',
          columns: [
            { label: 'NAME' },
            { label: 'CPU(cores)', align: 'right' },
            { label: 'CPU(%)', align: 'right' },
            { label: 'MEMORY(bytes)', align: 'right' },
            { label: 'MEMORY(%)', align: 'right' },
          ],
          rows: [
            ['node-0', '1374m', '34%', '9841Mi', '61%'],
            ['worker-1', '611m', '15%', '5120Mi', '32%'],
            ['worker-2', '402m', '10%', '4790Mi', '30%'],
          ],
        },
      ]),
      section('neutral', 'Pods on worker-2', 'ssh worker-2: connection refused', []),
      section('ok', 'What changed', '2 rollouts in the day before, none near the first failure', [
        {
          kind: 'list',
          items: ['3 Jan 18:04 deployment default/web → 3 (image 1.42.1)', '3 Jan 22:40 deployment infra/ingress → 8'],
        },
      ]),
    ],
    buttons: [],
  };
}

/** A set of threads as a night brings them: three open, one over, answers in the channel. Returns nothing; look by key. */
export async function seedThreads(chat: Chat, store: Store): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  const say = async (one: Delivery): Promise<void> => {
    const outcome = await chat.deliver(one, signal);
    if (outcome.is !== 'delivered') throw new Error(`not delivered: ${JSON.stringify(outcome)}`);
  };
  await say(
    delivery('INC-39', {
      tone: 'ok',
      title: 'INC-39 KubePodCrashLooping resolved after 14 min',
      blocks: [
        { kind: 'text', text: [{ strong: 'Resolved' }, ' · warning · acknowledged by ', { strong: 'ben' }] },
        { kind: 'text', text: 'Pod default/web-6d8f7c9b5-x2x7q restarts: OOMKilled at 256Mi.' },
      ],
    }),
  );
  await say(
    delivery('INC-40', {
      tone: 'warning',
      title: 'INC-40 NodeFilesystemSpaceFillingUp (2 firing)',
      blocks: [
        { kind: 'text', text: [{ strong: 'Firing' }, ' since 3 h · warning · acknowledged by ', { strong: 'ben' }] },
        { kind: 'text', text: '/var/lib on worker-1 will be full in about 9 h.' },
      ],
      buttons: [button('Silence 2h'), button('Look again')],
    }),
  );
  await say(
    delivery('INC-41', {
      tone: 'info',
      title: 'INC-41 CertificateExpiresSoon',
      blocks: [{ kind: 'text', text: 'console.example.com: 13 days left.' }],
      buttons: [button('Ack', 'primary'), button('Silence 2h')],
    }),
  );
  await say(delivery('INC-42', backupRoot()));
  await say(delivery('INC-42/evidence', await backupEvidence(store), { in: 'INC-42' }));
  await say(
    delivery('INC-42/oncall', { tone: 'info', title: 'ana is on call until Mon 09:00', blocks: [] }, { in: 'INC-42' }),
  );
  await say(
    delivery(
      'answer/1',
      {
        title: 'Silences of INC-42',
        blocks: [{ kind: 'text', text: ['None. ', { code: '/silence 2h' }, ' makes one for this incident’s labels.'] }],
      },
      { in: 'INC-42', onlyFor: 'ana', replyTo: JSON.stringify(['event-1', 'ana', '/silence']) },
    ),
  );
  await say(
    delivery(
      'answer/2',
      {
        tone: 'warning',
        title: 'Status: 5 up, 1 off, 1 down',
        blocks: [
          {
            kind: 'table',
            columns: [{ label: 'part' }, { label: 'state' }, { label: 'what it is' }],
            rows: [
              ['store', 'up', 'lowdb in ./data, 42 incidents, 3 open'],
              ['Alertmanager', 'up', 'http://127.0.0.1:9093, 0.28.1'],
              ['Prometheus', 'up', 'http://127.0.0.1:9090, 3.2.1'],
              ['cluster', 'down', 'https://10.0.0.2:6443: connection refused; check that the API server runs'],
              ['Slack', 'off', 'not configured (chats.slack)'],
            ],
          },
        ],
      },
      { replyTo: JSON.stringify(['event-2', 'ana', '/status']) },
    ),
  );
}
