import { privately } from './answers.ts';
import type { Answer, Asking } from './command.ts';

/** The incident that was named, else the one whose thread this is; without either, a sentence that asks for one. */
export async function inThread(
  named: string | undefined,
  asking: Asking,
  run: (id: string) => Promise<Answer>,
): Promise<Answer> {
  const id = named ?? asking.incident;
  return id === undefined ? privately('Which incident? Name it, like INC-42, or say it in its thread.') : run(id);
}
