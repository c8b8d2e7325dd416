import {
  ACTIONS_ELEMENTS,
  CONTEXT_ELEMENTS,
  HEADER_LENGTH,
  ID_LENGTH,
  IMAGE,
  INPUT_LABEL_LENGTH,
  MARKDOWN_LENGTH,
  MESSAGE_BLOCKS,
  SECTION_FIELD_LENGTH,
  SECTION_FIELDS,
  SECTION_TEXT_LENGTH,
  TABLE,
  VIEW_BLOCKS,
} from '../limits.ts';
import { isObj, type Obj, textOf } from '../value.ts';
import { boundedList, boundedString, type Check, fail, fieldsOf, flag, oneOf, type Surface } from './check.ts';
import { checkElement, checkImage } from './elements.ts';
import { checkPlain, checkText } from './objects.ts';
import { checkRichTextParts } from './richText.ts';

type BlockCheck = (check: Check, value: Obj, at: string) => void;

function section(check: Check, value: Obj, at: string): void {
  fieldsOf(check, value, at, { optional: ['block_id', 'text', 'fields', 'accessory', 'expand'] });
  if (value['text'] === undefined && value['fields'] === undefined)
    fail(check, at, 'must define either `text` or `fields`');
  checkText(check, value['text'], `${at}/text`, { kinds: ['plain_text', 'mrkdwn'], max: SECTION_TEXT_LENGTH });
  boundedList(check, value['fields'], `${at}/fields`, { max: SECTION_FIELDS, min: 1 }).forEach((field, index) => {
    checkText(check, field, `${at}/fields/${index}`, { kinds: ['plain_text', 'mrkdwn'], max: SECTION_FIELD_LENGTH });
  });
  if (value['accessory'] !== undefined) checkElement(check, value['accessory'], `${at}/accessory`, 'accessory');
  flag(check, value['expand'], `${at}/expand`);
}

function header(check: Check, value: Obj, at: string): void {
  fieldsOf(check, value, at, { required: ['text'], optional: ['block_id'] });
  checkPlain(check, value['text'], `${at}/text`, HEADER_LENGTH);
}

function context(check: Check, value: Obj, at: string): void {
  fieldsOf(check, value, at, { required: ['elements'], optional: ['block_id'] });
  boundedList(check, value['elements'], `${at}/elements`, { max: CONTEXT_ELEMENTS, min: 1 }).forEach((item, index) => {
    const here = `${at}/elements/${index}`;
    if (isObj(item) && item['type'] === 'image') checkImage(check, item, here, []);
    else checkText(check, item, here, { kinds: ['plain_text', 'mrkdwn'] });
  });
}

function actions(check: Check, value: Obj, at: string): void {
  fieldsOf(check, value, at, { required: ['elements'], optional: ['block_id'] });
  boundedList(check, value['elements'], `${at}/elements`, { max: ACTIONS_ELEMENTS, min: 1 }).forEach((item, index) => {
    checkElement(check, item, `${at}/elements/${index}`, 'actions');
  });
}

function divider(check: Check, value: Obj, at: string): void {
  fieldsOf(check, value, at, { optional: ['block_id'] });
}

function image(check: Check, value: Obj, at: string): void {
  checkImage(check, value, at, ['title', 'block_id']);
  checkPlain(check, value['title'], `${at}/title`, IMAGE.title);
}

function input(check: Check, value: Obj, at: string): void {
  fieldsOf(check, value, at, {
    required: ['label', 'element'],
    optional: ['block_id', 'hint', 'optional', 'dispatch_action'],
  });
  checkPlain(check, value['label'], `${at}/label`, INPUT_LABEL_LENGTH);
  checkPlain(check, value['hint'], `${at}/hint`, INPUT_LABEL_LENGTH);
  flag(check, value['optional'], `${at}/optional`);
  flag(check, value['dispatch_action'], `${at}/dispatch_action`);
  if (value['element'] !== undefined) checkElement(check, value['element'], `${at}/element`, 'input');
}

function richText(check: Check, value: Obj, at: string): void {
  fieldsOf(check, value, at, { required: ['elements'], optional: ['block_id'] });
  checkRichTextParts(check, value['elements'], `${at}/elements`);
}

function markdown(check: Check, value: Obj, at: string): void {
  fieldsOf(check, value, at, { required: ['text'], optional: ['block_id'] });
  boundedString(check, value['text'], `${at}/text`, { max: MARKDOWN_LENGTH, min: 1 });
}

function table(check: Check, value: Obj, at: string): void {
  fieldsOf(check, value, at, { required: ['rows'], optional: ['block_id', 'column_settings'] });
  boundedList(check, value['column_settings'], `${at}/column_settings`, { max: TABLE.columnSettings }).forEach(
    (item, index) => {
      const here = `${at}/column_settings/${index}`;
      if (item === null) return;
      const setting = fieldsOf(check, item, here, { optional: ['align', 'is_wrapped'] });
      oneOf(check, setting?.['align'], `${here}/align`, ['left', 'center', 'right']);
      flag(check, setting?.['is_wrapped'], `${here}/is_wrapped`);
    },
  );
  boundedList(check, value['rows'], `${at}/rows`, { max: TABLE.rows, min: 1 }).forEach((row, r) => {
    boundedList(check, row, `${at}/rows/${r}`, { max: TABLE.cells, min: 1 }).forEach((cell, c) => {
      checkCell(check, cell, `${at}/rows/${r}/${c}`);
    });
  });
}

function checkCell(check: Check, cell: unknown, at: string): void {
  const type = isObj(cell) ? cell['type'] : undefined;
  if (!isObj(cell) || !['raw_text', 'raw_number', 'rich_text'].includes(String(type))) {
    fail(check, at, `unsupported type: ${String(type)}`);
  } else if (type === 'rich_text') richText(check, cell, at);
  else {
    fieldsOf(check, cell, at, { required: type === 'raw_text' ? ['text'] : ['text', 'value'] });
    boundedString(check, cell['text'], `${at}/text`, { max: Number.MAX_SAFE_INTEGER, min: 1 });
  }
}

/** Blocks, and where each may stand. https://docs.slack.dev/reference/block-kit/blocks */
const BLOCKS: Readonly<Record<string, { readonly on: readonly Surface[]; readonly check: BlockCheck }>> = {
  actions: { on: ['message', 'modal', 'home'], check: actions },
  context: { on: ['message', 'modal', 'home'], check: context },
  divider: { on: ['message', 'modal', 'home'], check: divider },
  header: { on: ['message', 'modal', 'home'], check: header },
  image: { on: ['message', 'modal', 'home'], check: image },
  input: { on: ['message', 'modal', 'home'], check: input },
  markdown: { on: ['message'], check: markdown },
  rich_text: { on: ['message', 'modal', 'home'], check: richText },
  section: { on: ['message', 'modal', 'home'], check: section },
  table: { on: ['message'], check: table },
};

/** Every block of a surface: its kind, its fields, its lengths, and that ids are unique. */
export function checkBlocks(check: Check, value: unknown, at: string): void {
  const max = check.surface === 'message' ? MESSAGE_BLOCKS : VIEW_BLOCKS;
  const blockIds = new Set<string>();
  boundedList(check, value, at, { max }).forEach((block, index) => {
    const here = `${at}/${index}`;
    const type = isObj(block) ? textOf(block['type']) : undefined;
    const known = type === undefined ? undefined : BLOCKS[type];
    if (!isObj(block) || !known?.on.includes(check.surface)) {
      fail(check, here, `unsupported type: ${String(type)}`);
      return;
    }
    known.check(check, block, here);
    boundedString(check, block['block_id'], `${here}/block_id`, { max: ID_LENGTH, min: 1 });
    const id = textOf(block['block_id']);
    if (id !== undefined && blockIds.has(id))
      fail(check, `${here}/block_id`, `\`block_id\` ${id} already exists in another block`);
    if (id !== undefined) blockIds.add(id);
    checkActionIds(check, block, here);
  });
}

/** The interactive elements of a block, with their JSON pointers. */
export function elementsOf(block: Obj, at: string): readonly { readonly element: Obj; readonly at: string }[] {
  const found: { element: Obj; at: string }[] = [];
  if (isObj(block['accessory'])) found.push({ element: block['accessory'], at: `${at}/accessory` });
  if (isObj(block['element'])) found.push({ element: block['element'], at: `${at}/element` });
  if (block['type'] === 'actions' && Array.isArray(block['elements'])) {
    block['elements'].forEach((element, index) => {
      if (isObj(element)) found.push({ element, at: `${at}/elements/${index}` });
    });
  }
  return found;
}

function checkActionIds(check: Check, block: Obj, at: string): void {
  const seen = new Set<string>();
  for (const { element, at: here } of elementsOf(block, at)) {
    boundedString(check, element['action_id'], `${here}/action_id`, { max: ID_LENGTH, min: 1 });
    const id = textOf(element['action_id']);
    if (id === undefined) continue;
    if (seen.has(id)) fail(check, `${here}/action_id`, `\`action_id\` ${id} already exists in this block`);
    seen.add(id);
  }
}
