import { nearest } from '../lib/nearest.ts';
import { isMapping } from './introspect.ts';
import type { Notice } from './problem.ts';
import type { Config } from './schema.ts';

/** The ids of all actions that a policy or a freeze may name. A test compares them with the actions themselves. */
export const ACTION_IDS: readonly string[] = [
  'backup.run',
  'restore.run',
  'node.cordon',
  'node.uncordon',
  'node.drain',
  'disk.images',
  'disk.journal',
  'disk.pods',
];

/**
 * Keys that are taken and checked but whose feature isn't there yet. Whoever builds the feature removes its line.
 * A key within a list is written `backups[].rto`.
 */
export const WITHOUT_EFFECT: readonly string[] = ['backups[].rto', 'backups[].offsite'];

/** Says of each key of the file whose feature isn't there yet that it has no effect. Pure. */
export function noticesOf(raw: unknown): readonly Notice[] {
  return WITHOUT_EFFECT.filter((path) => present(raw, path.split('.'))).map((path) => ({
    path,
    message: `${path} has no effect yet`,
  }));
}

/** Says of each pattern of `policies` and `freezes` that no action fits it: a slip there leaves the strict default, unseen. Pure. */
export function idlePatterns({ policies, freezes }: Pick<Config, 'policies' | 'freezes'>): readonly Notice[] {
  return [
    ...policies.flatMap(({ actions }, index) => idle(`policies[${index}].actions`, actions)),
    ...freezes.flatMap(({ except }, index) => idle(`freezes[${index}].except`, except)),
  ];
}

/** Says of each policy that asks for more approvals than people could give: every request under it is refused. Pure. */
export function unreachableQuorums({ policies, people }: Pick<Config, 'policies' | 'people'>): readonly Notice[] {
  // Without people there is `local` alone, who has every role.
  const crew = people.length > 0 ? people : [{ name: 'local', roles: ['oncall', 'admin'] as const }];
  return policies.flatMap(({ request, approvals, approve }, index) => {
    const holding = (roles: readonly string[]): readonly string[] =>
      crew.filter((person) => person.roles.some((role) => roles.includes(role))).map(({ name }) => name);
    const others = holding(approve);
    const most = Math.max(0, ...holding(request).map((asker) => others.filter((name) => name !== asker).length));
    if (approvals <= most) return [];
    const path = `policies[${index}].approvals`;
    const may = most === 0 ? 'nobody' : `only ${most}`;
    return [
      {
        path,
        message: `${path}: asks for ${approvals}, and ${may} besides who asks may approve: it refuses every request`,
      },
    ];
  });
}

function idle(path: string, patterns: readonly string[]): readonly Notice[] {
  return patterns.flatMap((pattern, index) => {
    if (pattern === '*' || ACTION_IDS.some((id) => id === pattern || id.replace(/\..*/, '.*') === pattern)) return [];
    const families = ACTION_IDS.map((id) => id.replace(/\..*/, '.*'));
    const meant = nearest(pattern, pattern.endsWith('.*') ? families : ACTION_IDS);
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    return [{ path: `${path}[${index}]`, message: `${path}[${index}]: there is no action ${pattern}${hint}` }];
  });
}

function present(value: unknown, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return value !== null && !(Array.isArray(value) && value.length === 0);
  const key = step.replace('[]', '');
  if (!isMapping(value) || !Object.hasOwn(value, key)) return false;
  const next = value[key];
  if (key === step) return present(next, rest);
  return Array.isArray(next) && next.some((one) => present(one, rest));
}
