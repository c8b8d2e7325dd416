import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHtml } from '../support/telegram/html.ts';
import { tidy } from '../support/telegram/tidy.ts';

/** Entities as `type:piece`. */
function shown(html: string): { text: string; entities: string[] } {
  const { text, entities } = parseHtml(html);
  return { text, entities: entities.map((e) => `${e.type}:${text.slice(e.offset, e.offset + e.length)}`) };
}

describe('parseHtml', () => {
  it.each<[string, string, string[]]>([
    ['<b>a</b> <strong>b</strong>', 'a b', ['bold:a', 'bold:b']],
    ['<i>a</i><em>b</em><u>c</u><ins>d</ins>', 'abcd', ['italic:a', 'italic:b', 'underline:c', 'underline:d']],
    ['<s>a</s><strike>b</strike><del>c</del>', 'abc', ['strikethrough:a', 'strikethrough:b', 'strikethrough:c']],
    ['<tg-spoiler>a</tg-spoiler><span class="tg-spoiler">b</span>', 'ab', ['spoiler:a', 'spoiler:b']],
    ['<b>x<i>y</i></b>', 'xy', ['italic:y', 'bold:xy']],
    ['<code>&lt;b&gt; &amp; &quot;</code>', '<b> & "', ['code:<b> & "']],
    ['<pre>log</pre>', 'log', ['pre:log']],
    ['<pre><code class="language-sh">ls</code></pre>', 'ls', ['pre:ls']],
    [
      '<blockquote>q</blockquote><blockquote expandable>r</blockquote>',
      'qr',
      ['blockquote:q', 'expandable_blockquote:r'],
    ],
    ['<a href="https://x.example/?a=1&amp;b=2">t</a>', 't', ['text_link:t']],
    ['<a href="tg://user?id=5">t</a>', 't', ['text_mention:t']],
    ['<a href="javascript:alert(1)">t</a>', 't', []],
    ['&#60;&#x3C;&nbsp;&copy;&', '<<&nbsp;&copy;&', []],
    ['<B>case</B>', 'case', ['bold:case']],
    ['<b></b>nothing', 'nothing', []],
    ['a > b', 'a > b', []],
    ['<b>😀</b>!', '😀!', ['bold:😀']],
  ])('reads %s', (html, text, entities) => {
    expect(shown(html)).toEqual({ text, entities });
  });

  it.each<[string, string]>([
    ['<b>x', 'Can\'t find end tag corresponding to start tag "b"'],
    ['x</b>', 'Unexpected end tag at byte offset 1'],
    ['é<b>x</i>', 'Unmatched end tag at byte offset 6, expected "</b>", found "</i>"'],
    ['é<p>x</p>', 'Unsupported start tag "p" at byte offset 2'],
    ['a < b', 'Unsupported start tag "" at byte offset 2'],
    ['<none>', 'Unsupported start tag "none" at byte offset 0'],
    ['1 <2', 'Unclosed start tag at byte offset 2'],
    ['<b', 'Unclosed start tag at byte offset 0'],
    ['<b>x</b', 'Unclosed end tag at byte offset 4'],
    ['<span>x</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'],
    ['<a href="x>y</a>', 'Unclosed start tag at byte offset 0'],
    ['<a href=x/y>z</a>', 'Unexpected end of name token at byte offset 8'],
    ['<a "x">y</a>', 'Empty attribute name in the tag "a" at byte offset 0'],
  ])('refuses %s', (html, reason) => {
    expect(() => parseHtml(html)).toThrow(`Bad Request: can't parse entities: ${reason}`);
  });

  it('gives back any text that was escaped', () => {
    const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(parseHtml(escaped(text))).toEqual({ text, entities: [] });
        const { entities } = parseHtml(`<code>${escaped(text)}</code>`);
        expect(entities).toEqual(text === '' ? [] : [{ type: 'code', offset: 0, length: text.length }]);
      }),
    );
  });
});

describe('tidy', () => {
  it('trims, drops direction overrides, blanks control characters, and moves entities along', () => {
    const text = ' \n a\u202eb\r\u0007c  ';
    const entities = [{ type: 'bold', offset: 5, length: 6 }];
    expect(tidy({ text, entities })).toEqual({ text: 'ab c', entities: [{ type: 'bold', offset: 1, length: 3 }] });
  });

  it('leaves an entity where it begins in leading space', () => {
    const given = { text: '  x', entities: [{ type: 'code', offset: 0, length: 3 }] };
    expect(tidy(given)).toEqual(given);
  });
});
