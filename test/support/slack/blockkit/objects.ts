import { CONFIRM, OPTION_TEXT_LENGTH, OPTION_VALUE_LENGTH, TEXT_LENGTH, URL_LENGTH } from '../limits.ts';
import { isObj } from '../value.ts';
import { boundedList, boundedString, type Check, fail, fieldsOf, flag, oneOf, webUrl } from './check.ts';

/** A text object. https://docs.slack.dev/reference/block-kit/composition-objects/text-object */
export function checkText(
  check: Check,
  value: unknown,
  at: string,
  how: { readonly kinds: readonly ('plain_text' | 'mrkdwn')[]; readonly max?: number },
): void {
  if (value === undefined) return;
  if (!isObj(value)) {
    fail(check, at, 'must provide an object');
    return;
  }
  if (!how.kinds.includes(value['type'] as 'plain_text')) {
    fail(check, at, how.kinds.length === 1 ? `must be of type ${how.kinds[0]}` : 'failed to match all allowed schemas');
    return;
  }
  const optional = value['type'] === 'plain_text' ? ['emoji'] : ['verbatim'];
  fieldsOf(check, value, at, { required: ['text'], optional });
  boundedString(check, value['text'], `${at}/text`, { max: how.max ?? TEXT_LENGTH, min: 1 });
  flag(check, value['emoji'], `${at}/emoji`);
  flag(check, value['verbatim'], `${at}/verbatim`);
}

/** Plain text only. */
export function checkPlain(check: Check, value: unknown, at: string, max: number): void {
  checkText(check, value, at, { kinds: ['plain_text'], max });
}

/** A confirmation dialog. https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object */
export function checkConfirm(check: Check, value: unknown, at: string): void {
  if (value === undefined) return;
  const confirm = fieldsOf(check, value, at, { required: ['title', 'text', 'confirm', 'deny'], optional: ['style'] });
  if (!confirm) return;
  checkPlain(check, confirm['title'], `${at}/title`, CONFIRM.title);
  checkText(check, confirm['text'], `${at}/text`, { kinds: ['plain_text', 'mrkdwn'], max: CONFIRM.text });
  checkPlain(check, confirm['confirm'], `${at}/confirm`, CONFIRM.button);
  checkPlain(check, confirm['deny'], `${at}/deny`, CONFIRM.button);
  oneOf(check, confirm['style'], `${at}/style`, ['primary', 'danger']);
}

/** Options of one menu. https://docs.slack.dev/reference/block-kit/composition-objects/option-object */
export function checkOptions(
  check: Check,
  value: unknown,
  at: string,
  how: { readonly max: number; readonly mrkdwn: boolean; readonly url: boolean },
): void {
  const kinds = how.mrkdwn ? (['plain_text', 'mrkdwn'] as const) : (['plain_text'] as const);
  const values = new Set<unknown>();
  boundedList(check, value, at, { max: how.max, min: 1 }).forEach((item, index) => {
    const here = `${at}/${index}`;
    const optional = ['description', ...(how.url ? ['url'] : [])];
    const option = fieldsOf(check, item, here, { required: ['text', 'value'], optional });
    if (!option) return;
    checkText(check, option['text'], `${here}/text`, { kinds, max: OPTION_TEXT_LENGTH });
    boundedString(check, option['value'], `${here}/value`, { max: OPTION_VALUE_LENGTH, min: 1 });
    checkText(check, option['description'], `${here}/description`, { kinds, max: OPTION_TEXT_LENGTH });
    webUrl(check, option['url'], `${here}/url`, URL_LENGTH);
    if (values.has(option['value'])) fail(check, here, 'option values must be unique');
    values.add(option['value']);
  });
}

/** `focus_on_load`, `dispatch_action_config` and the like. https://docs.slack.dev/reference/block-kit/composition-objects/dispatch-action-configuration-object */
export function checkDispatch(check: Check, value: unknown, at: string): void {
  if (value === undefined) return;
  const config = fieldsOf(check, value, at, { optional: ['trigger_actions_on'] });
  boundedList(check, config?.['trigger_actions_on'], `${at}/trigger_actions_on`, { min: 1, max: 2 }).forEach(
    (item, index) => {
      oneOf(check, item, `${at}/trigger_actions_on/${index}`, ['on_enter_pressed', 'on_character_entered']);
    },
  );
}
