import { commands } from '../../commands/index.ts';
import { backupRun } from '../../src/actions/backup/action.ts';
import { diskImages, diskJournal, diskPods } from '../../src/actions/disk/action.ts';
import { nodeCordon, nodeDrain, nodeUncordon } from '../../src/actions/node/action.ts';
import { restoreRun } from '../../src/actions/restore/action.ts';
import type { Person } from '../../src/chat/people.ts';
import * as decide from '../../src/gate/decide.ts';
import type { Context, Decided, Refusal } from '../../src/gate/facts.ts';
import type { GateRequest, Plan, PolicySnapshot, RequestState } from '../../src/gate/model.ts';
import { policyFor } from '../../src/gate/policy.ts';
import { MIN_REASON } from '../../src/gate/rights.ts';
import { refusalWords, stateSentence } from '../../src/gate/words.ts';
import { humanDuration } from '../../src/lib/text.ts';
import { LONGEST_MS, USUAL_MS } from '../../src/people/delegation.ts';

const NOW = Date.parse('2026-11-20T03:10:00Z');
const HOUR_MS = 3_600_000;
const REASON = 'the disk is dying';

const PEOPLE: readonly Person[] = [
  { name: 'ana', roles: ['oncall'] },
  { name: 'ben', roles: ['oncall'] },
  { name: 'dora', roles: ['admin'] },
];
const POLICY: PolicySnapshot = {
  request: ['oncall'],
  confirm: 'button',
  approvals: 1,
  approve: ['oncall', 'admin'],
  ttlMs: HOUR_MS,
  source: 'policies[0]',
};
const PLAN: Plan = {
  action: 'restore.run',
  args: {},
  target: 'k8s_data',
  title: 'Restore k8s_data',
  summary: '',
  steps: [],
  findings: [],
  effects: {},
  locks: [],
};
const world = (more: Partial<Context> = {}): Context => ({
  now: NOW,
  people: PEOPLE,
  duty: { is: 'known', people: ['ana'], until: undefined, source: 'rotation' },
  standIns: [],
  freezes: [],
  ...more,
});
const by = (person: string) => ({ person, chat: 'slack' });

function taken(decided: Decided | { readonly refused: Refusal }): GateRequest {
  if (!('request' in decided) || decided.refused) throw new Error(`refused: ${JSON.stringify(decided.refused)}`);
  return decided.request;
}
const asked = () => taken(decide.requestOf({ name: 'REQ-17', plan: PLAN, policy: POLICY, by: by('ana') }, world()));
const confirmed = (request = asked()) => taken(decide.confirm(request, by('ana'), { digest: request.digest }, world()));
const approved = (request = confirmed()) =>
  taken(decide.vote(request, by('ben'), { choice: 'approve', digest: request.digest }, world()));

/** What policies can name, and what they call its target. */
const ACTIONS: readonly (readonly [string, string, string])[] = [
  [backupRun.id, 'the backup', 'a backup is made now'],
  [restoreRun.id, 'the backup', 'a snapshot is restored into a fresh folder'],
  [nodeCordon.id, 'the node', 'new pods are kept off'],
  [nodeUncordon.id, 'the node', 'they may come again'],
  [nodeDrain.id, 'the node', 'its pods are evicted'],
  [diskImages.id, 'the node', 'images that no container uses are removed'],
  [diskJournal.id, 'the node', 'the oldest journal files are removed'],
  [diskPods.id, 'the node', 'finished pods are deleted'],
];

/** A request of ana's in each state, as the core itself knows it. */
const inState = (state: RequestState): GateRequest => ({ ...approved(), votes: [], state });
const STATES: readonly RequestState[] = [
  'planned',
  'confirming',
  'approving',
  'ready',
  'running',
  'verifying',
  'succeeded',
  'degraded',
  'failed',
  'cancelled',
  'denied',
  'expired',
  'refused',
  'unknown',
];
const MEANS: Readonly<Record<RequestState, string>> = {
  planned: 'A BLOCK in the plan leaves no way on.',
  confirming: 'Who asked reads the plan, and confirms it.',
  approving: 'Others approve the plan as it is shown, or deny it.',
  ready: 'Everything is there; it waits for its locks, and its plan is made once more.',
  running: 'The steps are carried out, each written down before and after.',
  verifying: 'The action looks whether it worked.',
  succeeded: 'It was done, and verified.',
  degraded: 'It was done, and something beside it did not work; the card says what.',
  failed: 'It was not done, or not wholly; the card says what remains.',
  cancelled: 'Who asked, or an admin, called it off.',
  denied: 'Somebody who may approve it said no.',
  expired: 'Its time ran out, for the approval or for the start.',
  refused: 'What it rested on no longer held at its start; nothing was done.',
  unknown: 'Nobody can tell whether it was done. What it touched stays locked until somebody looks.',
};

type Verb = 'confirm' | 'approve' | 'deny' | 'cancel' | 'breakglass' | 'settle';
const VERBS: Readonly<Record<Verb, (request: GateRequest) => Decided>> = {
  confirm: (one) => decide.confirm(one, by('ana'), { digest: one.digest }, world()),
  approve: (one) => decide.vote(one, by('ben'), { choice: 'approve', digest: one.digest }, world()),
  deny: (one) => decide.vote(one, by('ben'), { choice: 'deny', digest: one.digest }, world()),
  cancel: (one) => decide.cancel(one, by('ana'), world()),
  breakglass: (one) => decide.breakGlass(one, by('ana'), { reason: REASON, digest: one.digest }, world()),
  settle: (one) => decide.settle(one, by('ben'), { found: 'done', note: REASON }, world()),
};

/** What can be done in a state, told by doing it. */
export function verbsOf(state: RequestState): readonly Verb[] {
  return (Object.keys(VERBS) as Verb[]).filter((verb) => VERBS[verb](inState(state)).refused === undefined);
}

const ALWAYS: Context['freezes'] = [
  {
    name: 'release week',
    except: [],
    timezone: 'UTC',
    from: { text: 'Mon 00:00', minute: 0 },
    to: { text: 'Sun 23:59', minute: 10_079 },
  },
];
const without = (name: string): Partial<Context> => ({ people: PEOPLE.filter((one) => one.name !== name) });

/** What may have changed, and the world in which it did. */
const CHECKS: readonly { readonly what: string; readonly now: Partial<Context> }[] = [
  { what: 'who asked still has a role that may ask', now: without('ana') },
  { what: 'the target’s own list (`whoCanRestore`) names who asked', now: { only: ['dora'] } },
  { what: 'no freeze window is on', now: { freezes: ALWAYS } },
  { what: 'who is on call can be told', now: { duty: { is: 'unknown', reason: 'the calendar is away' } } },
  { what: 'enough others could approve', now: { people: PEOPLE.filter(({ name }) => name === 'ana') } },
  { what: 'who approves, or approved, still may', now: without('ben') },
  {
    what: 'who approves doesn’t stand in for who asked',
    now: {
      standIns: [{ from: 'ana', to: 'ben', role: 'oncall', since: NOW, until: NOW + HOUR_MS, reason: REASON }],
    },
  },
  { what: 'its time is not over', now: { now: NOW + 3 * HOUR_MS } },
];
const MOMENTS = ['asked', 'confirmed', 'approved', 'started'] as const;

/** At which moments a change of the world is noticed, told by changing it. */
export function noticedAt(now: Partial<Context>): readonly (typeof MOMENTS)[number][] {
  const at = world(now);
  const [one, sure, ready] = [asked(), confirmed(), approved()];
  const refused: Readonly<Record<(typeof MOMENTS)[number], unknown>> = {
    asked: decide.requestOf({ name: 'REQ-17', plan: PLAN, policy: POLICY, by: by('ana') }, at).refused,
    confirmed: decide.confirm(one, by('ana'), { digest: one.digest }, at).refused,
    approved: decide.vote(sure, by('ben'), { choice: 'approve', digest: sure.digest }, at).refused,
    started: decide.claim(ready, 'x-1', at).refused,
  };
  return MOMENTS.filter((moment) => refused[moment] !== undefined);
}

const WINDOW = { name: 'weekend', from: 'Fri 18:00', to: 'Mon 08:00', timezone: 'Europe/Madrid', until: NOW };
/** One refusal of each kind that people meet. */
const REFUSALS: readonly Refusal[] = [
  { why: 'wrong-state', state: 'denied' },
  { why: 'expired' },
  { why: 'blocked', codes: ['repository-locked'] },
  { why: 'not-requester', requester: 'ana' },
  { why: 'requester' },
  { why: 'stands-in', party: ['ana', 'ben'] },
  { why: 'right-used', approved: ['ben'] },
  { why: 'not-eligible', needs: ['oncall', 'admin'] },
  { why: 'not-named', named: ['ana'] },
  { why: 'on-call-unknown', reason: 'the calendar at cal.example.com answers HTTP 503' },
  { why: 'not-on-call' },
  { why: 'reason-too-short', least: MIN_REASON },
  { why: 'quorum-unreachable', needed: 2, possible: ['ben'] },
  { why: 'frozen', window: WINDOW },
  { why: 'typed-missing', target: 'k8s_data' },
  { why: 'typed-mismatch', target: 'k8s_data' },
  { why: 'plan-changed' },
  { why: 'already-approved' },
  { why: 'approvers-lapsed', lapsed: ['ben'], counted: 0, needed: 1 },
];

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
const GATES = [
  'backup',
  'restore',
  'requests',
  'confirm',
  'approve',
  'deny',
  'cancel',
  'breakglass',
  'settle',
  'oncall',
  'delegate',
  'undelegate',
  'audit',
];

/** The page about the gate; each table of it is asked of the code. Pure. */
export function renderGate(): string {
  const strict = policyFor([], 'any.action', 'any');
  const states = STATES.map((state) =>
    row(
      `\`${state}\``,
      MEANS[state],
      verbsOf(state)
        .map((verb) => `\`/${verb}\``)
        .join(' ') || '–',
      stateSentence(inState(state)),
    ),
  );
  const checks = CHECKS.map(({ what, now }) => {
    const noticed = noticedAt(now);
    return row(what, ...MOMENTS.map((moment) => (noticed.includes(moment) ? 'yes' : '–')));
  });
  const words = GATES.flatMap((name) => {
    const found = commands.find((one) => one.name === name);
    return found
      ? [row(`\`${found.usage}\``, found.summary, found.may === 'role' ? 'people with a role' : 'everybody known')]
      : [];
  });
  return `# The gate

Nothing happens that somebody didn't see, confirm and, where the policy says so, somebody else approve. The tables are made from the code by
\`npm run docs\`. Why it is built so: [adr/0007-gate.md](adr/0007-gate.md). What a backup and a restore do at each step stands on their cards.

## How a request goes

Somebody asks, by a button or a command. The action looks and makes a **plan**: what will run, where, in which steps, what could go wrong. The plan
has a **digest**, shown in short as \`3fa9-81c0\`; a confirmation and each approval count for that digest alone. A finding is a BLOCK (no way on), an
ACKNOWLEDGE (confirming accepts it) or a NOTE.

| State | Means | What can be done | An old button or a late command says |
| --- | --- | --- | --- |
${states.join('\n')}

A request is shown in the thread it was asked from, and, where it needs approval and has no thread, in every chat's home. Its card is edited as it goes on.
Who asked and admins cancel; what runs stops at its next safe point and says what remains. Below the end stand buttons for what
comes next, where the action knows (after a drain the uncordon): each asks for a request of its own.

## Words

| Command | What it does | May |
| --- | --- | --- |
${words.join('\n')}

\`/approve\` and \`/deny\` by name take what the card shows as digest: \`/approve REQ-17 3fa9-81c0\`. If the plan is another by now, or took another's
place within the last minute and no digest was given, they refuse and show the new card; so does \`/confirm\` within that minute. \`/requests REQ-17\` shows the card at any time.

## Policies

The first entry of \`policies\` that names the action (and target) counts, as it stood when the request was made. Where none does:

| | |
| --- | --- |
${row('who asks', strict.request.join(', '))}
${row('confirmation', strict.confirm)}
${row('approvals', String(strict.approvals))}
${row('who approves', strict.approve.join(', '))}
${row('time to approve, and again to start', humanDuration(strict.ttlMs))}

\`confirm: typed\` wants the target's name from who asked, to the letter; it replaces no approval. \`whoCanRestore\` of a backup and the policy must both
allow. \`oncall\` among roles means the whole crew, so that a colleague approves what the one on duty asks for. Configuration: [configuration.md](configuration.md).

| Action | Target | What is done |
| --- | --- | --- |
${ACTIONS.map(([id, target, what]) => row(`\`${id}\``, target, what)).join('\n')}

## What is checked when

Who may do what is decided at the click, in one place, for every chat alike; and again at the start.

| Checked | asked | confirmed | approved | started |
| --- | --- | --- | --- | --- |
${checks.join('\n')}

Besides, at the start, under the locks, the plan is made once more. What differs in what it relies on voids confirmation and approvals and is shown; nothing was touched.
While only the on-call source is silent, an approved request waits for it until its time is over. A denial and a cancel are never frozen.

## When nobody answers

Everybody who may approve is called when the request is confirmed. After a third of the time the next on call is called, by the rotation or the calendar (a Slack user group
and roles alone know no order); after two thirds, all admins who may approve; once each, in the thread and in private where a chat can.
Each is mentioned by the account that \`people\` has for that chat, and named where it has none; no text of a plan, a label or a reason mentions anybody.

**Break-glass.** Who asked and is on call now goes without approvals: \`/breakglass REQ-17 REASON\`, with at least ${MIN_REASON} characters of reason. It waives the
approvals alone: plan, confirmation, freeze windows, locks and record hold. It is told in the thread and, as a message of its own, in every chat's home.

**Unknown.** After a crash the action looks at what became of it. What can't be told ends \`unknown\`, keeps its locks, and is never repeated by guess. Somebody looks,
and says what they found: \`/settle REQ-17 done NOTE\` or \`/settle REQ-17 not-done NOTE\`. The state stays; the locks are free.

## Standing in

\`/delegate ben 4h at the dentist\` lets ben stand in for you, for ${humanDuration(USUAL_MS)} where you say no time and ${LONGEST_MS / 3_600_000} h at most.
\`/oncall\` shows who stands in for whom, until when and why; it ends by itself, or with \`/undelegate\` by either of the two or an admin.

- As \`oncall\`, ben takes your turn over too: he is called, and may break the glass of what he asks for; you may not until it ends.
- What you only stand in for can't be handed on. A role can be stood in for, a name can't: \`whoCanRestore\` means the person.
- Who stands in for another counts as that person: ben doesn't approve what you ask for, nor you what he asks for by your right, nor does one right approve twice.
  He may still deny it.
- A delegation that ends, or begins, between approval and start is noticed at the start.

## Refusals

| Reason | In words |
| --- | --- |
${REFUSALS.map((refusal) => row(`\`${refusal.why}\``, refusalWords(refusal, 'REQ-17'))).join('\n')}

Every one of them is in the record (\`/audit\`, \`daytwo audit verify\`), with who tried, through which chat, and why not.
`;
}
