import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/triage/evidence.ts';
import { evidenceCard } from '../../src/triage/evidenceCard.ts';

const evidence = (title: string, more: Partial<Evidence> = {}): Evidence => ({
  probe: title,
  title,
  status: 'ok',
  summary: `${title} is fine`,
  parts: [],
  source: title,
  tookMs: 5,
  at: 0,
  ...more,
});
const titlesOf = (card: ReturnType<typeof evidenceCard>): string[] =>
  card.blocks.map((block) =>
    block.kind === 'section' ? block.title : 'text' in block ? String(block.text) : block.kind,
  );

describe('the evidence message', () => {
  it('keeps the runbook’s order while pieces come, and names those under way at their place', () => {
    const card = evidenceCard('INC-1', 1, ['df', 'top', 'journal'], [undefined, evidence('top'), undefined], []);
    expect(titlesOf(card)).toEqual(['df: looking …', 'top', 'journal: looking …']);
    expect(card.title).toBe('INC-1 evidence: looking at 2 more …');
  });

  it('is as bad as its worst piece and counts each kind', () => {
    const found = [
      evidence('df', { status: 'bad' }),
      evidence('top', { status: 'warn' }),
      evidence('ssh', { status: 'unknown' }),
      evidence('pods'),
    ];
    const card = evidenceCard('INC-1', 2, ['df', 'top', 'ssh', 'pods'], found, ['worker-9 is no configured host.']);
    expect(card).toMatchObject({
      tone: 'critical',
      title: 'INC-1 evidence (look 2): 1 bad, 1 to watch, 1 could not be looked at, 1 fine',
    });
    expect(titlesOf(card).at(-1)).toBe('worker-9 is no configured host.');
  });

  it('tells of what isn’t set up in one line a reason, not in a section each', () => {
    const absent = { status: 'unknown' as const, notSetUp: true, summary: 'No Prometheus is set up.' };
    const card = evidenceCard(
      'INC-1',
      1,
      ['df', 'disk', 'backup'],
      [evidence('df'), evidence('disk', absent), evidence('backup', absent)],
      [],
    );
    expect(titlesOf(card)).toEqual(['df', 'No Prometheus is set up. Not looked at: disk, backup.']);
    expect(card).toMatchObject({ tone: 'ok', title: 'INC-1 evidence: 1 fine, 2 not set up' });
  });
});
