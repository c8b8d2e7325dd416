import { codePoints, isObj, listOf, type Obj, objOf, textOf } from '../value.ts';

/** An element a person can act on, with its block. */
export interface Actionable {
  readonly element: Obj;
  readonly blockId: string;
}

/** Every interactive element of blocks, with its block's id. */
export function actionables(blocks: readonly unknown[]): readonly Actionable[] {
  return blocks.filter(isObj).flatMap((block) => {
    const inside = [
      block['accessory'],
      block['element'],
      ...(block['type'] === 'actions' ? listOf(block['elements']) : []),
    ];
    const blockId = textOf(block['block_id']) ?? '';
    return inside
      .filter((element): element is Obj => isObj(element) && element['action_id'] !== undefined)
      .map((element) => ({ element, blockId }));
  });
}

/** Everything to act on under a message, its attachments' too; `attachmentId` counts from 1. */
export function underMessage(message: {
  readonly blocks: readonly unknown[];
  readonly attachments: readonly unknown[];
}): readonly (Actionable & { readonly attachmentId: number | undefined })[] {
  const own = actionables(message.blocks).map((found) => ({ ...found, attachmentId: undefined }));
  const attached = message.attachments.flatMap((attachment, index) =>
    actionables(listOf(objOf(attachment)['blocks'])).map((found) => ({ ...found, attachmentId: index + 1 })),
  );
  return [...own, ...attached];
}

/** Whether a person would name an element so: by its label, or a test by its action_id. */
export function answersTo(element: Obj, name: string): boolean {
  return element['action_id'] === name || objOf(element['text'])['text'] === name;
}

/** All options of a select, overflow or group of choices. */
export function optionsOf(element: Obj): readonly Obj[] {
  const grouped = listOf(element['option_groups']).flatMap((group) => listOf(objOf(group)['options']));
  return [...listOf(element['options']), ...grouped].filter(isObj);
}

/** The option of this value or label; throws when a person could not choose it. */
export function optionNamed(element: Obj, name: string): Obj {
  const found = optionsOf(element).find((option) => option['value'] === name || objOf(option['text'])['text'] === name);
  if (!found) throw new Error(`there is no option "${name}" to choose`);
  return found;
}

/**
 * What a modal's state says after a person filled it in; `given` is by block_id, action_id or label. Throws where Slack's own client would
 * not let it be submitted: an empty required input, a text outside its lengths. https://docs.slack.dev/reference/block-kit/blocks/input-block
 */
export function filledIn(blocks: readonly unknown[], given: Readonly<Record<string, string>>): Obj {
  const used = new Set<string>();
  const values: Obj = {};
  for (const block of blocks.filter(isObj)) {
    for (const { element, blockId } of actionables([block])) {
      const actionId = textOf(element['action_id']) ?? '';
      const label = textOf(objOf(block['label'])['text']) ?? '';
      const key = [blockId, actionId, label].find((name) => given[name] !== undefined);
      if (key !== undefined) used.add(key);
      const state = stateOf(element, key === undefined ? undefined : given[key]);
      if (block['type'] === 'input') hold(block, element, state, label || blockId);
      if (state) values[blockId] = { ...objOf(values[blockId]), [actionId]: state };
    }
  }
  const unused = Object.keys(given).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`the view has no input ${unused.join(', ')}`);
  return values;
}

function stateOf(element: Obj, given: string | undefined): Obj | undefined {
  const type = textOf(element['type']) ?? '';
  switch (type) {
    case 'plain_text_input':
      return { type, value: given ?? textOf(element['initial_value']) ?? null };
    case 'static_select':
    case 'radio_buttons':
      return {
        type,
        selected_option: given === undefined ? (element['initial_option'] ?? null) : optionNamed(element, given),
      };
    case 'checkboxes':
      return {
        type,
        selected_options: given === undefined ? listOf(element['initial_options']) : [optionNamed(element, given)],
      };
    case 'users_select':
      return { type, selected_user: given ?? element['initial_user'] ?? null };
    case 'datepicker':
      return { type, selected_date: given ?? element['initial_date'] ?? null };
    case 'timepicker':
      return { type, selected_time: given ?? element['initial_time'] ?? null };
    default:
      return undefined;
  }
}

function hold(block: Obj, element: Obj, state: Obj | undefined, name: string): void {
  const empty =
    !state || Object.entries(state).every(([key, value]) => key === 'type' || value === null || value === '');
  if (empty) {
    if (block['optional'] !== true) throw new Error(`"${name}" must be filled in`);
    return;
  }
  const length = codePoints(textOf(state['value']) ?? '');
  if (textOf(state['value']) === undefined) return;
  const [least, most] = [Number(element['min_length'] ?? 0), Number(element['max_length'] ?? 3_000)];
  if (length < least || length > most) throw new Error(`"${name}" takes ${least} to ${most} characters, not ${length}`);
}
