import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { commands } from '../../commands/index.ts';
import type { Card } from '../../src/chat/message.ts';
import { cardText } from '../../src/chat/plainText.ts';
import { type House, house } from '../commanding/house.ts';
import { alert, snapshot } from '../support/alerts.ts';
import { condition, fakeWorld, nodeView } from '../support/world.ts';

let home: House | undefined;
afterEach(async () => {
  await home?.drop();
  home = undefined;
});
const open = async (...args: Parameters<typeof house>): Promise<House> => {
  home = await house(...args);
  return home;
};
const rows = (card: Card): readonly (readonly string[])[] =>
  card.blocks.flatMap((block) => (block.kind === 'table' ? block.rows : []));

async function fire(where: House, alertname: string, severity: string, labels: Record<string, string> = {}) {
  const commonLabels = { alertname, severity, ...labels };
  const key = JSON.stringify(commonLabels);
  const one = alert(key, where.clock.now() - 60_000, { labels: commonLabels });
  await where.notify(snapshot([one], { groupKey: key, groupLabels: { alertname }, commonLabels }));
}

describe('/help', () => {
  it('lists what the asker may do', async () => {
    const where = await open();
    const all = rows((await where.ask('help')).card).map(([usage]) => usage?.split(' ')[0]);
    const looks = rows((await where.ask('help', 'cleo')).card).map(([usage]) => usage?.split(' ')[0]);
    expect(all).toContain('/silence');
    expect(all.filter((one) => !looks.includes(one))).toEqual(
      commands.filter(({ may }) => may === 'role').map(({ name }) => `/${name}`),
    );
  });

  it.each([
    ['help silence', '/silence [INC-n] [DURATION]'],
    ['help /Silence', '/silence [INC-n] [DURATION]'],
    ['help silense', 'There is no /silense; did you mean /silence?'],
    ['help <script>', 'There is no /<script>. /help lists what there is.'],
  ])('%s', async (text, title) => {
    expect((await (await open()).ask(text)).card.title).toBe(title);
  });
});

describe('/audit', () => {
  it('shows what the bot did by itself, too, and tells of a line that is no record', async () => {
    const where = await open();
    await where.services.audit.append({ kind: 'request.asked', by: 'ana', chat: 'slack', request: 'REQ-1' });
    await where.services.audit.append({ kind: 'request.started', request: 'REQ-1' });
    const { card } = await where.ask('audit');
    expect(card.title).toBe('The record is as it was written: 2 entries.');
    expect(rows(card).map(([no, , ...rest]) => [no, ...rest])).toEqual([
      ['1', 'request.asked', 'ana', 'slack', 'REQ-1'],
      ['2', 'request.started', '–', '–', 'REQ-1'],
    ]);
    const file = join(where.temp.dir, 'audit.jsonl');
    await writeFile(file, (await readFile(file, 'utf8')).replace('{"seq":2', '<"seq":2'));
    const spoilt = (await where.ask('audit')).card;
    expect(spoilt.title).toContain('The record is BROKEN at entry 2');
    expect(rows(spoilt)).toHaveLength(1);
  });
});

describe('/incidents', () => {
  it('lists every open one by name, critical ones first, newest first', async () => {
    const where = await open();
    await fire(where, 'Low', 'info');
    await fire(where, 'First', 'critical');
    await where.clock.advance(1000);
    await fire(where, 'Second', 'critical');
    await fire(where, 'Middle', 'warning');
    const { card } = await where.ask('incidents');
    expect(card.title).toBe('4 open incidents');
    expect(rows(card).map(([name, one]) => `${name} ${one}`)).toEqual([
      'INC-3 Second',
      'INC-2 First',
      'INC-4 Middle',
      'INC-1 Low',
    ]);
  });

  it('filters by a word, in any label, whatever its case', async () => {
    const where = await open();
    await fire(where, 'DiskFull', 'critical', { node: 'worker-1' });
    await fire(where, 'BackupFailed', 'critical', { node: 'worker-2' });
    expect(rows((await where.ask('incidents DISK')).card)).toHaveLength(1);
    expect(rows((await where.ask('incidents worker')).card)).toHaveLength(2);
    expect((await where.ask('incidents tape')).card.title).toBe('No open incident with “tape”.');
  });

  it('comes in pages that name the next', async () => {
    const where = await open();
    for (let i = 1; i <= 27; i += 1) await fire(where, `Alert${i}`, 'warning');
    const first = (await where.ask('incidents')).card;
    expect(first.title).toBe('27 open incidents, page 1 of 2');
    expect(rows(first)).toHaveLength(25);
    expect(cardText(first)).toContain('/incidents 2 shows the next 2');
    expect(rows((await where.ask('incidents 2')).card)).toHaveLength(2);
    expect((await where.ask('incidents alert 2')).card.title).toBe('27 open incidents with “alert”, page 2 of 2');
    // A page beyond the last is the last.
    expect((await where.ask('incidents 9')).card.title).toBe('27 open incidents, page 2 of 2');
  });

  it('shows names inert and clipped', async () => {
    const where = await open();
    await fire(where, `a\u202eb${'x'.repeat(5000)}`, 'critical');
    const [row] = rows((await where.ask('incidents')).card);
    expect(row?.[1]).toMatch(/^a\ufffdbx+…$/);
    expect(row?.[1]?.length).toBeLessThan(100);
    expect(cardText((await where.ask('status')).card)).not.toMatch(/\u202e|x{200}/);
  });
});

describe('/status', () => {
  it('counts, names the newest, and says which parts are down', async () => {
    const where = await open({
      health: () => [
        { part: 'store', state: 'up', text: 'lowdb' },
        { part: 'alertmanager', state: 'down', text: 'no answer' },
        { part: 'cluster', state: 'off', text: 'no kubeconfig' },
      ],
    });
    await fire(where, 'DiskFull', 'critical');
    const { card } = await where.ask('status');
    expect(card.title).toBe('1 incident is open; alertmanager is down.');
    expect(cardText(card)).toContain('INC-1 DiskFull');
    expect(rows(card)).toHaveLength(3);
  });
});

describe('/nodes and /top', () => {
  it('name the nodes in trouble first', async () => {
    const nodes = [
      nodeView('a-fine'),
      nodeView('b-full', { conditions: [condition('Ready', 'True'), condition('DiskPressure', 'True')] }),
      nodeView('c-gone', { ready: 'Unknown', unschedulable: true }),
    ];
    const { card } = await (await open({ cluster: fakeWorld({ nodes }).cluster })).ask('nodes');
    expect(card.title).toMatch(/^3 nodes in .+, 2 in trouble$/);
    expect(rows(card).map(([name, status]) => `${name} ${status}`)).toEqual([
      'b-full Ready,DiskPressure',
      'c-gone Unknown,SchedulingDisabled',
      'a-fine Ready',
    ]);
  });

  it.each(['nodes', 'top nodes', 'top pods', 'top pods default'])(
    '%s says what is wrong with the cluster',
    async (text) => {
      const cluster = fakeWorld({ nodes: 'unreachable', nodeUse: 'unreachable', podUse: 'unreachable' }).cluster;
      expect((await (await open({ cluster })).ask(text)).card.title).toMatch(/^That did not work: .*unreachable/);
    },
  );

  it.each(['top --all', 'top pods kube-system x', 'top pods Kube_System', 'top pods ../secrets', 'top pods $(x)'])(
    '%s is no question to the cluster',
    async (text) => {
      expect((await (await open()).ask(text)).card.title).toMatch(/^\/top: say nodes, or pods/);
    },
  );
});

describe('/oncall', () => {
  it('says who and until when, or why it can’t be told', async () => {
    const until = Date.parse('2026-11-27T08:00:00Z');
    const known = await open({
      onCall: {
        who: async () => ({ is: 'known', people: ['ana', 'ben'], until, source: 'rotation' }),
        next: async () => ['cleo'],
      },
    });
    expect((await known.ask('oncall')).card.title).toBe('ana, ben are on call until 27 Nov 08:00 UTC.');
    await known.drop();
    const unknown = await open();
    expect(cardText((await unknown.ask('oncall')).card)).toContain('the configuration has no oncall section');
  });
});
