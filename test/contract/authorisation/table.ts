import type { RequestState } from '../../../src/gate/model.ts';

/*
 * Who may do what, written by hand from the rules, not from the code: only who asked confirms and cancels (admins cancel, too); whoever may
 * approve approves or denies, never who asked and never who stands in for them; `whoCanRestore` and the policy must both allow; breaking
 * the glass is for who asked and is on call now; strangers get one sentence.
 */

/** The people of the table. ana asked; every other is somebody whom a gate must tell apart from the rest. */
export const WHO = ['ana', 'ana elsewhere', 'ben', 'cleo', 'dora', 'eve', 'fay', 'gus', 'hal', 'zoe'] as const;
export type Who = (typeof WHO)[number];

/** What each of them is. */
export const PEOPLE: Readonly<Record<Who, string>> = {
  ana: 'asked; on call now',
  'ana elsewhere': 'the same person through their other chat’s account',
  ben: 'on call now, too',
  cleo: 'of the on-call crew, off duty',
  dora: 'an admin',
  eve: 'has no role, stands in for ben',
  fay: 'has no role, stands in for ana',
  gus: 'known, without a role',
  hal: 'had every role, and was taken out of the configuration',
  zoe: 'unknown',
};

/** What comes of it. `yes`: it is done. The others are refusals by their reason; `no role` and `stranger` never reach the gate. */
export type Outcome =
  | 'yes'
  | 'wrong-state'
  | 'blocked'
  | 'not-requester'
  | 'requester'
  | 'stands-in'
  | 'not-eligible'
  | 'not-named'
  | 'not-on-call'
  | 'typed-missing'
  | 'typed-mismatch'
  | 'not-yours'
  | 'no role'
  | 'stranger';

/** A row: the outcome for each person, in the order of `WHO`. */
type Row = readonly [Outcome, Outcome, Outcome, Outcome, Outcome, Outcome, Outcome, Outcome, Outcome, Outcome];

/** What is done to ana's request: the words (`REQ` is replaced by its name) or the button, and which policy it is under. */
export interface Deed {
  readonly does: string;
  /** The words of a command, or the button that is pressed. */
  readonly say?: string;
  readonly press?: 'confirm' | 'approve' | 'deny' | 'cancel';
  readonly on: 'backup.run' | 'restore.run';
  /** Rows for the states in which anything but `wrong-state` comes of it. */
  readonly rows: Partial<Readonly<Record<RequestState, Row>>>;
  /** What a person without any role gets in all other states: commands don't reach the gate. */
  readonly withoutRole: 'no role' | 'wrong-state';
  /** In which state the request is after a `yes`. */
  readonly after: Partial<Readonly<Record<RequestState, RequestState>>>;
}

const only = (without: 'no role' | 'not-requester'): Row => [
  'yes',
  'yes',
  'not-requester',
  'not-requester',
  'not-requester',
  'not-requester',
  'not-requester',
  without,
  'stranger',
  'stranger',
];
const own = (outcome: Outcome, without: 'no role' | 'not-requester'): Row => {
  const [, , ...others] = only(without);
  return [outcome, outcome, ...others];
};
const cancels = (without: 'no role' | 'not-requester'): Row => [
  'yes',
  'yes',
  'not-requester',
  'not-requester',
  'yes',
  'not-requester',
  'not-requester',
  without,
  'stranger',
  'stranger',
];
const approves = (without: 'no role' | 'not-eligible'): Row => [
  'requester',
  'requester',
  'yes',
  'yes',
  'yes',
  'yes',
  'stands-in',
  without,
  'stranger',
  'stranger',
];
const denies = (without: 'no role' | 'not-eligible'): Row => [
  'requester',
  'requester',
  'yes',
  'yes',
  'yes',
  'yes',
  'yes',
  without,
  'stranger',
  'stranger',
];
const adminsAlone = (without: 'no role' | 'not-eligible'): Row => [
  'requester',
  'requester',
  'not-eligible',
  'not-eligible',
  'yes',
  'not-eligible',
  'not-eligible',
  without,
  'stranger',
  'stranger',
];
const everybodyWithARole: Row = ['yes', 'yes', 'yes', 'yes', 'yes', 'yes', 'yes', 'no role', 'stranger', 'stranger'];

const before = { planned: 'cancelled', confirming: 'cancelled', approving: 'cancelled', ready: 'cancelled' } as const;
const denied = { planned: 'denied', confirming: 'denied', approving: 'denied', ready: 'denied' } as const;
const all = <S extends string>(states: readonly S[], row: Row) =>
  Object.fromEntries(states.map((state) => [state, row])) as Record<S, Row>;
const OPEN = ['planned', 'confirming', 'approving', 'ready'] as const;

/** Everything that is done to a request that stands. */
export const DEEDS: readonly Deed[] = [
  {
    does: 'confirm by name',
    say: '/confirm REQ',
    on: 'backup.run',
    rows: { confirming: only('no role'), planned: own('blocked', 'no role') },
    withoutRole: 'no role',
    after: { confirming: 'approving' },
  },
  {
    does: 'press Confirm',
    press: 'confirm',
    on: 'backup.run',
    rows: { confirming: only('not-requester'), planned: own('blocked', 'not-requester') },
    withoutRole: 'wrong-state',
    after: { confirming: 'approving' },
  },
  {
    does: 'confirm with the name typed',
    say: '/confirm REQ k8s_data',
    on: 'restore.run',
    rows: { confirming: only('no role'), planned: own('blocked', 'no role') },
    withoutRole: 'no role',
    after: { confirming: 'approving' },
  },
  {
    does: 'confirm with another name typed',
    say: '/confirm REQ k8s_date',
    on: 'restore.run',
    rows: { confirming: own('typed-mismatch', 'no role'), planned: own('blocked', 'no role') },
    withoutRole: 'no role',
    after: {},
  },
  {
    does: 'confirm without the name that is wanted',
    say: '/confirm REQ',
    on: 'restore.run',
    rows: { confirming: own('typed-missing', 'no role'), planned: own('blocked', 'no role') },
    withoutRole: 'no role',
    after: {},
  },
  {
    does: 'approve by name',
    say: '/approve REQ',
    on: 'backup.run',
    rows: { approving: approves('no role') },
    withoutRole: 'no role',
    after: { approving: 'ready' },
  },
  {
    does: 'press Approve',
    press: 'approve',
    on: 'backup.run',
    rows: { approving: approves('not-eligible') },
    withoutRole: 'wrong-state',
    after: { approving: 'ready' },
  },
  {
    does: 'approve what admins approve',
    say: '/approve REQ',
    on: 'restore.run',
    rows: { approving: adminsAlone('no role') },
    withoutRole: 'no role',
    after: { approving: 'ready' },
  },
  {
    does: 'deny by name',
    say: '/deny REQ not before the release',
    on: 'backup.run',
    rows: all(OPEN, denies('no role')),
    withoutRole: 'no role',
    after: denied,
  },
  {
    does: 'press Deny',
    press: 'deny',
    on: 'backup.run',
    rows: all(OPEN, denies('not-eligible')),
    withoutRole: 'wrong-state',
    after: denied,
  },
  {
    does: 'deny what admins approve',
    say: '/deny REQ',
    on: 'restore.run',
    rows: all(OPEN, adminsAlone('no role')),
    withoutRole: 'no role',
    after: denied,
  },
  {
    does: 'cancel by name',
    say: '/cancel REQ',
    on: 'backup.run',
    rows: all([...OPEN, 'running', 'verifying'], cancels('no role')),
    withoutRole: 'no role',
    after: { ...before, running: 'running', verifying: 'verifying' },
  },
  {
    does: 'press Cancel',
    press: 'cancel',
    on: 'backup.run',
    rows: all([...OPEN, 'running', 'verifying'], cancels('not-requester')),
    withoutRole: 'wrong-state',
    after: { ...before, running: 'running', verifying: 'verifying' },
  },
  {
    does: 'break the glass',
    say: '/breakglass REQ the disk is dying',
    on: 'backup.run',
    rows: all(['confirming', 'approving'], only('no role')),
    withoutRole: 'no role',
    after: { confirming: 'confirming', approving: 'ready' },
  },
  {
    does: 'settle',
    say: '/settle REQ not-done there is no snapshot',
    on: 'backup.run',
    rows: { unknown: everybodyWithARole },
    withoutRole: 'no role',
    after: { unknown: 'unknown' },
  },
];

/** What needs no request of ana's. `own` is done to a request of the person's own that waits for its confirmation. */
export const ALONE: readonly { readonly does: string; readonly say: string; readonly own?: true; readonly row: Row }[] =
  [
    {
      does: 'ask for a backup',
      say: '/backup k8s_data',
      row: ['yes', 'yes', 'yes', 'yes', 'not-eligible', 'yes', 'yes', 'no role', 'stranger', 'stranger'],
    },
    {
      // whoCanRestore names ana, cleo, dora and gus; a role can be stood in for, a name can't.
      does: 'ask for a restore',
      say: '/restore k8s_data',
      row: [
        'yes',
        'yes',
        'not-named',
        'yes',
        'not-eligible',
        'not-named',
        'not-named',
        'no role',
        'stranger',
        'stranger',
      ],
    },
    {
      does: 'break the glass of one’s own request',
      say: '/breakglass REQ the disk is dying',
      own: true,
      row: ['yes', 'yes', 'yes', 'not-on-call', 'not-eligible', 'yes', 'yes', 'no role', 'stranger', 'stranger'],
    },
    {
      // Everybody hands over what they have; who only stands in has nothing to hand over.
      does: 'delegate',
      say: '/delegate gus 1h at the dentist',
      row: ['yes', 'yes', 'yes', 'yes', 'yes', 'not-yours', 'not-yours', 'no role', 'stranger', 'stranger'],
    },
    {
      does: 'read the audit',
      say: '/audit',
      row: ['yes', 'yes', 'yes', 'yes', 'yes', 'yes', 'yes', 'no role', 'stranger', 'stranger'],
    },
  ];

/** Every state there is. */
export const STATES: readonly RequestState[] = [
  ...OPEN,
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

/** What is to come of a deed in a state for each person. */
export function expected({ rows, withoutRole }: Deed, state: RequestState, who: Who): Outcome {
  const at = WHO.indexOf(who);
  const found = rows[state]?.[at];
  if (found) return found;
  if (who === 'hal' || who === 'zoe') return 'stranger';
  return who === 'gus' ? withoutRole : 'wrong-state';
}
