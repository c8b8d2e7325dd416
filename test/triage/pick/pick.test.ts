import { describe, expect, it } from 'vitest';
import { parseMatchers } from '../../../src/lib/matchers.ts';
import { pickRunbook, rowMatches, type UserRunbook } from '../../../src/triage/pick.ts';
import { topNodes } from '../../../src/triage/probes/topNodes.ts';
import { topPods } from '../../../src/triage/probes/topPods.ts';
import { type LabelMatch, runbook } from '../../../src/triage/runbook.ts';
import { subject } from '../../support/world.ts';

const disk = runbook({
  name: 'Disk',
  matches: [{ alertname: /Disk.*/ }],
  meaning: 'built-in meaning',
  impact: 'built-in impact',
  probes: () => [topNodes(), topPods()],
  checklist: ['built-in question?'],
  offers: ({ node = '' }) => [{ action: 'node.drain', label: 'built-in drain', args: { node } }],
});
const any = runbook({ ...disk, name: 'AnyAlert', matches: [] });
const builtIn = [disk, any];

const match = (text: string): NonNullable<UserRunbook['match']> => {
  const read = parseMatchers(text);
  if (read.is === 'wrong') throw new Error(read.message);
  return read;
};
const from = subject({ node: 'worker-1', host: 'w1' });
const ids = (users: readonly UserRunbook[], labels: Record<string, string>) =>
  pickRunbook(builtIn, users, labels)
    .probes(from)
    .map(({ id }) => id);

describe('pickRunbook', () => {
  it.each<[string, Record<string, string>, string]>([
    ['the first that matches', { alertname: 'DiskFull' }, 'Disk'],
    ['the last where none does', { alertname: 'Other' }, 'AnyAlert'],
    ['the last where there is no name', {}, 'AnyAlert'],
  ])('takes %s', (_, labels, name) => {
    expect(pickRunbook(builtIn, [], labels).name).toBe(name);
  });

  it("lays the user's over the built-in one: theirs first, the rest stays", () => {
    const user = {
      match: match('alertname=~"Disk.*",severity="critical"'),
      probes: [
        { probe: 'df' as const, argument: undefined },
        { probe: 'journal' as const, argument: 'k3s-agent.service' },
        { probe: 'top-pods' as const, argument: undefined },
      ],
      meaning: 'their meaning',
      checklist: ['their question?'],
      offer: ['node.drain', 'backup.run', 'their.action'],
    };
    const picked = pickRunbook(builtIn, [user], { alertname: 'DiskFull', severity: 'critical' });
    expect(picked).toMatchObject({
      name: 'Disk',
      meaning: 'their meaning',
      impact: 'built-in impact',
      checklist: ['their question?', 'built-in question?'],
    });
    expect(picked.probes(from).map(({ id }) => id)).toEqual([
      'df:w1:',
      'journal:w1:k3s-agent.service',
      'top-pods:',
      'top-nodes:',
    ]);
    expect(picked.offers(from).map(({ label }) => label)).toEqual(['Drain worker-1', 'their.action']);
    expect(pickRunbook(builtIn, [user], { alertname: 'DiskFull', severity: 'warning' }).meaning).toBe(
      'built-in meaning',
    );
  });

  it('lets a runbook without matchers override the built-in one of its name', () => {
    const user = { name: 'Disk', impact: 'their impact' };
    expect(pickRunbook(builtIn, [user], { alertname: 'DiskFull' }).impact).toBe('their impact');
    expect(pickRunbook(builtIn, [user], { alertname: 'Other' }).impact).toBe('built-in impact');
  });

  it('takes the named built-in one as base where its own matchers match', () => {
    const user = { name: 'Disk', match: match('alertname="Volumes"') };
    expect(pickRunbook(builtIn, [user], { alertname: 'Volumes' }).name).toBe('Disk');
  });

  it('gives a runbook of a new name that name, on top of the default', () => {
    const user = { name: 'Shop', match: match('alertname="ShopDown"'), meaning: 'No sales.' };
    expect(pickRunbook(builtIn, [user], { alertname: 'ShopDown' })).toMatchObject({
      name: 'Shop',
      meaning: 'No sales.',
    });
  });

  it("takes the first of the user's that matches", () => {
    const users = ['first', 'second'].map((meaning) => ({ match: match('alertname=~".+"'), meaning }));
    expect(pickRunbook(builtIn, users, { alertname: 'DiskFull' }).meaning).toBe('first');
  });

  it('drops a probe that needs a host where none is known', () => {
    const user = { match: match('alertname=~".+"'), probes: [{ probe: 'df' as const, argument: undefined }] };
    const nowhere = pickRunbook(builtIn, [user], { alertname: 'X' }).probes(subject());
    expect(nowhere.map(({ id }) => id)).toEqual(['top-nodes:', 'top-pods:']);
  });

  it('knows every word of the configuration', async () => {
    const { PROBE_WORDS } = await import('../../../src/config/schema/runbooks.ts');
    for (const [word, { takes }] of Object.entries(PROBE_WORDS)) {
      const argument = takes === 'unit' ? 'k3s.service' : takes === 'maybe-path' ? '/srv' : undefined;
      const probes = [{ probe: word as keyof typeof PROBE_WORDS, argument }];
      expect(ids([{ match: match('alertname=~".+"'), probes }], { alertname: 'X' })[0], word).toMatch(/^[a-z-]+:/);
    }
  });
});

describe('rowMatches', () => {
  it.each<[LabelMatch, Record<string, string>, boolean]>([
    [{ alertname: 'A' }, { alertname: 'A' }, true],
    [{ alertname: 'A' }, { alertname: 'AB' }, false],
    [{ alertname: /A|B/ }, { alertname: 'AB' }, false],
    [{ alertname: /A|AB/ }, { alertname: 'AB' }, true],
    [{ alertname: /A/g }, { alertname: 'A' }, true],
    [{ alertname: /A/ }, { alertname: 'A\n' }, false],
    [{ a: 'x', b: 'y' }, { a: 'x' }, false],
    [{ a: '' }, {}, true],
    [{ constructor: /.+/ }, {}, false],
  ])('%j on %j is %s', (row, labels, expected) => {
    expect([rowMatches(row, labels), rowMatches(row, labels)]).toEqual([expected, expected]);
  });
});
