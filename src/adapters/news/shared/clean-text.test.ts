// Whatever comes in, one harmless bounded line comes out; entities are decoded once; cost stays linear.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostileTexts } from '../../../../test/contract/news-support/hostile-texts.ts';
import { isPlainText } from '../../../shared/domain/plain-text.ts';
import { cleanText, cleanUrl } from './clean-text.ts';

const maxChars = 120;

function expectHarmless(text: string): void {
  const cleaned = cleanText(text, maxChars);
  expect(cleaned.length).toBeLessThanOrEqual(maxChars);
  expect(isPlainText(cleaned)).toBe(true);
  expect(cleaned.isWellFormed()).toBe(true);
  expect(cleaned).toBe(cleaned.trim());
  expect(cleaned).not.toMatch(/ {2}/);
}

test('there are at least sixty hostile texts, and each becomes a harmless line quickly', () => {
  expect(new Set(hostileTexts).size).toBeGreaterThanOrEqual(60);
  for (const text of hostileTexts) {
    const begun = performance.now();
    expectHarmless(text);
    expect(performance.now() - begun).toBeLessThan(1_000);
  }
});

test('any text becomes a harmless line', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '<',
      '>',
      '&lt;',
      '&amp;',
      '&#x3c;',
      '<!--',
      '-->',
      '</',
      'script',
      '\u200b',
      '\u202e',
      '&',
      ';',
      '"',
    ),
    fc.constantFrom(...hostileTexts.map((text) => text.slice(0, 200))),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => expectHarmless(pieces.join(''))),
    { numRuns: 3_000 },
  );
});

test('what people wrote stays: umlauts, other scripts, currencies, comparisons', () => {
  for (const text of [
    'Börse: 3 < 5 & 7 > 2',
    'ドル円は150円台',
    'EUR/USD at 1.10 (+0.3 %)',
    'café €5',
    'I <3 BTC',
  ])
    expect(cleanText(text, 200)).toBe(text);
});

test('markup goes, words stay apart, inline elements join', () => {
  expect(cleanText('<p>One</p><p>Two <b>th</b>ree</p><br/>four', 200)).toBe('One Two three four');
  expect(cleanText('a<script>b</script>c<style>d</style>e', 200)).toBe('a c e');
});

test('entities are decoded exactly once', () => {
  expect(cleanText('AT&amp;T &#8217;s &rsquo;x&quot;', 200)).toBe('AT&T ’s ’x"');
  expect(cleanText('&amp;amp; &amp;lt; &amp;#60;', 200)).toBe('&amp; &lt; &#60;');
  expect(cleanText('&toString; &constructor;', 200)).toBe('&toString; &constructor;');
});

test('a long text is cut at a whole character', () => {
  expect(cleanText('abcdef', 4)).toBe('abc…');
  expect(cleanText('ab🚀🚀', 4)).toBe('ab…');
});

test.each([
  ['https://example.com/a?utm_source=rss&id=7#top', 'https://example.com/a?id=7'],
  ['http://user:secret@example.com/', 'http://example.com/'],
  [' https://example.com/ü ', 'https://example.com/%C3%BC'],
  ['javascript:alert(1)', null],
  ['data:text/html,x', null],
  ['//example.com/x', null],
  ['not an address', null],
  [`https://example.com/${'a'.repeat(2_000)}`, null],
  ['https://example.com/\u202ecod.exe', 'https://example.com/%E2%80%AEcod.exe'],
])('address %s becomes %s', (raw, expected) => {
  expect(cleanUrl(raw)).toBe(expected);
});
