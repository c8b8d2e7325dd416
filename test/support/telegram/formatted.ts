import { detect } from './detect.ts';
import { badRequest } from './failure.ts';
import { type Formatted, parseHtml } from './html.ts';
import { CAPTION_MAX_UNITS, FORMATTING_ENTITIES_MAX, RAW_TEXT_MAX_BYTES, TEXT_MAX_UNITS } from './limits.ts';
import type { Params } from './params.ts';
import { tidy } from './tidy.ts';
import { isArray, isObject, type Json, type TgEntity } from './wire.ts';

/** Reads entities that came as JSON. https://core.telegram.org/bots/api#messageentity. Throws 400 when one is unusable. */
function given(value: Json | undefined): TgEntity[] {
  if (!isArray(value)) return [];
  return value.map((item) => {
    if (!isObject(item)) throw badRequest("Can't parse MessageEntity: expected an Object");
    const { type, offset, length } = item;
    if (typeof type !== 'string' || typeof offset !== 'number' || typeof length !== 'number') {
      throw badRequest(`Can't parse MessageEntity: Can't find field "${typeof type === 'string' ? 'offset' : 'type'}"`);
    }
    return { ...item, type, offset, length } as TgEntity;
  });
}

/** Text with entities by parse mode or by list, before cleaning. https://core.telegram.org/bots/api#formatting-options */
function parsed(text: string, mode: string, entities: Json | undefined, params: Params): Formatted {
  if (Buffer.byteLength(text) > RAW_TEXT_MAX_BYTES) throw badRequest('Text is too long');
  switch (mode.toLowerCase()) {
    case '':
    case 'none':
      return { text, entities: given(entities) };
    case 'html':
      return parseHtml(text);
    case 'markdown':
    case 'markdownv2':
      params.report('unsupported', `parse_mode ${mode}: the emulator speaks HTML alone`);
      throw badRequest(`Can't parse entities: the emulator doesn't speak ${mode}`);
    default:
      throw badRequest('Unsupported parse_mode');
  }
}

/** Formatting entities in the server's order, capped, together with what it finds by itself. */
function finished(raw: Formatted, params: Params): Formatted {
  if (!raw.text.isWellFormed()) throw badRequest('Strings must be encoded in UTF-8');
  const { text, entities } = tidy(raw);
  if (entities.length > FORMATTING_ENTITIES_MAX) {
    params.report(
      'over-limit',
      `${entities.length} formatting entities; those beyond ${FORMATTING_ENTITIES_MAX} are dropped`,
    );
  }
  const order = (a: TgEntity, b: TgEntity): number => a.offset - b.offset || b.length - a.length;
  const kept = [...entities].sort(order).slice(0, FORMATTING_ENTITIES_MAX);
  return { text, entities: [...kept, ...detect(text, kept)].sort(order) };
}

/** A message's text from `text`, `parse_mode` and `entities`. Throws 400 for an empty, too long or unparsable one. */
export function messageText(params: Params): Formatted {
  const text = params.text('text');
  if (text === '') throw badRequest('Message text is empty');
  const result = finished(parsed(text, params.text('parse_mode'), params.json('entities', 'entities'), params), params);
  if (result.text === '') throw badRequest('Text must be non-empty');
  if (result.text.length > TEXT_MAX_UNITS) throw badRequest('Message is too long');
  return result;
}

/** A caption from its parts; may be empty. Throws 400 for a too long or unparsable one. */
export function captionText(text: string, mode: string, entities: Json | undefined, params: Params): Formatted {
  const result = finished(parsed(text, mode, entities, params), params);
  if (result.text.length > CAPTION_MAX_UNITS) throw badRequest('Message caption is too long');
  return result;
}

/** Text that a person typed in a client: cleaned, with what is found in it. */
export function typedText(text: string): Formatted {
  const cleaned = tidy({ text, entities: [] });
  return { text: cleaned.text, entities: detect(cleaned.text, []) };
}
