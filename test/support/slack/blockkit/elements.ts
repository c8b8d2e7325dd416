import {
  ACCESSIBILITY_LABEL_LENGTH,
  BUTTON_TEXT_LENGTH,
  BUTTON_VALUE_LENGTH,
  CHOICE_OPTIONS,
  IMAGE,
  INPUT_LENGTH,
  OPTION_TEXT_LENGTH,
  OVERFLOW_OPTIONS,
  PLACEHOLDER_LENGTH,
  SELECT_OPTIONS,
  URL_LENGTH,
} from '../limits.ts';
import { isObj, listOf, type Obj, objOf, textOf } from '../value.ts';
import { boundedList, boundedString, type Check, fail, fieldsOf, flag, oneOf, webUrl } from './check.ts';
import { checkConfirm, checkDispatch, checkOptions, checkPlain } from './objects.ts';

/** Where an element stands within a block. */
type Place = 'accessory' | 'actions' | 'input';

type ElementCheck = (check: Check, value: Obj, at: string) => void;

const INTERACTIVE = ['action_id', 'confirm', 'focus_on_load'];

function button(check: Check, value: Obj, at: string): void {
  const optional = ['action_id', 'value', 'url', 'style', 'confirm', 'accessibility_label'];
  fieldsOf(check, value, at, { required: ['text'], optional });
  checkPlain(check, value['text'], `${at}/text`, BUTTON_TEXT_LENGTH);
  boundedString(check, value['value'], `${at}/value`, { max: BUTTON_VALUE_LENGTH });
  webUrl(check, value['url'], `${at}/url`, URL_LENGTH);
  oneOf(check, value['style'], `${at}/style`, ['primary', 'danger']);
  boundedString(check, value['accessibility_label'], `${at}/accessibility_label`, { max: ACCESSIBILITY_LABEL_LENGTH });
}

function staticSelect(check: Check, value: Obj, at: string): void {
  const own = ['placeholder', 'options', 'option_groups', 'initial_option'];
  fieldsOf(check, value, at, { optional: [...INTERACTIVE, ...own] });
  if ((value['options'] === undefined) === (value['option_groups'] === undefined)) {
    fail(check, at, 'must define either `options` or `option_groups`');
  }
  checkOptions(check, value['options'], `${at}/options`, { max: SELECT_OPTIONS, mrkdwn: false, url: false });
  boundedList(check, value['option_groups'], `${at}/option_groups`, { max: SELECT_OPTIONS, min: 1 }).forEach(
    (item, index) => {
      const here = `${at}/option_groups/${index}`;
      const group = fieldsOf(check, item, here, { required: ['label', 'options'] });
      checkPlain(check, group?.['label'], `${here}/label`, OPTION_TEXT_LENGTH);
      checkOptions(check, group?.['options'], `${here}/options`, { max: SELECT_OPTIONS, mrkdwn: false, url: false });
    },
  );
  const initial = value['initial_option'];
  const options = [
    ...listOf(value['options']),
    ...listOf(value['option_groups']).flatMap((g) => listOf(objOf(g)['options'])),
  ];
  if (initial !== undefined && !options.some((o) => objOf(o)['value'] === objOf(initial)['value'])) {
    fail(check, `${at}/initial_option`, 'must be one of the options');
  }
}

function overflow(check: Check, value: Obj, at: string): void {
  fieldsOf(check, value, at, { required: ['options'], optional: ['action_id', 'confirm'] });
  checkOptions(check, value['options'], `${at}/options`, { max: OVERFLOW_OPTIONS, mrkdwn: false, url: true });
}

function choice(initial: 'initial_option' | 'initial_options'): ElementCheck {
  return (check, value, at) => {
    fieldsOf(check, value, at, { required: ['options'], optional: [...INTERACTIVE, initial] });
    checkOptions(check, value['options'], `${at}/options`, { max: CHOICE_OPTIONS, mrkdwn: true, url: false });
  };
}

function picker(...own: readonly string[]): ElementCheck {
  return (check, value, at) => {
    fieldsOf(check, value, at, { optional: [...INTERACTIVE, 'placeholder', ...own] });
  };
}

function plainTextInput(check: Check, value: Obj, at: string): void {
  const own = ['initial_value', 'multiline', 'min_length', 'max_length', 'dispatch_action_config', 'placeholder'];
  fieldsOf(check, value, at, { optional: ['action_id', 'focus_on_load', ...own] });
  boundedString(check, value['initial_value'], `${at}/initial_value`, { max: INPUT_LENGTH });
  flag(check, value['multiline'], `${at}/multiline`);
  checkDispatch(check, value['dispatch_action_config'], `${at}/dispatch_action_config`);
  for (const [key, least] of [
    ['min_length', 0],
    ['max_length', 1],
  ] as const) {
    const bound = value[key];
    if (bound !== undefined && !(Number.isInteger(bound) && Number(bound) >= least && Number(bound) <= INPUT_LENGTH)) {
      fail(check, `${at}/${key}`, `must be between ${least} and ${INPUT_LENGTH}`);
    }
  }
  if (Number(value['min_length'] ?? 0) > Number(value['max_length'] ?? INPUT_LENGTH)) {
    fail(check, at, 'min_length must not exceed max_length');
  }
}

/** An image element or the picture of an image block. https://docs.slack.dev/reference/block-kit/block-elements/image-element */
export function checkImage(check: Check, value: Obj, at: string, optional: readonly string[]): void {
  fieldsOf(check, value, at, { required: ['alt_text'], optional: ['image_url', 'slack_file', ...optional] });
  boundedString(check, value['alt_text'], `${at}/alt_text`, { max: IMAGE.alt, min: 1 });
  if ((value['image_url'] === undefined) === (value['slack_file'] === undefined)) {
    fail(check, at, 'must provide either `image_url` or `slack_file`');
  }
  webUrl(check, value['image_url'], `${at}/image_url`, IMAGE.url);
  const host = URL.canParse(String(value['image_url'])) ? new URL(String(value['image_url'])).hostname : undefined;
  if (host !== undefined && /^(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[::1\])/.test(host)) {
    fail(check, `${at}/image_url`, 'downloading image failed'); // Slack's servers fetch it, and can't reach a private address
  }
  if (value['slack_file'] === undefined) return;
  const here = `${at}/slack_file`;
  const file = fieldsOf(check, value['slack_file'], here, { optional: ['id', 'url'] });
  const id = textOf(file?.['id']);
  const url = textOf(file?.['url']);
  if ((id === undefined) === (url === undefined)) fail(check, here, 'must provide either `id` or `url`');
  const problem =
    id !== undefined ? check.fileProblem({ id }) : url !== undefined ? check.fileProblem({ url }) : undefined;
  if (problem !== undefined) fail(check, here, problem);
}

const ELEMENTS: Readonly<Record<string, { readonly places: readonly Place[]; readonly check: ElementCheck }>> = {
  button: { places: ['accessory', 'actions'], check: button },
  static_select: { places: ['accessory', 'actions', 'input'], check: staticSelect },
  overflow: { places: ['accessory', 'actions'], check: overflow },
  radio_buttons: { places: ['accessory', 'actions', 'input'], check: choice('initial_option') },
  checkboxes: { places: ['accessory', 'actions', 'input'], check: choice('initial_options') },
  users_select: { places: ['accessory', 'actions', 'input'], check: picker('initial_user') },
  datepicker: { places: ['accessory', 'actions', 'input'], check: picker('initial_date') },
  timepicker: { places: ['accessory', 'actions', 'input'], check: picker('initial_time', 'timezone') },
  plain_text_input: { places: ['input'], check: plainTextInput },
  image: { places: ['accessory'], check: (check, value, at) => checkImage(check, value, at, []) },
};

/** Any block element in its place. Elements that Slack has and this list doesn't are refused: extend the list when one is used. */
export function checkElement(check: Check, value: unknown, at: string, place: Place): void {
  const type = isObj(value) ? textOf(value['type']) : undefined;
  const known = type === undefined ? undefined : ELEMENTS[type];
  if (!isObj(value) || !known?.places.includes(place)) {
    fail(check, at, `unsupported type: ${String(type)}`);
    return;
  }
  known.check(check, value, at);
  checkPlain(check, value['placeholder'], `${at}/placeholder`, PLACEHOLDER_LENGTH);
  checkConfirm(check, value['confirm'], `${at}/confirm`);
  flag(check, value['focus_on_load'], `${at}/focus_on_load`);
}
