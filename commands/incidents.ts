import { z } from 'zod';
import { incidents as collection, firing, type Incident, severityRank } from '../src/alerting/incident.ts';
import { privately } from '../src/commanding/answers.ts';
import { command, type Services } from '../src/commanding/command.ts';
import { clip, humanDuration, inertLine } from '../src/lib/text.ts';

/** Rows of one page: what fits a phone's screen a few times over, and every chat's message. */
const PAGE = 25;
/** The longest name in a table that a phone can show. */
const CELL_LETTERS = 80;

async function allOpen({ store }: Services): Promise<readonly Incident[]> {
  const all: Incident[] = [];
  for (let after = ''; ; ) {
    const page = await store.find(collection, { key: ['state', 'open'], after, limit: 500 });
    all.push(...page.map(({ body }) => body));
    if (page.length < 500) return all;
    after = page.at(-1)?.id ?? '';
  }
}

/** Whether an incident has the word in its name, alert, severity or labels. */
function has(incident: Incident, word: string): boolean {
  const text = [
    incident.name,
    incident.alertname,
    incident.severity,
    ...Object.values(incident.commonLabels),
    ...Object.values(incident.groupLabels),
  ];
  return text.join('\n').toLowerCase().includes(word.toLowerCase());
}

/** `/incidents [WORD] [PAGE]`. */
export const incidents = command({
  name: 'incidents',
  usage: '/incidents [WORD] [PAGE]',
  summary: 'Lists the open incidents, critical ones first; with a word, those that have it in a label.',
  examples: ['/incidents', '/incidents disk', '/incidents 2'],
  may: 'anyone',
  args: z.array(z.string()).max(6, { error: 'give it a few words at most' }).readonly(),
  run: async (words, _, services) => {
    const last = words.at(-1) ?? '';
    const asked = /^[1-9]\d{0,4}$/.test(last) ? Number(last) : undefined;
    const word = (asked === undefined ? words : words.slice(0, -1)).join(' ');
    const all = (await allOpen(services)).filter((one) => word === '' || has(one, word));
    const sorted = all.sort((a, b) => severityRank(a.severity) - severityRank(b.severity) || b.openedAt - a.openedAt);
    const pages = Math.max(1, Math.ceil(sorted.length / PAGE));
    const page = Math.min(asked ?? 1, pages);
    const rows = sorted
      .slice((page - 1) * PAGE, page * PAGE)
      .map((one) => [
        one.name,
        clip(inertLine(one.alertname), CELL_LETTERS),
        clip(inertLine(one.severity), CELL_LETTERS) || '–',
        humanDuration(services.clock.now() - one.startedAt),
        String(firing(one).length),
        one.ack?.by ?? '–',
      ]);
    const about = word ? ` with “${clip(inertLine(word), CELL_LETTERS)}”` : '';
    const title =
      sorted.length === 0
        ? `No open incident${about}.`
        : `${sorted.length} open ${sorted.length === 1 ? 'incident' : 'incidents'}${about}${pages > 1 ? `, page ${page} of ${pages}` : ''}`;
    if (rows.length === 0) return privately(title, [], sorted.length === 0 ? 'ok' : 'neutral');
    const next =
      page < pages
        ? {
            more: `/incidents ${word ? `${word} ` : ''}${page + 1} shows the next ${Math.min(PAGE, sorted.length - page * PAGE)}`,
          }
        : {};
    return privately(title, [
      {
        kind: 'table',
        columns: [
          { label: 'Incident' },
          { label: 'Alert' },
          { label: 'Severity' },
          { label: 'Since', align: 'right' },
          { label: 'Firing', align: 'right' },
          { label: 'Taken by' },
        ],
        rows,
        ...next,
      },
    ]);
  },
});
