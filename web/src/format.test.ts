import { expect, test } from 'vitest';
import {
  formatBytes,
  formatMilliseconds,
  formatMoney,
  formatName,
  formatPrice,
  formatShare,
  formatSigned,
  formatSignedMoney,
  formatSpan,
  formatText,
  formatTime,
} from './format.ts';
import { english } from './words.ts';
import { french } from './words-french.ts';

test('what is missing reads unknown, never zero or empty', () => {
  for (const format of [
    formatMoney,
    formatPrice,
    formatShare,
    formatSpan,
    formatBytes,
    formatTime,
    formatSignedMoney,
  ]) {
    expect(format(null)).toBe('unknown');
    expect(format(undefined)).toBe('unknown');
    expect(format(Number.NaN)).toBe('unknown');
  }
  expect(formatText('')).toBe('unknown');
  expect(formatName(null)).toBe('unknown');
  expect(formatTime(9e15)).toBe('unknown');
});

test('prices keep the decimals that matter for their size', () => {
  expect(formatPrice(61_234.567)).toBe('61,234.57');
  expect(formatPrice(1.08342)).toBe('1.08342');
  expect(formatPrice(0.00001234)).toBe('0.00001234');
});

test('signs are written out', () => {
  expect(formatSignedMoney(-18.4)).toBe('\u221218.40');
  expect(formatSignedMoney(3)).toBe('+3.00');
  expect(formatSigned(0)).toBe('0');
});

test('spans name their two largest units', () => {
  expect([4_000, 60_000, 200_000, 3_600_000, 7_500_000, 270_000_000].map(formatSpan)).toEqual([
    '4 s',
    '1 min',
    '3 min 20 s',
    '1 h',
    '2 h 05 min',
    '3 d 3 h',
  ]);
});

test('sizes and delays have a unit', () => {
  expect(formatBytes(231e6)).toBe('231\u202fMB');
  expect(formatMilliseconds(0.0213)).toBe('0.021\u202fms');
  expect(formatShare(0.584, 1)).toBe('58.4\u202f%');
});

test('a time of another day says its date', () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5);
  expect(formatTime(at, at)).toBe('03:04:05');
  expect(formatTime(at, at + 86_400_000)).toBe('01-02 03:04:05');
});

test('every French sentence has the places of its English one', () => {
  const places = (sentence: string) => (sentence.match(/\{\w+\}/g) ?? []).sort();
  for (const [word, sentence] of Object.entries(english)) {
    expect(places(french[word as keyof typeof french]), word).toEqual(places(sentence));
  }
});
