import { backupFindings } from '../../src/actions/backup/findings.ts';
import type { BackupLook } from '../../src/actions/backup/look.ts';
import { backupPlan } from '../../src/actions/backup/plan.ts';
import type { Person } from '../../src/chat/people.ts';
import * as decide from '../../src/gate/decide.ts';
import type { Context } from '../../src/gate/facts.ts';
import { listCard } from '../../src/gate/listCard.ts';
import type { GateFinding, GateRequest, Outcome, Plan, PolicySnapshot } from '../../src/gate/model.ts';
import { callCard, driftCard, endCard } from '../../src/gate/newsCards.ts';
import { requestCard } from '../../src/gate/requestCard.ts';
import { refusalWords } from '../../src/gate/words.ts';
import type { Sample } from './sample.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.UTC(2026, 0, 5, 3, 12);
const PEOPLE: readonly Person[] = [
  { name: 'ana', roles: ['oncall'] },
  { name: 'ben', roles: ['oncall', 'admin'] },
];
const CONTEXT: Context = { now: NOW, people: PEOPLE, duty: { is: 'by-role' }, standIns: [], freezes: [] };
const POLICY: PolicySnapshot = {
  request: ['oncall'],
  confirm: 'button',
  approvals: 1,
  approve: ['oncall', 'admin'],
  ttlMs: 15 * MINUTE,
  source: 'policies[0]',
};
const SPEC = {
  name: 'restic_k8s_data',
  kind: 'restic',
  host: 'node-0',
  unit: undefined,
  repository: '/srv/restic/k8s-data',
  passwordFile: '/etc/restic/password',
  paths: ['/opt/local-path-provisioner'],
  rpoMs: 24 * HOUR,
  rtoMs: HOUR,
};
const LAST = '4f3c2a1b'.padEnd(64, '0');

const look = (locked: boolean): BackupLook => ({
  hostname: { seen: 'node-0' },
  missing: [],
  links: [],
  unit: undefined,
  repository: {
    seen: {
      id: 'a9c1'.padEnd(64, '7'),
      locks: locked
        ? [
            {
              ...{ time: NOW - 40 * MINUTE, exclusive: true, hostname: 'node-0', username: 'root', pid: 4121 },
              ...{ here: true, alive: false },
            },
          ]
        : [],
      snapshots: [
        {
          ...{ id: LAST, time: NOW - 46 * HOUR, hostname: 'node-0', paths: SPEC.paths, tags: [] },
          ...{ tookMs: 162 * MINUTE, sizeBytes: undefined, files: undefined },
        },
      ],
      room: undefined,
    },
  },
});
const planOf = (locked: boolean): Plan => backupPlan(SPEC, look(locked), { now: NOW, lastTookMs: 162 * MINUTE });

const at = (minutes: number): Context => ({ ...CONTEXT, now: NOW + minutes * MINUTE });
const taken = (decided: ReturnType<typeof decide.requestOf>): GateRequest => {
  if ('request' in decided) return decided.request;
  throw new TypeError(`not taken: ${decided.refused.why}`);
};
const ask = (plan: Plan, policy: Partial<PolicySnapshot> = {}): GateRequest =>
  taken(
    decide.requestOf(
      { name: 'REQ-17', plan, policy: { ...POLICY, ...policy }, by: { person: 'ana', chat: 'slack' } },
      CONTEXT,
    ),
  );
const show = (name: string, request: GateRequest, progress?: { text: string; share: number }): Sample => ({
  name: `Request: ${name}`,
  card: requestCard(
    {
      request,
      place: { chat: 'slack', conversation: { chat: 'slack', id: 'C1' }, event: 'e' },
      tokens: { confirm: 'token-confirm', approve: 'token-approve', deny: 'token-deny', cancel: 'token-cancel' },
      called: 0,
      direct: [],
    },
    progress,
  ),
  root: false,
});

const GOOD: Outcome = {
  text: 'restic_k8s_data is backed up and verified.',
  facts: [
    { name: 'Snapshot', value: 'eb7f7a82' },
    { name: 'Files and folders', value: '48,210' },
    { name: 'Size', value: '212 GiB' },
    { name: 'Duration', value: '2 h 38 min' },
  ],
  checks: [
    { what: 'a new snapshot', expected: 'one', actual: 'eb7f7a82', ok: true },
    { what: 'its paths', expected: '/opt/local-path-provisioner', actual: '/opt/local-path-provisioner', ok: true },
    { what: 'everything could be read', expected: 'yes', actual: 'yes', ok: true },
    { what: 'restic check', expected: 'no errors', actual: 'no errors', ok: true },
    { what: 'metrics pushed', expected: 'yes', actual: 'yes, instance=node-0, job=restic_k8s_data', ok: true },
  ],
};
const DOUBTFUL: Outcome = {
  ...GOOD,
  text: 'restic_k8s_data is backed up, with doubts: everything could be read: no, 3 could not.',
  checks: GOOD.checks.map((check) =>
    check.what === 'everything could be read' ? { ...check, actual: 'no, 3 could not', ok: false } : check,
  ),
};

/** The cards of a night's requests in every state, by the real planner and the real decisions. Pure. */
export function gateSamples(): readonly Sample[] {
  const ana = { person: 'ana', chat: 'slack' } as const;
  const asked = ask(planOf(false));
  const confirmed = taken(decide.confirm(asked, ana, { digest: asked.digest }, at(1)));
  const approved = taken(
    decide.vote(confirmed, { person: 'ben', chat: 'telegram' }, { choice: 'approve', digest: asked.digest }, at(3)),
  );
  const execution = { id: 'x', startedAt: NOW + 3 * MINUTE };
  const running: GateRequest = { ...approved, state: 'running', execution };
  const over = { ...running, execution: { ...execution, endedAt: NOW + 163 * MINUTE }, endedAt: NOW + 163 * MINUTE };
  const many = Array.from({ length: 60 }, (_, n): GateFinding => {
    const text = `something to be known before ${n}, in a sentence of the length that such sentences have on a bad day`;
    return { level: n < 20 ? 'ACKNOWLEDGE' : 'NOTE', code: `finding-${n}`, text };
  });
  const unknown: Outcome = {
    ...{ facts: [], checks: [] },
    text: 'The bot died while restic ran, and node-0 can’t be reached since: nobody knows what became of the run.',
  };
  const differs = backupFindings(SPEC, look(true), NOW).map(({ text }) => ({ what: 'findings', after: text }));
  return [
    show('blocked', ask(planOf(true))),
    show('to confirm', asked),
    show('to confirm by typing', ask(planOf(false), { confirm: 'typed', source: 'default', approve: ['admin'] })),
    show('to approve', confirmed),
    { name: 'Call for approvers', card: callCard(confirmed, ['ben'], 'ana asks for your approval.'), root: false },
    show('more than Telegram takes', ask({ ...planOf(false), findings: many })),
    show('approved', approved),
    show('running', running, { text: '42 %, 20,310 of 48,210 files, about 1 h 31 min left', share: 0.42 }),
    show('being stopped', { ...running, cancelAsked: { by: 'ana', at: NOW + 9 * MINUTE } }),
    show('succeeded', { ...over, state: 'succeeded', outcome: GOOD }),
    { name: 'End: succeeded', card: endCard({ ...over, state: 'succeeded', outcome: GOOD }), root: false },
    { name: 'End: degraded', card: endCard({ ...over, state: 'degraded', outcome: DOUBTFUL }), root: false },
    { name: 'End: unknown', card: endCard({ ...over, state: 'unknown', outcome: unknown }), root: false },
    {
      name: 'The plan changed',
      card: driftCard(confirmed, { is: 'drifted', from: asked.digest, to: asked.digest, differs, voided: ['ben'] }),
      root: false,
    },
    { name: 'Requests', card: listCard([confirmed], [{ ...over, name: 'REQ-16', state: 'succeeded' }]), root: false },
    ...[
      refusalWords({ why: 'requester' }, 'REQ-17'),
      refusalWords({ why: 'not-eligible', needs: ['oncall', 'admin'] }, 'REQ-17'),
      refusalWords({ why: 'typed-mismatch', target: SPEC.name }, 'REQ-17'),
      refusalWords({ why: 'plan-changed' }, 'REQ-17'),
    ].map((title) => ({
      name: 'Refusal',
      card: { tone: 'warning', title, blocks: [], buttons: [] } as const,
      root: false,
    })),
  ];
}
