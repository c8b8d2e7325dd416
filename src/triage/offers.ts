import type { Offer, Subject } from './runbook.ts';

type Argument = 'node' | 'host' | 'backup';

interface Offered {
  /** Without this of the subject there is nothing to offer. */
  readonly needs: Argument;
  /** What the action calls it, where not so. */
  readonly as?: string;
  /** The button's words. */
  readonly label: (value: string) => string;
}

/** The words of the actions that runbooks offer. */
const OFFERED = {
  'backup.run': { needs: 'backup', label: () => 'Back up now' },
  'backup.check': { needs: 'backup', label: () => 'Check the repository' },
  'drill.run': { needs: 'backup', label: () => 'Try a restore' },
  'node.cordon': { needs: 'node', label: (node) => `Cordon ${node}` },
  'node.uncordon': { needs: 'node', label: (node) => `Uncordon ${node}` },
  'node.drain': { needs: 'node', label: (node) => `Drain ${node}` },
  'disk.images': { needs: 'host', as: 'node', label: (node) => `Free unused images on ${node}` },
  'disk.journal': { needs: 'host', as: 'node', label: (node) => `Shorten the journal on ${node}` },
  'disk.pods': { needs: 'node', label: (node) => `Clear finished pods on ${node}` },
} as const satisfies Readonly<Record<string, Offered>>;

/**
 * Offers actions by their ids, each with what the subject knows; one that lacks its node or its backup is left out. An action that has
 * no words here gets its own id as words, and the node and backup as far as they are known. Pure.
 */
export function offers(subject: Subject, ...actions: readonly string[]): readonly Offer[] {
  const known: Readonly<Record<Argument, string | undefined>> = {
    node: subject.node,
    host: subject.host,
    backup: subject.backup?.name,
  };
  return actions.flatMap((action): Offer[] => {
    const words: Offered | undefined = Object.hasOwn(OFFERED, action)
      ? OFFERED[action as keyof typeof OFFERED]
      : undefined;
    if (!words) return [{ action, label: action, args: defined({ node: known.node, backup: known.backup }) }];
    const value = known[words.needs];
    return value === undefined
      ? []
      : [{ action, label: words.label(value), args: { [words.as ?? words.needs]: value } }];
  });
}

/** One action offered for one node, host or backup, in the words that threads have for it. Pure. */
export function offerOf(action: keyof typeof OFFERED, value: string): Offer {
  const { needs, as, label }: Offered = OFFERED[action];
  return { action, label: label(value), args: { [as ?? needs]: value } };
}

function defined(args: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(args).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
