import { df } from '../src/triage/probes/df.ts';
import { journal } from '../src/triage/probes/journal.ts';
import { nodeConditions } from '../src/triage/probes/nodeConditions.ts';
import { changes, disks, eventsOf, onHost, pods, podTrends } from '../src/triage/probes/sets.ts';
import { topNodes } from '../src/triage/probes/topNodes.ts';
import { unitState } from '../src/triage/probes/unitState.ts';
import { runbook } from '../src/triage/runbook.ts';

/** The runbook for what has none of its own. It matches nothing by itself: it is the last of the list. */
export const anyAlert = runbook({
  name: 'AnyAlert',
  matches: [],
  meaning: 'There is no runbook for this alert yet: its own summary and description say what it means.',
  impact: 'Not known. The severity is what whoever wrote the rule thought of it.',
  probes: (subject) => {
    const { unit } = subject;
    return [
      pods(subject),
      ...podTrends(subject),
      eventsOf(subject),
      ...onHost(subject, (host) => [
        ...(unit === undefined ? [] : [unitState(host, unit), journal(host, unit)]),
        ...(subject.mountpoint === undefined ? [df(host)] : []),
      ]),
      ...(subject.mountpoint === undefined ? [] : disks(subject)),
      nodeConditions(subject.node),
      topNodes(subject.node),
      changes(subject),
    ];
  },
  checklist: [
    'What does the alert itself say, and is it still true?',
    'Who is affected, and since when?',
    'What changed just before?',
    'Afterwards: add a runbook for it, so that the next one starts further on.',
  ],
  offers: () => [],
});
