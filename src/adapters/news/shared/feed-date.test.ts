// Dates as feeds write them, to the second; everything else is unknown.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFeedDate } from './feed-date.ts';

test.each([
  ['Wed, 15 Apr 2026 12:25:00 GMT', '2026-04-15T12:25:00Z'],
  ['Wed, 15 Apr 2026 12:25:00 +0000', '2026-04-15T12:25:00Z'],
  ['15 April 2026 08:25 EDT', '2026-04-15T12:25:00Z'],
  ['Wed, 15 Apr 26 12:25:00 -0400', '2026-04-15T16:25:00Z'],
  ['2026-04-15T12:25:00Z', '2026-04-15T12:25:00Z'],
  ['2026-04-15T12:25:00.123+09:00', '2026-04-15T03:25:00Z'],
  ['2026-04-15 12:25:00Z', '2026-04-15T12:25:00Z'],
  ['2026-04-15', '2026-04-15T00:00:00Z'],
  ['2024-02-29', '2024-02-29T00:00:00Z'],
])('%s is %s', (text, iso) => {
  expect(parseFeedDate(text)).toBe(Date.parse(iso));
});

test.each([
  '2026-02-29',
  '31 Apr 2026 10:00 GMT',
  '2026-13-01',
  '2026-04-15T25:00:00Z',
  '2026-04-15T12:25:00',
  'Wed, 15 Apr 2026 12:25:00',
  'Wed, 15 Foo 2026 12:25:00 GMT',
  'Wed, 15 Apr 2026 12:25:00 XYZ',
  '2026-04-15T12:00:00+99:00',
  'tomorrow',
  '1776255900',
  '',
  'x'.repeat(10_000),
])('%s is unknown', (text) => {
  expect(parseFeedDate(text)).toBeNull();
});

test('what a date prints, it reads', () => {
  const instants = fc.date({ min: new Date(0), max: new Date('2199-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(instants, (date) => {
      const whole = Math.floor(date.getTime() / 1_000) * 1_000;
      expect(parseFeedDate(date.toUTCString())).toBe(whole);
      expect(parseFeedDate(date.toISOString())).toBe(whole);
    }),
  );
});

test('any text is an instant or unknown', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const at = parseFeedDate(text);
      expect(at === null || Number.isSafeInteger(at)).toBe(true);
    }),
  );
});
