import { CALLBACK_ID_LENGTH, MODAL_TITLE_LENGTH, PRIVATE_METADATA_LENGTH, VIEW_BYTES } from '../limits.ts';
import { isObj, listOf } from '../value.ts';
import { checkBlocks, elementsOf } from './blocks.ts';
import { boundedString, type Check, fail, fieldsOf, flag, type Problem } from './check.ts';
import { checkPlain } from './objects.ts';

/** A view's faults. `too-large` is an error of its own at the vendor (`view_too_large`). */
type ViewFault = { readonly is: 'too-large' } | { readonly is: 'invalid'; readonly problems: readonly Problem[] };

const COMMON = ['blocks', 'private_metadata', 'callback_id', 'external_id'];

/** A modal or a Home tab. https://docs.slack.dev/reference/views/modal-views and home-tab-views */
export function checkView(
  value: unknown,
  surface: 'modal' | 'home',
  fileProblem: Check['fileProblem'],
): ViewFault | undefined {
  const check: Check = { surface, fileProblem, problems: [] };
  const optional =
    surface === 'modal' ? ['close', 'submit', 'clear_on_close', 'notify_on_close', 'submit_disabled'] : [];
  const required = surface === 'modal' ? ['title', 'blocks'] : ['blocks'];
  const view = fieldsOf(check, value, '/view', { required, optional: [...COMMON, ...optional] });
  if (view) {
    if (view['type'] !== surface) fail(check, '/view/type', `must be ${surface}`);
    checkPlain(check, view['title'], '/view/title', MODAL_TITLE_LENGTH);
    checkPlain(check, view['submit'], '/view/submit', MODAL_TITLE_LENGTH);
    checkPlain(check, view['close'], '/view/close', MODAL_TITLE_LENGTH);
    boundedString(check, view['private_metadata'], '/view/private_metadata', { max: PRIVATE_METADATA_LENGTH });
    boundedString(check, view['callback_id'], '/view/callback_id', { max: CALLBACK_ID_LENGTH });
    boundedString(check, view['external_id'], '/view/external_id', { max: CALLBACK_ID_LENGTH });
    flag(check, view['clear_on_close'], '/view/clear_on_close');
    flag(check, view['notify_on_close'], '/view/notify_on_close');
    checkBlocks(check, view['blocks'], '/view/blocks');
    const blocks = listOf(view['blocks']).filter(isObj);
    if (surface === 'modal' && view['submit'] === undefined && blocks.some((b) => b['type'] === 'input')) {
      fail(check, '/view/submit', 'missing required field: submit'); // required once a view has an input block
    }
    const focused = blocks.flatMap((b) => elementsOf(b, '')).filter(({ element }) => element['focus_on_load'] === true);
    if (focused.length > 1) fail(check, '/view/blocks', 'only one element can have focus_on_load');
    if (Buffer.byteLength(JSON.stringify(view)) > VIEW_BYTES) return { is: 'too-large' };
  }
  return check.problems.length > 0 ? { is: 'invalid', problems: check.problems } : undefined;
}
