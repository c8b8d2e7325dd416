import { isObjectName } from '../cluster/names.ts';
import type { NodeView } from '../cluster/port.ts';
import { byName } from '../cluster/whichNode.ts';
import { card } from './answers.ts';
import type { Answer, Asking, Services } from './command.ts';
import { offerPicks } from './picks.ts';

/** Buttons of one card: a card on Slack takes 50, and a person reads fewer. */
const MOST = 24;

/** What is picked for. */
export interface NodePick {
  /** Its name; the press says `/COMMAND NODE`. */
  readonly command: string;
  /** What is asked: `Which node shall be drained?` */
  readonly question: string;
  /** Which nodes there is a choice of. */
  readonly fits: (node: NodeView) => boolean;
  /** Said where none fits. */
  readonly none: string;
}

/** Asks which node, with a button each. A name that is none isn't offered. Throws as `Cluster.nodes` and `Store`. */
export async function pickNode(
  { command, question, fits, none }: NodePick,
  asking: Asking,
  { cluster, store, clock }: Services,
): Promise<Answer> {
  const names = (await cluster.nodes(asking.signal))
    .filter((node) => isObjectName(node.name) && fits(node))
    .map(({ name }) => name)
    .toSorted(byName);
  if (names.length === 0) return { to: 'asker', card: card(none) };
  const offered = await offerPicks(store, { command, names: names.slice(0, MOST), at: clock.now() });
  const more = names.length - offered.length;
  return {
    to: 'asker',
    card: {
      ...card(question, [
        {
          kind: 'quiet',
          text: more > 0 ? `${more} more: say /${command} and the node’s name.` : 'Nothing is done by picking one.',
        },
      ]),
      buttons: offered.map(({ name, token }) => ({ label: name, token, style: 'plain' })),
    },
  };
}
