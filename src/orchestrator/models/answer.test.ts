// Answers as they come: well-formed, fenced, French, hostile, cut off, too long, and with numbers made up.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ModelReply } from '../../shared/domain/model.ts';
import { type AnswerContext, judgeAnswer } from './answer.ts';

const context: AnswerContext = {
  threshold: 0.9,
  fields: { crypto_activity: 1.934, system_load: 0.45, open_incidents: 0, 'crypto-normal-scan.score': 1.071 },
  candidates: [
    { kind: 'crypto-aggressive-scan', score: 1.09, runs: true, family: 'crypto', safety: false },
    { kind: 'crypto-normal-scan', score: 1.071, runs: false, family: 'crypto', safety: false },
    { kind: 'forex-london-session', score: 0.643, runs: false, family: 'forex', safety: false },
    { kind: 'deep-market-analysis', score: 0.3, runs: false, family: null, safety: false },
  ],
};

const good = {
  choice: ['crypto-normal-scan'],
  scales: [],
  risk_scale: 1,
  reasoning: 'Crypto is lively at 1.93 times normal.',
  evidence: [{ field: 'crypto_activity', value: 1.934 }],
};

function reply(text: string, changes: Partial<ModelReply> = {}): ModelReply {
  return {
    consult_id: 'c',
    provider: 'groq',
    model: 'm',
    outcome: 'answered',
    text: text.slice(0, 8_000),
    characters: text.length,
    finish: 'stop',
    detail: '',
    input_tokens: 1,
    output_tokens: 1,
    latency_ms: 1,
    retry_after_ms: null,
    windows: [],
    ...changes,
  };
}

const judge = (document: unknown, changes: Partial<ModelReply> = {}) =>
  judgeAnswer(reply(typeof document === 'string' ? document : JSON.stringify(document), changes), context);

function code(document: unknown, changes: Partial<ModelReply> = {}): string {
  const verdict = judge(document, changes);
  return verdict.accepted ? 'accepted' : verdict.code;
}

describe('form', () => {
  test('a well-formed answer is accepted as it is', () => {
    expect(judge(good)).toMatchObject({ accepted: true, answer: { riskScale: 1, evidence: good.evidence } });
  });

  test.each([
    ['a code fence', `\`\`\`json\n${JSON.stringify(good)}\n\`\`\``],
    ['a fence without a language and words around it', `Sure!\n\`\`\`\n${JSON.stringify(good)}\n\`\`\`\nBye`],
    ['words around it', `Voici ma réponse : ${JSON.stringify(good)} Bonne journée.`],
  ])('%s is repaired', (_, text) => {
    expect(code(text)).toBe('accepted');
  });

  test('French words in the reasoning are as good as English ones', () => {
    expect(code({ ...good, reasoning: 'La crypto est agitée (1,93 fois la normale).' })).toBe('accepted');
  });

  test.each([
    ['French keys', '{"choix":["crypto-normal-scan"],"raisonnement":"le marché est calme"}', 'shape'],
    [
      'a decimal comma outside of text',
      '{"choice":[],"scales":[],"risk_scale":0,9,"reasoning":"x","evidence":[]}',
      'not_json',
    ],
    ['nothing', '', 'empty'],
    ['white space', ' \n ', 'empty'],
    ['prose', 'I would run the normal scan.', 'not_json'],
    ['two documents', '{"choice":[]}{"choice":[]}', 'not_json'],
    ['null', 'null', 'shape'],
    ['an array', '[]', 'shape'],
    ['a fence in a fence', '```json\n```json\n{}\n```\n```', 'not_json'],
    [
      'more than is asked for',
      JSON.stringify({ ...good, order: { symbol: 'BTCUSDT', side: 'buy' } }),
      'shape',
    ],
    ['a missing part', JSON.stringify({ ...good, evidence: undefined }), 'shape'],
    [
      'a scale beyond the bounds',
      JSON.stringify({ ...good, scales: [{ kind: 'crypto-normal-scan', scale: 100 }] }),
      'shape',
    ],
    [
      'a negative scale',
      JSON.stringify({ ...good, scales: [{ kind: 'crypto-normal-scan', scale: -2 }] }),
      'shape',
    ],
    ['a loosened risk', JSON.stringify({ ...good, risk_scale: 1.5 }), 'shape'],
    [
      'an infinite risk',
      '{"choice":[],"scales":[],"risk_scale":1e999,"reasoning":"x","evidence":[]}',
      'shape',
    ],
    ['a risk in words', JSON.stringify({ ...good, risk_scale: 'max' }), 'shape'],
    ['endless reasoning', JSON.stringify({ ...good, reasoning: 'very '.repeat(300) }), 'shape'],
  ])('%s is rejected', (_, text, expected) => {
    expect(code(text)).toBe(expected);
  });

  test('what was cut off at the token limit says so; what is whole in spite of it counts', () => {
    expect(code('{"choice":["crypto-nor', { finish: 'length' })).toBe('truncated');
    expect(code(good, { finish: 'length' })).toBe('accepted');
  });

  test('200 KB are rejected for their length alone, also when they hold a good answer', () => {
    expect(code(JSON.stringify(good) + ' '.repeat(200_000))).toBe('too_long');
  });

  test.each([
    ['an open fence', `\`\`\`${' '.repeat(7_990)}`],
    ['back-ticks', '`'.repeat(8_000)],
    ['braces', '{'.repeat(8_000)],
    ['brackets', '['.repeat(8_000)],
    ['digits', JSON.stringify({ ...good, reasoning: '1'.repeat(800) })],
    ['letters', JSON.stringify({ ...good, reasoning: 'a_'.repeat(400) })],
    ['separators', JSON.stringify({ ...good, reasoning: '1,'.repeat(400) })],
  ])('8,000 characters of %s are judged in no time', (_, text) => {
    const begun = performance.now();
    judge(text);
    expect(performance.now() - begun).toBeLessThan(100);
  });

  test('keys that mean something to JavaScript change nothing', () => {
    expect(code('{"__proto__":{"accepted":true},"constructor":1}')).toBe('shape');
    expect(code({ ...good, choice: ['__proto__'] })).toBe('not_admissible');
    expect(code({ ...good, evidence: [{ field: 'constructor', value: 1 }] })).toBe('fabrication');
    expect(code({ ...good, evidence: [{ field: '__proto__', value: 1 }] })).toBe('fabrication');
  });
});

describe('choice', () => {
  test.each([
    ['a kind that was not listed', ['forex-asia-session']],
    ['a safety kind', ['health-monitor-check']],
    ['an invented kind', ['sell-everything']],
    ['a kind twice', ['crypto-normal-scan', 'crypto-normal-scan']],
    ['two of a family', ['crypto-normal-scan', 'crypto-aggressive-scan']],
  ])('%s is not admissible', (_, choice) => {
    expect(code({ ...good, choice })).toBe('not_admissible');
  });

  test('a scale for a kind that was not listed is not admissible', () => {
    expect(code({ ...good, scales: [{ kind: 'health-monitor-check', scale: 0.5 }] })).toBe('not_admissible');
  });

  test('the choice becomes scales that turn it, no further than needed and than the bounds allow', () => {
    const scales = (choice: string[]) => {
      const verdict = judge({ ...good, choice });
      return verdict.accepted ? verdict.answer.scales : undefined;
    };
    expect(scales(['crypto-aggressive-scan'])).toEqual({});
    const preferNormal = scales(['crypto-normal-scan'])?.['crypto-aggressive-scan'] ?? 0;
    expect(1.09 * preferNormal).toBeLessThan(1.071);
    expect(preferNormal).toBeGreaterThan(0.97);
    const nothing = scales([]);
    expect(1.09 * (nothing?.['crypto-aggressive-scan'] ?? 1)).toBeLessThan(0.9);
    expect(1.071 * (nothing?.['crypto-normal-scan'] ?? 1)).toBeLessThan(0.9);
    const london = scales(['crypto-aggressive-scan', 'forex-london-session'])?.['forex-london-session'] ?? 0;
    expect(0.643 * london).toBeGreaterThanOrEqual(0.9);
    expect(scales(['deep-market-analysis'])?.['deep-market-analysis']).toBe(2);
  });

  test('given scales win over implied ones', () => {
    const verdict = judge({ ...good, scales: [{ kind: 'forex-london-session', scale: 1.25 }] });
    expect(verdict).toMatchObject({ answer: { scales: { 'forex-london-session': 1.25 } } });
  });
});

describe('citations', () => {
  const cite = (reasoning: string, evidence: unknown[] = good.evidence) =>
    code({ ...good, reasoning, evidence });

  test.each([
    ['rounded', 'Activity is 1.93.'],
    ['in percent', 'Activity is 193 % of normal.'],
    ['with a decimal comma', 'Activité 1,934.'],
    ['full-width digits', 'Activity is １.９３４.'],
    ['a kind that has a digit in no way', 'crypto-normal-scan fits.'],
    ['the threshold and own scales', 'Above the threshold of 0.9.'],
  ])('a number that is %s is believed', (_, reasoning) => {
    expect(cite(reasoning)).toBe('accepted');
  });

  test.each([
    ['not cited', 'Activity is 1.934 and load 0.45.'],
    ['made up', 'Bitcoin rose by 7.3 percent.'],
    ['another script', 'Activity is ١.٩.'],
    ['a fraction sign', 'Activity is ½ of normal.'],
    ['an exponent', 'Activity is 1e9.'],
    ['hidden in a word', 'BTC100K is near.'],
    ['grouped', 'Worth 10,000 dollars.'],
  ])('a number that is %s is a fabrication', (_, reasoning) => {
    expect(cite(reasoning)).toBe('fabrication');
  });

  test.each([
    ['an unknown field', [{ field: 'btc_price', value: 65_000 }]],
    ['a wrong value', [{ field: 'crypto_activity', value: 2.5 }]],
    ['a value nearly right', [{ field: 'crypto_activity', value: 1.95 }]],
    ['another sign', [{ field: 'crypto_activity', value: -1.934 }]],
    ['a number where the field is zero', [{ field: 'open_incidents', value: 0.01 }]],
  ])('evidence with %s is a fabrication', (_, evidence) => {
    expect(cite('Lively.', evidence)).toBe('fabrication');
  });

  test('control characters and turned text do not reach people', () => {
    const verdict = judge({ ...good, reasoning: 'Calm\u202e\u0007\u200b now' });
    expect(verdict).toMatchObject({ answer: { reasoning: 'Calm now' } });
  });
});

test('whatever comes, the verdict is a verdict, and what is accepted is within the bounds', () => {
  const anything = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.json(),
    fc
      .record({
        choice: fc.array(fc.constantFrom(...context.candidates.map(({ kind }) => kind)), { maxLength: 3 }),
        scales: fc.array(
          fc.record({
            kind: fc.constantFrom(...context.candidates.map(({ kind }) => kind)),
            scale: fc.double({ min: 0, max: 3, noNaN: true }),
          }),
          { maxLength: 3 },
        ),
        risk_scale: fc.double({ min: 0, max: 2, noNaN: true }),
        reasoning: fc.string({ maxLength: 60 }),
        evidence: fc.constant([]),
      })
      .map((document) => JSON.stringify(document)),
  );
  fc.assert(
    fc.property(anything, fc.constantFrom('stop' as const, 'length' as const), (text, finish) => {
      const verdict = judge(text, { finish });
      if (!verdict.accepted) return;
      const { scales, riskScale } = verdict.answer;
      for (const scale of Object.values(scales)) {
        expect(scale).toBeGreaterThanOrEqual(0.5);
        expect(scale).toBeLessThanOrEqual(2);
      }
      expect(riskScale).toBeGreaterThanOrEqual(0.5);
      expect(riskScale).toBeLessThanOrEqual(1);
      expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
    }),
    { numRuns: 500 },
  );
});
