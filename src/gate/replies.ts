import type { Changed } from './ledger.ts';
import { line } from './planBlocks.ts';
import { requestCard } from './requestCard.ts';
import type { StoredRequest } from './requests.ts';
import { answer, type GateAnswer, refusalWords, stateSentence } from './words.ts';

/** What somebody is told whose event was decided: the plan anew where another took the place of the one they saw. Pure. */
export function answerTo({ stored, facts, refused }: Changed): GateAnswer {
  const { request } = stored;
  if (refused?.why === 'plan-changed') return shownAnew(stored, refusalWords(refused, request.name));
  if (refused) return answer(refusalWords(refused, request.name), [], 'warning');
  const last = facts.at(-1);
  switch (last?.is) {
    case 'ready':
      return answer(
        `${request.name} has all it needs and starts as soon as nothing else holds ${held(request)}.`,
        [],
        'ok',
      );
    case 'cancel-asked':
      return answer(`${request.name} stops at its next safe point; its card says what remains.`);
    case 'settled':
      return answer(`${request.name} is settled, and what it had locked is free again.`, [], 'ok');
    case 'approved':
      return answer(`Your approval of ${request.name} counts: ${last.have} of ${last.needed}.`, [], 'ok');
    case 'glass-broken':
      return answer(
        `${request.name} will go without approval once you confirm it. Everybody can see that.`,
        [],
        'warning',
      );
    case undefined:
      return answer(
        request.cancelAsked && request.state === 'running'
          ? `${request.name} is being stopped already.`
          : stateSentence(request),
      );
    default:
      return answer(stateSentence(request));
  }
}

const held = ({ plan: { locks } }: StoredRequest['request']): string => locks.map(line).join(', ') || 'what it needs';

/** The card as it stands, to somebody who had another before their eyes. */
function shownAnew(stored: StoredRequest, words: string): GateAnswer {
  const { title, blocks, buttons } = requestCard(stored);
  return {
    to: 'asker',
    card: {
      tone: 'warning',
      title: words,
      blocks: [{ kind: 'text', text: [{ strong: title }] }, ...blocks],
      buttons,
    },
  };
}
