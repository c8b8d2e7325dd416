import type { Button, ButtonInput } from '../chat/message.ts';
import { clip, inert } from '../lib/text.ts';
import { planTitle } from './headline.ts';
import type { GateRequest } from './model.ts';
import { LONGEST_LINE, line } from './planBlocks.ts';
import type { PressWhat, StoredRequest } from './requests.ts';

/** The longest name that can be typed. */
const LONGEST_NAME = 200;

/** What Confirm asks for where the policy wants the name typed. It is compared where the press is decided. */
function nameInput(request: GateRequest): ButtonInput {
  const { name, plan } = request;
  const target = line(plan.target);
  return {
    title: `Confirm ${name}`,
    about: `${planTitle(request)}. ${clip(inert(plan.summary), LONGEST_LINE)}`,
    label: `Type the name: ${target}`,
    hint: 'To the letter. Confirming accepts what the card lists; others may still have to approve.',
    optional: false,
    maxLength: LONGEST_NAME,
    instead: `/confirm ${name} ${target}`,
  };
}

/** What Deny asks for. */
function reasonInput(request: GateRequest): ButtonInput {
  const { name, requester } = request;
  return {
    title: `Deny ${name}`,
    about: `${planTitle(request)}, asked for by ${requester}. A denial is final.`,
    label: 'Why? May stay empty',
    hint: 'Everybody who sees the card sees the reason.',
    optional: true,
    maxLength: LONGEST_LINE,
    instead: `/deny ${name} REASON`,
  };
}

/** The buttons of a request as it stands. Pure. */
export function buttonsOf({ request, tokens }: StoredRequest): readonly Button[] {
  const button = (what: PressWhat, label: string, style: Button['style'], input?: ButtonInput): Button => ({
    label,
    token: tokens[what],
    style,
    ...(input ? { input } : {}),
  });
  const cancel = button('cancel', 'Cancel', 'plain');
  switch (request.state) {
    case 'planned':
    case 'ready':
      return [cancel];
    case 'confirming':
      return [
        button('confirm', 'Confirm', 'primary', request.policy.confirm === 'typed' ? nameInput(request) : undefined),
        cancel,
      ];
    case 'approving':
      return [button('approve', 'Approve', 'primary'), button('deny', 'Deny', 'danger', reasonInput(request)), cancel];
    case 'running':
      return request.cancelAsked ? [] : [cancel];
    default:
      return [];
  }
}
