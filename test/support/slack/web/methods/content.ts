import { checkContent } from '../../blockkit/message.ts';
import type { World } from '../../world.ts';
import type { MethodCall } from '../method.ts';
import { detailed } from '../refusal.ts';

/** Image files that may stand in a block. https://docs.slack.dev/reference/block-kit/composition-objects/slack-file-object */
const SHOWABLE = /\.(png|jpe?g|gif)$/i;

/** Why an uploaded file can't be shown, or undefined when it can. */
export function fileProblem(world: World, ref: { readonly id?: string; readonly url?: string }): string | undefined {
  const file = [...world.files.values()].find((one) => one.id === ref.id || ref.url?.includes(one.id) === true);
  if (!file?.completed) return 'invalid slack file';
  return SHOWABLE.test(file.name) ? undefined : 'slack file must be an image';
}

/** Holds a call's blocks and attachments to Block Kit; refuses with the vendor's details and notes the violation. */
export function checkedContent(call: MethodCall): void {
  const fault = checkContent(call.args, (ref) => fileProblem(call.world, ref));
  if (!fault) return;
  call.world.report('bad-blocks', call.method, `${fault.error}: ${fault.messages.join('; ')}`);
  throw detailed(fault.error, fault.messages);
}
