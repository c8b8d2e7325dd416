import { offers } from '../src/triage/offers.ts';
import { jobs } from '../src/triage/probes/jobs.ts';
import { changes, eventsOf, pods } from '../src/triage/probes/sets.ts';
import { topNodes } from '../src/triage/probes/topNodes.ts';
import { runbook } from '../src/triage/runbook.ts';

/** A Job or CronJob that failed, hangs or doesn't start. */
export const jobFailed = runbook({
  name: 'JobFailed',
  matches: [{ alertname: /Kube(?:rnetes)?(?:Job|CronJob|Cronjob)\w+|K8upRestoreFailed/ }],
  meaning: 'A Job failed, takes too long, or a CronJob did not run as planned.',
  impact: 'Whatever this job does was not done: a report, a clean-up, a backup. It may also still hold its lock.',
  probes: (subject) => [
    jobs(subject.namespace, subject.jobName),
    pods(subject),
    eventsOf(subject),
    topNodes(),
    changes(subject),
  ],
  checklist: [
    'How did the last pod end, and with which exit code?',
    'BackoffLimitExceeded: it was tried again and again. DeadlineExceeded: it was too slow.',
    'Is it safe to run once more, or would it do something twice?',
    'The failed Job keeps the alert alive until it is deleted.',
  ],
  offers: (subject) => offers(subject, 'backup.run'),
});
