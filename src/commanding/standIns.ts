import { utc } from '../alerting/cards.ts';
import type { Block } from '../chat/message.ts';
import { humanDuration, inertLine } from '../lib/text.ts';
import type { NoDelegation, StandIn } from '../people/delegation.ts';

/** Who stands in for whom, as a sentence. Pure. */
export function standInSentence({ from, to, role, until }: StandIn): string {
  return `${to} stands in for ${from} as ${role} until ${utc(until)}.`;
}

/** A table of who stands in for whom, with the reasons; no block where nobody does. Pure. */
export function standInBlocks(standIns: readonly StandIn[]): readonly Block[] {
  if (standIns.length === 0) return [];
  const columns = ['stands in', 'for', 'as', 'until', 'why'].map((label) => ({ label }));
  const rows = standIns.map(({ from, to, role, until, reason }) => [to, from, role, utc(until), inertLine(reason)]);
  return [{ kind: 'table', columns, rows }];
}

/** Why nobody stands in, as a sentence for who asked. Pure. */
export function noDelegationWords(refusal: NoDelegation): string {
  switch (refusal.why) {
    case 'no-such-person':
      return `There is nobody called “${inertLine(refusal.name).slice(0, 64)}” under people in the configuration.`;
    case 'self':
      return 'You can’t stand in for yourself.';
    case 'not-yours':
      return refusal.borrowed
        ? 'You stand in for somebody in that role; only who has it by the configuration can hand it to another.'
        : `You have no role ${refusal.role ?? ''} to hand over.`.replace('  ', ' ');
    case 'which-role':
      return `Which role? Name it after the person: ${refusal.roles.join(' or ')}.`;
    case 'has-it':
      return `${refusal.name} has the role ${refusal.role} already.`;
    case 'too-long':
      return `That is too long: ${humanDuration(refusal.longestMs)} at most.`;
    case 'reason-too-short':
      return `Give a reason of at least ${refusal.least} characters.`;
    case 'has-stand-in':
      return `${standInSentence(refusal.standIn)} End that first: /undelegate ${refusal.standIn.to}`;
  }
}
