import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkVerdict, maxEvidenceItems, maxReasoningLength } from './signal-builder.ts';
import type { StrategyVerdict } from './strategy.ts';

const now = 1_800_000_000_000;
const good: StrategyVerdict = {
  symbol: 'BTCUSDT',
  action: 'BUY',
  timeframe: '15m',
  confidence: 0.7,
  horizonMs: 3_600_000,
  evidence: [
    { name: 'close', value: 100.123456789, at: now - 1 },
    { name: 'level', value: 99.5, at: now - 1 },
  ],
  reasoning: 'Closed at {close}, above {level}; the level {level} had held.',
};

function reasonOf(verdict: unknown): string {
  const checked = checkVerdict(verdict, 'BTCUSDT', now);
  return checked.ok ? 'ok' : checked.reason;
}

test('a sound verdict keeps its numbers, and the sentence holds exactly those of the evidence', () => {
  const checked = checkVerdict(good, 'BTCUSDT', now);
  expect(checked).toEqual({
    ok: true,
    value: {
      action: 'BUY',
      timeframe: '15m',
      conviction: 0.7,
      horizonMs: 3_600_000,
      evidence: [
        { name: 'close', value: 100.12346, at: now - 1 },
        { name: 'level', value: 99.5, at: now - 1 },
      ],
      reasoning: 'Closed at 100.12346, above 99.5; the level 99.5 had held.',
    },
  });
});

test.each([
  ['not an object', 7, 'neither null nor an object'],
  ['another symbol', { ...good, symbol: 'ETHUSDT' }, 'speaks of "ETHUSDT"'],
  ['an unknown action', { ...good, action: 'HOLD' }, 'not BUY, SELL or CLOSE'],
  ['an unknown timeframe', { ...good, timeframe: '3m' }, 'timeframe "3m" is unknown'],
  ['confidence 7', { ...good, confidence: 7 }, 'confidence 7 is not within 0..1'],
  ['confidence NaN', { ...good, confidence: Number.NaN }, 'confidence NaN'],
  ['no horizon', { ...good, horizonMs: 0 }, 'horizonMs 0'],
  ['no evidence', { ...good, evidence: [] }, 'no evidence'],
  [
    'NaN evidence',
    { ...good, evidence: [{ name: 'close', value: Number.NaN, at: 1 }] },
    'close is not a number',
  ],
  [
    'evidence of the future',
    { ...good, evidence: [{ name: 'close', value: 1, at: now + 1 }] },
    'not dated in the past',
  ],
  ['evidence twice', { ...good, evidence: [good.evidence[0], good.evidence[0]] }, 'given twice'],
  [
    'an odd evidence name',
    { ...good, evidence: [{ name: 'The Close', value: 1, at: 1 }] },
    'lower_case_words',
  ],
  ['a null evidence item', { ...good, evidence: [null] }, 'evidence name'],
  ['no reasoning', { ...good, reasoning: ' ' }, 'no reasoning'],
  ['an uncited number', { ...good, reasoning: 'because of {magic}' }, 'cites {magic}'],
  ['a long story', { ...good, reasoning: 'x'.repeat(maxReasoningLength + 1) }, 'longer than'],
])('a verdict with %s is refused with its reason', (_what, verdict, reason) => {
  expect(reasonOf(verdict)).toContain(reason);
});

test('too much evidence is refused', () => {
  const evidence = Array.from({ length: maxEvidenceItems + 1 }, (_, index) => ({
    name: `n${index}`,
    value: 1,
    at: 1,
  }));
  expect(reasonOf({ ...good, evidence, reasoning: 'x' })).toContain('more than');
});

test('no value whatever makes the check throw or lets an unsafe number through', () => {
  fc.assert(
    fc.property(fc.anything(), fc.double(), (anything, value) => {
      for (const field of Object.keys(good)) reasonOf({ ...good, [field]: anything });
      const evidence = [{ name: 'close', value, at: 1 }];
      const checked = checkVerdict({ ...good, evidence, reasoning: '{close}' }, 'BTCUSDT', now);
      if (!checked.ok) return;
      expect(JSON.parse(JSON.stringify(checked.value))).toEqual(checked.value);
      expect(Object.is(checked.value.evidence[0]?.value, -0)).toBe(false);
    }),
  );
});
