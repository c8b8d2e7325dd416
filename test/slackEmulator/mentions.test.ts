import { describe, expect, it } from 'vitest';
import { type ParseMode, reachOf } from '../support/slack/mentions.ts';
import type { Obj } from '../support/slack/value.ts';

const section = (text: Obj) => [{ type: 'section', text }];
const run = (element: Obj) => [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [element] }] }];
const none = { parse: 'none' as ParseMode, linkNames: false };
const whom = (message: Parameters<typeof reachOf>[0], how = none) =>
  reachOf(message, how).pings.map((ping) => ping.whom);

describe('who a message pings', () => {
  it.each<[string, Parameters<typeof reachOf>[0], readonly string[]]>([
    ['a control sequence in the text', { text: 'disk <!channel> full' }, ['channel']],
    ['one with a label', { text: '<!here|here> <!everyone>' }, ['here', 'everyone']],
    ['the old name of channel', { text: '<!group>' }, ['channel']],
    ['a user and a group', { text: '<@U0ANA> <!subteam^S0ONCALL|@oncall>' }, ['U0ANA', 'S0ONCALL']],
    ['a control sequence in mrkdwn', { blocks: section({ type: 'mrkdwn', text: '<!channel>' }) }, ['channel']],
    [
      'one in verbatim mrkdwn',
      { blocks: section({ type: 'mrkdwn', text: '<!channel>', verbatim: true }) },
      ['channel'],
    ],
    ['@here in mrkdwn', { blocks: section({ type: 'mrkdwn', text: 'log: @here' }) }, ['here']],
    ['a broadcast element', { blocks: run({ type: 'broadcast', range: 'here' }) }, ['here']],
    ['a user element', { blocks: run({ type: 'user', user_id: 'U0ANA' }) }, ['U0ANA']],
    [
      'an attachment',
      { attachments: [{ fallback: '<!here>', blocks: section({ type: 'mrkdwn', text: '<@U0BEN>' }) }] },
      ['U0BEN', 'here'],
    ],
  ])('counts %s', (_, message, expected) => {
    expect(whom(message)).toEqual(expected);
  });

  it.each<[string, Parameters<typeof reachOf>[0]]>([
    ['escaped text', { text: '&lt;!channel&gt; &lt;@U0ANA&gt;' }],
    ['@here in the text', { text: 'write to @here' }],
    ['plain_text', { blocks: section({ type: 'plain_text', text: '<!channel> @here <@U0ANA>' }) }],
    ['verbatim mrkdwn', { blocks: section({ type: 'mrkdwn', text: '@here #ops &lt;!channel&gt;', verbatim: true }) }],
    ['a rich text run', { blocks: run({ type: 'text', text: '<!channel> @everyone' }) }],
    ['an address', { blocks: section({ type: 'mrkdwn', text: 'ana@channel.example' }) }],
  ])('counts nobody for %s', (_, message) => {
    expect(whom(message)).toEqual([]);
  });

  it('parses the text when told so, and by default on an update', () => {
    expect(whom({ text: '@here @ana' }, { parse: 'full', linkNames: false })).toEqual(['here', 'ana']);
    expect(whom({ text: '@here @ana' }, { parse: 'none', linkNames: true })).toEqual(['here', 'ana']);
    expect(whom({ text: '@here @ana' }, { parse: 'client', linkNames: false })).toEqual(['here']);
  });

  it('tells what becomes a link', () => {
    const { links } = reachOf(
      { blocks: section({ type: 'mrkdwn', text: '#ops http://a.example/x <https://b.example|b>' }) },
      none,
    );
    expect(links.map((link) => link.target)).toEqual(['https://b.example', 'ops', 'http://a.example/x']);
  });
});
