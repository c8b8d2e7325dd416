import { clip, inert, inertLine } from '../../lib/text.ts';
import type { ButtonInput } from '../message.ts';
import type { Press } from '../port.ts';
import { typedIn } from '../typed.ts';
import { pointsOf, type SlackBlock } from './blocks.ts';
import { at, textAt } from './fields.ts';
import { BUTTON, MODAL } from './limits.ts';

/** Names our dialogs among an app's views. */
export const ASKED = 'press';
/** What begins the action_id of a button that asks first. */
const ASKS = 'ask:';
/** Block and element of the one line. */
const LINE = 'typed';
/** Code points of a dialog's texts as they are carried in a button's value, widest first: the first that fits is taken. */
const ROOMS = [600, 300, 120, 40] as const;

/** A button that asks for a line: what its value carries, and what its dialog's own button is called. */
export interface Asks {
  readonly input: ButtonInput;
  readonly submit: string;
}

/**
 * The action_id and value of a button. One that asks carries its question with it, so that whoever hears of the press can open the dialog
 * at once, whatever the store does meanwhile: Slack gives three seconds. A question that doesn't fit is left out. Pure.
 */
export function pressable(
  { token, input }: { readonly token: string; readonly input?: ButtonInput },
  position: number,
): { readonly action_id: string; readonly value: string } {
  for (const room of input ? ROOMS : []) {
    const value = JSON.stringify({ token, ...shortened(input as ButtonInput, room) });
    if (pointsOf(value) <= BUTTON.value) return { action_id: `${ASKS}${position}`, value };
  }
  return { action_id: `press:${position}`, value: token };
}

function shortened(
  { title, about, label, hint, optional, maxLength, instead }: ButtonInput,
  room: number,
): ButtonInput {
  return {
    title: clip(inertLine(title), MODAL.title),
    about: clip(inert(about), room),
    label: clip(inertLine(label), Math.min(room, 300)),
    hint: clip(inertLine(hint), Math.min(room, 300)),
    optional,
    maxLength: Math.min(MODAL.line, Math.max(1, maxLength)),
    // A command that is cut would be another command.
    instead: pointsOf(instead) <= 300 ? inertLine(instead) : '',
  };
}

/** The token of a pressed button, and its question if it asks; undefined for what no button of ours carries. Pure. */
export function pressed(action: unknown): { readonly token: string; readonly asks?: Asks } | undefined {
  const value = textAt(action, 'value');
  if (value === undefined) return undefined;
  if (!textAt(action, 'action_id')?.startsWith(ASKS)) return { token: value };
  const packed = parsed(value);
  const token = textAt(packed, 'token');
  const maxLength = at(packed, 'maxLength');
  if (token === undefined || typeof maxLength !== 'number') return undefined;
  const text = (key: string): string => textAt(packed, key) ?? '';
  const input: ButtonInput = {
    title: text('title'),
    about: text('about'),
    label: text('label'),
    hint: text('hint'),
    optional: at(packed, 'optional') === true,
    maxLength,
    instead: text('instead'),
  };
  return { token, asks: { input, submit: textAt(action, 'text', 'text') ?? 'Send' } };
}

/** A modal. https://docs.slack.dev/reference/views/modal-views */
export interface Modal {
  readonly type: 'modal';
  readonly callback_id: string;
  readonly private_metadata: string;
  readonly title: PlainText;
  readonly submit: PlainText;
  readonly close: PlainText;
  readonly blocks: readonly (SlackBlock | InputBlock)[];
}

interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}

/** https://docs.slack.dev/reference/block-kit/blocks/input-block */
interface InputBlock {
  readonly type: 'input';
  readonly block_id: string;
  readonly optional: boolean;
  readonly label: PlainText;
  readonly hint?: PlainText;
  readonly element: {
    readonly type: 'plain_text_input';
    readonly action_id: string;
    readonly max_length: number;
    readonly focus_on_load: true;
  };
}

const plainText = (text: string, max: number): PlainText => ({
  type: 'plain_text',
  text: clip(inertLine(text), max) || '…',
  emoji: false,
});

/** Who opened a dialog, and where. */
export interface Opener {
  readonly user: string | undefined;
  readonly channel: string | undefined;
  readonly rootTs: string | undefined;
  readonly onTs: string | undefined;
}

/** The dialog of a press: what it is about, and one line. It carries what the press meant, for Slack hands that back. Pure. */
export function modalOf(by: Opener, { input, submit }: Asks, token: string): Modal {
  const { user, channel, rootTs, onTs } = by;
  const about = inert(input.about);
  return {
    type: 'modal',
    callback_id: ASKED,
    private_metadata: JSON.stringify({ token, user, channel, rootTs, onTs, most: input.maxLength }),
    title: plainText(input.title, MODAL.title),
    submit: plainText(submit, MODAL.title),
    close: plainText('Back', MODAL.title),
    blocks: [
      ...(about === ''
        ? []
        : [
            {
              type: 'rich_text' as const,
              elements: [{ type: 'rich_text_section' as const, elements: [{ type: 'text' as const, text: about }] }],
            },
          ]),
      {
        type: 'input',
        block_id: LINE,
        optional: input.optional,
        label: plainText(input.label, MODAL.label),
        ...(input.hint === '' ? {} : { hint: plainText(input.hint, MODAL.label) }),
        element: { type: 'plain_text_input', action_id: LINE, max_length: input.maxLength, focus_on_load: true },
      },
    ],
  };
}

/** Words that stay in the dialog, below its line. https://docs.slack.dev/surfaces/modals#displaying_errors */
export const besideLine = (text: string): Readonly<Record<string, string>> => ({ [LINE]: text });

/** A dialog that was sent. */
export interface Submitted extends Opener {
  /** Of the dialog, which is sent once. */
  readonly id: string;
  readonly what: Press;
}

/** Reads a dialog that was sent by the one who opened it; undefined for a view that is none of ours, or that another opened. Pure. */
export function submitted(view: unknown, user: string | undefined): Submitted | undefined {
  const id = textAt(view, 'id');
  const kept = parsed(textAt(view, 'private_metadata') ?? '');
  const token = textAt(kept, 'token');
  if (id === undefined || textAt(view, 'callback_id') !== ASKED || token === undefined) return undefined;
  if (user === undefined || textAt(kept, 'user') !== user) return undefined;
  const most = at(kept, 'most');
  const value = textAt(view, 'state', 'values', LINE, LINE, 'value');
  return {
    id,
    user,
    channel: textAt(kept, 'channel'),
    rootTs: textAt(kept, 'rootTs'),
    onTs: textAt(kept, 'onTs'),
    what: { kind: 'button', token, ...typedIn(value, typeof most === 'number' ? most : MODAL.line) },
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
