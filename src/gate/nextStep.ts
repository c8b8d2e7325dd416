import type { Inline } from '../chat/message.ts';
import type { Role } from '../chat/people.ts';
import type { GateRequest } from './model.ts';
import { line } from './planBlocks.ts';

/** Roles for people: "somebody on call or an admin". Pure. */
export function roleWords(roles: readonly Role[]): string {
  const words = roles.map((role) => (role === 'oncall' ? 'somebody on call' : 'an admin'));
  return words.length > 0 ? words.join(' or ') : 'nobody';
}

/** Who must approve: "one person other than ana: somebody on call or an admin". Pure. */
export function approverWords({ policy, requester }: GateRequest): string {
  const count = policy.approvals === 1 ? 'one person' : `${policy.approvals} people`;
  return `${count} other than ${requester}: ${roleWords(policy.approve)}`;
}

/** What an open request waits for, and who does what about it; undefined where it is under way or over. Pure. */
export function nextStep(request: GateRequest): Inline | undefined {
  const { state, requester, plan, policy, breakGlass } = request;
  switch (state) {
    case 'planned':
      return [{ strong: 'This can’t be done now; nothing was done. ' }, 'Mend what blocks it, then ask again.'];
    case 'confirming':
      return policy.confirm === 'typed'
        ? [
            { strong: 'Nothing was done yet. ' },
            `${requester}: read this, press Confirm, and type the name `,
            { code: line(plan.target) },
            '.',
          ]
        : [{ strong: 'Nothing was done yet. ' }, `${requester}: read this, then press Confirm.`];
    case 'approving':
      return [
        { strong: 'Nothing was done yet. ' },
        `It takes ${approverWords(request)}. Read this, then press Approve or Deny.`,
      ];
    case 'ready': {
      const agreed = policy.approvals === 0 || breakGlass ? 'Confirmed' : 'Approved';
      return `${agreed}. It starts as soon as nothing else holds ${plan.locks.map(line).join(', ') || 'what it needs'}.`;
    }
    case 'running':
      return request.cancelAsked
        ? undefined
        : 'It is being done now. Cancel stops it at its next safe point and says what remains.';
    case 'verifying':
      return 'It has run. What it made is being looked at; it counts once that is done.';
    default:
      return undefined;
  }
}
