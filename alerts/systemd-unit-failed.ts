import { offers } from '../src/triage/offers.ts';
import { df } from '../src/triage/probes/df.ts';
import { journal } from '../src/triage/probes/journal.ts';
import { nodeConditions } from '../src/triage/probes/nodeConditions.ts';
import { changes, onHost } from '../src/triage/probes/sets.ts';
import { unitState } from '../src/triage/probes/unitState.ts';
import { runbook } from '../src/triage/runbook.ts';

/** A service of a machine failed. */
export const systemdUnitFailed = runbook({
  name: 'SystemdUnitFailed',
  matches: [
    { alertname: /NodeSystemdService(?:Failed|Crashlooping)|HostSystemdServiceCrashed/ },
    { alertname: /Systemd(?:UnitFailed|ServiceCrashLooping|UnitInactive|UnitTasksNearLimit|TimerMissedTrigger)/ },
  ],
  meaning: 'A systemd unit of the machine failed, keeps failing, or did not run when it should have.',
  impact: 'Depends on the unit: a timer that failed misses one run, a kubelet or k3s takes the node with it.',
  probes: (subject) => {
    const { unit } = subject;
    return [
      ...onHost(subject, (host) => [
        ...(unit === undefined ? [] : [unitState(host, unit), journal(host, unit)]),
        df(host),
      ]),
      nodeConditions(subject.node),
      changes(subject),
    ];
  },
  checklist: [
    'What is the first line of the journal that says why?',
    'Exit code or signal? Signal 9 with "oom-kill" means memory.',
    'Did someone change its file or its program since the last good start?',
    'start-limit-hit: systemd gave up; it needs reset-failed after the repair.',
  ],
  offers: (subject) => offers(subject, 'backup.run'),
});
