import type { Block, Card, Tone } from '../chat/message.ts';
import type { Evidence, EvidencePart, EvidenceStatus } from './evidence.ts';

const TONES: Readonly<Record<EvidenceStatus, Tone>> = {
  ok: 'ok',
  warn: 'warning',
  bad: 'critical',
  unknown: 'neutral',
};

function block(part: EvidencePart): Block {
  switch (part.kind) {
    case 'text':
      return { kind: 'pre', text: part.text };
    case 'table':
      return part;
    case 'picture':
      return { kind: 'picture', picture: part.picture };
  }
}

function section(evidence: Evidence): Block {
  const source: Block = {
    kind: 'quiet',
    text: `${evidence.source} · ${new Date(evidence.at).toISOString().slice(11, 19)} UTC · ${evidence.tookMs} ms`,
  };
  return {
    kind: 'section',
    tone: TONES[evidence.status],
    title: evidence.title,
    summary: evidence.summary,
    folded: evidence.status === 'ok' || evidence.parts.length === 0,
    blocks: [...evidence.parts.map(block), source],
  };
}

/**
 * The evidence message of one round: every look in the runbook's order, those that are still under way named at their place, those that
 * need what isn't set up in one line at the end. `found[i]` belongs to `titles[i]`. Pure.
 */
export function evidenceCard(
  incident: string,
  round: number,
  titles: readonly string[],
  found: readonly (Evidence | undefined)[],
  notes: readonly string[],
): Card {
  const here = found.filter((one) => one !== undefined);
  const missing = titles.length - here.length;
  const absent = here.filter(({ notSetUp }) => notSetUp);
  const count = (status: EvidenceStatus): number => here.filter((one) => one.status === status && !one.notSetUp).length;
  const words = [
    [count('bad'), 'bad'],
    [count('warn'), 'to watch'],
    [count('unknown'), 'could not be looked at'],
    [count('ok'), 'fine'],
    [absent.length, 'not set up'],
  ] as const;
  const tally = words.flatMap(([many, word]) => (many > 0 ? [`${many} ${word}`] : [])).join(', ');
  const state = missing > 0 ? `looking at ${missing} more …` : tally || 'nothing to look at';
  const tone: Tone =
    count('bad') > 0
      ? 'critical'
      : count('warn') > 0
        ? 'warning'
        : missing > 0 || count('unknown') > 0
          ? 'neutral'
          : 'ok';
  const sections = titles.flatMap((title, at): readonly Block[] => {
    const evidence = found[at];
    if (evidence?.notSetUp) return [];
    return [evidence ? section(evidence) : { kind: 'quiet', text: `${title}: looking …` }];
  });
  const unset = [...Map.groupBy(absent, ({ summary }) => summary)].map(
    ([summary, some]): Block => ({
      kind: 'quiet',
      text: `${summary} Not looked at: ${some.map(({ title }) => title).join(', ')}.`,
    }),
  );
  return {
    tone,
    title: `${incident} evidence${round > 1 ? ` (look ${round})` : ''}: ${state}`,
    blocks: [...sections, ...unset, ...notes.map((text): Block => ({ kind: 'quiet', text }))],
    buttons: [],
  };
}
