import { missing } from '../../cluster/faults.ts';
import type { GateFinding } from '../../gate/model.ts';
import { humanDuration } from '../../lib/text.ts';
import { nodeFindings } from './actors.ts';
import type { BudgetVerdict } from './budgets.ts';
import { workloadOf } from './fate.ts';
import { counted, found, names } from './found.ts';
import { podFindings } from './podFindings.ts';
import { rightFindings } from './rightFindings.ts';
import type { DrainSnapshot } from './snapshot.ts';
import type { Survey } from './survey.ts';

/**
 * Everything that stands in a drain's way, must be accepted, or is good to know. BLOCK and ACKNOWLEDGE say the same at every look at the same
 * state: a new one voids approvals. Pure.
 */
export function drainFindings(snapshot: DrainSnapshot, survey: Survey, now: number): readonly GateFinding[] {
  return [
    ...nodeFindings(snapshot),
    ...busyFindings(snapshot),
    ...selfFindings(snapshot, survey),
    ...budgetFindings(snapshot, survey),
    ...tryFindings(snapshot),
    ...podFindings(snapshot, survey, now),
    ...rightFindings(snapshot.owners),
    ...backupFindings(snapshot, now),
  ];
}

function busyFindings({ busy }: DrainSnapshot): readonly GateFinding[] {
  return [
    ...busy.running.map((text) => found('BLOCK', 'backup-running', text)),
    ...busy.unknown.map((text) => found('NOTE', 'backup-unknown', text)),
  ];
}

function selfFindings({ self }: DrainSnapshot, { pods }: Survey): readonly GateFinding[] {
  const own = pods.find(({ pod }) => self && pod.namespace === self.namespace && pod.name === self.name);
  if (!own) return [];
  if (own.returns === 'never')
    return [
      found('BLOCK', 'own-pod-stranded', 'this bot runs here and can run nowhere else: nobody would finish the drain'),
    ];
  return [
    found(
      'ACKNOWLEDGE',
      'own-pod',
      'this bot runs here: it goes last, is away meanwhile, and takes the drain up again elsewhere',
    ),
  ];
}

function budgetWords({ budget, pods, why }: BudgetVerdict): string {
  const name = `${budget.namespace}/${budget.name} (${budget.rule})`;
  switch (why) {
    case 'rule':
      return `the budget ${name} never lets a pod go as it is: add a replica or change it`;
    case 'broken':
      return `the budget ${name} can't be worked out by Kubernetes (pods without a scale), so it lets nothing go`;
    case 'stranded':
      return `the budget ${name} stops the drain half way: more of its pods can't run elsewhere than it can spare`;
    case 'unhealthy':
      return `the budget ${name} lets nothing go now: some of its pods aren't healthy and must heal first`;
    case 'stale':
      return `the budget ${name} has just changed, and Kubernetes hasn't worked it out yet`;
    case 'replacements':
      return `the budget ${name} lets ${counted(pods, 'pod')} go in turn, each once a replacement is ready: ${budget.desired} needed, ${budget.healthy} healthy`;
    case 'allows':
      return `the budget ${name} lets ${counted(pods, 'pod')} go${pods > budget.allowed ? `, ${budget.allowed} at a time` : ''}: ${budget.desired} needed, ${budget.healthy} healthy`;
  }
}

const LEVELS = { never: 'BLOCK', 'not-now': 'ACKNOWLEDGE', 'in-turn': 'NOTE', 'lets-go': 'NOTE' } as const;
const CODES: Readonly<Record<BudgetVerdict['why'], string>> = {
  rule: 'budget-never',
  broken: 'budget-broken',
  stranded: 'budget-stranded',
  unhealthy: 'budget-not-now',
  stale: 'budget-stale',
  replacements: 'budget-in-turn',
  allows: 'budget-allows',
};

function budgetFindings({ owners }: DrainSnapshot, { budgets, torn }: Survey): readonly GateFinding[] {
  const both = names(torn.map((pod) => workloadOf(pod, owners)));
  return [
    ...(torn.length > 0
      ? [
          found(
            'BLOCK',
            'several-budgets',
            `several budgets name the same pods, which Kubernetes then never evicts: ${both}`,
          ),
        ]
      : []),
    ...budgets.map((one) => found(LEVELS[one.is], CODES[one.why], budgetWords(one))),
    // Figures come and go; in a hazard each change would void the approval.
    ...budgets.flatMap(({ budget, why }) =>
      why === 'unhealthy'
        ? [
            found(
              'NOTE',
              'budget-health',
              `the budget ${budget.namespace}/${budget.name} needs ${budget.desired} healthy, and ${budget.healthy} of ${counted(budget.expected, 'pod')} are`,
            ),
          ]
        : [],
    ),
  ];
}

/** What the server itself said to a dry run, where that isn't known from the budgets. */
function tryFindings({ here, tries, untried, owners }: DrainSnapshot): readonly GateFinding[] {
  const said = here.flatMap((pod) => {
    const answer = tries.get(pod.uid);
    return answer?.is === 'denied' ? [{ pod, answer }] : [];
  });
  const right = said.find(({ answer }) => answer.right);
  const hooks = said.filter(({ answer }) => !answer.right);
  const text = hooks[0] && namelessly(hooks[0].answer.text, hooks[0].pod.name);
  return [
    ...(right ? [found('BLOCK', 'eviction-forbidden', missing('create pods/eviction', 'nodes'))] : []),
    ...(hooks.length > 0
      ? [
          found(
            'BLOCK',
            'eviction-denied',
            `Kubernetes refuses to evict ${names(hooks.map(({ pod }) => workloadOf(pod, owners)))}: ${text}`,
          ),
        ]
      : []),
    ...(untried > 0 ? [found('NOTE', 'untried', `${counted(untried, 'eviction')} could not be tried dry`)] : []),
  ];
}

/** Pod names in a webhook's words would make every restart a new hazard. */
const namelessly = (text: string, pod: string): string => text.replaceAll(pod, '…');

function backupFindings({ volumes }: DrainSnapshot, now: number): readonly GateFinding[] {
  return volumes.flatMap(({ claim, backup }) => {
    if (!backup)
      return [
        found('ACKNOWLEDGE', 'volume-unsaved', `no configured backup covers the volume of ${claim} on this node`),
      ];
    const { lastGoodAt, rpoMs } = backup;
    if (lastGoodAt === 'unknown')
      return [
        found(
          'NOTE',
          'volume-backup-unasked',
          `when the volume of ${claim} was last backed up could not be asked (${backup.backup})`,
        ),
      ];
    if (lastGoodAt === 'none')
      return [
        found(
          'ACKNOWLEDGE',
          'volume-backup-none',
          `there is no good backup of the volume of ${claim} (${backup.backup})`,
        ),
      ];
    const age = now - lastGoodAt;
    const note = found(
      'NOTE',
      'volume-backup',
      `last good backup of the volume of ${claim}: ${humanDuration(age)} ago (${backup.backup})`,
    );
    return rpoMs !== undefined && age > rpoMs
      ? [
          found(
            'ACKNOWLEDGE',
            'volume-backup-old',
            `the last good backup of the volume of ${claim} is older than its RPO of ${humanDuration(rpoMs)} (${backup.backup})`,
          ),
          note,
        ]
      : [note];
  });
}
