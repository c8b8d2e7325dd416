import { LIST_INDENT, URL_LENGTH } from '../limits.ts';
import { isObj, textOf } from '../value.ts';
import { boundedList, boundedString, type Check, fail, fieldsOf, oneOf, webUrl } from './check.ts';

const STYLES = ['bold', 'italic', 'strike', 'underline', 'code', 'highlight', 'client_highlight', 'unlink'];

/** Fields of each leaf, and which of them must be there. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block#element-types */
const LEAVES: Readonly<Record<string, { readonly required: readonly string[]; readonly optional: readonly string[] }>> =
  {
    text: { required: ['text'], optional: ['style'] },
    link: { required: ['url'], optional: ['text', 'unsafe', 'style'] },
    emoji: { required: ['name'], optional: ['unicode', 'skin_tone', 'url', 'style'] },
    user: { required: ['user_id'], optional: ['style'] },
    usergroup: { required: ['usergroup_id'], optional: ['style'] },
    channel: { required: ['channel_id'], optional: ['style'] },
    team: { required: ['team_id'], optional: ['style'] },
    broadcast: { required: ['range'], optional: ['style'] },
    color: { required: ['value'], optional: ['style'] },
    date: { required: ['timestamp', 'format'], optional: ['url', 'fallback', 'style'] },
  };

const IDS: Readonly<Record<string, RegExp>> = {
  user_id: /^[UWB][A-Z0-9]+$/,
  usergroup_id: /^S[A-Z0-9]+$/,
  channel_id: /^[CDG][A-Z0-9]+$/,
  team_id: /^[TE][A-Z0-9]+$/,
};

/** The parts of a rich_text block. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block */
export function checkRichTextParts(check: Check, value: unknown, at: string): void {
  boundedList(check, value, at, {}).forEach((part, index) => {
    checkPart(check, part, `${at}/${index}`);
  });
}

function checkPart(check: Check, value: unknown, at: string): void {
  const type = isObj(value) ? value['type'] : undefined;
  switch (type) {
    case 'rich_text_section':
      checkLeaves(
        check,
        fieldsOf(check, value, at, { required: ['elements'] })?.['elements'],
        `${at}/elements`,
        Object.keys(LEAVES),
      );
      return;
    case 'rich_text_quote':
    case 'rich_text_preformatted': {
      const optional = type === 'rich_text_quote' ? ['border'] : ['border', 'language'];
      const part = fieldsOf(check, value, at, { required: ['elements'], optional });
      oneOf(check, part?.['border'], `${at}/border`, [0, 1]);
      const allowed = type === 'rich_text_quote' ? Object.keys(LEAVES) : ['text', 'link'];
      checkLeaves(check, part?.['elements'], `${at}/elements`, allowed);
      return;
    }
    case 'rich_text_list': {
      const part = fieldsOf(check, value, at, {
        required: ['elements', 'style'],
        optional: ['indent', 'offset', 'border'],
      });
      oneOf(check, part?.['style'], `${at}/style`, ['bullet', 'ordered']);
      oneOf(check, part?.['border'], `${at}/border`, [0, 1]);
      const indent = part?.['indent'];
      if (indent !== undefined && !(Number.isInteger(indent) && Number(indent) >= 0 && Number(indent) <= LIST_INDENT)) {
        fail(check, `${at}/indent`, `must be between 0 and ${LIST_INDENT}`);
      }
      boundedList(check, part?.['elements'], `${at}/elements`, { min: 1 }).forEach((item, index) => {
        const here = `${at}/elements/${index}`;
        if (!isObj(item) || item['type'] !== 'rich_text_section')
          fail(check, here, 'must be of type rich_text_section');
        else checkPart(check, item, here);
      });
      return;
    }
    default:
      fail(check, at, `unsupported type: ${String(type)}`);
  }
}

function checkLeaves(check: Check, value: unknown, at: string, allowed: readonly string[]): void {
  boundedList(check, value, at, {}).forEach((item, index) => {
    const here = `${at}/${index}`;
    const type = isObj(item) ? textOf(item['type']) : undefined;
    const shape = type === undefined ? undefined : LEAVES[type];
    if (!isObj(item) || type === undefined || !shape || !allowed.includes(type)) {
      fail(check, here, `unsupported type: ${String(type)}`);
      return;
    }
    fieldsOf(check, item, here, shape);
    checkLeaf(check, item, type, here);
  });
}

function checkLeaf(check: Check, item: Record<string, unknown>, type: string, at: string): void {
  const style = item['style'];
  if (style !== undefined) {
    if (!isObj(style)) fail(check, `${at}/style`, 'must provide an object');
    else {
      for (const [key, on] of Object.entries(style)) {
        if (!STYLES.includes(key) || typeof on !== 'boolean')
          fail(check, `${at}/style`, `invalid additional property: ${key}`);
      }
    }
  }
  if (type === 'text') boundedString(check, item['text'], `${at}/text`, { max: Number.MAX_SAFE_INTEGER, min: 1 });
  if (type === 'link') webUrl(check, item['url'], `${at}/url`, URL_LENGTH);
  if (type === 'link') boundedString(check, item['text'], `${at}/text`, { max: Number.MAX_SAFE_INTEGER });
  if (type === 'emoji' && !/^[a-z0-9_+'-]+$/.test(String(item['name'])))
    fail(check, `${at}/name`, 'must be a valid emoji name');
  if (type === 'broadcast') oneOf(check, item['range'], `${at}/range`, ['here', 'channel', 'everyone']);
  if (type === 'date' && !Number.isInteger(item['timestamp']))
    fail(check, `${at}/timestamp`, 'must provide an integer');
  for (const [key, form] of Object.entries(IDS)) {
    if (item[key] !== undefined && !form.test(String(item[key]))) fail(check, `${at}/${key}`, `must be a valid ${key}`);
  }
}
