// One story once; a different number, direction or day is a different story; memory stays bounded.
import { expect, test } from 'vitest';
import { DuplicateMemory, normalisedTitle } from './duplicate-memory.ts';

const at = Date.UTC(2026, 0, 5);
const hourMs = 3_600_000;
const story = 'Bitcoin price rises above key resistance as traders await US inflation data on Thursday';

function second(title: string, later = hourMs): string | undefined {
  const memory = new DuplicateMemory();
  expect(memory.check(story, at)).toBeUndefined();
  return memory.check(title, at + later);
}

test.each([
  [story.toUpperCase(), 'same'],
  [`“${story}”!`, 'same'],
  [story.replace('Bitcoin price', 'Bitcoin’s price'), 'near'],
  [`${story} - report`, 'near'],
  [story.replace('rises', 'falls'), undefined],
  [story.replace('above', 'below'), undefined],
  [story.replace('Thursday', 'Friday'), undefined],
  [story.replace('Bitcoin', 'Ethereum'), undefined],
  [`Not so fast: ${story}`, undefined],
  ['Something else entirely happened in the market today', undefined],
])('%s is %s', (title, expected) => {
  expect(second(title)).toBe(expected);
});

test('a different number is a different story', () => {
  const memory = new DuplicateMemory();
  memory.check('EUR/USD climbs to 1.1050 as the dollar softens before the Fed', at);
  expect(memory.check('EUR/USD climbs to 1.1150 as the dollar softens before the Fed', at)).toBeUndefined();
  expect(memory.check('EUR/USD climbs to 1.1050 as the dollar softens before the Fed', at)).toBe('same');
});

test('the same words two days later are news again', () => {
  expect(second(story, 47 * hourMs)).toBe('same');
  expect(second(story, 49 * hourMs)).toBeUndefined();
});

test('keys are remembered, and repeating them keeps them', () => {
  const memory = new DuplicateMemory();
  expect(memory.knows(['a', 'b'])).toBe(false);
  expect(memory.knows(['b'])).toBe(true);
  expect(memory.knows(['c'])).toBe(false);
});

test('memory is bounded', () => {
  const memory = new DuplicateMemory();
  for (let index = 0; index < 20_000; index += 1) {
    memory.knows([`key ${index}`]);
    if (index < 6_000) memory.check(`story ${index}`, at);
  }
  expect(memory.size.titles).toBeLessThanOrEqual(4_000);
  expect(memory.size.keys).toBeLessThanOrEqual(12_000);
  expect(memory.knows(['key 19999'])).toBe(true);
  expect(memory.knows(['key 0'])).toBe(false);
});

test('normalised titles keep numbers apart and drop ornaments', () => {
  expect(normalisedTitle('  The “Fed’s” 0.25% cut — LIVE! ')).toBe('the feds 0_25% cut live');
  expect(normalisedTitle('ＢＴＣ')).toBe('btc');
  expect(normalisedTitle('—!?')).toBe('');
});
