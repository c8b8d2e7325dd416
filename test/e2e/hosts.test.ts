import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveRecorded, startKubeApi } from '../support/kubeApi.ts';
import { journalMissing, writeJournal } from '../support/real/journal.ts';
import { freePort } from '../support/real/ports.ts';
import { eventually } from '../support/real/process.ts';
import { type Sshd, sshdMissing, startSshd } from '../support/real/sshd.ts';
import { type Bot, section, startBot, textOf, type Visitor, visit } from './bot.ts';
import { notification } from './notification.ts';

const lacking = (await sshdMissing()) ?? (await journalMissing());
if (lacking) console.warn(`SKIPPED: evidence over ssh, from journal files and from the cluster: ${lacking}`);
const UNIT = 'restic-k8s-backup.service';
const REASON = 'Fatal: unable to create lock in backend: repository is already locked by PID 4121 on node-0';

describe.skipIf(lacking !== undefined)('evidence from a node behind ssh and from the cluster', () => {
  const parts: { stop(): Promise<unknown> }[] = [];
  let sshd: Sshd;
  let bot: Bot;
  let local: Visitor;

  beforeAll(async () => {
    const now = Date.now();
    const line = (agoMs: number, priority: string, message: string | Uint8Array) => ({
      at: now - agoMs,
      fields: { MESSAGE: message, PRIORITY: priority, _SYSTEMD_UNIT: UNIT, SYSLOG_IDENTIFIER: 'restic', _PID: '4242' },
    });
    const journal = await writeJournal([
      line(120_000, '6', 'open repository'),
      line(110_000, '6', new Uint8Array([0xff, 0xfe, 0x41, 0x42])),
      line(100_000, '3', REASON),
      line(90_000, '6', 'cleaning up'),
    ]);
    parts.push({ stop: () => journal.remove() });
    sshd = await startSshd();
    parts.push(sshd);
    const api = await startKubeApi();
    parts.push(api);
    await serveRecorded(api);
    const port = await freePort();
    const { address, identityFile, knownHostsFile } = sshd;
    const reach = { via: 'ssh', address: `${address}:${sshd.port}`, identityFile };
    bot = await startBot({
      config: {
        server: { listen: `127.0.0.1:${port}` },
        cluster: { kubeconfig: await api.kubeconfig() },
        hosts: [
          { name: 'node-0', ...reach, knownHostsFile, journalDirectory: journal.path },
          { name: 'worker-1', ...reach, knownHostsFile: sshd.wrongKnownHostsFile },
        ],
        backups: [{ name: 'restic_k8s_data', kind: 'restic', host: 'node-0', unit: UNIT, rpo: '24h' }],
      },
    });
    parts.push(bot);
    local = await visit(bot.link('local'));
  }, 60_000);

  afterAll(async () => {
    for (const part of parts.reverse()) await part.stop();
  });

  const evidenceOf = async (title: string) => {
    const thread = await eventually('the thread', async () =>
      (await local.threads()).find((one) => one.title.endsWith(title)),
    );
    return eventually('its evidence', async () => {
      const card = (await local.messages(thread.key)).find(({ key }) => key.includes('/evidence-1'))?.card;
      return card && !card.title.includes('looking at') ? card : undefined;
    });
  };

  it('the journal says why first, df is the node’s, and top is kubectl’s', async () => {
    await notification(bot.url, { alertname: 'BackupFailed', severity: 'critical', exported_job: 'restic_k8s_data' });
    const card = await evidenceOf('BackupFailed');
    const journal = section(card, `Journal of ${UNIT}`);
    expect(journal?.tone).toBe('critical');
    expect(journal?.summary).toContain('repository is already locked by PID 4121');
    const [why, tail] = journal?.blocks ?? [];
    expect(why?.kind === 'pre' && why.text).toContain(REASON);
    expect(tail?.kind === 'pre' && tail.text).toContain('cleaning up');
    // What is no UTF-8 is shown as far as it can be.
    expect(tail?.kind === 'pre' && tail.text).toContain('AB');
    expect(section(card, 'Disk space')?.summary).toMatch(/% used/);
    expect(textOf(card)).toContain('df on node-0');
    const top = section(card, 'kubectl top nodes');
    expect(JSON.stringify(top?.blocks)).toMatch(/"node-0","552m","27%","3497Mi","14%"/);
    // Everything of one round went over one connection.
    expect(await sshd.logins()).toBe(1);
  }, 60_000);

  it('/top shows the same figures and columns as kubectl', async () => {
    const { card } = await local.say('/top nodes');
    const [table] = card.blocks;
    expect(table?.kind === 'table' && table.columns.map(({ label }) => label)).toEqual([
      'NAME',
      'CPU(cores)',
      'CPU(%)',
      'MEMORY(bytes)',
      'MEMORY(%)',
    ]);
    expect(table?.kind === 'table' && table.rows[0]).toEqual(['node-0', '552m', '27%', '3497Mi', '14%']);
    expect((await local.say('/nodes')).card.title).toMatch(/^2 nodes in test/);
  });

  it('a host with a changed key is not spoken to, and the evidence says so', async () => {
    await notification(bot.url, { alertname: 'DiskPressure', severity: 'warning', node: 'worker-1' });
    const card = await evidenceOf('DiskPressure');
    expect(section(card, 'Disk space')).toMatchObject({
      tone: 'neutral',
      summary: expect.stringMatching(/ssh worker-1: .*(host key|known)/i),
    });
    expect(await sshd.logins()).toBe(1);
  }, 60_000);
});
